#include "ca-stub/server/signing_cert_request.h"
#include "tests/support/suite.h"

static const struct {
    enum signing_cert_api api;
    const char *body, *token, *csr, *key, *signature;
} accepted[] = {
    {MF_SIGNING_CERT_V2, "", "", "", "", ""},
    {MF_SIGNING_CERT_V2, "{}", "", "", "", ""},
    {MF_SIGNING_CERT_V2, "{\"certificateSigningRequest\":\"Q1NS\"}", "", "CSR", "", ""},
    {MF_SIGNING_CERT_V2,
     "{\"credentials\":{\"oidcIdentityToken\":\"a.b.c\"},\"publicKeyRequest\":{\"publicKey\":"
     "{\"algorithm\":\"ECDSA\",\"content\":\"KEY\"},\"proofOfPossession\":\"U0lH\"}}",
     "a.b.c", "", "KEY", "SIG"},
    {MF_SIGNING_CERT_V2,
     "{\"credentials\":{\"oidc_identity_token\":\"a.b.c\"},\"public_key_request\":{\"public_key\":"
     "{\"algorithm\":\"NEW_ONE\",\"content\":\"KEY\"},\"proof_of_possession\":\"U0lH\"}}",
     "a.b.c", "", "KEY", "SIG"},
    /* URL alphabet, no padding; null is absent; unknown members are ignored */
    {MF_SIGNING_CERT_V2,
     "{\"certificate_signing_request\":\"-_8\",\"publicKeyRequest\":null,\"x\":[{}]}", "",
     "\xfb\xff", "", ""},
    {MF_SIGNING_CERT_V1,
     "{\"publicKey\":{\"content\":\"S0VZ\",\"algorithm\":\"ecdsa\"},\"signedEmailAddress\":"
     "\"U0lH\"}",
     "", "", "KEY", "SIG"},
    {MF_SIGNING_CERT_V1, "{\"certificateSigningRequest\":\"Q1NS\"}", "", "CSR", "", ""},
};

static void check_is(const struct buf *got, const char *expected)
{
    ck_assert_msg(mf_span_is(mf_buf_span(got), expected), "got '%.*s', not '%s'",
                  MF_SPAN_ARG(mf_buf_span(got)), expected);
}

START_TEST(reads_what_clients_send)
{
    MF_SCOPED(mf_signing_cert_request_done) struct signing_cert_request r = {0};
    struct err err = {0};

    mf_ck_ok(mf_signing_cert_parse(mf_span_str(accepted[_i].body), accepted[_i].api, &r, &err),
             err);
    check_is(&r.token, accepted[_i].token);
    check_is(&r.csr, accepted[_i].csr);
    check_is(&r.key, accepted[_i].key);
    check_is(&r.signature, accepted[_i].signature);
    ck_assert(r.has_csr == (accepted[_i].csr[0] != '\0'));
}
END_TEST

static const struct {
    enum signing_cert_api api;
    const char *body, *message;
} refused[] = {
    {MF_SIGNING_CERT_V2, "[]", "request: not a JSON object"},
    {MF_SIGNING_CERT_V2, "{", "request: "},
    {MF_SIGNING_CERT_V2, "{\"a\":1,\"a\":1}", "request: "},
    {MF_SIGNING_CERT_V2, "{\"credentials\":\"a.b.c\"}", "credentials is not an object"},
    {MF_SIGNING_CERT_V2, "{\"credentials\":{\"oidcIdentityToken\":7}}",
     "credentials: oidcIdentityToken"},
    {MF_SIGNING_CERT_V2,
     "{\"credentials\":{\"oidcIdentityToken\":\"a\",\"oidc_identity_token\":\"b\"}}",
     "both oidcIdentityToken and oidc_identity_token are there"},
    {MF_SIGNING_CERT_V2, "{\"certificateSigningRequest\":\"Q1NS\",\"publicKeyRequest\":{}}",
     "both a certificate signing request and a public key are there"},
    {MF_SIGNING_CERT_V2, "{\"certificateSigningRequest\":\"!!\"}", "certificateSigningRequest"},
    {MF_SIGNING_CERT_V2, "{\"publicKeyRequest\":{\"publicKey\":[]}}",
     "publicKeyRequest: publicKey is not an object"},
    {MF_SIGNING_CERT_V1, "{\"certificateSigningRequest\":\"Q1NS\",\"publicKey\":{}}",
     "both a certificate signing request and a public key are there"},
    {MF_SIGNING_CERT_V1, "{\"publicKey\":{\"content\":\"!!\"}}", "publicKey: content"},
};

START_TEST(refuses_with_the_member_named)
{
    struct signing_cert_request r = {0};
    struct err err = {0};

    mf_ck_refused(mf_signing_cert_parse(mf_span_str(refused[_i].body), refused[_i].api, &r, &err),
                  err, refused[_i].message);
    ck_assert_ptr_null(r.token.p);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("signing_cert_request");
    TCase *body = tcase_create("body");

    tcase_add_loop_test(body, reads_what_clients_send, 0, MF_LEN(accepted));
    tcase_add_loop_test(body, refuses_with_the_member_named, 0, MF_LEN(refused));
    suite_add_tcase(suite, body);
    return suite;
}
