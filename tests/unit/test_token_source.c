#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/token/token_source.h"
#include "common/codec/base64.h"
#include "tests/support/suite.h"

/* A token's payload and what reading it says. */
static const struct {
    const char *payload, *message; /* null: it is taken */
    const char *issuer, *subject, *email, *audience;
} payloads[] = {
    {"{\"iss\":\"i\",\"sub\":\"s\",\"email\":\"e\",\"aud\":\"a\",\"exp\":7}", NULL, "i", "s", "e",
     "a"},
    {"{\"exp\":7}", NULL, "", "", "", ""},
    {"{\"exp\":7,\"iss\":null,\"aud\":null,\"other\":[1]}", NULL, "", "", "", ""},
    {"{\"exp\":7,\"aud\":[\"first\",\"second\"]}", NULL, "", "", "", "first"},
    {"{\"exp\":7,\"aud\":[]}", NULL, "", "", "", ""},
    {"{\"exp\":\"7\"}", NULL, "", "", "", ""},
    {"", "there is no JSON", "", "", "", ""},
    {"[]", "payload is not a JSON object", "", "", "", ""},
    {"{\"exp\":7,\"exp\":8}", "member \"exp\" is there twice", "", "", "", ""},
    {"{}", "exp: is missing, expected an integer", "", "", "", ""},
    {"{\"exp\":7.5}", "exp: is no plain integer of 64 bits", "", "", "", ""},
    {"{\"exp\":true}", "exp: is true or false, not an integer", "", "", "", ""},
    {"{\"exp\":7,\"iss\":1}", "iss: is a number, not a string", "", "", "", ""},
    {"{\"exp\":7,\"sub\":[]}", "sub: is an array, not a string", "", "", "", ""},
    {"{\"exp\":7,\"email\":{}}", "email: is an object, not a string", "", "", "", ""},
    {"{\"exp\":7,\"aud\":7}", "aud: is a number, not a string", "", "", "", ""},
    {"{\"exp\":7,\"aud\":[7]}", "aud: is a number, not a string", "", "", "", ""},
};

static bool read_claims(const char *text, struct token_claims *out, struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret token = {0};

    mf_ck_ok(mf_secret_copy(mf_span_str(text), &token, err), *err);
    return mf_token_claims_read(&token, out, err);
}

START_TEST(reads_what_a_token_says_of_itself)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_TOKEN_MAX};
    MF_SCOPED(mf_token_claims_done) struct token_claims claims = {0};
    struct err err = {0};

    mf_ck_ok(mf_buf_append_str(&text, "e30.", &err) &&
                 mf_base64_append_url(&text, mf_span_str(payloads[_i].payload), &err) &&
                 mf_buf_append(&text, (struct span){(const uint8_t *)".AA", 4}, &err),
             err);
    bool ok = read_claims((const char *)text.p, &claims, &err);
    if (payloads[_i].message != NULL) {
        mf_ck_refused(ok, err, payloads[_i].message);
        ck_assert_int_eq(strncmp(err.where, "identity token", 14), 0);
        ck_assert_int_eq(err.code, MF_ERR_USAGE);
        ck_assert_ptr_null(claims.issuer.p);
        return;
    }
    mf_ck_ok(ok, err);
    ck_assert(mf_span_is(mf_buf_span(&claims.issuer), payloads[_i].issuer));
    ck_assert(mf_span_is(mf_buf_span(&claims.subject), payloads[_i].subject));
    ck_assert(mf_span_is(mf_buf_span(&claims.email), payloads[_i].email));
    ck_assert(mf_span_is(mf_buf_span(&claims.audience), payloads[_i].audience));
    ck_assert_int_eq(claims.expires_s, 7);
}
END_TEST

static const struct {
    const char *token, *message;
} shapes[] = {
    {"", "it does not have three parts"},
    {"e30", "it does not have three parts"},
    {"e30.e30", "it does not have three parts"},
    {"e30.!!!!.AA", "character 1 is not base64"},
    {"e30.e30=.AA", "base64"},
};

START_TEST(refuses_what_is_no_token)
{
    struct token_claims claims = {0};
    struct err err = {0};

    mf_ck_refused(read_claims(shapes[_i].token, &claims, &err), err, shapes[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_USAGE);
}
END_TEST

/* Where a token may be named, and what each mistake is told. */

#define TOKEN "eyJhbGciOiJFUzI1NiJ9.eyJleHAiOjd9.0123456789abcdef"

static const struct {
    const char *option, *content, *message; /* %s in an option is the path of a file with content */
} options[] = {
    {"%s", "a.b.c", NULL},
    {"@%s", " a.b.c\r\n", NULL},
    {"%s", " \n", "identity token: the token is empty"},
    {"%s", "", "identity token: the token is empty"},
    {TOKEN, "", "--identity-token takes a file, not the token itself"},
    {"@" TOKEN, "", "--identity-token takes a file, not the token itself"},
    {"/nonexistent/token", "", "No such file"},
    {"fd:", "", "'fd:' names no descriptor"},
    {"fd:-1", "", "'fd:-1' names no descriptor"},
    {"fd:1025", "", "'fd:1025' names no descriptor"},
    {"fd:1024", "", "identity token: "},
};

START_TEST(takes_a_token_from_where_the_option_says)
{
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    char path[] = "/tmp/mayfly-token-XXXXXX";
    const char *at = strstr(options[_i].option, "%s");
    char option[128];
    struct err err = {0};
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    ck_assert(write(fd, options[_i].content, strlen(options[_i].content)) >= 0);
    close(fd);
    if (at == NULL)
        snprintf(option, sizeof option, "%s", options[_i].option);
    else
        snprintf(option, sizeof option, "%.*s%s", (int)(at - options[_i].option),
                 options[_i].option, path);
    bool ok = mf_token_from_option(option, &token, &err);
    unlink(path);
    if (options[_i].message == NULL) {
        mf_ck_ok(ok, err);
        ck_assert(mf_span_is(mf_secret_span(&token), "a.b.c"));
        return;
    }
    mf_ck_refused(ok, err, options[_i].message);
    ck_assert_uint_eq(token.n, 0);
}
END_TEST

START_TEST(takes_a_token_from_a_descriptor)
{
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    MF_SCOPED(mf_secret_done) struct secret input = {0};
    char option[32];
    struct err err = {0};
    int pipe_fds[2];

    ck_assert_int_eq(pipe(pipe_fds), 0);
    ck_assert_int_eq(write(pipe_fds[1], "a.b.c\n", 6), 6);
    close(pipe_fds[1]);
    snprintf(option, sizeof option, "fd:%d", pipe_fds[0]);
    mf_ck_ok(mf_token_from_option(option, &token, &err), err);
    ck_assert(mf_span_is(mf_secret_span(&token), "a.b.c"));

    ck_assert_int_eq(pipe(pipe_fds), 0);
    ck_assert_int_eq(write(pipe_fds[1], "d.e.f", 5), 5);
    close(pipe_fds[1]);
    ck_assert_int_eq(dup2(pipe_fds[0], STDIN_FILENO), STDIN_FILENO);
    mf_ck_ok(mf_token_from_option("-", &input, &err), err);
    ck_assert(mf_span_is(mf_secret_span(&input), "d.e.f"));
}
END_TEST

START_TEST(knows_what_can_be_read_again)
{
    char folder[] = "/tmp/mayfly-token-XXXXXX";
    char file[64], pipe_path[64], at_file[72], open_file[32], open_pipe[32];
    int fds[2];

    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/file", folder);
    snprintf(at_file, sizeof at_file, "@%s", file);
    snprintf(pipe_path, sizeof pipe_path, "%s/pipe", folder);
    ck_assert_int_eq(mkfifo(pipe_path, 0600), 0);
    int fd = open(file, O_RDWR | O_CREAT, 0600);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(pipe(fds), 0);
    snprintf(open_file, sizeof open_file, "/dev/fd/%d", fd);
    snprintf(open_pipe, sizeof open_pipe, "/dev/fd/%d", fds[0]);
    const struct {
        const char *option;
        bool again;
    } rows[] = {
        {file, true},    {at_file, true},      {open_file, true},  {"/nonexistent", true},
        {"-", false},    {"fd:0", false},      {pipe_path, false}, {open_pipe, false},
        {folder, false}, {"/dev/null", false},
    };
    for (size_t i = 0; i < MF_LEN(rows); i++)
        ck_assert_msg(mf_token_option_is_file(rows[i].option) == rows[i].again, "%s",
                      rows[i].option);
    unlink(file);
    unlink(pipe_path);
    rmdir(folder);
}
END_TEST

START_TEST(takes_a_token_from_the_environment)
{
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    struct err err = {0};
    bool found = true;
    char *large = calloc(1, MF_TOKEN_MAX + 2);

    unsetenv("SIGSTORE_ID_TOKEN");
    mf_ck_ok(mf_token_from_environment(&token, &found, &err) && !found, err);
    setenv("SIGSTORE_ID_TOKEN", "", 1);
    mf_ck_ok(mf_token_from_environment(&token, &found, &err) && !found, err);
    setenv("SIGSTORE_ID_TOKEN", "  ", 1);
    mf_ck_refused(mf_token_from_environment(&token, &found, &err), err, "the token is empty");
    mf_err_clear(&err);
    mf_secret_done(&token);
    memset(large, 'a', MF_TOKEN_MAX + 1);
    setenv("SIGSTORE_ID_TOKEN", large, 1);
    mf_ck_refused(mf_token_from_environment(&token, &found, &err), err,
                  "SIGSTORE_ID_TOKEN is larger than 16384 bytes");
    mf_err_clear(&err);
    setenv("SIGSTORE_ID_TOKEN", large + 1, 1);
    mf_ck_ok(mf_token_from_environment(&token, &found, &err) && found, err);
    ck_assert_uint_eq(token.n, MF_TOKEN_MAX);
    free(large);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("token_source");
    TCase *claims = tcase_create("claims");
    TCase *source = tcase_create("source");

    tcase_add_loop_test(claims, reads_what_a_token_says_of_itself, 0, MF_LEN(payloads));
    tcase_add_loop_test(claims, refuses_what_is_no_token, 0, MF_LEN(shapes));
    suite_add_tcase(suite, claims);
    tcase_add_loop_test(source, takes_a_token_from_where_the_option_says, 0, MF_LEN(options));
    tcase_add_test(source, takes_a_token_from_a_descriptor);
    tcase_add_test(source, knows_what_can_be_read_again);
    tcase_add_test(source, takes_a_token_from_the_environment);
    suite_add_tcase(suite, source);
    return suite;
}
