#include "ca-stub/identity/discovery.h"
#include "ca-stub/identity/issuer.h"
#include "tests/support/suite.h"

static bool read_text(const char *text, struct issuer_list *out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;

    mf_ck_ok(mf_json_parse(mf_span_str(text), &mf_json_config_limits, &doc, err), *err);
    return mf_issuers_read(mf_json_root(doc), "/etc/mayfly/ca.json", out, err);
}

#define BASE "\"issuer\":\"https://a.example\",\"audience\":\"sigstore\""

START_TEST(reads_issuers_with_their_defaults)
{
    MF_SCOPED(mf_issuers_done) struct issuer_list list = {0};
    struct err err = {0};

    mf_ck_ok(read_text("[{" BASE ",\"type\":\"email\"},"
                       "{\"issuer\":\"https://token.actions.githubusercontent.com\","
                       "\"audience\":[\"sigstore\",\"other\"],\"type\":\"github-workflow\","
                       "\"jwks_file\":\"keys/github.json\",\"lifetime_max_s\":900},"
                       "{\"issuer\":\"https://gitlab.example/\",\"audience\":\"x\","
                       "\"type\":\"gitlab-pipeline\",\"jwks_file\":\"/abs.json\"},"
                       "{\"issuer\":\"http://127.0.0.1:5555/dev\",\"audience\":\"x\","
                       "\"type\":\"uri\",\"subject_domain\":\"https://ci.example\","
                       "\"allow_loopback_http\":true}]",
                       &list, &err),
             err);
    ck_assert_uint_eq(list.count, 4);
    ck_assert_str_eq(list.items[0].audiences.items[0], "sigstore");
    ck_assert_int_eq(list.items[0].lifetime_max_s, 3600);
    ck_assert(!list.items[0].skip_email_verification);
    ck_assert_ptr_null(list.items[0].base_url);
    ck_assert_uint_eq(list.items[1].audiences.count, 2);
    ck_assert_str_eq(list.items[1].base_url, "https://github.com");
    ck_assert_str_eq(list.items[1].jwks_file, "/etc/mayfly/keys/github.json");
    ck_assert_int_eq(list.items[1].lifetime_max_s, 900);
    ck_assert_str_eq(list.items[2].base_url, "https://gitlab.example");
    ck_assert_str_eq(list.items[2].jwks_file, "/abs.json");
}
END_TEST

START_TEST(an_issuer_is_found_by_its_exact_name_alone)
{
    static const char *const others[] = {
        "https://A.example",      "https://a.example/",  "https://a.example:443",
        "https://a.example%2f",   "http://a.example",    "https://a.exampl",
        "https://a.example.evil", "https://a.example\n", "",
        "https://u@a.example",    "HTTPS://a.example",
    };
    MF_SCOPED(mf_issuers_done) struct issuer_list list = {0};
    struct err err = {0};

    mf_ck_ok(read_text("[{" BASE ",\"type\":\"email\"}]", &list, &err), err);
    ck_assert_ptr_eq(mf_issuers_find(&list, MF_SPAN("https://a.example")), list.items);
    for (size_t i = 0; i < MF_LEN(others); i++)
        ck_assert_ptr_null(mf_issuers_find(&list, mf_span_str(others[i])));
}
END_TEST

static const struct {
    const char *text;
    const char *message;
} refused[] = {
    {"{}", "is not an array"},
    {"[]", "is not an array"},
    {"[1]", "issuers[0]: is not a JSON object"},
    {"[{\"audience\":\"a\",\"type\":\"email\"}]", "issuers[0]: issuer: is missing"},
    {"[{\"issuer\":\"https://a.example\",\"type\":\"email\"}]", "audience"},
    {"[{" BASE "}]", "issuers[0]: type"},
    {"[{" BASE ",\"type\":\"Email\"}]", "issuer type \"Email\" is unknown: use one of email"},
    {"[{" BASE ",\"type\":\"email\",\"audiences\":\"x\"}]", "unknown member \"audiences\""},
    {"[{" BASE ",\"type\":\"email\"},{" BASE ",\"type\":\"email\"}]", "issuers[1]: issuer \"https"},
    {"[{\"issuer\":\"http://a.example\",\"audience\":\"x\",\"type\":\"email\"}]", "is not https"},
    {"[{\"issuer\":\"http://127.0.0.1:1\",\"audience\":\"x\",\"type\":\"email\"}]",
     "is not https: http is for this machine, and only with allow_loopback_http"},
    {"[{\"issuer\":\"http://a.example\",\"audience\":\"x\",\"type\":\"email\","
     "\"allow_loopback_http\":true}]",
     "is not https"},
    {"[{\"issuer\":\"https://u@a.example\",\"audience\":\"x\",\"type\":\"email\"}]", "issuer"},
    {"[{\"issuer\":\"https://a.example?x=1\",\"audience\":\"x\",\"type\":\"email\"}]",
     "has a query"},
    {"[{\"issuer\":\"https://a.example\",\"audience\":[],\"type\":\"email\"}]",
     "audience: is empty"},
    {"[{\"issuer\":\"https://a.example\",\"audience\":\"\",\"type\":\"email\"}]",
     "audience: is empty"},
    {"[{\"issuer\":\"https://a.example\",\"audience\":[1],\"type\":\"email\"}]", "audience"},
    {"[{\"issuer\":\"https://a.example\",\"audience\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\","
     "\"8\",\"9\"],\"type\":\"email\"}]",
     "audience: has more than 8 entries"},
    {"[{" BASE ",\"type\":\"uri\"}]", "subject_domain: is missing"},
    {"[{" BASE ",\"type\":\"uri\",\"subject_domain\":\"ci.example\"}]", "subject_domain: URL"},
    {"[{" BASE ",\"type\":\"uri\",\"subject_domain\":\"https://ci.example/x\"}]",
     "has more than scheme and host"},
    {"[{" BASE ",\"type\":\"username\",\"subject_domain\":\"https://ci.example\"}]",
     "is not a domain name"},
    {"[{" BASE ",\"type\":\"email\",\"subject_domain\":\"https://ci.example\"}]",
     "is for the types uri and username only"},
    {"[{" BASE ",\"type\":\"email\",\"url\":\"https://ci.example\"}]",
     "url: is for the types github-workflow"},
    {"[{" BASE ",\"type\":\"gitlab-pipeline\",\"url\":\"http://ci.example\"}]",
     "url: \"http://ci.example\" is not https"},
    {"[{" BASE ",\"type\":\"uri\",\"subject_domain\":\"https://c.example\","
     "\"skip_email_verification\":true}]",
     "is for the type email only"},
    {"[{" BASE ",\"type\":\"email\",\"jwks_file\":\"a\",\"jwks_uri\":\"https://b.example\"}]",
     "beside jwks_file"},
    {"[{" BASE ",\"type\":\"email\",\"jwks_uri\":\"http://169.254.169.254/\"}]",
     "jwks_uri: \"http://169.254.169.254/\" is not https"},
    {"[{" BASE ",\"type\":\"email\",\"jwks_uri\":\"file:///etc/passwd\"}]", "jwks_uri"},
    {"[{" BASE ",\"type\":\"email\",\"lifetime_max_s\":59}]", "lifetime_max_s: is not within"},
    {"[{" BASE ",\"type\":\"email\",\"lifetime_max_s\":86401}]", "lifetime_max_s: is not within"},
};

START_TEST(refuses_configurations_with_the_member_named)
{
    struct issuer_list list = {0};
    struct err err = {0};

    mf_ck_refused(read_text(refused[_i].text, &list, &err), err, refused[_i].message);
    ck_assert_ptr_null(list.items);
}
END_TEST

#define DOC(issuer, uri) "{\"issuer\":\"" issuer "\",\"jwks_uri\":\"" uri "\",\"more\":[1.5]}"

static const struct {
    const char *text;
    const char *message; /* null: accepted */
} documents[] = {
    {DOC("https://a.example", "https://a.example/keys"), NULL},
    {DOC("https://a.example", "https://a.example:443/keys"), NULL},
    {DOC("https://a.example", "https://keys.example/x"), NULL},
    {DOC("https://a.example", "https://keys.example:8443/x"), NULL},
    {DOC("https://a.example/", "https://a.example/keys"), "issuer: is \"https://a.example/\""},
    {DOC("https://A.example", "https://a.example/keys"), "not the issuer that was asked"},
    {DOC("https://a.example", "https://a.example:8443/keys"), "not on the issuer's own host"},
    {DOC("https://a.example", "https://keys.example:9443/keys"), "not on the issuer's own host"},
    {DOC("https://a.example", "https://a.example.evil/keys"), "not on the issuer's own host"},
    {DOC("https://a.example", "https://x.a.example/keys"), "not on the issuer's own host"},
    {DOC("https://a.example", "http://a.example/keys"), "is not https"},
    {DOC("https://a.example", "http://169.254.169.254/latest"), "is not https"},
    {DOC("https://a.example", "https://169.254.169.254/latest"), "not on the issuer's own host"},
    {DOC("https://a.example", "https://[::1]/"), "not on the issuer's own host"},
    {DOC("https://a.example", "https://2130706433/"), "jwks_uri"},
    {DOC("https://a.example", "https://a.example@evil.example/"), "jwks_uri"},
    {DOC("https://a.example", "file:///etc/passwd"), "jwks_uri"},
    {"{\"issuer\":\"https://a.example\"}", "jwks_uri"},
    {"{\"jwks_uri\":\"https://a.example/keys\"}", "issuer"},
    {"{\"issuer\":\"https://b.example\",\"issuer\":\"https://a.example\","
     "\"jwks_uri\":\"https://a.example/keys\"}",
     "is there twice"},
    {"<html>", ""},
    {"[]", "issuer"},
};

START_TEST(discovery_stays_with_the_issuer_that_was_asked)
{
    MF_SCOPED(mf_issuers_done) struct issuer_list list = {0};
    MF_SCOPED(mf_buf_done) struct buf out = {.max = 256};
    struct err err = {0};

    mf_ck_ok(read_text("[{" BASE ",\"type\":\"email\","
                       "\"jwks_hosts\":[\"keys.example\",\"keys.example:8443\"]}]",
                       &list, &err),
             err);
    if (documents[_i].message == NULL) {
        mf_ck_ok(mf_discovery_read(list.items, mf_span_str(documents[_i].text), &out, &err), err);
        ck_assert(mf_span_starts(mf_buf_span(&out), MF_SPAN("https://")));
        return;
    }
    mf_ck_refused(mf_discovery_read(list.items, mf_span_str(documents[_i].text), &out, &err), err,
                  documents[_i].message);
    ck_assert_uint_eq(out.n, 0);
}
END_TEST

START_TEST(the_document_stands_below_the_issuer)
{
    MF_SCOPED(mf_issuers_done) struct issuer_list list = {0};
    MF_SCOPED(mf_buf_done) struct buf out = {.max = 256};
    struct err err = {0};

    mf_ck_ok(read_text("[{\"issuer\":\"https://a.example/x/\",\"audience\":\"a\","
                       "\"type\":\"email\"}]",
                       &list, &err),
             err);
    mf_ck_ok(mf_discovery_url(list.items, &out, &err), err);
    ck_assert(
        mf_span_is(mf_buf_span(&out), "https://a.example/x/.well-known/openid-configuration"));
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("issuer");
    TCase *configuration = tcase_create("configuration");
    TCase *discovery = tcase_create("discovery");

    tcase_add_test(configuration, reads_issuers_with_their_defaults);
    tcase_add_test(configuration, an_issuer_is_found_by_its_exact_name_alone);
    tcase_add_loop_test(configuration, refuses_configurations_with_the_member_named, 0,
                        MF_LEN(refused));
    suite_add_tcase(suite, configuration);
    tcase_add_loop_test(discovery, discovery_stays_with_the_issuer_that_was_asked, 0,
                        MF_LEN(documents));
    tcase_add_test(discovery, the_document_stands_below_the_issuer);
    suite_add_tcase(suite, discovery);
    return suite;
}
