#include <stdlib.h>
#include <unistd.h>

#include <jwt.h>

#include "ca-stub/identity/token_gate.h"
#include "common/base/file.h"
#include "common/codec/pem.h"
#include "tests/support/fake_issuer.h"
#include "tests/support/suite.h"
#include "tests/support/token_maker.h"

#define NOW   1800000000
#define TIMES "\"iat\":1799999990,\"exp\":1800000590"
#define REST  "\"aud\":\"sigstore\"," TIMES
#define A     "{\"iss\":\"https://a.example\",\"sub\":\"1\","
#define MAIL  "\"email\":\"dev@example.org\",\"email_verified\":true"
#define GOOD  A REST "," MAIL "}"

static struct made_keys keys;
static struct fake_issuer fake;
static struct token_gate *gate;
static char key_file[] = "/tmp/mayfly-gate-XXXXXX";

static void make_keys(void)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 4096};
    struct err err = {0};
    int fd = mkstemp(key_file);

    ck_assert_int_ge(fd, 0);
    close(fd);
    made_keys_init(&keys, true);
    mf_ck_ok(mf_buf_append_str(&text, "{\"keys\":[", &err), err);
    made_jwk(keys.c, keys.other, "of-b", "", &text);
    mf_ck_ok(mf_buf_append_str(&text, "]}", &err), err);
    mf_ck_ok(mf_file_write(key_file, mf_buf_span(&text), 0600, MF_FILE_REPLACE, &err), err);
}

static void drop_keys(void)
{
    unlink(key_file);
    made_keys_done(&keys);
}

static void publish(void)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 1 << 16};
    struct err err = {0};

    mf_ck_ok(mf_buf_append_str(&text, "{\"keys\":[", &err), err);
    made_jwk(keys.c, keys.p256, "es", ",\"alg\":\"ES256\"", &text);
    mf_ck_ok(mf_buf_append_byte(&text, ',', &err), err);
    made_jwk(keys.c, keys.rsa, "rs", "", &text);
    mf_ck_ok(mf_buf_append_byte(&text, ',', &err), err);
    made_jwk(keys.c, keys.rsa, "rs-384", ",\"alg\":\"RS384\"", &text);
    mf_ck_ok(mf_buf_append_byte(&text, ',', &err), err);
    made_jwk(keys.c, keys.p384, "p384", "", &text);
    mf_ck_ok(mf_buf_append_byte(&text, ',', &err), err);
    made_jwk(keys.c, keys.p384, "twice", "", &text);
    mf_ck_ok(mf_buf_append_byte(&text, ',', &err), err);
    made_jwk(keys.c, keys.other, "twice", "", &text);
    mf_ck_ok(mf_buf_append(&text, (struct span){(const uint8_t *)"]}", 3}, &err), err);
    fake_issuer_publish(&fake, (const char *)text.p);
}

static void set_up(void)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    char text[512];
    struct err err = {0};

    fake_issuer_init(&fake);
    publish();
    snprintf(text, sizeof text,
             "[{\"issuer\":\"https://a.example\",\"audience\":\"sigstore\",\"type\":\"email\"},"
             "{\"issuer\":\"https://b.example\",\"audience\":[\"sigstore\",\"x\"],"
             "\"type\":\"uri\",\"subject_domain\":\"https://b.example\",\"jwks_file\":\"%s\"}]",
             key_file);
    mf_ck_ok(mf_json_parse(mf_span_str(text), &mf_json_config_limits, &doc, &err), err);
    const struct token_gate_params params = {.issuers = mf_json_root(doc),
                                             .config_path = "/tmp/ca.json",
                                             .clock = fake_issuer_clock(&fake),
                                             .fetch = fake_issuer_fetch(&fake)};
    mf_ck_ok(mf_token_gate_new(&params, &gate, &err), err);
}

static void tear_down(void)
{
    mf_token_gate_free(&gate);
    fake_issuer_done(&fake);
}

static bool check(struct span token, struct token_verdict *out, struct err *err)
{
    return mf_token_gate_check(gate, keys.c, token, (struct instant){.s = NOW}, out, err);
}

/* The public key as libjwt takes it. */
static struct buf public_pem(const struct private_key *key)
{
    MF_SCOPED(mf_public_key_free) struct public_key *half = NULL;
    struct buf pem = {.max = 4096};
    struct err err = {0};

    mf_ck_ok(mf_private_key_public(keys.c, key, &half, &err), err);
    mf_ck_ok(mf_pem_append(&pem, "PUBLIC KEY", mf_public_key_spki(half), &err), err);
    return pem;
}

static bool libjwt_accepts(const struct buf *token, const struct private_key *key)
{
    MF_SCOPED(mf_buf_done) struct buf pem = public_pem(key);
    MF_SCOPED(mf_free_done) char *text = mf_span_dup(mf_buf_span(token));
    jwt_t *jwt = NULL;
    bool ok = jwt_decode(&jwt, text, pem.p, (int)pem.n) == 0;

    jwt_free(jwt);
    return ok;
}

static struct buf es(const char *payload)
{
    return made_token(keys.c, keys.p256, MF_SIG_ECDSA_SHA256,
                      MF_SPAN("{\"alg\":\"ES256\",\"kid\":\"es\"}"), mf_span_str(payload));
}

START_TEST(a_good_token_becomes_an_identity)
{
    MF_SCOPED(mf_buf_done) struct buf token = es(A REST "," MAIL ",\"jti\":\"j\"}");
    MF_SCOPED(mf_token_verdict_done) struct token_verdict verdict = {0};
    uint8_t digest[32];
    struct err err = {0};

    mf_ck_ok(check(mf_buf_span(&token), &verdict, &err), err);
    ck_assert(libjwt_accepts(&token, keys.p256));
    ck_assert_str_eq(verdict.reason, "");
    ck_assert_str_eq(verdict.issuer, "https://a.example");
    ck_assert_str_eq(verdict.subject, "1");
    ck_assert_str_eq(verdict.jti, "j");
    ck_assert_str_eq(verdict.kid, "es");
    ck_assert(mf_span_is(verdict.identity.san, "dev@example.org"));
    ck_assert_int_eq(verdict.identity.issued_at_s, 1799999990);
    ck_assert_int_eq(verdict.identity.expires_at_s, 1800000590);
    const uint8_t *last_dot = memrchr(token.p, '.', token.n);
    mf_sha256(keys.c, (struct span){token.p, (size_t)(last_dot - token.p)}, digest);
    ck_assert(verdict.has_digest);
    ck_assert_mem_eq(verdict.digest, digest, sizeof digest);
}
END_TEST

enum which { P256, OTHER, P384, RSA };

static const struct {
    enum which key;
    enum sig_scheme scheme;
    const char *header;
    const char *payload;
    const char *reason;
    const char *message; /* null: accepted */
} tokens[] = {
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"es\",\"typ\":\"JWT\"}", GOOD, "",
     NULL},
    {RSA, MF_SIG_RSA_PKCS1_SHA256, "{\"alg\":\"RS256\",\"kid\":\"rs\"}", GOOD, "", NULL},
    {RSA, MF_SIG_RSA_PKCS1_SHA512, "{\"alg\":\"RS512\",\"kid\":\"rs\"}", GOOD, "", NULL},
    {RSA, MF_SIG_RSA_PKCS1_SHA384, "{\"alg\":\"RS384\",\"kid\":\"rs-384\"}", GOOD, "", NULL},
    {P384, MF_SIG_ECDSA_SHA384, "{\"alg\":\"ES384\",\"kid\":\"p384\"}", GOOD, "", NULL},
    {OTHER, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\"}",
     "{\"iss\":\"https://b.example\",\"sub\":\"https://b.example/j\"," REST "}", "", NULL},
    /* the key the token names, and no other */
    {RSA, MF_SIG_RSA_PKCS1_SHA256, "{\"alg\":\"RS256\",\"kid\":\"rs-384\"}", GOOD, "KEY_MISMATCH",
     "key is for RS384, token has RS256"},
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"RS256\",\"kid\":\"es\"}", GOOD, "KEY_MISMATCH",
     "key is for ES256, token has RS256"},
    {P384, MF_SIG_ECDSA_SHA384, "{\"alg\":\"ES256\",\"kid\":\"p384\"}", GOOD, "KEY_MISMATCH",
     "algorithm ES256 is not for the key's kind"},
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"rs\"}", GOOD, "KEY_MISMATCH",
     "algorithm ES256 is not for"},
    {OTHER, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"es\"}", GOOD, "SIG_INVALID",
     "signature does not verify"},
    {OTHER, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"of-b\"}", GOOD, "KEY_UNKNOWN",
     "no key has the name \"of-b\""},
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"es\"}",
     "{\"iss\":\"https://b.example\",\"sub\":\"https://b.example/j\"," REST "}", "KEY_UNKNOWN",
     "issuer https://b.example: no key"},
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\"}",
     "{\"iss\":\"https://b.example\",\"sub\":\"https://b.example/j\"," REST "}", "SIG_INVALID",
     "signature does not verify"},
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\"}", GOOD, "KEY_UNKNOWN",
     "token names no key, and there is more than one"},
    {P384, MF_SIG_ECDSA_SHA384, "{\"alg\":\"ES384\",\"kid\":\"twice\"}", GOOD, "KEY_UNKNOWN",
     "two keys have the name \"twice\""},
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"../es\"}", GOOD, "KEY_UNKNOWN", ""},
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"none\",\"kid\":\"es\"}", GOOD, "ALG_FORBIDDEN", ""},
    {P256, MF_SIG_ECDSA_SHA256, "{\"kid\":\"es\"}", A REST ",\"alg\":\"ES256\"," MAIL "}",
     "ALG_FORBIDDEN", "alg is missing"},
    /* an issuer of another spelling is another issuer */
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"es\"}",
     "{\"iss\":\"https://a.example/\",\"sub\":\"1\"," REST "," MAIL "}", "ISSUER_UNKNOWN",
     "issuer \"https://a.example/\" is not configured"},
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"es\"}",
     "{\"iss\":\"https://A.example\",\"sub\":\"1\"," REST "," MAIL "}", "ISSUER_UNKNOWN", ""},
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"es\"}",
     "{\"iss\":\"https://a.example:443\",\"sub\":\"1\"," REST "," MAIL "}", "ISSUER_UNKNOWN", ""},
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"es\"}",
     "{\"iss\":\"https://evil.example/?https://a.example\",\"sub\":\"1\"," REST "," MAIL "}",
     "ISSUER_UNKNOWN", ""},
    /* after the signature */
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"es\"}",
     A "\"aud\":\"other\"," TIMES "," MAIL "}", "AUD_MISMATCH", "token is for \"other\""},
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"es\"}",
     A "\"aud\":\"sigstore\",\"iat\":1,\"exp\":2," MAIL "}", "EXPIRED", "has expired"},
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"es\"}", A REST "}",
     "CLAIM_MISSING:email", "missing email claim in ID token"},
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"es\"}",
     A REST ",\"email\":\"dev@example.org\"}", "EMAIL_UNVERIFIED", "was false"},
    {P256, MF_SIG_ECDSA_SHA256, "{\"alg\":\"ES256\",\"kid\":\"es\"}",
     A "\"sub\":\"2\"," REST "," MAIL "}", "TOKEN_MALFORMED", "is there twice"},
};

START_TEST(judges_tokens_from_the_shape_to_the_identity)
{
    const struct private_key *all[] = {
        [P256] = keys.p256, [OTHER] = keys.other, [P384] = keys.p384, [RSA] = keys.rsa};
    MF_SCOPED(mf_buf_done)
    struct buf token = made_token(keys.c, all[tokens[_i].key], tokens[_i].scheme,
                                  mf_span_str(tokens[_i].header), mf_span_str(tokens[_i].payload));
    MF_SCOPED(mf_token_verdict_done) struct token_verdict verdict = {0};
    struct err err = {0};

    if (tokens[_i].message == NULL) {
        mf_ck_ok(check(mf_buf_span(&token), &verdict, &err), err);
        ck_assert(libjwt_accepts(&token, all[tokens[_i].key]));
        ck_assert_uint_gt(verdict.identity.san.n, 0);
    } else {
        mf_ck_refused(check(mf_buf_span(&token), &verdict, &err), err, tokens[_i].message);
        ck_assert_int_eq(err.code, MF_ERR_DENIED);
        ck_assert_uint_eq(verdict.identity.san.n, 0);
        ck_assert_ptr_null(verdict.identity.text.p);
    }
    ck_assert_str_eq(verdict.reason, tokens[_i].reason);
}
END_TEST

/* The classic: HMAC with the public key's text as its secret. libjwt shows that it is a real one.
 */
START_TEST(a_public_key_is_no_shared_secret)
{
    MF_SCOPED(mf_buf_done) struct buf pem = public_pem(keys.p256);
    MF_SCOPED(mf_buf_done) struct buf token = {.max = 1 << 16};
    MF_SCOPED(mf_token_verdict_done) struct token_verdict verdict = {0};
    jwt_t *jwt = NULL;
    struct err err = {0};

    ck_assert_int_eq(jwt_new(&jwt), 0);
    ck_assert_int_eq(jwt_add_header(jwt, "kid", "es"), 0);
    ck_assert_int_eq(jwt_add_grants_json(jwt, GOOD), 0);
    ck_assert_int_eq(jwt_set_alg(jwt, JWT_ALG_HS256, pem.p, (int)pem.n), 0);
    char *text = jwt_encode_str(jwt);
    mf_ck_ok(mf_buf_append_str(&token, text, &err), err);
    free(text);
    jwt_free(jwt);
    ck_assert(libjwt_accepts(&token, keys.p256));
    mf_ck_refused(check(mf_buf_span(&token), &verdict, &err), err,
                  "algorithm \"HS256\" is not accepted");
    ck_assert_str_eq(verdict.reason, "ALG_FORBIDDEN");
}
END_TEST

START_TEST(bad_signatures_make_nobody_ask)
{
    MF_SCOPED(mf_buf_done) struct buf token = es(GOOD);
    const uint8_t genuine = token.p[token.n - 10];
    unsigned before = 0;

    for (int i = 0; i < 20; i++) {
        MF_SCOPED(mf_token_verdict_done) struct token_verdict verdict = {0};
        struct err err = {0};
        const uint8_t letter = (uint8_t)('A' + i);
        token.p[token.n - 10] = letter == genuine ? 'a' : letter;
        fake_issuer_advance(&fake, 31); /* a fetch would be allowed */
        mf_ck_refused(check(mf_buf_span(&token), &verdict, &err), err, "does not verify");
        ck_assert_str_eq(verdict.reason, "SIG_INVALID");
        if (i == 0)
            before = fake.asked;
    }
    ck_assert_uint_eq(fake.asked, before);
}
END_TEST

START_TEST(unknown_issuers_make_nobody_ask)
{
    MF_SCOPED(mf_buf_done)
    struct buf token = es("{\"iss\":\"https://evil.example\",\"sub\":\"1\"," REST "}");
    MF_SCOPED(mf_token_verdict_done) struct token_verdict verdict = {0};
    struct err err = {0};

    mf_ck_refused(check(mf_buf_span(&token), &verdict, &err), err, "is not configured");
    ck_assert_uint_eq(fake.asked, 0);
    ck_assert_str_eq(verdict.issuer, "https://evil.example");
}
END_TEST

START_TEST(an_issuer_that_is_down_gives_no_verdict)
{
    MF_SCOPED(mf_buf_done) struct buf token = es(GOOD);
    MF_SCOPED(mf_token_verdict_done) struct token_verdict verdict = {0};
    struct err err = {0};

    fake_issuer_set(&fake, true, false);
    mf_ck_refused(check(mf_buf_span(&token), &verdict, &err), err,
                  "issuer https://a.example: has no keys: discovery document: the fake issuer");
    ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE);
    ck_assert_str_eq(verdict.reason, "ISSUER_UNAVAILABLE");
}
END_TEST

START_TEST(what_a_refused_token_says_is_noted_safely)
{
    MF_SCOPED(mf_buf_done)
    struct buf token = es("{\"iss\":\"https://x\\u001b[31m\",\"sub\":\"a\\u202eb\"," REST "}");
    MF_SCOPED(mf_token_verdict_done) struct token_verdict verdict = {0};
    struct err err = {0};

    ck_assert(!check(mf_buf_span(&token), &verdict, &err));
    ck_assert_ptr_null(strchr(verdict.issuer, '\x1b'));
    ck_assert_str_eq(verdict.issuer, "https://x\\x1b[31m");
    ck_assert_ptr_null(strstr(verdict.subject, "\xE2\x80\xAE"));
    ck_assert_str_eq(verdict.kid, "es");
    ck_assert(verdict.has_digest);
}
END_TEST

START_TEST(describes_its_issuers)
{
    MF_SCOPED(mf_buf_done) struct buf out = {.max = 4096};
    struct err err = {0};
    struct json_writer w = mf_json_writer(&out, &err);

    mf_token_gate_describe(gate, &w);
    mf_ck_ok(mf_json_written(&w), err);
    ck_assert(mf_span_is(
        mf_buf_span(&out),
        "[{\"issuerUrl\":\"https://a.example\",\"audience\":\"sigstore\","
        "\"challengeClaim\":\"email\",\"spiffeTrustDomain\":\"\",\"issuerType\":\"email\","
        "\"subjectDomain\":\"\"},"
        "{\"issuerUrl\":\"https://b.example\",\"audience\":\"sigstore\","
        "\"challengeClaim\":\"sub\",\"spiffeTrustDomain\":\"\",\"issuerType\":\"uri\","
        "\"subjectDomain\":\"https://b.example\"}]"));
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("token_gate");
    TCase *tokens_case = tcase_create("tokens");

    tcase_add_unchecked_fixture(tokens_case, make_keys, drop_keys);
    tcase_add_checked_fixture(tokens_case, set_up, tear_down);
    tcase_set_timeout(tokens_case, 30);
    tcase_add_test(tokens_case, a_good_token_becomes_an_identity);
    tcase_add_loop_test(tokens_case, judges_tokens_from_the_shape_to_the_identity, 0,
                        MF_LEN(tokens));
    tcase_add_test(tokens_case, a_public_key_is_no_shared_secret);
    tcase_add_test(tokens_case, bad_signatures_make_nobody_ask);
    tcase_add_test(tokens_case, unknown_issuers_make_nobody_ask);
    tcase_add_test(tokens_case, an_issuer_that_is_down_gives_no_verdict);
    tcase_add_test(tokens_case, what_a_refused_token_says_is_noted_safely);
    tcase_add_test(tokens_case, describes_its_issuers);
    suite_add_tcase(suite, tokens_case);
    return suite;
}
