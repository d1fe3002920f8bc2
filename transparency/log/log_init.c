/* mayfly-log init: makes a log: its key, its identity, its first head. Never done by serve. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/new_dir.h"
#include "common/keys/key_file.h"
#include "common/run/exit.h"
#include "common/run/harden.h"
#include "common/run/options.h"
#include "transparency/entry/hashedrekord.h"
#include "transparency/log/log_verbs.h"
#include "transparency/log/submission.h"
#include "transparency/note/note_key.h"

struct init_options {
    const char *type, *origin, *directory, *key_type;
    enum log_type log_type;
    enum key_kind key_kind;
};

struct init { /* what becomes of the first entry */
    struct submission *first;
    bool committed;
    struct err err;
};

/* The first error is the one to tell. */
static void keep_error(void *state, const struct err *err)
{
    struct init *init = state;

    if (err != NULL && init->err.code == MF_OK)
        init->err = *err;
}

static void on_answered(void *state, struct append_job **jobs, size_t count,
                        const struct commit *commit, const struct err *err)
{
    struct init *init = state;

    init->committed = commit != NULL && count == 1 && jobs[0]->index == 0;
    keep_error(init, err);
    mf_submission_free((struct submission *)jobs[0]);
}

/* Some verifiers cannot read an entry whose index 0 their JSON leaves out, so the log takes index 0
 * itself: the signature of a throw-away key over the log's own verifier key. */
static bool make_first_entry(struct crypto *c, const struct log_dir *dir, struct init *init,
                             struct err *err)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *public = NULL;
    MF_SCOPED(mf_note_key_done) struct note_key log_key = {0};
    MF_SCOPED(mf_buf_done) struct buf line = {.max = MF_NOTE_VKEY_MAX + 1};
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    MF_SCOPED(mf_public_key_free) struct public_key *own = NULL;
    uint8_t digest[32];

    if (!mf_public_key_from_spki(c, mf_buf_span(&dir->spki), &own, err) ||
        !mf_note_key_init(c, mf_note_key_type_of(mf_public_key_kind(own)), mf_span_str(dir->origin),
                          mf_buf_span(&dir->spki), &log_key, err) ||
        !mf_note_key_format(&log_key, &line, err) || !mf_buf_append_byte(&line, '\n', err) ||
        !mf_private_key_generate(c, MF_KEY_P256, &key, err) ||
        !mf_private_key_public(c, key, &public, err) ||
        !mf_sign(c, key, MF_SIG_ECDSA_SHA256, mf_buf_span(&line), &signature, err))
        return false;
    mf_sha256(c, mf_buf_span(&line), digest);
    const struct hashedrekord r = {
        .key_details = MF_KD_PKIX_ECDSA_P256_SHA_256,
        .digest = MF_SPAN_OF(digest),
        .signature = mf_buf_span(&signature),
        .verifier = mf_public_key_spki(public),
    };
    struct submission *s = mf_array_new(1, sizeof *s);
    if (s == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for an entry");
    init->first = s;
    s->entry.max = MF_HASHEDREKORD_BODY_MAX;
    if (!mf_hashedrekord_print(&r, &s->entry, err))
        return false;
    mf_merkle_hash_leaf(c, mf_buf_span(&s->entry), s->job.key);
    s->job.record_max = 2 + s->entry.n;
    return true;
}

/* Opens the new log once, so that its first head is signed, durable and public. */
static bool give_birth(struct crypto *c, const char *path, struct err *err)
{
    MF_SCOPED(mf_log_dir_done) struct log_dir dir = {.lock_fd = -1};
    MF_SCOPED(mf_signer_free) struct signer *signer = NULL;
    MF_SCOPED(mf_engine_close) struct engine *engine = NULL;
    struct init init = {0};
    char key[PATH_MAX];

    if (!mf_log_dir_open(path, &dir, err) ||
        !mf_log_dir_path(&dir, "key.pem", key, sizeof key, err))
        return false;
    bool ct = dir.type == MF_LOG_CT;
    const struct signer_params signer_params = {.key_path = key,
                                                .use = ct ? MF_SIGNER_CT : MF_SIGNER_LOG,
                                                .origin = mf_span_str(dir.origin)};
    struct engine_params params = {
        .dir = &dir,
        .format = ct ? mf_ct_kind.format : mf_rekor_kind.format,
        .clock = mf_clock_system(),
        .public_cadence_ms = 10,
        .create = true,
        .answered = on_answered,
        .fatal = keep_error,
        .published = keep_error, /* a log that is born is public */
        .state = &init,
    };
    if (!mf_signer_start(&signer_params, &signer, err))
        return false;
    params.signer = signer;
    if (!mf_engine_open(&params, &engine, err))
        return false;
    if (ct)
        return true;
    if (!make_first_entry(c, &dir, &init, err))
        return false;
    if (!mf_engine_push(engine, &init.first->job))
        return mf_err_set(err, MF_ERR_INTERNAL, "the engine took no entry");
    mf_engine_close(&engine); /* commits and publishes */
    if (init.err.code != MF_OK)
        *err = init.err;
    else if (!init.committed)
        mf_err_set(err, MF_ERR_INTERNAL, "the first entry was not committed");
    return err->code == MF_OK;
}

static bool parse_kinds(struct init_options *o, struct err *err)
{
    if (o->type == NULL || o->origin == NULL || o->directory == NULL)
        return mf_err_set(err, MF_ERR_USAGE, "init needs --type, --origin and --directory");
    if (strcmp(o->type, "entries") != 0 && strcmp(o->type, "ct") != 0)
        return mf_err_set(err, MF_ERR_USAGE, "--type is entries or ct, not '%s'", o->type);
    o->log_type = strcmp(o->type, "ct") == 0 ? MF_LOG_CT : MF_LOG_ENTRIES;
    bool ct = o->log_type == MF_LOG_CT;
    const char *key = o->key_type != NULL ? o->key_type : ct ? "ecdsa-p256" : "ed25519";
    if (strcmp(key, "ecdsa-p256") != 0 && (strcmp(key, "ed25519") != 0 || ct))
        return mf_err_set(err, MF_ERR_USAGE, "--key-type '%s' does not suit a log of this type",
                          key);
    o->key_kind = strcmp(key, "ed25519") == 0 ? MF_KEY_ED25519 : MF_KEY_P256;
    if (!mf_note_name_is_valid(mf_span_str(o->origin)) || strlen(o->origin) > MF_ORIGIN_MAX)
        return mf_err_set(err, MF_ERR_USAGE,
                          "--origin '%s' is no log name: a host name and path "
                          "without scheme",
                          o->origin);
    return true;
}

static bool build(const char *path, const struct init_options *o, struct buf *vkey, struct err *err)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *public = NULL;
    MF_SCOPED(mf_note_key_done) struct note_key note_key = {0};
    struct clock clock = mf_clock_system();
    char file[PATH_MAX];

    enum note_key_type note_type = o->log_type == MF_LOG_CT ? MF_NOTE_KEY_RFC6962
                                                            : mf_note_key_type_of(o->key_kind);
    return mf_crypto_new(MF_CRYPTO_DEFAULT, &c, err) &&
           mf_private_key_generate(c, o->key_kind, &key, err) &&
           mf_private_key_public(c, key, &public, err) &&
           mf_note_key_init(c, note_type, mf_span_str(o->origin), mf_public_key_spki(public),
                            &note_key, err) &&
           mf_path_join(path, "key.pem", file, sizeof file, err) &&
           mf_key_file_create(c, file, key, NULL, err) &&
           mf_log_dir_create(path, o->log_type, mf_span_str(o->origin), note_key.log_id,
                             mf_public_key_spki(public), mf_clock_now(&clock), err) &&
           give_birth(c, path, err) && mf_note_key_format(&note_key, vkey, err);
}

static bool make_log(const struct init_options *o, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf vkey = {.max = MF_NOTE_VKEY_MAX};
    MF_SCOPED(mf_new_dir_done) struct new_dir dir = {.fd = -1};

    if (!mf_new_dir_begin(o->directory, 0755, &dir, err)) {
        if (err->code == MF_ERR_EXISTS)
            mf_err_hint(err, "a log is begun once; choose another directory");
        return false;
    }
    if (!build(dir.aside, o, &vkey, err) || !mf_new_dir_finish(&dir, err))
        return false;
    printf("%s log %s in %s\n%.*s\n", mf_log_type_name(o->log_type), o->origin, dir.path,
           (int)vkey.n, (const char *)vkey.p);
    return true;
}

int mf_log_verb_init(int argc, char **argv)
{
    struct init_options o = {0};
    const struct option options[] = {
        {.name = "type",
         .kind = MF_OPTION_TEXT,
         .value = &o.type,
         .metavar = "entries|ct",
         .help = "a log of signatures, or one of certificates"},
        {.name = "origin",
         .kind = MF_OPTION_TEXT,
         .value = &o.origin,
         .metavar = "NAME",
         .help = "the log's name for ever: its host name, without scheme and port"},
        {.name = "directory",
         .kind = MF_OPTION_TEXT,
         .value = &o.directory,
         .metavar = "DIR",
         .help = "where it will live; an empty directory there is replaced"},
        {.name = "key-type",
         .kind = MF_OPTION_TEXT,
         .value = &o.key_type,
         .metavar = "ed25519|ecdsa-p256",
         .help = "of the log's key (CT: ecdsa-p256)"},
    };
    const struct option_set set = {"mayfly-log init", "",
                                   "Makes a log and prints its verifier key.", options,
                                   MF_LEN(options)};
    struct err err = {0};
    int operands = 0;
    bool help = false;

    if (!mf_options_parse(&set, argc, argv, &operands, &help, &err))
        return mf_exit_report("mayfly-log", &err);
    if (help) {
        mf_options_help(&set);
        return 0;
    }
    if (!mf_harden_server(&err))
        return mf_exit_report("mayfly-log", &err);
    umask(022); /* the public tree is public; keys are 0600 by their own mode */
    return parse_kinds(&o, &err) && make_log(&o, &err) ? 0 : mf_exit_report("mayfly-log", &err);
}
