#include <openssl/x509.h>

#include "common/x509/oid.h"
#include "common/x509/precert.h"
#include "tests/support/suite.h"
#include "tests/support/x509_maker.h"

#define POISON                                          \
    {                                                   \
        "1.3.6.1.4.1.11129.2.4.3", "critical,DER:05:00" \
    }
#define USAGE                                   \
    {                                           \
        "keyUsage", "critical,digitalSignature" \
    }
#define SCTS                                         \
    {                                                \
        "1.3.6.1.4.1.11129.2.4.2", "DER:04:02:00:00" \
    }

/* What OpenSSL signs once the extension is deleted. */
static struct buf openssl_tbs(struct span der, int index)
{
    const unsigned char *p = der.p;
    unsigned char *out = NULL;
    struct buf b = {.max = 1 << 16};
    struct err err = {0};
    X509 *x = d2i_X509(NULL, &p, (long)der.n);

    X509_EXTENSION_free(X509_delete_ext(x, index));
    int n = i2d_re_X509_tbs(x, &out);
    ck_assert_int_gt(n, 0);
    mf_ck_ok(mf_buf_append(&b, (struct span){out, (size_t)n}, &err), err);
    OPENSSL_free(out);
    X509_free(x);
    return b;
}

static const struct {
    struct made_extension extensions[3];
    int index; /* of the poison */
} places[] = {
    {{POISON, USAGE, SCTS}, 0},
    {{USAGE, POISON, SCTS}, 1},
    {{USAGE, SCTS, POISON}, 2},
};

/* Names of many lengths, so that each of the three lengths crosses 127 and 255. */
START_TEST(cuts_what_openssl_cuts)
{
    EVP_PKEY *key = made_key("P-256");
    char name[65] = "";

    for (size_t n = 1; n < sizeof name; n++) {
        name[n - 1] = 'x';
        name[n] = '\0';
        struct made_cert want = {.subject = name, .issuer = "issuing", .not_after = 1};
        memcpy(want.extensions, places[_i].extensions, sizeof places[_i].extensions);
        MF_SCOPED(mf_buf_done) struct buf der = made_cert(&want, key, key);
        MF_SCOPED(mf_buf_done)
        struct buf theirs = openssl_tbs(mf_buf_span(&der), places[_i].index);
        MF_SCOPED(mf_buf_done) struct buf ours = {.max = 1 << 16};
        struct cert cert;
        struct err err = {0};
        mf_ck_ok(mf_cert_parse(mf_buf_span(&der), &cert, &err), err);
        mf_ck_ok(mf_precert_tbs(&cert, mf_oid_precert_poison, &ours, &err), err);
        ck_assert(mf_span_eq(mf_buf_span(&ours), mf_buf_span(&theirs)));
    }
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(gives_one_text_for_precertificate_and_certificate)
{
    EVP_PKEY *key = made_key("P-256");
    struct made_cert pre = {.subject = "x", .not_after = 1, .extensions = {USAGE, POISON}};
    struct made_cert final = {.subject = "x", .not_after = 1, .extensions = {USAGE, SCTS}};
    MF_SCOPED(mf_buf_done) struct buf pre_der = made_cert(&pre, key, key);
    MF_SCOPED(mf_buf_done) struct buf final_der = made_cert(&final, key, key);
    MF_SCOPED(mf_buf_done) struct buf a = {.max = 4096};
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 4096};
    struct cert cert;
    struct err err = {0};

    mf_ck_ok(mf_cert_parse(mf_buf_span(&pre_der), &cert, &err), err);
    mf_ck_ok(mf_precert_tbs(&cert, mf_oid_precert_poison, &a, &err), err);
    mf_ck_ok(mf_cert_parse(mf_buf_span(&final_der), &cert, &err), err);
    mf_ck_ok(mf_precert_tbs(&cert, mf_oid_sct_list, &b, &err), err);
    ck_assert(mf_span_eq(mf_buf_span(&a), mf_buf_span(&b)));
    EVP_PKEY_free(key);
}
END_TEST

static const struct {
    struct made_extension extension;
    size_t max;
    const char *message;
} refused[] = {
    {USAGE, 4096, "certificate has no extension 1.3.6.1.4.1.11129.2.4.3"},
    {{NULL, NULL}, 4096, "certificate has no extension 1.3.6.1.4.1.11129.2.4.3"},
    {POISON, 4096, "certificate has no other extension"},
};

START_TEST(refuses_a_certificate_without_it)
{
    EVP_PKEY *key = made_key("P-256");
    struct made_cert want = {.subject = "x", .not_after = 1, .extensions = {refused[_i].extension}};
    MF_SCOPED(mf_buf_done) struct buf der = made_cert(&want, key, key);
    MF_SCOPED(mf_buf_done) struct buf out = {.max = refused[_i].max};
    struct cert cert;
    struct err err = {0};

    mf_ck_ok(mf_cert_parse(mf_buf_span(&der), &cert, &err), err);
    mf_ck_refused(mf_precert_tbs(&cert, mf_oid_precert_poison, &out, &err), err,
                  refused[_i].message);
    ck_assert_uint_eq(out.n, 0);
    EVP_PKEY_free(key);
}
END_TEST

START_TEST(leaves_a_buffer_that_is_too_small_as_it_was)
{
    EVP_PKEY *key = made_key("P-256");
    struct made_cert want = {.subject = "x", .not_after = 1, .extensions = {USAGE, POISON}};
    MF_SCOPED(mf_buf_done) struct buf der = made_cert(&want, key, key);
    MF_SCOPED(mf_buf_done) struct buf out = {.max = 100};
    struct cert cert;
    struct err err = {0};

    mf_ck_ok(mf_buf_append_str(&out, "abc", &err), err);
    mf_ck_ok(mf_cert_parse(mf_buf_span(&der), &cert, &err), err);
    mf_ck_refused(mf_precert_tbs(&cert, mf_oid_precert_poison, &out, &err), err,
                  "larger than 100 bytes");
    ck_assert_uint_eq(out.n, 3);
    EVP_PKEY_free(key);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("precert");
    TCase *tc = tcase_create("precert");

    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, cuts_what_openssl_cuts, 0, MF_LEN(places));
    tcase_add_test(tc, gives_one_text_for_precertificate_and_certificate);
    tcase_add_loop_test(tc, refuses_a_certificate_without_it, 0, MF_LEN(refused));
    tcase_add_test(tc, leaves_a_buffer_that_is_too_small_as_it_was);
    suite_add_tcase(suite, tc);
    return suite;
}
