#include "client/trust/managed_key.h"

#include "common/base/file.h"
#include "common/codec/pem.h"
#include "common/crypto/digest.h"

enum { KEY_FILE_MAX = 64 * 1024 }; /* bytes; text around a PEM block is allowed */
enum { DER_SEQUENCE_TAG = 0x30 };  /* '0': no PEM text of a key alone begins so */

static bool load(struct crypto *c, struct span text, struct public_key **out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf der = {.max = MF_SPKI_MAX};

    if (text.n > 0 && text.p[0] == DER_SEQUENCE_TAG)
        return mf_public_key_from_spki(c, text, out, err);
    return mf_pem_only(text, "PUBLIC KEY", &der, err) &&
           mf_public_key_from_spki(c, mf_buf_span(&der), out, err);
}

bool mf_managed_key_parse(struct crypto *c, struct span text, struct managed_key *out,
                          struct err *err)
{
    struct managed_key k = {0};

    if (!load(c, text, &k.key, err))
        return mf_err_as(err, MF_ERR_TRUST);
    mf_sha256(c, mf_public_key_spki(k.key), k.fingerprint);
    *out = k;
    return true;
}

bool mf_managed_key_read(struct crypto *c, const char *path, struct managed_key *out,
                         struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};

    if (!mf_file_read(path, KEY_FILE_MAX, &text, err))
        return mf_err_as(err, MF_ERR_TRUST);
    return mf_managed_key_parse(c, mf_buf_span(&text), out, err) || mf_err_at(err, "%s", path);
}

void mf_managed_key_done(struct managed_key *key)
{
    mf_public_key_free(&key->key);
    *key = (struct managed_key){0};
}
