#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "ca-stub/certificate/authority.h"
#include "ca-stub/certificate/ca_keys.h"
#include "common/base/file.h"
#include "common/codec/pem.h"
#include "common/x509/oid.h"
#include "tests/support/suite.h"
#include "tests/support/x509_maker.h"

enum { MADE_S = 1795500000 };

static char dir[] = "/tmp/mayfly-keys-XXXXXX";
static struct crypto *crypto;
static const char *const names[] = {MF_CA_ROOT_KEY, MF_CA_KEY, MF_CA_CHAIN, MF_CA_TIMESTAMP_KEY,
                                    MF_CA_TIMESTAMP_CHAIN};

static const char *in_dir(const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void make_dir(void)
{
    struct err err = {0};

    memcpy(dir + sizeof dir - 7, "XXXXXX", 6);
    ck_assert_ptr_nonnull(mkdtemp(dir));
    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
}

static void drop_dir(void)
{
    mf_crypto_free(&crypto);
    for (size_t i = 0; i < MF_LEN(names); i++)
        unlink(in_dir(names[i]));
    rmdir(dir);
}

static bool init(enum key_kind kind, struct err *err)
{
    const struct ca_init params = {
        .directory = dir, .organization = "Example Org", .kind = kind, .now_s = MADE_S};

    return mf_ca_keys_init(crypto, &params, err);
}

static X509 *load(struct span der)
{
    const unsigned char *p = der.p;
    X509 *cert = d2i_X509(NULL, &p, (long)der.n);

    ck_assert_ptr_nonnull(cert);
    return cert;
}

/* OpenSSL, at strict settings, takes the chain for the purpose. */
static void check_by_openssl(const struct ca_chain *chain, int purpose)
{
    X509 *first = load(chain->cert[0].der), *root = load(chain->cert[1].der);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    X509_VERIFY_PARAM *param = X509_STORE_get0_param(store);

    X509_VERIFY_PARAM_set_time(param, MADE_S + 1);
    X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
    if (purpose != 0)
        X509_VERIFY_PARAM_set_purpose(param, purpose);
    X509_STORE_add_cert(store, root);
    ck_assert(X509_STORE_CTX_init(ctx, store, first, NULL) == 1);
    ck_assert_msg(X509_verify_cert(ctx) == 1, "%s",
                  X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    X509_free(first);
    X509_free(root);
}

START_TEST(makes_chains_that_openssl_takes)
{
    struct ca_chain ca = {0}, tsa = {0};
    struct err err = {0};

    mf_ck_ok(init(_i == 0 ? MF_KEY_P256 : MF_KEY_P384, &err), err);
    mf_ck_ok(mf_ca_chain_read(crypto, in_dir(MF_CA_CHAIN), mf_oid_eku_code_signing,
                              (struct instant){MADE_S, 0}, &ca, &err),
             err);
    mf_ck_ok(mf_ca_chain_read(crypto, in_dir(MF_CA_TIMESTAMP_CHAIN), mf_oid_eku_time_stamping,
                              (struct instant){MADE_S, 0}, &tsa, &err),
             err);
    check_by_openssl(&ca, 0);
    check_by_openssl(&tsa, X509_PURPOSE_TIMESTAMP_SIGN);
    ck_assert(ca.cert[0].is_ca && ca.cert[0].has_path_len && ca.cert[0].path_len == 0);
    ck_assert(ca.cert[1].is_ca && !ca.cert[1].has_path_len && !ca.cert[1].has_eku);
    ck_assert(!tsa.cert[0].is_ca && tsa.cert[0].key_usage == MF_KU_DIGITAL_SIGNATURE);
    ck_assert(mf_span_eq(ca.cert[0].aki, ca.cert[1].ski));
    ck_assert(mf_span_eq(ca.cert[1].der, tsa.cert[1].der)); /* one root */
    mf_ca_chain_done(&ca);
    mf_ca_chain_done(&tsa);
}
END_TEST

START_TEST(keeps_keys_to_the_owner)
{
    static const char *const keys[] = {MF_CA_ROOT_KEY, MF_CA_KEY, MF_CA_TIMESTAMP_KEY};
    struct stat st;
    struct err err = {0};

    mf_ck_ok(init(MF_KEY_P256, &err), err);
    for (size_t i = 0; i < MF_LEN(keys); i++) {
        ck_assert_int_eq(stat(in_dir(keys[i]), &st), 0);
        ck_assert_uint_eq(st.st_mode & 0777, 0600);
    }
}
END_TEST

START_TEST(makes_nothing_where_anything_is_there)
{
    struct err err = {0};

    mf_ck_ok(mf_file_write(in_dir(names[_i]), MF_SPAN("mine"), 0600, MF_FILE_CREATE, &err), err);
    mf_ck_refused(init(MF_KEY_P256, &err), err, "is there already");
    ck_assert_int_eq((int)err.code, MF_ERR_EXISTS);
    for (size_t i = 0; i < MF_LEN(names); i++)
        ck_assert((access(in_dir(names[i]), F_OK) == 0) == (i == (size_t)_i));
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 16};
    mf_err_clear(&err);
    mf_ck_ok(mf_file_read(in_dir(names[_i]), 16, &text, &err), err);
    ck_assert(mf_span_is(mf_buf_span(&text), "mine"));
}
END_TEST

START_TEST(refuses_a_chain_file_that_does_not_hold)
{
    static const struct {
        const char *from, *to, *message;
    } changes[] = {
        {"-----END CERTIFICATE-----\n-----BEGIN", "-----END CERTIFICATE-----\n-----BEGIX",
         "certificate 2"},
        {"-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\nAAAA", "certificate 1"},
    };
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 1 << 16};
    MF_SCOPED(mf_buf_done) struct buf changed = {.max = 1 << 16};
    struct ca_chain chain = {0};
    struct err err = {0};

    mf_ck_ok(init(MF_KEY_P256, &err), err);
    mf_ck_ok(mf_file_read(in_dir(MF_CA_CHAIN), 1 << 16, &text, &err), err);
    const char *from = changes[_i].from;
    uint8_t *at = memmem(text.p, text.n, from, strlen(from));
    ck_assert_ptr_nonnull(at);
    size_t before = (size_t)(at - text.p);
    ck_assert(
        mf_buf_append(&changed, (struct span){text.p, before}, &err) &&
        mf_buf_append_str(&changed, changes[_i].to, &err) &&
        mf_buf_append(&changed, mf_span_from(mf_buf_span(&text), before + strlen(from)), &err));
    mf_ck_ok(mf_file_write(in_dir(MF_CA_CHAIN), mf_buf_span(&changed), 0600, MF_FILE_REPLACE, &err),
             err);
    mf_ck_refused(mf_ca_chain_read(crypto, in_dir(MF_CA_CHAIN), mf_oid_eku_code_signing,
                                   (struct instant){MADE_S, 0}, &chain, &err),
                  err, changes[_i].message);
    ck_assert_int_eq((int)err.code, MF_ERR_TRUST);
}
END_TEST

/* Chains that OpenSSL made, in which one thing is wrong. */
static const struct made_cert root_template = {
    .subject = "root",
    .not_before = MADE_S,
    .not_after = MADE_S + 1000,
    .extensions = {{"keyUsage", "critical,keyCertSign"},
                   {"basicConstraints", "critical,CA:TRUE"},
                   {"subjectKeyIdentifier", "hash"}},
};
enum { AT_USAGE, AT_CA, AT_KEY_ID, AT_PURPOSE };
static const struct made_cert issuing_template = {
    .subject = "issuing",
    .issuer = "root",
    .not_before = MADE_S,
    .not_after = MADE_S + 1000,
    .extensions = {[AT_USAGE] = {"keyUsage", "critical,keyCertSign"},
                   [AT_CA] = {"basicConstraints", "critical,CA:TRUE"},
                   [AT_KEY_ID] = {"subjectKeyIdentifier", "hash"},
                   [AT_PURPOSE] = {"extendedKeyUsage", "codeSigning"}},
};

static const struct {
    const char *message; /* empty: the chain is taken */
    int at;              /* which extension of the issuing certificate is another */
    struct made_extension extension;
} chains[] = {
    {"", AT_KEY_ID, {"subjectKeyIdentifier", "hash"}},
    {"first certificate may not issue others", AT_CA, {"basicConstraints", "critical,CA:FALSE"}},
    {"first certificate may not issue others", AT_CA, {"1.2.3.4", "DER:05:00"}},
    {"first certificate may not issue others", AT_USAGE, {"keyUsage", "critical,cRLSign"}},
    {"first certificate may not issue others", AT_USAGE, {"keyUsage", "critical,digitalSignature"}},
    {"first certificate has no subject key identifier", AT_KEY_ID, {"1.2.3.4", "DER:05:00"}},
    {"first certificate is for another purpose", AT_PURPOSE, {"extendedKeyUsage", "timeStamping"}},
};

START_TEST(wants_an_issuing_certificate_that_may_issue)
{
    EVP_PKEY *root_key = made_key("P-256"), *key = made_key("P-256");
    struct made_cert issuing = issuing_template;
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 1 << 16};
    MF_SCOPED(mf_ca_chain_done) struct ca_chain chain = {0};
    struct err err = {0};

    issuing.extensions[chains[_i].at] = chains[_i].extension;
    MF_SCOPED(mf_buf_done) struct buf root = made_cert(&root_template, root_key, root_key);
    MF_SCOPED(mf_buf_done) struct buf first = made_cert(&issuing, key, root_key);
    mf_ck_ok(mf_pem_append(&text, "CERTIFICATE", mf_buf_span(&first), &err), err);
    mf_ck_ok(mf_pem_append(&text, "CERTIFICATE", mf_buf_span(&root), &err), err);
    mf_ck_ok(mf_file_write(in_dir(MF_CA_CHAIN), mf_buf_span(&text), 0600, MF_FILE_REPLACE, &err),
             err);
    bool ok = mf_ca_chain_read(crypto, in_dir(MF_CA_CHAIN), mf_oid_eku_code_signing,
                               (struct instant){MADE_S, 0}, &chain, &err);
    if (chains[_i].message[0] == '\0') {
        mf_ck_ok(ok, err);
    } else {
        mf_ck_refused(ok, err, chains[_i].message);
        ck_assert_int_eq((int)err.code, MF_ERR_TRUST);
    }
    EVP_PKEY_free(root_key);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(refuses_names_that_do_not_fit)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *public = NULL;
    MF_SCOPED(mf_buf_done) struct buf der = {.max = MF_AUTHORITY_MAX};
    struct err err = {0};

    mf_ck_ok(mf_private_key_generate(crypto, MF_KEY_P256, &key, &err), err);
    mf_ck_ok(mf_private_key_public(crypto, key, &public, &err), err);
    struct authority authority = {MF_AUTHORITY_ROOT, "", "root", 1, 2, public};
    const struct authority_issuer issuer = {{0}, key};
    mf_ck_refused(mf_authority_write(crypto, &authority, &issuer, &der, &err), err,
                  "name '' is not 1 to 64 bytes of UTF-8");
    mf_err_clear(&err);
    authority.organization = "B\xc3\xa4 r"; /* not printable: written as UTF8String */
    mf_ck_ok(mf_authority_write(crypto, &authority, &issuer, &der, &err), err);
    X509_free(load(mf_buf_span(&der)));
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("ca_keys");
    TCase *tc = tcase_create("directory");

    tcase_add_checked_fixture(tc, make_dir, drop_dir);
    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, makes_chains_that_openssl_takes, 0, 2);
    tcase_add_test(tc, keeps_keys_to_the_owner);
    tcase_add_loop_test(tc, makes_nothing_where_anything_is_there, 0, 5);
    tcase_add_loop_test(tc, refuses_a_chain_file_that_does_not_hold, 0, 2);
    tcase_add_loop_test(tc, wants_an_issuing_certificate_that_may_issue, 0, MF_LEN(chains));
    tcase_add_test(tc, refuses_names_that_do_not_fit);
    suite_add_tcase(suite, tc);
    return suite;
}
