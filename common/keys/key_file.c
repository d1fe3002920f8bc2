#include "common/keys/key_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/codec/der.h"
#include "common/codec/pem.h"
#include "common/crypto/pbes2.h"

#define PLAIN     "PRIVATE KEY"
#define ENCRYPTED "ENCRYPTED PRIVATE KEY"

/* Checked on the open file, not by name: a name could point elsewhere a moment later. */
static bool open_private(const char *path, int *fd, struct err *err)
{
    struct stat st = {0};

    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* a pipe would wait */
    if (*fd < 0)
        return mf_err_sys(err, "cannot open");
    if (fstat(*fd, &st) != 0)
        return mf_err_sys(err, "cannot look at it");
    if (!S_ISREG(st.st_mode))
        return mf_err_set(err, MF_ERR_SYSTEM, "not a regular file");
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        mf_err_set(err, MF_ERR_SYSTEM, "others than its owner may use it (mode %04o)",
                   (unsigned)(st.st_mode & 07777));
        return mf_err_hint(err, "run: chmod 600 %s", path);
    }
    return true;
}

static bool read_private(const char *path, size_t max, struct secret *out, struct err *err)
{
    MF_SCOPED(mf_fd_done) int fd = -1;

    return open_private(path, &fd, err) && mf_secret_read_fd(fd, max, out, err);
}

/* A buf that writes into a secret's memory: it never grows past it, so nothing is copied out. */
static struct buf over(const struct secret *s)
{
    return (struct buf){.p = s->p, .n = 0, .cap = s->mapped, .max = s->mapped};
}

static bool is_blank(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != ' ' && text.p[i] != '\t' && text.p[i] != '\r' && text.p[i] != '\n')
            return false;
    return true;
}

static bool open_pem(const struct secret *text, struct secret *der, bool *encrypted,
                     struct err *err)
{
    struct span rest = mf_secret_span(text), label;

    if (!mf_secret_new(text->n, der, err))
        return false;
    struct buf b = over(der);
    if (!mf_pem_next(&rest, &label, &b, err)) {
        if (err->code == MF_ERR_NOT_FOUND) /* the file is there */
            mf_err_as(err, MF_ERR_FORMAT);
        return false;
    }
    der->n = b.n;
    *encrypted = mf_span_is(label, ENCRYPTED);
    if (!*encrypted && !mf_span_is(label, PLAIN)) {
        mf_err_set(err, MF_ERR_FORMAT, "PEM block is \"%.*s\", not \"" PLAIN "\"",
                   MF_SPAN_ARG(label));
        if (mf_span_ends(label, MF_SPAN(PLAIN)))
            mf_err_hint(err, "convert it with: openssl pkcs8 -topk8");
        return false;
    }
    return is_blank(rest) || mf_err_set(err, MF_ERR_FORMAT, "something follows the private key");
}

static bool decrypt(struct crypto *c, struct secret *der, const struct secret *passphrase,
                    struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret plain = {0};

    if (passphrase == NULL) {
        mf_err_set(err, MF_ERR_USAGE, "private key is encrypted");
        return mf_err_hint(err, "give the file that holds its passphrase");
    }
    if (!mf_pbes2_decrypt(c, mf_secret_span(der), passphrase, &plain, err))
        return false;
    struct secret moved = plain;
    plain = *der; /* wiped when this returns */
    *der = moved;
    return true;
}

static bool is_one_value(struct span der)
{
    struct span body;
    struct err ignored = {0};

    return mf_der_take(&der, MF_DER_SEQUENCE, &body, &ignored) && der.n == 0;
}

static bool read_key(struct crypto *c, const char *path, const struct secret *passphrase,
                     struct private_key **out, struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret text = {0};
    MF_SCOPED(mf_secret_done) struct secret der = {0};
    bool encrypted = false;

    if (!read_private(path, MF_KEY_FILE_MAX, &text, err) || !open_pem(&text, &der, &encrypted, err))
        return false;
    if (!encrypted)
        return mf_private_key_from_pkcs8(c, &der, out, err);
    if (!decrypt(c, &der, passphrase, err))
        return false;
    /* One wrong passphrase in 256 leaves padding that looks right, and nonsense before it. */
    if (!is_one_value(mf_secret_span(&der)))
        return mf_err_set(err, MF_ERR_FORMAT, "passphrase is wrong, or the file is damaged");
    return mf_private_key_from_pkcs8(c, &der, out, err);
}

bool mf_key_file_read(struct crypto *c, const char *path, const struct secret *passphrase,
                      struct private_key **out, struct err *err)
{
    return read_key(c, path, passphrase, out, err) || mf_err_at(err, "%s", path);
}

static bool write_pem(const char *path, const char *label, const struct secret *der,
                      struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret text = {0};

    return mf_pem_write_secret(label, mf_secret_span(der), &text, err) &&
           mf_file_write(path, mf_secret_span(&text), 0600, MF_FILE_CREATE, err);
}

bool mf_key_file_create(struct crypto *c, const char *path, const struct private_key *key,
                        const struct secret *passphrase, struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret der = {0};
    MF_SCOPED(mf_secret_done) struct secret encrypted = {0};

    if (!mf_private_key_to_pkcs8(c, key, &der, err))
        return mf_err_at(err, "%s", path);
    if (passphrase == NULL)
        return write_pem(path, PLAIN, &der, err);
    if (!mf_secret_new(MF_KEY_FILE_MAX, &encrypted, err))
        return mf_err_at(err, "%s", path);
    struct buf b = over(&encrypted);
    if (!mf_pbes2_encrypt(c, &der, passphrase, &b, err))
        return mf_err_at(err, "%s", path);
    encrypted.n = b.n;
    return write_pem(path, ENCRYPTED, &encrypted, err);
}

bool mf_key_file_passphrase(const char *path, struct secret *out, struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret s = {0};

    if (!read_private(path, MF_PASSPHRASE_MAX, &s, err))
        return mf_err_at(err, "%s", path);
    if (s.n > 0 && s.p[s.n - 1] == '\n')
        s.n--;
    if (s.n > 0 && s.p[s.n - 1] == '\r')
        s.n--;
    if (s.n == 0) {
        mf_err_set(err, MF_ERR_FORMAT, "passphrase is empty");
        return mf_err_at(err, "%s", path);
    }
    *out = s;
    s = (struct secret){0}; /* moved: the caller owns it now */
    return true;
}
