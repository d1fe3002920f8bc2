#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ca-stub/identity/dev_issuer.h"
#include "ca-stub/identity/token_gate.h"
#include "common/base/file.h"
#include "common/net/http_client.h"
#include "common/net/http_server.h"
#include "tests/support/suite.h"
#include "tests/support/wire.h"

static char directory[64];
static struct crypto *crypto;
static struct http_server *server;
static struct dev_issuer *issuer;
static char base[64];

static void make_directory(void)
{
    struct err err = {0};

    snprintf(directory, sizeof directory, "/tmp/mayfly-dev-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
    mf_ck_ok(mf_dev_issuer_init(crypto, directory, &err), err);
    mf_ck_ok(mf_dev_issuer_init_rsa(crypto, directory, &err), err);
}

static const char *const files[] = {MF_DEV_ISSUER_EC_FILE, MF_DEV_ISSUER_RSA_FILE,
                                    MF_DEV_ISSUER_SECRET_FILE};

static const char *path_of(const char *name)
{
    static char path[128];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void drop_directory(void)
{
    for (size_t i = 0; i < MF_LEN(files); i++)
        unlink(path_of(files[i]));
    rmdir(directory);
    mf_crypto_free(&crypto);
}

static void on_request(struct http_request *r, void *state)
{
    (void)state;
    if (!mf_dev_issuer_handle(issuer, r))
        mf_http_reply_status(r, 404, MF_SPAN("not the issuer's"));
}

static bool new_issuer(const char *url, const char *const *paths, size_t count, struct err *err)
{
    const struct dev_issuer_params params = {.directory = directory,
                                             .base_url = url,
                                             .paths = paths,
                                             .path_count = count,
                                             .clock = mf_clock_system()};

    return mf_dev_issuer_new(&params, &issuer, err);
}

static void set_up(void)
{
    static const char *const paths[] = {"", "/github", "/gitlab"};
    const struct http_server_params params = {.address = "127.0.0.1",
                                              .listen_fd = -1,
                                              .threads = 1,
                                              .body_max = 64 * 1024,
                                              .head_max = 8 * 1024,
                                              .request_deadline_ms = 5000,
                                              .idle_ms = 5000,
                                              .connections_max = 64,
                                              .handler = {.on_request = on_request}};
    struct err err = {0};

    mf_ck_ok(mf_http_server_start(&params, &server, &err), err);
    snprintf(base, sizeof base, "http://127.0.0.1:%u", mf_http_server_port(server));
    mf_ck_ok(new_issuer(base, paths, 3, &err), err);
}

static void tear_down(void)
{
    mf_http_server_stop(server, 0);
    mf_http_server_free(&server);
    mf_dev_issuer_free(&issuer);
}

static void read_secret(struct secret *out)
{
    struct err err = {0};

    mf_ck_ok(mf_secret_read_file(path_of(MF_DEV_ISSUER_SECRET_FILE), 1024, out, &err), err);
    mf_secret_trim(out);
}

/* One request over a raw socket, so that its head is what the test says. */
static void exchange(const char *head, const char *body, struct buf *answer)
{
    MF_SCOPED(mf_buf_done) struct buf request = {.max = 1 << 16};
    MF_SCOPED(mf_fd_done) int fd = mf_wire_connect(mf_http_server_port(server));
    struct err err = {0};

    mf_ck_ok(mf_buf_printf(&request, &err, "%sConnection: close\r\nContent-Length: %zu\r\n\r\n%s",
                           head, strlen(body), body),
             err);
    mf_wire_send(fd, mf_buf_span(&request));
    ck_assert(mf_wire_read_all(fd, answer));
}

/* A token as a client gets it: POST with the secret. */
static void get_token(const char *path, const char *body, struct secret *token)
{
    MF_SCOPED(mf_secret_done) struct secret secret = {0};
    MF_SCOPED(mf_http_client_free) struct http_client *client = NULL;
    MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    char url[128];
    struct span text;
    struct err err = {0};

    read_secret(&secret);
    snprintf(url, sizeof url, "%s%s/token", base, path);
    const struct http_call call = {.method = "POST",
                                   .url = url,
                                   .content_type = "application/json",
                                   .body = mf_span_str(body),
                                   .bearer = &secret,
                                   .answer_max = 1 << 16,
                                   .attempt_ms = 5000,
                                   .total_ms = 5000,
                                   .tries = 1};
    mf_ck_ok(mf_http_client_new(&(struct http_client_params){.user_agent = "test"}, &client, &err),
             err);
    mf_ck_ok(mf_http_call(client, &call, &answer, &err), err);
    ck_assert_msg(answer.status == 200, "status %u: %.*s", answer.status, (int)answer.body.n,
                  (const char *)answer.body.p);
    mf_ck_ok(mf_json_parse(mf_buf_span(&answer.body), &mf_json_request_limits, &doc, &err), err);
    mf_ck_ok(mf_json_member_string(mf_json_root(doc), "token", &text, &err), err);
    mf_ck_ok(mf_secret_copy(text, token, &err), err);
}

static struct token_gate *new_gate(void)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct token_gate *gate = NULL;
    char text[1024];
    struct err err = {0};

    snprintf(text, sizeof text,
             "[{\"issuer\":\"%s\",\"audience\":\"sigstore\",\"type\":\"email\","
             "\"allow_loopback_http\":true},"
             "{\"issuer\":\"%s/github\",\"audience\":\"sigstore\",\"type\":\"github-workflow\","
             "\"allow_loopback_http\":true},"
             "{\"issuer\":\"%s/gitlab\",\"audience\":\"sigstore\",\"type\":\"gitlab-pipeline\","
             "\"allow_loopback_http\":true,\"url\":\"https://gitlab.example\"}]",
             base, base, base);
    mf_ck_ok(mf_json_parse(mf_span_str(text), &mf_json_config_limits, &doc, &err), err);
    const struct token_gate_params params = {
        .issuers = mf_json_root(doc), .config_path = "/tmp/ca.json", .clock = mf_clock_system()};
    mf_ck_ok(mf_token_gate_new(&params, &gate, &err), err);
    return gate;
}

static const struct {
    const char *path;
    const char *body;
    const char *san;
} good[] = {
    {"", "{\"sub\":\"dev@example.org\"}", "dev@example.org"},
    {"", "{\"sub\":\"dev@example.org\",\"alg\":\"RS256\",\"lifetime_s\":60}", "dev@example.org"},
    {"", "{\"sub\":\"17\",\"claims\":{\"email\":\"a@b.example\",\"email_verified\":true}}",
     "a@b.example"},
    {"", "{\"sub\":\"dev@example.org\",\"aud\":[\"x\",\"sigstore\"]}", "dev@example.org"},
    {"/github",
     "{\"sub\":\"repo:o/r\",\"claims\":{\"event_name\":\"push\",\"sha\":\"1\",\"workflow\":\"w\","
     "\"repository\":\"o/r\",\"ref\":\"refs/heads/main\",\"job_workflow_ref\":\"o/r/w.yml@x\","
     "\"job_workflow_sha\":\"1\",\"runner_environment\":\"github-hosted\",\"repository_id\":\"2\","
     "\"repository_owner\":\"o\",\"repository_owner_id\":\"3\",\"repository_visibility\":"
     "\"public\",\"workflow_ref\":\"o/r/w.yml@x\",\"workflow_sha\":\"1\",\"run_id\":\"4\","
     "\"run_attempt\":\"1\"}}",
     "https://github.com/o/r/w.yml@x"},
    {"/gitlab",
     "{\"sub\":\"project_path:g/p\",\"alg\":\"RS256\",\"claims\":{\"project_path\":\"g/p\","
     "\"pipeline_source\":\"push\",\"pipeline_id\":\"1\",\"ci_config_ref_uri\":"
     "\"gitlab.example/g/p//c.yml@refs/heads/main\",\"job_id\":\"2\",\"ref\":\"main\","
     "\"ref_type\":\"branch\",\"namespace_path\":\"g\",\"namespace_id\":\"3\",\"project_id\":\"4\","
     "\"sha\":\"1\",\"runner_environment\":\"self-hosted\",\"runner_id\":12}}",
     "https://gitlab.example/g/p//c.yml@refs/heads/main"},
};

START_TEST(its_tokens_pass_the_gate_over_http)
{
    MF_SCOPED(mf_token_gate_free) struct token_gate *gate = new_gate();
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    MF_SCOPED(mf_token_verdict_done) struct token_verdict verdict = {0};
    struct clock clock = mf_clock_system();
    struct err err = {0};

    get_token(good[_i].path, good[_i].body, &token);
    mf_ck_ok(mf_token_gate_check(gate, crypto, mf_secret_span(&token), mf_clock_now(&clock),
                                 &verdict, &err),
             err);
    ck_assert(mf_span_is(verdict.identity.san, good[_i].san));
    ck_assert_uint_eq(strlen(verdict.jti), 32);
}
END_TEST

#define POST(path, host) "POST " path "/token HTTP/1.1\r\nHost: " host "\r\n"

static const struct {
    const char *head; /* %s becomes the secret */
    const char *body;
    const char *answer; /* begins with this */
    const char *holds;
} requests[] = {
    {POST("", "127.0.0.1:1") "Authorization: Bearer %s\r\n", "{\"sub\":\"a\"}", "HTTP/1.1 200",
     "{\"token\":\"eyJ"},
    {POST("", "localhost") "Authorization: Bearer %s\r\n", "{\"sub\":\"a\"}", "HTTP/1.1 200",
     "no-store"},
    {POST("", "evil.example") "Authorization: Bearer %s\r\n", "{\"sub\":\"a\"}", "HTTP/1.1 403",
     "to this machine only"},
    {POST("", "127.0.0.1.evil.example") "Authorization: Bearer %s\r\n", "{\"sub\":\"a\"}",
     "HTTP/1.1 403", "to this machine only"},
    {POST("", "127.0.0.1:1") "Origin: http://evil.example\r\nAuthorization: Bearer %s\r\n",
     "{\"sub\":\"a\"}", "HTTP/1.1 403", "to this machine only"},
    {POST("", "127.0.0.1:1"), "{\"sub\":\"a\"}", "HTTP/1.1 401", "missing or wrong"},
    {POST("", "127.0.0.1:1") "Authorization: Bearer x%s\r\n", "{\"sub\":\"a\"}", "HTTP/1.1 401",
     "missing or wrong"},
    {POST("", "127.0.0.1:1") "Authorization: %s\r\n", "{\"sub\":\"a\"}", "HTTP/1.1 401",
     "missing or wrong"},
    {POST("", "127.0.0.1:1") "Authorization: Bearer \r\n", "{\"sub\":\"a\"}", "HTTP/1.1 401",
     "missing or wrong"},
    {POST("", "127.0.0.1:1") "Authorization: Bearer %s\r\n", "{}", "HTTP/1.1 400", "sub"},
    {POST("", "127.0.0.1:1") "Authorization: Bearer %s\r\n", "", "HTTP/1.1 400", "message"},
    {POST("/nowhere", "127.0.0.1:1") "Authorization: Bearer %s\r\n", "{\"sub\":\"a\"}",
     "HTTP/1.1 404", "not the issuer's"},
    {"GET /token HTTP/1.1\r\nHost: 127.0.0.1\r\n", "", "HTTP/1.1 405", "only POST"},
    {"POST /keys HTTP/1.1\r\nHost: 127.0.0.1\r\n", "", "HTTP/1.1 405", "only GET"},
    {"GET /github/keys HTTP/1.1\r\nHost: 127.0.0.1\r\n", "", "HTTP/1.1 200",
     "\"kid\":\"dev-RS256-"},
    {"GET /gitlab/.well-known/openid-configuration HTTP/1.1\r\nHost: 127.0.0.1\r\n", "",
     "HTTP/1.1 200", "/gitlab/keys\""},
    {"GET /gitlabx/keys HTTP/1.1\r\nHost: 127.0.0.1\r\n", "", "HTTP/1.1 404", "not the issuer's"},
};

START_TEST(gives_tokens_to_this_machine_and_who_knows_the_secret)
{
    MF_SCOPED(mf_secret_done) struct secret secret = {0};
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = 1 << 20};
    char head[512];
    const char *hole = strstr(requests[_i].head, "%s");

    read_secret(&secret);
    if (hole == NULL)
        snprintf(head, sizeof head, "%s", requests[_i].head);
    else
        snprintf(head, sizeof head, "%.*s%.*s%s", (int)(hole - requests[_i].head),
                 requests[_i].head, MF_SPAN_ARG(mf_secret_span(&secret)), hole + 2);
    exchange(head, requests[_i].body, &answer);
    const char *text = (const char *)answer.p;
    ck_assert_msg(strncmp(text, requests[_i].answer, strlen(requests[_i].answer)) == 0 &&
                      strstr(text, requests[_i].holds) != NULL,
                  "answered '%s'", text);
}
END_TEST

static const struct {
    const char *body;
    const char *message;
} bodies[] = {
    {"[]", "is not a JSON object"},
    {"{\"sub\":1}", "sub"},
    {"{\"sub\":\"a\",\"subject\":\"b\"}", "unknown member \"subject\""},
    {"{\"sub\":\"a\",\"alg\":\"none\"}", "alg is neither ES256 nor RS256"},
    {"{\"sub\":\"a\",\"alg\":\"HS256\"}", "alg is neither ES256 nor RS256"},
    {"{\"sub\":\"a\",\"alg\":\"ES384\"}", "alg is neither ES256 nor RS256"},
    {"{\"sub\":\"a\",\"aud\":1}", "aud is neither text nor array"},
    {"{\"sub\":\"a\",\"lifetime_s\":0}", "lifetime_s is not within 1 .. 86400"},
    {"{\"sub\":\"a\",\"lifetime_s\":86401}", "lifetime_s is not within"},
    {"{\"sub\":\"a\",\"claims\":[]}", "claims is not a JSON object"},
    {"{\"sub\":\"a\",\"claims\":{\"iss\":\"https://x\"}}", "claim iss is the issuer's own"},
    {"{\"sub\":\"a\",\"claims\":{\"exp\":1}}", "claim exp is the issuer's own to set"},
    {"{\"sub\":\"a\",\"claims\":{\"x\":1.5}}", "claims: x: holds a value that is neither"},
};

START_TEST(refuses_requests_that_it_does_not_understand)
{
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    struct err err = {0};

    mf_ck_refused(
        mf_dev_issuer_mint(issuer, MF_SPAN(""), mf_span_str(bodies[_i].body), &token, &err), err,
        bodies[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert_ptr_null(token.p);
}
END_TEST

START_TEST(its_files_are_its_own)
{
    struct dev_issuer *kept = issuer;
    struct stat st;
    struct err err = {0};
    char aside[128];

    snprintf(aside, sizeof aside, "%s", path_of("aside"));
    for (size_t i = 0; i < MF_LEN(files); i++) {
        ck_assert_int_eq(stat(path_of(files[i]), &st), 0);
        ck_assert_uint_eq(st.st_mode & 0777, 0600);
    }
    mf_ck_refused(mf_dev_issuer_init(crypto, directory, &err), err, MF_DEV_ISSUER_EC_FILE);
    ck_assert_int_eq(err.code, MF_ERR_EXISTS);
    for (size_t i = 0; i < MF_LEN(files); i++) {
        mf_err_clear(&err);
        ck_assert_int_eq(chmod(path_of(files[i]), 0640), 0);
        bool ok = new_issuer("http://127.0.0.1:1", NULL, 0, &err);
        ck_assert_int_eq(chmod(path_of(files[i]), 0600), 0);
        mf_ck_refused(ok, err, "others than its owner may use it (mode 0640)");
        mf_err_clear(&err); /* a pipe in its place is not waited for */
        ck_assert(rename(path_of(files[i]), aside) == 0 && mkfifo(path_of(files[i]), 0600) == 0);
        ok = new_issuer("http://127.0.0.1:1", NULL, 0, &err);
        ck_assert_int_eq(rename(aside, path_of(files[i])), 0);
        mf_ck_refused(ok, err, "not a regular file");
    }
    issuer = kept;
}
END_TEST

static const char *const bad_urls[] = {
    "https://127.0.0.1:1", "http://example.org:1",          "http://127.0.0.1:1/",
    "http://0.0.0.0:1",    "http://127.0.0.1:1?x",          "http://10.0.0.1",
    "127.0.0.1:1",         "http://localhost.evil.example",
};

START_TEST(its_name_is_this_machine_alone)
{
    struct dev_issuer *kept = issuer;
    struct err err = {0};

    mf_ck_refused(new_issuer(bad_urls[_i], NULL, 0, &err), err, "development issuer");
    issuer = kept;
}
END_TEST

START_TEST(paths_are_plain)
{
    static const char *const bad[] = {"/", "x", "/a/b", "/A", "/..", "/a?b"};
    struct dev_issuer *kept = issuer;

    for (size_t i = 0; i < MF_LEN(bad); i++) {
        struct err err = {0};
        mf_ck_refused(new_issuer("http://127.0.0.1:1", &bad[i], 1, &err), err,
                      "is not \"\" or \"/name\"");
    }
    issuer = kept;
}
END_TEST

START_TEST(takes_every_audience_that_a_configuration_holds)
{
    char audience[MF_DEV_ISSUER_AUDIENCE_MAX + 1] = "";
    struct dev_issuer_params params = {.directory = directory,
                                       .base_url = "http://127.0.0.1:1",
                                       .audience = audience,
                                       .clock = mf_clock_system()};
    MF_SCOPED(mf_dev_issuer_free) struct dev_issuer *other = NULL;
    struct err err = {0};

    memset(audience, 'a', MF_DEV_ISSUER_AUDIENCE_MAX);
    mf_ck_refused(mf_dev_issuer_new(&params, &other, &err), err, "too many or too long names");
    mf_err_clear(&err);
    audience[MF_DEV_ISSUER_AUDIENCE_MAX - 1] = '\0';
    mf_ck_ok(mf_dev_issuer_new(&params, &other, &err), err);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("dev_issuer");
    TCase *all = tcase_create("all");

    tcase_add_unchecked_fixture(all, make_directory, drop_directory);
    tcase_add_checked_fixture(all, set_up, tear_down);
    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, its_tokens_pass_the_gate_over_http, 0, MF_LEN(good));
    tcase_add_loop_test(all, gives_tokens_to_this_machine_and_who_knows_the_secret, 0,
                        MF_LEN(requests));
    tcase_add_loop_test(all, refuses_requests_that_it_does_not_understand, 0, MF_LEN(bodies));
    tcase_add_test(all, its_files_are_its_own);
    tcase_add_loop_test(all, its_name_is_this_machine_alone, 0, MF_LEN(bad_urls));
    tcase_add_test(all, paths_are_plain);
    tcase_add_test(all, takes_every_audience_that_a_configuration_holds);
    suite_add_tcase(suite, all);
    return suite;
}
