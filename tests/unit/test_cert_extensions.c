#include <openssl/objects.h>

#include "common/x509/cert.h"
#include "common/x509/oid.h"
#include "tests/support/suite.h"
#include "tests/support/x509_maker.h"

static const struct {
    struct made_extension extension;
    const char *message; /* null: accepted */
} values[] = {
    {{"basicConstraints", "critical,CA:TRUE,pathlen:3"}, NULL},
    {{"basicConstraints", "CA:FALSE"}, NULL},
    {{"basicConstraints", "DER:30:03:01:01:00"}, NULL},
    {{"basicConstraints", "DER:30:06:01:01:00:02:01:00"}, "a path length on a certificate that"},
    {{"basicConstraints", "DER:30:03:02:01:00"}, "a path length on a certificate that is no CA"},
    {{"basicConstraints", "DER:30:06:01:01:FF:02:01:FF"}, "basic constraints: INTEGER is negative"},
    {{"basicConstraints", "DER:30:05:01:01:FF:05:00"}, "basic constraints: 2 bytes follow"},
    {{"basicConstraints", "DER:31:00"}, "basic constraints: DER tag"},
    {{"keyUsage", "critical,keyCertSign,cRLSign"}, NULL},
    {{"keyUsage", "DER:03:03:07:00:80"}, NULL}, /* decipherOnly */
    {{"keyUsage", "DER:03:03:00:00:81"}, "has no meaning"},
    {{"keyUsage", "DER:03:01:00"}, "not a list of 1 to 9 bits"},
    {{"extendedKeyUsage", "DER:30:00"}, "extended key usage: DER value"},
    {{"extendedKeyUsage", "DER:30:02:06:00"}, "object identifier is empty"},
    {{"subjectKeyIdentifier", "DER:04:00"}, "subject key identifier: key identifier is empty"},
    {{"authorityKeyIdentifier", "DER:30:06:80:04:01:02:03:04"}, NULL},
    {{"authorityKeyIdentifier", "DER:30:00"}, NULL},
    {{"authorityKeyIdentifier", "DER:30:02:80:00"}, "key identifier is empty"},
    {{"authorityKeyIdentifier", "DER:30:03:82:01:01"}, "only together"},
    {{"authorityKeyIdentifier", "DER:30:03:83:01:01"}, "bytes follow"},
};

START_TEST(reads_extension_values_strictly)
{
    struct made_cert want = {.subject = "x", .not_after = 1, .extensions = {values[_i].extension}};
    EVP_PKEY *key = made_key("P-256");
    MF_SCOPED(mf_buf_done) struct buf der = made_cert(&want, key, key);
    struct cert cert;
    struct err err = {0};

    if (values[_i].message == NULL)
        mf_ck_ok(mf_cert_parse(mf_buf_span(&der), &cert, &err), err);
    else
        mf_ck_refused(mf_cert_parse(mf_buf_span(&der), &cert, &err), err, values[_i].message);
    EVP_PKEY_free(key);
}
END_TEST

static const struct {
    const char *value; /* null: no such extension */
    enum san_kind kind;
    const char *text; /* null: refused with the message */
    const char *message;
} sans[] = {
    {"email:a@example.org", MF_SAN_EMAIL, "a@example.org", NULL},
    {"URI:https://example.org/x", MF_SAN_URI, "https://example.org/x", NULL},
    {"DNS:example.org", MF_SAN_DNS, "example.org", NULL},
    {"otherName:1.3.6.1.4.1.57264.1.7;UTF8:someone!example.org", MF_SAN_OTHER_NAME,
     "someone!example.org", NULL},
    {"DER:30:06:87:04:7F:00:00:01", MF_SAN_UNKNOWN, "\x7F", NULL},
    {"DER:30:08:A0:06:06:01:2A:A0:01:00", MF_SAN_UNKNOWN, "\x06", NULL},
    {"DER:30:18:A0:16:06:0A:2B:06:01:04:01:83:BF:30:01:07:A0:08:0C:06:61:00:62:21:63:64",
     MF_SAN_UNKNOWN, NULL, "malformed UTF-8, or a NUL"},
    {"DER:30:14:A0:12:06:0A:2B:06:01:04:01:83:BF:30:01:07:A0:04:16:02:61:62", MF_SAN_UNKNOWN, NULL,
     "DER tag"},
    {"DER:30:05:81:03:61:00:62", MF_SAN_UNKNOWN, NULL, "not visible ASCII"},
    {"DER:30:02:86:00", MF_SAN_UNKNOWN, NULL, "name is empty"},
    {"DER:30:00", MF_SAN_UNKNOWN, NULL, "subject alternative name: DER value"},
    {"email:a@example.org,email:b@example.org", MF_SAN_UNKNOWN, NULL, "more than one name"},
    {NULL, MF_SAN_UNKNOWN, NULL, "subject alternative name: not there"},
};

START_TEST(reads_the_only_subject_alternative_name)
{
    struct made_cert want = {.subject = "x", .not_after = 1};
    EVP_PKEY *key = made_key("P-256");
    struct cert cert;
    struct san san;
    struct err err = {0};

    if (sans[_i].value != NULL)
        want.extensions[0] = (struct made_extension){"subjectAltName", sans[_i].value};
    MF_SCOPED(mf_buf_done) struct buf der = made_cert(&want, key, key);
    mf_ck_ok(mf_cert_parse(mf_buf_span(&der), &cert, &err), err);
    if (sans[_i].text == NULL) {
        mf_ck_refused(mf_cert_only_san(&cert, &san, &err), err, sans[_i].message);
    } else {
        mf_ck_ok(mf_cert_only_san(&cert, &san, &err), err);
        ck_assert_int_eq(san.kind, sans[_i].kind);
        ck_assert(mf_span_starts(san.value, mf_span_str(sans[_i].text)));
    }
    EVP_PKEY_free(key);
}
END_TEST

static const struct {
    const struct span *oid;
    const char *dotted;
} oids[] = {
    {&mf_oid_ec_public_key, "1.2.840.10045.2.1"},
    {&mf_oid_rsa, "1.2.840.113549.1.1.1"},
    {&mf_oid_ed25519, "1.3.101.112"},
    {&mf_oid_sha256, "2.16.840.1.101.3.4.2.1"},
    {&mf_oid_sha384, "2.16.840.1.101.3.4.2.2"},
    {&mf_oid_sha512, "2.16.840.1.101.3.4.2.3"},
    {&mf_oid_sha1, "1.3.14.3.2.26"},
    {&mf_oid_ecdsa_sha256, "1.2.840.10045.4.3.2"},
    {&mf_oid_ecdsa_sha384, "1.2.840.10045.4.3.3"},
    {&mf_oid_ecdsa_sha512, "1.2.840.10045.4.3.4"},
    {&mf_oid_rsa_sha256, "1.2.840.113549.1.1.11"},
    {&mf_oid_rsa_sha384, "1.2.840.113549.1.1.12"},
    {&mf_oid_rsa_sha512, "1.2.840.113549.1.1.13"},
    {&mf_oid_common_name, "2.5.4.3"},
    {&mf_oid_organization, "2.5.4.10"},
    {&mf_oid_subject_key_id, "2.5.29.14"},
    {&mf_oid_authority_key_id, "2.5.29.35"},
    {&mf_oid_key_usage, "2.5.29.15"},
    {&mf_oid_ext_key_usage, "2.5.29.37"},
    {&mf_oid_basic_constraints, "2.5.29.19"},
    {&mf_oid_subject_alt_name, "2.5.29.17"},
    {&mf_oid_name_constraints, "2.5.29.30"},
    {&mf_oid_eku_code_signing, "1.3.6.1.5.5.7.3.3"},
    {&mf_oid_eku_time_stamping, "1.3.6.1.5.5.7.3.8"},
    {&mf_oid_eku_any, "2.5.29.37.0"},
    {&mf_oid_sct_list, "1.3.6.1.4.1.11129.2.4.2"},
    {&mf_oid_precert_poison, "1.3.6.1.4.1.11129.2.4.3"},
    {&mf_oid_signed_data, "1.2.840.113549.1.7.2"},
    {&mf_oid_tst_info, "1.2.840.113549.1.9.16.1.4"},
    {&mf_oid_content_type, "1.2.840.113549.1.9.3"},
    {&mf_oid_message_digest, "1.2.840.113549.1.9.4"},
    {&mf_oid_signing_time, "1.2.840.113549.1.9.5"},
    {&mf_oid_signing_certificate, "1.2.840.113549.1.9.16.2.12"},
    {&mf_oid_signing_certificate_v2, "1.2.840.113549.1.9.16.2.47"},
    {&mf_oid_fulcio_arc, "1.3.6.1.4.1.57264.1"},
    {&mf_oid_fulcio_other_name, "1.3.6.1.4.1.57264.1.7"},
    {&mf_oid_sigstore_tsa_policy, "1.3.6.1.4.1.57264.2"},
};

START_TEST(spells_object_identifiers_as_openssl_does)
{
    ASN1_OBJECT *o = OBJ_txt2obj(oids[_i].dotted, 1);
    struct span want = {OBJ_get0_data(o), OBJ_length(o)};

    ck_assert_msg(mf_span_eq(*oids[_i].oid, want), "%s", oids[_i].dotted);
    ASN1_OBJECT_free(o);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("cert_extensions");
    TCase *tc = tcase_create("values");

    tcase_add_loop_test(tc, reads_extension_values_strictly, 0, MF_LEN(values));
    tcase_add_loop_test(tc, reads_the_only_subject_alternative_name, 0, MF_LEN(sans));
    tcase_add_loop_test(tc, spells_object_identifiers_as_openssl_does, 0, MF_LEN(oids));
    suite_add_tcase(suite, tc);
    return suite;
}
