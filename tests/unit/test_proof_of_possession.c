#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "ca-stub/certificate/csr.h"
#include "ca-stub/certificate/proof_of_possession.h"
#include "common/codec/pem.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/suite.h"

/* Requests and keys are made by OpenSSL, which is not the code under test. */
static EVP_PKEY *make_key(const char *type)
{
    if (strncmp(type, "RSA-", 4) == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)strtoul(type + 4, NULL, 10));
    if (strcmp(type, "ED25519") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", type);
}

static struct buf bio_text(BIO *bio)
{
    char *p = NULL;
    long n = BIO_get_mem_data(bio, &p);
    struct buf out = {.max = 1 << 16};
    struct err err = {0};

    mf_ck_ok(mf_buf_append(&out, (struct span){(const uint8_t *)p, (size_t)n}, &err), err);
    BIO_free(bio);
    return out;
}

static struct buf make_csr(EVP_PKEY *key, EVP_PKEY *signer, const char *md, bool pss)
{
    X509_REQ *req = X509_REQ_new();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;
    BIO *bio = BIO_new(BIO_s_mem());

    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(req), "CN", MBSTRING_ASC,
                               (const unsigned char *)"ignored", -1, -1, 0);
    ck_assert(X509_REQ_set_pubkey(req, key) == 1);
    ck_assert(EVP_DigestSignInit_ex(ctx, &pctx, md, NULL, NULL, signer, NULL) == 1);
    if (pss)
        ck_assert(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) == 1);
    ck_assert(X509_REQ_sign_ctx(req, ctx) > 0);
    ck_assert(PEM_write_bio_X509_REQ(bio, req) == 1);
    EVP_MD_CTX_free(ctx);
    X509_REQ_free(req);
    return bio_text(bio);
}

static struct crypto *crypto;

static void open_crypto(void)
{
    crypto = fresh_crypto();
}

static void close_crypto(void)
{
    mf_crypto_free(&crypto);
}

static const struct {
    const char *type, *md;
    bool pss;
    int why;             /* -1: accepted */
    const char *message; /* of the refusal */
} requests[] = {
    {"P-256", "SHA256", false, -1, ""},
    {"P-384", "SHA384", false, -1, ""},
    {"P-521", "SHA512", false, -1, ""},
    {"ED25519", NULL, false, -1, ""},
    {"RSA-2048", "SHA256", false, -1, ""},
    {"RSA-3072", "SHA256", false, -1, ""},
    {"P-384", "SHA256", false, MF_PROOF_ALGORITHM,
     "signing algorithm not permitted: ECDSA P-384, sha256"},
    {"P-256", "SHA512", false, MF_PROOF_ALGORITHM, "not permitted: ECDSA P-256, sha512"},
    {"RSA-2048", "SHA384", false, MF_PROOF_ALGORITHM, "not permitted: RSA"},
    {"RSA-2048", "SHA256", true, MF_PROOF_ALGORITHM,
     "unrecognized signature algorithm: 1.2.840.113549.1.1.10"},
    {"P-256", "SHA1", false, MF_PROOF_ALGORITHM, "unrecognized signature algorithm"},
    {"RSA-1024", "SHA256", false, MF_PROOF_KEY_WEAK, "RSA"},
    {"RSA-2560", "SHA256", false, MF_PROOF_KEY_WEAK, "RSA key has 2560 bits"},
    {"secp256k1", "SHA256", false, MF_PROOF_KEY_UNREADABLE, "certificate request: "},
};

START_TEST(judges_certificate_requests)
{
    EVP_PKEY *key = make_key(requests[_i].type);
    MF_SCOPED(mf_buf_done)
    struct buf pem = make_csr(key, key, requests[_i].md, requests[_i].pss);
    MF_SCOPED(mf_public_key_free) struct public_key *proven = NULL;
    enum proof_refusal why = MF_PROOF_NOT_PROVEN;
    struct err err = {0};

    if (requests[_i].why < 0) {
        unsigned char *spki = NULL;
        int n = i2d_PUBKEY(key, &spki);
        mf_ck_ok(mf_proof_by_csr(crypto, mf_buf_span(&pem), &proven, &why, &err), err);
        ck_assert(mf_span_eq(mf_public_key_spki(proven), (struct span){spki, (size_t)n}));
        OPENSSL_free(spki);
    } else {
        mf_ck_refused(mf_proof_by_csr(crypto, mf_buf_span(&pem), &proven, &why, &err), err,
                      requests[_i].message);
        ck_assert_int_eq((int)why, requests[_i].why);
    }
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(refuses_a_request_signed_by_another_key)
{
    EVP_PKEY *key = make_key("P-256"), *other = make_key("P-256");
    MF_SCOPED(mf_buf_done) struct buf pem = make_csr(key, other, "SHA256", false);
    MF_SCOPED(mf_public_key_free) struct public_key *proven = NULL;
    enum proof_refusal why = MF_PROOF_ALGORITHM;
    struct err err = {0};

    mf_ck_refused(mf_proof_by_csr(crypto, mf_buf_span(&pem), &proven, &why, &err), err,
                  "certificate request: signature does not verify");
    ck_assert_int_eq((int)why, MF_PROOF_NOT_PROVEN);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}
END_TEST

/* Every flipped byte makes it another request: none of them is accepted, whatever the reason. */
START_TEST(refuses_a_request_with_any_byte_changed)
{
    EVP_PKEY *key = make_key("P-256");
    MF_SCOPED(mf_buf_done) struct buf pem = make_csr(key, key, "SHA256", false);
    MF_SCOPED(mf_buf_done) struct buf der = {.max = MF_CSR_MAX};
    struct err err = {0};

    mf_ck_ok(mf_pem_only(mf_buf_span(&pem), "CERTIFICATE REQUEST", &der, &err), err);
    for (size_t i = 0; i < der.n; i++) {
        MF_SCOPED(mf_buf_done) struct buf changed = {.max = 1 << 16};
        MF_SCOPED(mf_public_key_free) struct public_key *proven = NULL;
        enum proof_refusal why = MF_PROOF_ALGORITHM;
        der.p[i] ^= 0x01;
        ck_assert(mf_pem_append(&changed, "CERTIFICATE REQUEST", mf_buf_span(&der), &err));
        ck_assert_msg(!mf_proof_by_csr(crypto, mf_buf_span(&changed), &proven, &why, &err),
                      "byte %zu", i);
        ck_assert(err.what[0] != '\0');
        mf_err_clear(&err);
        der.p[i] ^= 0x01;
    }
    EVP_PKEY_free(key);
}
END_TEST

static const struct {
    const char *pem, *message;
} texts[] = {
    {"", "certificate request: "},
    {"-----BEGIN CERTIFICATE REQUEST-----\n", "certificate request: "},
    {"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
     "PEM holds a 'CERTIFICATE', not a certificate request"},
    {"-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n",
     "request info is missing"},
    {"-----BEGIN CERTIFICATE REQUEST-----\nMAUwAwIBAQ==\n-----END CERTIFICATE REQUEST-----\n",
     "version is not 0"},
};

START_TEST(refuses_text_that_is_no_request)
{
    MF_SCOPED(mf_public_key_free) struct public_key *proven = NULL;
    enum proof_refusal why = MF_PROOF_ALGORITHM;
    struct err err = {0};

    mf_ck_refused(mf_proof_by_csr(crypto, mf_span_str(texts[_i].pem), &proven, &why, &err), err,
                  texts[_i].message);
    ck_assert_int_eq((int)why, MF_PROOF_CSR_UNREADABLE);
}
END_TEST

static struct buf public_pem(EVP_PKEY *key)
{
    BIO *bio = BIO_new(BIO_s_mem());

    ck_assert(PEM_write_bio_PUBKEY(bio, key) == 1);
    return bio_text(bio);
}

static struct buf sign_with(EVP_PKEY *key, const char *md, const char *message)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    struct buf out = {.max = 4096};
    struct err err = {0};
    size_t n = 4096;

    ck_assert(mf_buf_reserve(&out, n, &err));
    ck_assert(EVP_DigestSignInit_ex(ctx, NULL, md, NULL, NULL, key, NULL) == 1);
    ck_assert(EVP_DigestSign(ctx, out.p, &n, (const unsigned char *)message, strlen(message)) == 1);
    out.n = n;
    EVP_MD_CTX_free(ctx);
    return out;
}

static const struct {
    const char *type, *md, *message;
    int why;
} signatures[] = {
    {"P-256", "SHA256", "person@example.org", -1},
    {"P-384", "SHA384", "person@example.org", -1},
    {"P-521", "SHA512", "person@example.org", -1},
    {"RSA-2048", "SHA256", "person@example.org", -1},
    {"ED25519", NULL, "person@example.org", -1},
    {"P-384", "SHA256", "person@example.org", MF_PROOF_NOT_PROVEN},
    {"P-256", "SHA256", "person@example.org\n", MF_PROOF_NOT_PROVEN},
    {"P-256", "SHA256", "other@example.org", MF_PROOF_NOT_PROVEN},
    {"P-256", "SHA256", "", MF_PROOF_NOT_PROVEN},
    {"RSA-1024", "SHA256", "person@example.org", MF_PROOF_KEY_WEAK},
};

START_TEST(judges_signatures_over_the_challenge)
{
    EVP_PKEY *key = make_key(signatures[_i].type);
    MF_SCOPED(mf_buf_done) struct buf pem = public_pem(key);
    MF_SCOPED(mf_buf_done)
    struct buf signature = sign_with(key, signatures[_i].md, signatures[_i].message);
    MF_SCOPED(mf_public_key_free) struct public_key *proven = NULL;
    const struct possession possession = {mf_buf_span(&pem), MF_SPAN("person@example.org"),
                                          mf_buf_span(&signature)};
    enum proof_refusal why = MF_PROOF_ALGORITHM;
    struct err err = {0};

    bool ok = mf_proof_by_signature(crypto, &possession, &proven, &why, &err);
    if (signatures[_i].why < 0)
        mf_ck_ok(ok, err);
    else
        mf_ck_refused(ok, err,
                      signatures[_i].why == MF_PROOF_KEY_WEAK ? "public key: "
                                                              : "proof of possession: ");
    ck_assert(signatures[_i].why < 0 || (int)why == signatures[_i].why);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(refuses_what_is_no_public_key)
{
    static const char *const keys[] = {
        "", "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n",
        "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "ssh-ed25519 AAAA"};
    MF_SCOPED(mf_public_key_free) struct public_key *proven = NULL;
    const struct possession possession = {mf_span_str(keys[_i]), MF_SPAN("x"), MF_SPAN("y")};
    enum proof_refusal why = MF_PROOF_ALGORITHM;
    struct err err = {0};

    mf_ck_refused(mf_proof_by_signature(crypto, &possession, &proven, &why, &err), err,
                  "public key: ");
    ck_assert_int_eq((int)why, MF_PROOF_KEY_UNREADABLE);
}
END_TEST

/* Sizes of RSA keys in the old form, and what becomes of them; -1: accepted. */
static const struct {
    const char *type;
    int why;
    const char *message;
} pkcs1[] = {
    {"RSA-2048", -1, ""},
    {"RSA-1024", MF_PROOF_KEY_WEAK, "public key: RSA key has 1024 bits"},
    {"RSA-2560", MF_PROOF_KEY_WEAK, "public key: RSA key has 2560 bits"},
};

START_TEST(reads_pkcs1_keys)
{
    EVP_PKEY *key = make_key(pkcs1[_i].type);
    unsigned char *der = NULL;
    int n = i2d_PublicKey(key, &der);
    MF_SCOPED(mf_buf_done) struct buf pem = {.max = 4096};
    MF_SCOPED(mf_buf_done) struct buf signature = sign_with(key, "SHA256", "sub");
    MF_SCOPED(mf_public_key_free) struct public_key *proven = NULL;
    enum proof_refusal why = MF_PROOF_ALGORITHM;
    struct err err = {0};

    mf_ck_ok(mf_pem_append(&pem, "RSA PUBLIC KEY", (struct span){der, (size_t)n}, &err), err);
    const struct possession possession = {mf_buf_span(&pem), MF_SPAN("sub"),
                                          mf_buf_span(&signature)};
    bool ok = mf_proof_by_signature(crypto, &possession, &proven, &why, &err);
    if (pkcs1[_i].why < 0) {
        mf_ck_ok(ok, err);
    } else {
        mf_ck_refused(ok, err, pkcs1[_i].message);
        ck_assert_int_eq((int)why, pkcs1[_i].why);
    }
    OPENSSL_free(der);
    EVP_PKEY_free(key);
}
END_TEST

/* ---- memory that OpenSSL does not get ---- */

static long allocations_left = -1; /* -1: no end */

static void *limited_alloc(size_t n, const char *file, int line)
{
    (void)file, (void)line;
    if (allocations_left == 0)
        return NULL;
    if (allocations_left > 0)
        allocations_left--;
    return malloc(n);
}

static void *limited_realloc(void *p, size_t n, const char *file, int line)
{
    (void)file, (void)line;
    if (allocations_left == 0)
        return NULL;
    if (allocations_left > 0)
        allocations_left--;
    return realloc(p, n);
}

static void plain_free(void *p, const char *file, int line)
{
    (void)file, (void)line;
    free(p);
}

/* Whichever allocation fails, it is not the key's or the proof's fault. */
START_TEST(a_lack_of_memory_is_not_the_callers_fault)
{
    static const char *const keys[][2] = {
        {"P-256", "SHA256"}, {"P-521", "SHA512"}, {"RSA-2048", "SHA256"}, {"ED25519", NULL}};
    EVP_PKEY *key = make_key(keys[_i][0]);
    MF_SCOPED(mf_buf_done) struct buf pem = public_pem(key);
    MF_SCOPED(mf_buf_done) struct buf signature = sign_with(key, keys[_i][1], "sub");
    const struct possession possession = {mf_buf_span(&pem), MF_SPAN("sub"),
                                          mf_buf_span(&signature)};
    uint8_t digest[MF_DIGEST_MAX];
    bool ok = false;
    long n = 0, faults = 0;

    mf_digest(crypto, MF_SHA512, MF_SPAN(""), digest); /* is set up once, and then has its memory */

    for (; !ok && n < 10000; n++) {
        MF_SCOPED(mf_public_key_free) struct public_key *proven = NULL;
        enum proof_refusal why = MF_PROOF_ALGORITHM;
        struct err err = {0};
        allocations_left = n;
        ok = mf_proof_by_signature(crypto, &possession, &proven, &why, &err);
        allocations_left = -1;
        ck_assert_msg(ok || (why == MF_PROOF_FAULT && err.code == MF_ERR_SYSTEM),
                      "after %ld: %d, %s: %s", n, (int)why, err.where, err.what);
        faults += !ok;
    }
    ck_assert(ok && faults > 1);
    EVP_PKEY_free(key);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("proof_of_possession");
    TCase *csr = tcase_create("csr"), *pop = tcase_create("signature");

    if (CRYPTO_set_mem_functions(limited_alloc, limited_realloc, plain_free) != 1)
        abort(); /* OpenSSL was used before */
    tcase_add_checked_fixture(csr, open_crypto, close_crypto);
    tcase_add_checked_fixture(pop, open_crypto, close_crypto);
    tcase_set_timeout(csr, 60);
    tcase_set_timeout(pop, 60);
    tcase_add_loop_test(csr, judges_certificate_requests, 0, MF_LEN(requests));
    tcase_add_test(csr, refuses_a_request_signed_by_another_key);
    tcase_add_test(csr, refuses_a_request_with_any_byte_changed);
    tcase_add_loop_test(csr, refuses_text_that_is_no_request, 0, MF_LEN(texts));
    tcase_add_loop_test(pop, judges_signatures_over_the_challenge, 0, MF_LEN(signatures));
    tcase_add_loop_test(pop, refuses_what_is_no_public_key, 0, 4);
    tcase_add_loop_test(pop, reads_pkcs1_keys, 0, MF_LEN(pkcs1));
    tcase_add_loop_test(pop, a_lack_of_memory_is_not_the_callers_fault, 0, 4);
    suite_add_tcase(suite, csr);
    suite_add_tcase(suite, pop);
    return suite;
}
