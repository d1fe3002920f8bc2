#include "common/crypto/crypto.h"

#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "common/base/buf.h"
#include "common/crypto/crypto_context.h"

enum { RANDOM_MAX = 1024 * 1024 }; /* bytes of one call */

/* An entry of our own above the mark: what lies above it is new, and what lies below is not ours.
 */
bool mf_crypto_enter(void)
{
    ERR_set_mark();
    ERR_raise(ERR_LIB_USER, ERR_R_OPERATION_FAIL);
    return true;
}

void mf_crypto_leave(bool *inside)
{
    *inside = false;
    ERR_pop_to_mark();
}

bool mf_crypto_err(struct err *err, enum err_code code, const char *what)
{
    unsigned long last = ERR_peek_last_error();
    const char *reason = ERR_GET_LIB(last) != ERR_LIB_USER ? ERR_reason_error_string(last) : NULL;

    if (reason == NULL)
        return mf_err_set(err, code, "%s", what);
    return mf_err_set(err, code, "%s: %s", what, reason);
}

bool mf_crypto_lacks_memory(struct err *err)
{
    unsigned long code = ERR_peek_last_error();
    bool lacks = ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;

    /* The rest can be looked at only by taking it out, so not where it is somebody else's. */
    if (ERR_GET_LIB(ERR_peek_error()) == ERR_LIB_USER)
        while ((code = ERR_get_error()) != 0)
            lacks = lacks || ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE;
    if (lacks)
        mf_err_set(err, MF_ERR_SYSTEM, "no memory for a key or a signature");
    return lacks;
}

struct crypto_lib *mf_crypto_lib_share(struct crypto_lib *lib)
{
    atomic_fetch_add_explicit(&lib->shares, 1, memory_order_relaxed);
    return lib;
}

void mf_crypto_lib_drop(struct crypto_lib **lib)
{
    struct crypto_lib *l = MF_MOVE(*lib);

    if (l == NULL || atomic_fetch_sub_explicit(&l->shares, 1, memory_order_acq_rel) > 1)
        return;
    if (l->provider != NULL)
        OSSL_PROVIDER_unload(l->provider);
    if (l->base != NULL)
        OSSL_PROVIDER_unload(l->base);
    OSSL_LIB_CTX_free(l->ctx);
    free(l);
}

/* The FIPS module wants its own integrity value, which the system's configuration names. */
static bool load_fips(struct crypto_lib *lib, struct err *err)
{
    char *path = CONF_get1_default_config_file();
    bool read = path != NULL && OSSL_LIB_CTX_load_config(lib->ctx, path) == 1;

    OPENSSL_free(path);
    if (!read) {
        mf_crypto_err(err, MF_ERR_SYSTEM, "cannot read OpenSSL's configuration for FIPS");
        return mf_err_hint(err, "name it with OPENSSL_CONF");
    }
    lib->provider = OSSL_PROVIDER_load(lib->ctx, "fips");
    lib->base = OSSL_PROVIDER_load(lib->ctx, "base");
    if (lib->provider == NULL || lib->base == NULL ||
        EVP_set_default_properties(lib->ctx, "fips=yes") != 1) {
        mf_crypto_err(err, MF_ERR_SYSTEM, "cannot load OpenSSL's FIPS module");
        return mf_err_hint(err, "install it and run openssl fipsinstall");
    }
    return true;
}

static bool lib_new(enum crypto_provider provider, struct crypto_lib **out, struct err *err)
{
    MF_SCOPED(mf_crypto_lib_drop) struct crypto_lib *lib = mf_array_new(1, sizeof *lib);

    if (lib == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a crypto context");
    atomic_init(&lib->shares, 1);
    lib->ctx = OSSL_LIB_CTX_new();
    if (lib->ctx == NULL)
        return mf_crypto_err(err, MF_ERR_SYSTEM, "cannot make a crypto context");
    if (provider == MF_CRYPTO_FIPS) {
        if (!load_fips(lib, err))
            return false;
    } else {
        lib->provider = OSSL_PROVIDER_load(lib->ctx, "default");
        if (lib->provider == NULL)
            return mf_crypto_err(err, MF_ERR_SYSTEM, "cannot load OpenSSL's default provider");
    }
    *out = MF_MOVE(lib);
    return true;
}

bool mf_crypto_new(enum crypto_provider provider, struct crypto **out, struct err *err)
{
    MF_CRYPTO_SCOPE;
    MF_SCOPED(mf_crypto_free) struct crypto *c = mf_array_new(1, sizeof *c);

    if (c == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a crypto context");
    if (!lib_new(provider, &c->lib, err))
        return false;
    c->verify = EVP_MD_CTX_new();
    /* SHA-256 now, so that a context that exists can hash. */
    if (c->verify == NULL || mf_digest_md(c, MF_SHA256) == NULL)
        return mf_crypto_err(err, MF_ERR_SYSTEM, "cannot make a crypto context");
    *out = MF_MOVE(c);
    return true;
}

void mf_crypto_free(struct crypto **c)
{
    struct crypto *old = MF_MOVE(*c);

    if (old == NULL)
        return;
    for (int i = 0; i < MF_DIGEST_COUNT; i++) {
        EVP_MD_CTX_free(old->hash[i]);
        EVP_MD_free(old->md[i]);
    }
    for (int i = 0; i < MF_KEY_KIND_COUNT; i++)
        EVP_PKEY_free(old->curve[i]);
    EVP_PKEY_CTX_free(old->rsa);
    EVP_MD_CTX_free(old->verify);
    mf_crypto_lib_drop(&old->lib);
    free(old);
}

bool mf_random(struct crypto *c, uint8_t *out, size_t n, struct err *err)
{
    if (n > RANDOM_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "more than %d random bytes at once", RANDOM_MAX);
    MF_CRYPTO_SCOPE;
    if (RAND_bytes_ex(c->lib->ctx, out, n, 0) != 1)
        return mf_crypto_err(err, MF_ERR_SYSTEM, "cannot draw random bytes");
    return true;
}

bool mf_secret_equal(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || CRYPTO_memcmp(a.p, b.p, a.n) == 0);
}
