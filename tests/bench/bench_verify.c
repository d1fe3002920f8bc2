/* Verification against OpenSSL's own limit: EVP_PKEY_verify on a context that is ready. */
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "common/crypto/verifier.h"
#include "tests/support/bench.h"

struct work {
    struct crypto *c;
    struct crypto *other;
    struct private_key *private_key;
    struct public_key *key;
    enum sig_scheme scheme;
    struct buf signature;
    EVP_PKEY_CTX *bare;
    EVP_MD_CTX *bare_message;
    EVP_PKEY *theirs;
    uint8_t digest[MF_DIGEST_MAX];
};

static const struct span message = MF_SPAN_INIT("what is signed");

static bool bare(void *state)
{
    struct work *w = state;

    if (w->bare_message != NULL) /* Ed25519 has no other call */
        return EVP_DigestVerifyInit_ex(w->bare_message, NULL, NULL, NULL, NULL, w->theirs, NULL) ==
                   1 &&
               EVP_DigestVerify(w->bare_message, w->signature.p, w->signature.n, message.p,
                                message.n) == 1;
    return EVP_PKEY_verify(w->bare, w->signature.p, w->signature.n, w->digest,
                           mf_digest_length(mf_sig_digest(w->scheme))) == 1;
}

static bool ready(void *state)
{
    struct work *w = state;
    struct err err = {0};

    return mf_verify(w->c, w->key, w->scheme, message, mf_buf_span(&w->signature), &err);
}

static bool foreign(void *state)
{
    struct work *w = state;
    struct err err = {0};

    return mf_verify(w->other, w->key, w->scheme, message, mf_buf_span(&w->signature), &err);
}

static bool from_spki(void *state)
{
    struct work *w = state;
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    struct err err = {0};

    return mf_public_key_from_spki(w->c, mf_public_key_spki(w->key), &key, &err) &&
           mf_verify(w->c, key, w->scheme, message, mf_buf_span(&w->signature), &err);
}

static bool sign(void *state)
{
    struct work *w = state;
    struct err err = {0};

    w->signature.n = 0;
    return mf_sign(w->c, w->private_key, w->scheme, message, &w->signature, &err);
}

static bool node(void *state)
{
    struct work *w = state;
    static uint8_t bytes[65] = {1};

    mf_sha256(w->c, MF_SPAN_OF(bytes), bytes + 1);
    return true;
}

static void set_up(struct work *w, enum key_kind kind)
{
    struct err err = {0};

    w->scheme = mf_sig_scheme_of(kind);
    w->signature.max = MF_SIGNATURE_MAX;
    if (!mf_private_key_generate(w->c, kind, &w->private_key, &err) ||
        !mf_private_key_public(w->c, w->private_key, &w->key, &err) || !sign(w))
        exit(1);
    mf_digest(w->c, mf_sig_digest(w->scheme), message, w->digest);
    struct span spki = mf_public_key_spki(w->key);
    const unsigned char *p = spki.p;
    w->theirs = d2i_PUBKEY(NULL, &p, (long)spki.n);
    if (kind == MF_KEY_ED25519) {
        w->bare_message = EVP_MD_CTX_new();
        return;
    }
    w->bare = EVP_PKEY_CTX_new(w->theirs, NULL);
    if (EVP_PKEY_verify_init(w->bare) != 1)
        exit(1);
    if (kind == MF_KEY_RSA && EVP_PKEY_CTX_set_signature_md(w->bare, EVP_sha256()) != 1)
        exit(1);
}

static void tear_down(struct work *w)
{
    EVP_PKEY_CTX_free(w->bare);
    EVP_MD_CTX_free(w->bare_message);
    EVP_PKEY_free(w->theirs);
    mf_buf_done(&w->signature);
    mf_public_key_free(&w->key);
    mf_private_key_free(&w->private_key);
}

static void report(const char *name, struct bench b, struct bench limit)
{
    char line[64];

    snprintf(line, sizeof line, "  %s (x%.2f)", name, b.us / limit.us);
    mf_bench_print(line, b);
}

static void run(struct crypto *c, struct crypto *other, enum key_kind kind, int count)
{
    struct work w = {.c = c, .other = other};

    set_up(&w, kind);
    printf("%s, message of %zu bytes\n", mf_key_kind_name(kind), message.n);
    struct bench limit = mf_bench(bare, &w, count);
    report("OpenSSL's verification alone", limit, limit);
    report("mf_verify", mf_bench(ready, &w, count), limit);
    report("mf_verify, key of another context", mf_bench(foreign, &w, count), limit);
    report("key from SPKI, then mf_verify", mf_bench(from_spki, &w, count), limit);
    report("mf_sign", mf_bench(sign, &w, count), limit);
    tear_down(&w);
}

int main(void)
{
    struct crypto *c = NULL;
    struct crypto *other = NULL;
    struct err err = {0};

    if (!mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err) ||
        !mf_crypto_new(MF_CRYPTO_DEFAULT, &other, &err))
        return 1;
    run(c, other, MF_KEY_P256, 300);
    run(c, other, MF_KEY_P384, 30);
    run(c, other, MF_KEY_RSA, 300);
    run(c, other, MF_KEY_ED25519, 200);
    struct work w = {.c = c};
    mf_bench_print("SHA-256 of a Merkle node, 65 bytes", mf_bench(node, &w, 100000));
    mf_crypto_free(&other);
    mf_crypto_free(&c);
    return 0;
}
