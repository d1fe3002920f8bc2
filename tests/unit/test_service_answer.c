#include "common/base/secret.h"
#include "common/net/service_answer.h"
#include "tests/support/suite.h"

#define WITHHELD "(withheld, as a secret is in it)"
#define HEAD     "eyJhbGciOiJFUzI1NiJ9"
#define TOKEN    HEAD ".eyJzdWIiOiJtZSJ9.c2lnbmF0dXJl"
#define SECRET   "n0t-a-token-but-32-bytes-of-dice"

static const struct {
    const char *body, *says;
} answers[] = {
    {"{\"message\":\"no such key\"}", "answered 400: no such key"},
    {"{\"message\":\"invalid token " TOKEN "\"}", "answered 400: " WITHHELD},
    {"{\"message\":\"no\",\"details\":[{\"reason\":\"" TOKEN
     "\",\"metadata\":{\"detail\":\"x\"}}]}",
     "answered 400: no (" WITHHELD "): x"},
    {"{\"message\":\"no\",\"details\":[{\"reason\":\"R\",\"metadata\":{\"detail\":\"'" TOKEN
     "' is old\"}}]}",
     "answered 400: no (R): " WITHHELD},
    {"token=" TOKEN "&x", "answered 400: " WITHHELD},
    {"{\"error\":\"" TOKEN "\"}", "answered 400: " WITHHELD},
    {HEAD ".e", "answered 400: " WITHHELD}, /* cut */
    {"ewogImFsZyI6ICJFUzI1NiJ9.e30.AA", "answered 400: " WITHHELD},
    {"see eyes.example.com", "answered 400: see eyes.example.com"},
    {"publicKeyDetailsOfTheVerifier.rawBytes: empty",
     "answered 400: publicKeyDetailsOfTheVerifier.rawBytes: empty"},
    {"wrong secret " SECRET, "answered 400: " WITHHELD},
    {"wrong secret \"-but-32-bytes-of...\"", "answered 400: " WITHHELD}, /* a part of it */
    {"32-bytes-of-dice would do", "answered 400: " WITHHELD},
    {"2-bytes-of-dice would do", "answered 400: 2-bytes-of-dice would do"},
};

START_TEST(shows_what_a_service_says_but_no_secret)
{
    MF_SCOPED(mf_secret_done) struct secret sent = {0};
    MF_SCOPED(mf_http_answer_done)
    struct http_answer answer = {.status = 400, .body = {.max = 4096}};
    struct err err = {0};

    mf_ck_ok(mf_secret_copy(MF_SPAN(SECRET), &sent, &err), err);
    mf_ck_ok(mf_buf_append_str(&answer.body, answers[_i].body, &err), err);
    ck_assert(!mf_service_answer_check(&answer, &sent, &err));
    ck_assert_str_eq(err.what, answers[_i].says);
    ck_assert_int_eq(err.code, MF_ERR_DENIED);
}
END_TEST

/* A secret of which less is a part: nothing but all of it, and an empty one is in no text. */
START_TEST(short_secrets_are_looked_for_whole)
{
    static const char *const secrets[] = {"", "hunter2"};
    MF_SCOPED(mf_secret_done) struct secret sent = {0};
    MF_SCOPED(mf_http_answer_done)
    struct http_answer answer = {.status = 500, .body = {.max = 4096}};
    struct err err = {0};

    if (secrets[_i][0] != '\0')
        mf_ck_ok(mf_secret_copy(mf_span_str(secrets[_i]), &sent, &err), err);
    mf_ck_ok(mf_buf_append_str(&answer.body, "not hunter2", &err), err);
    ck_assert(!mf_service_answer_check(&answer, &sent, &err));
    ck_assert_str_eq(err.what, _i == 0 ? "answered 500: not hunter2" : "answered 500: " WITHHELD);
    ck_assert_int_eq(err.code, MF_ERR_UNAVAILABLE);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("service_answer");
    TCase *tc = tcase_create("answer");

    tcase_add_loop_test(tc, shows_what_a_service_says_but_no_secret, 0, MF_LEN(answers));
    tcase_add_loop_test(tc, short_secrets_are_looked_for_whole, 0, 2);
    suite_add_tcase(suite, tc);
    return suite;
}
