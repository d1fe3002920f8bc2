#include "common/crypto/digest.h"

#include <assert.h>

#include "common/base/buf.h"
#include "common/crypto/crypto_context.h"

static const struct {
    const char *name;    /* in texts */
    const char *openssl; /* for the fetch */
    size_t n;
} facts[] = {
    [MF_SHA256] = {"sha256", "SHA256", MF_SHA256_LEN},
    [MF_SHA384] = {"sha384", "SHA384", MF_SHA384_LEN},
    [MF_SHA512] = {"sha512", "SHA512", MF_SHA512_LEN},
    [MF_SHA1] = {"sha1", "SHA1", MF_SHA1_LEN},
};
_Static_assert(MF_LEN(facts) == MF_DIGEST_COUNT, "a line per digest");

size_t mf_digest_length(enum digest_alg alg)
{
    return facts[alg].n;
}

const char *mf_digest_name(enum digest_alg alg)
{
    return facts[alg].name;
}

/* Fetching per call, or sharing a fetched one, costs more than the hash of a Merkle node. */
const EVP_MD *mf_digest_md(struct crypto *c, enum digest_alg alg)
{
    if (c->hash[alg] != NULL)
        return c->md[alg];
    if (c->md[alg] == NULL)
        c->md[alg] = EVP_MD_fetch(c->lib->ctx, facts[alg].openssl, NULL);
    EVP_MD_CTX *ctx = c->md[alg] != NULL ? EVP_MD_CTX_new() : NULL;
    if (ctx == NULL || EVP_DigestInit_ex2(ctx, c->md[alg], NULL) != 1) {
        EVP_MD_CTX_free(ctx);
        return NULL;
    }
    c->hash[alg] = ctx;
    return c->md[alg];
}

static void hash_parts(struct crypto *c, enum digest_alg alg, const struct span *parts, size_t n,
                       uint8_t *out)
{
    bool ok = mf_digest_md(c, alg) != NULL && EVP_DigestInit_ex2(c->hash[alg], NULL, NULL) == 1;

    for (size_t i = 0; ok && i < n; i++)
        ok = EVP_DigestUpdate(c->hash[alg], parts[i].p, parts[i].n) == 1;
    ok = ok && EVP_DigestFinal_ex(c->hash[alg], out, NULL) == 1;
    assert(ok);
}

void mf_sha256(struct crypto *c, struct span bytes, uint8_t out[static 32])
{
    hash_parts(c, MF_SHA256, &bytes, 1, out);
}

void mf_sha256_parts(struct crypto *c, const struct span *parts, size_t n, uint8_t out[static 32])
{
    hash_parts(c, MF_SHA256, parts, n, out);
}

void mf_digest(struct crypto *c, enum digest_alg alg, struct span bytes, uint8_t *out)
{
    hash_parts(c, alg, &bytes, 1, out);
}

struct digest {
    struct crypto_lib *lib;
    EVP_MD_CTX *ctx;
};

bool mf_digest_new(struct crypto *c, enum digest_alg alg, struct digest **out, struct err *err)
{
    MF_CRYPTO_SCOPE;
    MF_SCOPED(mf_digest_free) struct digest *d = mf_array_new(1, sizeof *d);

    if (d == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a digest");
    d->lib = mf_crypto_lib_share(c->lib);
    d->ctx = EVP_MD_CTX_new();
    const EVP_MD *md = mf_digest_md(c, alg);
    if (d->ctx == NULL || md == NULL || EVP_DigestInit_ex2(d->ctx, md, NULL) != 1)
        return mf_crypto_err(err, MF_ERR_SYSTEM, "cannot start a digest");
    *out = MF_MOVE(d);
    return true;
}

void mf_digest_update(struct digest *d, struct span bytes)
{
    bool ok = EVP_DigestUpdate(d->ctx, bytes.p, bytes.n) == 1;
    assert(ok);
}

void mf_digest_final(struct digest *d, uint8_t *out)
{
    bool ok = EVP_DigestFinal_ex(d->ctx, out, NULL) == 1 &&
              EVP_DigestInit_ex2(d->ctx, NULL, NULL) == 1;
    assert(ok);
}

void mf_digest_free(struct digest **d)
{
    struct digest *old = MF_MOVE(*d);

    if (old == NULL)
        return;
    EVP_MD_CTX_free(old->ctx);
    mf_crypto_lib_drop(&old->lib);
    free(old);
}
