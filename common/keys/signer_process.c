#include "common/keys/signer_process.h"

#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "common/keys/key_file.h"
#include "common/keys/signer_service.h"
#include "common/run/exit.h"
#include "common/run/harden.h"
#include "common/run/sandbox.h"

static bool parse_use(int argc, char **argv, enum signer_use *out, struct err *err)
{
    static const struct {
        const char *option;
        enum signer_use use;
    } uses[] = {
        {"--use=bytes", MF_SIGNER_BYTES},
        {"--use=log", MF_SIGNER_LOG},
        {"--use=ct", MF_SIGNER_CT},
        {"--use=witness", MF_SIGNER_WITNESS},
    };

    for (size_t i = 0; argc == 2 && i < MF_LEN(uses); i++) {
        if (strcmp(argv[1], uses[i].option) == 0) {
            *out = uses[i].use;
            return true;
        }
    }
    mf_err_set(err, MF_ERR_USAGE, "not started by hand: servers start it to hold their keys");
    return false;
}

static bool check_socket(struct err *err)
{
    struct stat st = {0};

    if (fstat(MF_SIGNER_FD, &st) == 0 && S_ISSOCK(st.st_mode))
        return true;
    return mf_err_set(err, MF_ERR_USAGE, "descriptor %d is not a socket", MF_SIGNER_FD);
}

/* The parent decides when this ends, by closing the socket: a terminal's Ctrl-C, or a service
 * manager that signals everyone, must not take the key away while the parent finishes its work. */
static void leave_signals_to_the_parent(void)
{
    (void)signal(SIGINT, SIG_IGN);
    (void)signal(SIGTERM, SIG_IGN);
    (void)signal(SIGHUP, SIG_IGN);
}

static bool load_key(struct crypto *c, const char *key_path, const char *passphrase_path,
                     struct private_key **out, struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret passphrase = {0};

    if (passphrase_path[0] == '\0')
        return mf_key_file_read(c, key_path, NULL, out, err);
    return mf_key_file_passphrase(passphrase_path, &passphrase, err) &&
           mf_key_file_read(c, key_path, &passphrase, out, err);
}

/* A path as a C string; the span has no NUL inside. */
static bool path_of(struct span text, char **out, struct err *err)
{
    if (mf_span_find(text, 0) != text.n)
        return mf_err_set(err, MF_ERR_FORMAT, "path holds a NUL");
    *out = mf_span_dup(text);
    return *out != NULL || mf_err_set(err, MF_ERR_SYSTEM, "no memory for a path");
}

static bool open_service(struct crypto *c, enum signer_use use, const struct buf *request,
                         const struct signer_header *header, struct signer_service **out,
                         struct err *err)
{
    struct span body = mf_span_from(mf_buf_span(request), MF_SIGNER_HEADER);
    struct span key_path, passphrase_path, origin;
    MF_SCOPED(mf_free_done) char *key_file = NULL;
    MF_SCOPED(mf_free_done) char *passphrase_file = NULL;
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;

    if (header->kind != MF_SIGNER_OP_OPEN)
        return mf_err_set(err, MF_ERR_FORMAT, "first message does not open a key");
    if (!mf_signer_wire_take(&body, &key_path, err) ||
        !mf_signer_wire_take(&body, &passphrase_path, err) ||
        !mf_signer_wire_take(&body, &origin, err))
        return false;
    if (body.n > 0)
        return mf_err_set(err, MF_ERR_FORMAT, "%zu bytes follow the origin", body.n);
    return path_of(key_path, &key_file, err) && path_of(passphrase_path, &passphrase_file, err) &&
           load_key(c, key_file, passphrase_file, &key, err) &&
           mf_signer_service_new_take(c, &key, use, origin, out, err);
}

static bool serve(struct signer_service *service, struct buf *request, struct buf *answer,
                  struct err *err)
{
    struct signer_header header;

    while (mf_signer_wire_receive(MF_SIGNER_FD, MF_SIGNER_BODY_MAX, request, &header, err)) {
        struct span body = mf_span_from(mf_buf_span(request), MF_SIGNER_HEADER);
        if (!mf_signer_service_answer(service, &header, body, answer, err) ||
            !mf_signer_wire_send(MF_SIGNER_FD, mf_buf_span(answer), err))
            return false;
    }
    return err->code == MF_OK; /* closed between messages: the parent has ended or let go */
}

static bool prepare(enum signer_use use, struct crypto **c, struct buf *request, struct buf *answer,
                    struct signer_service **service, struct err *err)
{
    struct signer_header header;

    if (!mf_harden_signer(err) || !mf_crypto_new(MF_CRYPTO_DEFAULT, c, err))
        return false;
    if (!mf_signer_wire_receive(MF_SIGNER_FD, MF_SIGNER_BODY_MAX, request, &header, err))
        return err->code == MF_OK ? mf_err_set(err, MF_ERR_FORMAT, "nothing was asked") : false;
    return open_service(*c, use, request, &header, service, err) &&
           mf_signer_service_greet(*service, answer, err) &&
           mf_sandbox_enter(MF_SANDBOX_SIGNER, err);
}

/* Faults before the sandbox are told to the parent, who has the user's attention. */
static bool refuse(struct buf *answer, struct err *why)
{
    struct err ignored = {0};

    if (mf_signer_service_refuse(answer, why, &ignored) &&
        mf_signer_wire_send(MF_SIGNER_FD, mf_buf_span(answer), &ignored))
        mf_err_clear(why);
    return false;
}

static bool run(enum signer_use use, struct err *err)
{
    MF_SCOPED(mf_buf_done)
    struct buf request = {.max = MF_SIGNER_HEADER + MF_SIGNER_BODY_MAX};
    MF_SCOPED(mf_buf_done)
    struct buf answer = {.max = MF_SIGNER_HEADER + MF_SIGNER_ANSWER_MAX};
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    MF_SCOPED(mf_signer_service_free) struct signer_service *service = NULL;

    if (!prepare(use, &c, &request, &answer, &service, err))
        return refuse(&answer, err);
    return mf_signer_wire_send(MF_SIGNER_FD, mf_buf_span(&answer), err) &&
           serve(service, &request, &answer, err);
}

int mf_signer_process_main(int argc, char **argv)
{
    enum signer_use use = MF_SIGNER_BYTES;
    struct err err = {0};

    leave_signals_to_the_parent();
    /* An error that is not set any more was told to the parent. */
    if (parse_use(argc, argv, &use, &err) && check_socket(&err) && (run(use, &err) || !err.code))
        return mf_exit_status(MF_OK);
    return mf_exit_report("mayfly-signer", &err);
}
