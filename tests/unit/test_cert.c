#include <ftw.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "common/base/file.h"
#include "common/codec/base64.h"
#include "common/codec/der.h"
#include "common/codec/timestamp.h"
#include "common/x509/cert.h"
#include "common/x509/oid.h"
#include "tests/support/suite.h"
#include "tests/support/x509_maker.h"

enum { FILE_MAX = 4 * 1024 * 1024, DER_MAX = 64 * 1024, GENUINE_LEAST = 100 };

static bool openssl_accepts(struct span der)
{
    const unsigned char *p = der.p;
    X509 *x = d2i_X509(NULL, &p, (long)der.n);
    bool whole = x != NULL && p == der.p + der.n;

    X509_free(x);
    ERR_clear_error();
    return whole;
}

static int64_t openssl_time(const ASN1_TIME *t)
{
    struct tm tm = {0};

    ck_assert_int_eq(ASN1_TIME_to_tm(t, &tm), 1);
    return timegm(&tm);
}

static void assert_octets(struct span ours, const ASN1_OCTET_STRING *theirs)
{
    struct span want = {0};

    if (theirs != NULL)
        want = (struct span){ASN1_STRING_get0_data(theirs), (size_t)ASN1_STRING_length(theirs)};
    ck_assert(mf_span_eq(ours, want));
}

static void assert_same_extensions(const struct cert *ours, X509 *theirs)
{
    ck_assert_int_eq((int)ours->extension_count, X509_get_ext_count(theirs));
    for (size_t i = 0; i < ours->extension_count; i++) {
        X509_EXTENSION *e = X509_get_ext(theirs, (int)i);
        const ASN1_OBJECT *o = X509_EXTENSION_get_object(e);
        struct span oid = {OBJ_get0_data(o), OBJ_length(o)};
        ck_assert(mf_span_eq(ours->extensions[i].oid, oid));
        assert_octets(ours->extensions[i].value, X509_EXTENSION_get_data(e));
        ck_assert_int_eq(ours->extensions[i].critical, X509_EXTENSION_get_critical(e));
    }
    ck_assert_int_eq(ours->is_ca, (X509_get_extension_flags(theirs) & EXFLAG_CA) != 0);
    ck_assert_int_eq(ours->has_path_len ? (long)ours->path_len : -1, X509_get_pathlen(theirs));
    bool cert_sign = !ours->has_key_usage || (ours->key_usage & MF_KU_KEY_CERT_SIGN);
    ck_assert_int_eq(cert_sign, (X509_get_key_usage(theirs) & KU_KEY_CERT_SIGN) != 0);
    bool signs = !ours->has_key_usage || (ours->key_usage & MF_KU_DIGITAL_SIGNATURE);
    ck_assert_int_eq(signs, (X509_get_key_usage(theirs) & KU_DIGITAL_SIGNATURE) != 0);
    bool code = !ours->has_eku || mf_cert_has_eku(ours, mf_oid_eku_code_signing, NULL);
    ck_assert_int_eq(code, (X509_get_extended_key_usage(theirs) & XKU_CODE_SIGN) != 0);
    bool stamps = !ours->has_eku || mf_cert_has_eku(ours, mf_oid_eku_time_stamping, NULL);
    ck_assert_int_eq(stamps, (X509_get_extended_key_usage(theirs) & XKU_TIMESTAMP) != 0);
    assert_octets(ours->ski, X509_get0_subject_key_id(theirs));
    assert_octets(ours->aki, X509_get0_authority_key_id(theirs));
}

static void assert_encoding(struct span ours, unsigned char *theirs, int n)
{
    ck_assert_int_gt(n, 0);
    ck_assert(mf_span_eq(ours, (struct span){theirs, (size_t)n}));
    OPENSSL_free(theirs);
}

/* Both readers see the same certificate. */
static void assert_same(struct span der)
{
    struct cert ours;
    struct err err = {0};
    const unsigned char *p = der.p;
    unsigned char *out = NULL;
    X509 *x = d2i_X509(NULL, &p, (long)der.n);

    ck_assert_ptr_nonnull(x);
    mf_ck_ok(mf_cert_parse(der, &ours, &err), err);
    struct span number;
    mf_ck_ok(mf_der_unsigned(ours.serial, &number, &err), err);
    assert_octets(number, (const ASN1_OCTET_STRING *)X509_get0_serialNumber(x));
    ck_assert_int_eq(ours.not_before.s, openssl_time(X509_get0_notBefore(x)));
    ck_assert_int_eq(ours.not_after.s, openssl_time(X509_get0_notAfter(x)));
    ck_assert_int_eq((long)ours.version - 1, X509_get_version(x));
    int n = i2d_X509_NAME(X509_get_issuer_name(x), &out);
    assert_encoding(ours.issuer, out, n);
    out = NULL;
    n = i2d_X509_NAME(X509_get_subject_name(x), &out);
    assert_encoding(ours.subject, out, n);
    out = NULL;
    n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &out);
    assert_encoding(ours.spki, out, n);
    out = NULL;
    n = i2d_re_X509_tbs(x, &out);
    assert_encoding(ours.tbs, out, n);
    const ASN1_BIT_STRING *signature = NULL;
    X509_get0_signature(&signature, NULL, x);
    assert_octets(ours.signature, signature);
    assert_same_extensions(&ours, x);
    X509_free(x);
}

/* A certificate with what Fulcio puts into one. */
static struct buf fulcio_like(void)
{
    const struct made_cert want = {
        .issuer = "issuing",
        .not_before = 1764000000,
        .not_after = 1764000600,
        .extensions = {{"keyUsage", "critical,digitalSignature"},
                       {"extendedKeyUsage", "codeSigning"},
                       {"subjectKeyIdentifier", "hash"},
                       {"subjectAltName", "critical,email:someone@example.org"},
                       {"1.3.6.1.4.1.57264.1.1", "DER:68:74:74:70:73"},
                       {"1.3.6.1.4.1.11129.2.4.2", "DER:04:02:00:00"}},
    };
    EVP_PKEY *key = made_key("P-256");
    struct buf der = made_cert(&want, key, key);

    EVP_PKEY_free(key);
    return der;
}

static size_t genuine;

/* Every string of a JSON file that is the base64 of a certificate, by OpenSSL's word. */
static void check_strings(struct span text)
{
    while (text.n > 0) {
        size_t open = mf_span_find(text, '"');
        if (open == text.n)
            return;
        text = mf_span_from(text, open + 1);
        struct span word = mf_span_first(text, mf_span_find(text, '"'));
        MF_SCOPED(mf_buf_done) struct buf der = {.max = DER_MAX};
        struct err err = {0};
        if (!mf_span_starts(word, MF_SPAN("MII")) ||
            !mf_base64_decode(word, MF_BASE64_LENIENT, &der, &err))
            continue;
        if (!openssl_accepts(mf_buf_span(&der)))
            continue;
        assert_same(mf_buf_span(&der));
        genuine++;
    }
}

static int check_file(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    struct err err = {0};

    (void)st;
    (void)walk;
    if (type != FTW_F)
        return 0;
    mf_ck_ok(mf_file_read(path, FILE_MAX, &text, &err), err);
    check_strings(mf_buf_span(&text));
    return 0;
}

START_TEST(agrees_with_openssl_on_certificates_made_by_others)
{
    static const char *const folders[] = {"conformance", "sigstore-tuf"};
    char path[4096];
    struct err err = {0};

    genuine = 0;
    for (size_t i = 0; i < MF_LEN(folders); i++) {
        mf_ck_ok(mf_path_join(mf_fixtures(), folders[i], path, sizeof path, &err), err);
        ck_assert_int_eq(nftw(path, check_file, 8, FTW_PHYS), 0);
    }
    ck_assert_msg(genuine >= GENUINE_LEAST, "only %zu certificates found", genuine);
}
END_TEST

START_TEST(agrees_with_openssl_on_our_own)
{
    MF_SCOPED(mf_buf_done) struct buf der = fulcio_like();
    struct cert cert;
    struct err err = {0};
    size_t purposes = 0;

    assert_same(mf_buf_span(&der));
    mf_ck_ok(mf_cert_parse(mf_buf_span(&der), &cert, &err), err);
    ck_assert(mf_cert_has_eku(&cert, mf_oid_eku_code_signing, &purposes));
    ck_assert_uint_eq(purposes, 1);
    ck_assert(!mf_cert_has_eku(&cert, mf_oid_eku_time_stamping, NULL));
    ck_assert_ptr_nonnull(mf_cert_extension(&cert, mf_oid_sct_list));
    ck_assert_ptr_null(mf_cert_extension(&cert, mf_oid_precert_poison));
}
END_TEST

START_TEST(accepts_no_damaged_certificate_that_openssl_refuses)
{
    static const uint8_t flips[] = {0xFF, 0x01, 0x02, 0x80, 0x20};
    MF_SCOPED(mf_buf_done) struct buf der = fulcio_like();
    size_t accepted = 0;

    for (size_t i = 0; i < der.n; i++) {
        uint8_t flip = flips[_i];
        struct cert cert;
        struct err err = {0};
        der.p[i] ^= flip;
        if (mf_cert_parse(mf_buf_span(&der), &cert, &err)) {
            accepted++;
            ck_assert_msg(openssl_accepts(mf_buf_span(&der)), "byte %zu flipped by %02x", i, flip);
        } else {
            ck_assert_int_ne(err.what[0], 0);
        }
        der.p[i] ^= flip;
    }
    ck_assert_uint_gt(accepted, 0); /* key and signature bytes say nothing about the shape */
}
END_TEST

START_TEST(refuses_every_shorter_and_longer_one)
{
    MF_SCOPED(mf_buf_done) struct buf der = fulcio_like();
    struct cert cert;

    for (size_t n = 0; n < der.n; n++) {
        struct err err = {0};
        ck_assert(!mf_cert_parse((struct span){der.p, n}, &cert, &err));
    }
    struct err err = {0};
    mf_ck_ok(mf_buf_append_byte(&der, 0, &err), err);
    mf_ck_refused(mf_cert_parse(mf_buf_span(&der), &cert, &err), err, "follow");
}
END_TEST

/* Changes that keep the lengths: bytes found once in the certificate, and what they become. */
static const struct {
    struct span find, put;
    const char *message;
} edits[] = {
    {MF_SPAN_INIT("\xA0\x03\x02\x01\x02"), MF_SPAN_INIT("\xA0\x03\x02\x01\x01"),
     "version: neither 3 nor left out"},
    {MF_SPAN_INIT("\x02\x08\x01\x23"), MF_SPAN_INIT("\x02\x08\x81\x23"), "serial number: INTEGER"},
    {MF_SPAN_INIT("\x02\x08\x01\x23"), MF_SPAN_INIT("\x02\x08\x00\x23"),
     "serial number: INTEGER is not minimal"},
    {MF_SPAN_INIT("\x17\x0D"), MF_SPAN_INIT("\x16\x0D"), "validity: "},
    {MF_SPAN_INIT("\x03\x02\x07\x80"), MF_SPAN_INIT("\x03\x02\x07\x81"),
     "extensions: key usage: unused bits are set"},
    {MF_SPAN_INIT("\x03\x02\x07\x80"), MF_SPAN_INIT("\x03\x02\x07\x00"),
     "extensions: key usage: no bit is set"},
    {MF_SPAN_INIT("\x03\x02\x07\x80"), MF_SPAN_INIT("\x03\x02\x08\x80"),
     "extensions: key usage: not a list"},
    {MF_SPAN_INIT("\x01\x01\xFF\x04\x04\x03\x02"), MF_SPAN_INIT("\x01\x01\x01\x04\x04\x03\x02"),
     "extensions: extension 1: BOOLEAN"},
    {MF_SPAN_INIT("\x2B\x06\x01\x05\x05\x07\x03\x03"),
     MF_SPAN_INIT("\x2B\x06\x01\x05\x05\x07\x03\x83"), "extended key usage: object identifier"},
    {MF_SPAN_INIT("\x55\x1D\x25"), MF_SPAN_INIT("\x55\x1D\x0F"),
     "extensions: extension 2.5.29.15 appears twice"},
    {MF_SPAN_INIT("\x55\x1D\x0E\x04\x16\x04\x14"), MF_SPAN_INIT("\x55\x1D\x0E\x04\x16\x05\x14"),
     "subject key identifier: DER tag"},
    {MF_SPAN_INIT("\x55\x1D\x0F\x01"), MF_SPAN_INIT("\x80\x1D\x0F\x01"),
     "extension 1: object identifier is padded"},
};

static void edit(struct buf *der, struct span find, struct span put)
{
    uint8_t *at = memmem(der->p, der->n, find.p, find.n);

    ck_assert_ptr_nonnull(at);
    ck_assert_uint_eq(find.n, put.n);
    memcpy(at, put.p, put.n);
}

START_TEST(refuses_what_rfc_5280_does_not_allow)
{
    MF_SCOPED(mf_buf_done) struct buf der = fulcio_like();
    struct cert cert = {.version = 42};
    struct err err = {0};

    edit(&der, edits[_i].find, edits[_i].put);
    mf_ck_refused(mf_cert_parse(mf_buf_span(&der), &cert, &err), err, edits[_i].message);
    ck_assert_uint_eq(cert.version, 42);
}
END_TEST

START_TEST(refuses_signature_algorithms_that_differ)
{
    const struct span sha256 = MF_SPAN_INIT("\x2A\x86\x48\xCE\x3D\x04\x03\x02");
    const struct span sha384 = MF_SPAN_INIT("\x2A\x86\x48\xCE\x3D\x04\x03\x03");
    MF_SCOPED(mf_buf_done) struct buf der = fulcio_like();
    struct cert cert;
    struct err err = {0};

    edit(&der, sha256, sha384); /* only the first, inner one */
    mf_ck_refused(mf_cert_parse(mf_buf_span(&der), &cert, &err), err, "differs inside and outside");
    struct err again = {0};
    edit(&der, sha256, sha384);
    mf_ck_ok(mf_cert_parse(mf_buf_span(&der), &cert, &again), again);
    enum sig_scheme scheme;
    mf_ck_ok(mf_cert_scheme(&cert, &scheme, &again), again);
    ck_assert_int_eq(scheme, MF_SIG_ECDSA_SHA384);
}
END_TEST

START_TEST(is_valid_at_both_ends_and_not_beyond)
{
    MF_SCOPED(mf_buf_done) struct buf der = fulcio_like();
    struct cert cert;
    struct err err = {0};

    mf_ck_ok(mf_cert_parse(mf_buf_span(&der), &cert, &err), err);
    ck_assert(mf_cert_is_valid_at(&cert, (struct instant){1764000000, 0}));
    ck_assert(mf_cert_is_valid_at(&cert, (struct instant){1764000600, 0}));
    ck_assert(!mf_cert_is_valid_at(&cert, (struct instant){1763999999, 999999999}));
    ck_assert(!mf_cert_is_valid_at(&cert, (struct instant){1764000600, 1}));
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("cert");
    TCase *tc = tcase_create("cert");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, agrees_with_openssl_on_certificates_made_by_others);
    tcase_add_test(tc, agrees_with_openssl_on_our_own);
    tcase_add_loop_test(tc, accepts_no_damaged_certificate_that_openssl_refuses, 0, 5);
    tcase_add_test(tc, refuses_every_shorter_and_longer_one);
    tcase_add_loop_test(tc, refuses_what_rfc_5280_does_not_allow, 0, MF_LEN(edits));
    tcase_add_test(tc, refuses_signature_algorithms_that_differ);
    tcase_add_test(tc, is_valid_at_both_ends_and_not_beyond);
    suite_add_tcase(suite, tc);
    return suite;
}
