#include <stdlib.h>

#include "client/trust/signing_config.h"
#include "tests/support/json_edit.h"
#include "tests/support/sample.h"
#include "tests/support/suite.h"

static const struct {
    const char *path, *value, *message;
} refusals[] = {
    {"mediaType", NULL, "mediaType: is missing, expected a string"},
    {"mediaType", "1", "mediaType: is a number, not a string"},
    {"mediaType", "\"application/vnd.dev.sigstore.signingconfig.v0.1+json\"",
     "is not a signing configuration v0.2"},
    {"caUrls", "{}", "caUrls: is not an array"},
    {"oidcUrls", "7", "oidcUrls: is not an array"},
    {"rekorTlogUrls", "\"\"", "rekorTlogUrls: is not an array"},
    {"tsaUrls", "{}", "tsaUrls: is not an array"},
    {"caUrls[0]", "\"https://ca.example\"", "caUrls[0]: url: is missing, expected a string"},
    {"caUrls[0].url", NULL, "caUrls[0]: url: is missing, expected a string"},
    {"caUrls[0].url", "7", "caUrls[0]: url: is a number, not a string"},
    {"tsaUrls[0].majorApiVersion", NULL, "tsaUrls[0]: majorApiVersion: is missing, expected an"},
    {"tsaUrls[0].majorApiVersion", "1.5", "majorApiVersion: is no plain integer of 64 bits"},
    {"tsaUrls[0].majorApiVersion", "true", "majorApiVersion: is true or false, not an integer"},
    {"rekorTlogUrls[0].validFor", "[]", "rekorTlogUrls[0]: validFor: expected an object"},
    {"rekorTlogUrls[0].validFor.start", "\"2026\"", "validFor: start: \"2026\" is no RFC 3339"},
    {"rekorTlogUrls[0].operator", "1", "rekorTlogUrls[0]: operator: is a number, not a string"},
    {"rekorTlogConfig", NULL, "rekorTlogConfig: is missing, expected an object"},
    {"tsaConfig", "[]", "tsaConfig: is not an object"},
    {"tsaConfig", "{}", "tsaConfig: selector: is missing, expected a string"},
    {"tsaConfig.selector", "\"SERVICE_SELECTOR_UNDEFINED\"", "tsaConfig: selector 'SERVICE_SEL"},
    {"tsaConfig.selector", "\"any\"", "tsaConfig: selector 'any' is not ANY, ALL or EXACT"},
    {"tsaConfig.selector", "\"EXACT\"", "tsaConfig: count: is missing, expected an integer"},
    {"tsaConfig", "{\"selector\":\"EXACT\",\"count\":0}",
     "tsaConfig: count is not between 1 and 32"},
    {"tsaConfig", "{\"selector\":\"EXACT\",\"count\":33}", "count is not between 1 and 32"},
    {"tsaConfig", "{\"selector\":\"EXACT\",\"count\":\"x\"}", "tsaConfig: count: is no plain"},
};

static struct buf edited(const char *path, const char *value)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("signing_config/instance");

    return mf_json_edited(mf_buf_span(&text), path, value);
}

static void check_refused(struct span text, const char *message)
{
    struct signing_config *config = NULL;
    struct err err = {0};

    mf_ck_refused(mf_signing_config_parse(text, &config, &err), err, message);
    ck_assert_int_eq(err.code, MF_ERR_TRUST);
    ck_assert_ptr_null(config);
}

static struct signing_config *parsed(const char *path, const char *value)
{
    MF_SCOPED(mf_buf_done) struct buf text = edited(path, value);
    struct signing_config *config = NULL;
    struct err err = {0};

    mf_ck_ok(mf_signing_config_parse(mf_buf_span(&text), &config, &err), err);
    return config;
}

START_TEST(refuses_a_malformed_configuration)
{
    MF_SCOPED(mf_buf_done) struct buf text = edited(refusals[_i].path, refusals[_i].value);

    check_refused(mf_buf_span(&text), refusals[_i].message);
}
END_TEST

START_TEST(refuses_text_that_is_no_json_object)
{
    check_refused(MF_SPAN(""), "there is no JSON");
    check_refused(MF_SPAN("7"), "not a JSON object");
    check_refused(MF_SPAN("{\"caUrls\":[],\"caUrls\":[]}"), "member \"caUrls\" is there twice");
}
END_TEST

START_TEST(takes_as_many_services_as_its_limit)
{
    char *most = mf_json_copies("{\"url\":\"u\",\"majorApiVersion\":1}", MF_SERVICES_MAX);
    char *more = mf_json_copies("{\"url\":\"u\",\"majorApiVersion\":1}", MF_SERVICES_MAX + 1);
    MF_SCOPED(mf_buf_done) struct buf bad = edited("tsaUrls", more);
    MF_SCOPED(mf_signing_config_free) struct signing_config *config = parsed("tsaUrls", most);

    ck_assert_uint_eq(config->tsas.count, MF_SERVICES_MAX);
    check_refused(mf_buf_span(&bad), "tsaUrls: more than 32 services");
    free(most);
    free(more);
}
END_TEST

START_TEST(reads_what_may_be_absent)
{
    static const struct {
        const char *path, *value;
    } rows[] = {
        {"unknown", "{}"},
        {"oidcUrls", NULL},
        {"oidcUrls", "null"},
        {"caUrls[0].validFor", NULL},
        {"caUrls[0].operator", NULL},
        {"caUrls[0].validFor.end", "null"},
        {"caUrls[0].majorApiVersion", "\"1\""},
    };

    for (size_t i = 0; i < MF_LEN(rows); i++) {
        MF_SCOPED(mf_signing_config_free)
        struct signing_config *config = parsed(rows[i].path, rows[i].value);
        ck_assert_uint_eq(config->cas.count, 1);
        ck_assert_int_eq(config->cas.items[0].version, 1);
    }
}
END_TEST

/* No rule is needed for a kind of which there is no service. */
START_TEST(reads_no_services_without_a_rule)
{
    MF_SCOPED(mf_buf_done) struct buf text = edited("tsaUrls", NULL);
    MF_SCOPED(mf_buf_done)
    struct buf bare = mf_json_edited(mf_buf_span(&text), "tsaConfig", NULL);
    MF_SCOPED(mf_signing_config_free) struct signing_config *config = NULL;
    struct err err = {0};

    mf_ck_ok(mf_signing_config_parse(mf_buf_span(&bare), &config, &err), err);
    ck_assert_uint_eq(config->tsas.count, 0);
}
END_TEST

START_TEST(drops_one_trailing_slash)
{
    MF_SCOPED(mf_signing_config_free)
    struct signing_config *one = parsed("caUrls[0].url", "\"https://ca.example/\"");
    MF_SCOPED(mf_signing_config_free)
    struct signing_config *two = parsed("caUrls[0].url", "\"https://ca.example//\"");

    ck_assert(mf_span_is(one->cas.items[0].url, "https://ca.example"));
    ck_assert(mf_span_is(two->cas.items[0].url, "https://ca.example/"));
}
END_TEST

START_TEST(reads_the_configuration_inside_a_client_configuration)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("signing_config/config");
    MF_SCOPED(mf_signing_config_free) struct signing_config *config = NULL;
    struct err err = {0};

    mf_ck_ok(mf_signing_config_parse(mf_buf_span(&text), &config, &err), err);
    ck_assert_int_eq(config->tlogs.selector, MF_SELECT_ALL);
    ck_assert_int_eq(config->tsas.selector, MF_SELECT_EXACT);
    ck_assert_uint_eq(config->tsas.exact, 1);
}
END_TEST

START_TEST(names_the_file_that_cannot_be_read)
{
    struct signing_config *config = NULL;
    struct err err = {0};

    mf_ck_refused(mf_signing_config_read("/nonexistent/c.json", &config, &err), err,
                  "/nonexistent/c.json: ");
    ck_assert_int_eq(err.code, MF_ERR_TRUST);
    mf_err_clear(&err);
    mf_ck_refused(mf_signing_config_read("/dev/null", &config, &err), err, "/dev/null: ");
}
END_TEST

/* Choosing: a service of the table is named by its letter. */

#define FROM(s_)        .valid = {.has_start = true, .start = {.s = (s_)}}
#define FROM_TO(s_, e_) .valid = {true, true, {.s = (s_)}, {.s = (e_)}}
#define S(name, v, op)  .url = MF_SPAN_INIT(name), .version = (v), .operator_name = MF_SPAN_INIT(op)
#define AT              50

static const struct {
    struct service_list list;
    uint32_t random;
    const char *chosen, *message;
} choices[] = {
    {{.count = 0}, 0, NULL, "no service of a version that we speak is valid now (0 are listed)"},
    {{{{S("a", 3, "o")}}, 1, .selector = MF_SELECT_ANY}, 0, NULL, "(1 are listed)"},
    {{{{S("a", 1, "o"), FROM(51)}}, 1, .selector = MF_SELECT_ANY}, 0, NULL, "is valid now"},
    {{{{S("a", 1, "o"), FROM_TO(0, 49)}}, 1, .selector = MF_SELECT_ANY}, 0, NULL, "is valid now"},
    {{{{S("a", 1, "o"), FROM_TO(50, 50)}}, 1, .selector = MF_SELECT_ANY}, 0, "a", NULL},
    /* the highest version alone, even where an older one is newer */
    {{{{S("a", 1, "o"), FROM(9)}, {S("b", 2, "p"), FROM(1)}}, 2, .selector = MF_SELECT_ALL},
     0,
     "b",
     NULL},
    {{{{S("a", 1, "o")}, {S("b", 2, "p"), FROM(51)}}, 2, .selector = MF_SELECT_ALL}, 0, "a", NULL},
    /* of each operator the newest */
    {{{{S("a", 2, "o"), FROM(1)}, {S("b", 2, "o"), FROM(9)}, {S("c", 2, "o"), FROM(5)}},
      3,
      .selector = MF_SELECT_ALL},
     0,
     "b",
     NULL},
    {{{{S("a", 2, "o")}, {S("b", 2, "o"), FROM(9)}}, 2, .selector = MF_SELECT_ALL}, 0, "b", NULL},
    {{{{S("a", 2, "o"), FROM(9)}, {S("b", 2, "o")}}, 2, .selector = MF_SELECT_ALL}, 0, "a", NULL},
    /* who names no operator stands for itself */
    {{{{S("a", 2, "")}, {S("b", 2, "")}}, 2, .selector = MF_SELECT_ALL}, 0, "ab", NULL},
    {{{{S("a", 2, "o")}, {S("b", 2, "p")}, {S("c", 2, "q")}}, 3, .selector = MF_SELECT_ANY},
     4,
     "b",
     NULL},
    {{{{S("a", 2, "o")}, {S("b", 2, "p")}, {S("c", 2, "q")}}, 3, MF_SELECT_EXACT, 2},
     2,
     "ca",
     NULL},
    {{{{S("a", 2, "o")}, {S("b", 2, "o")}, {S("c", 2, "q")}}, 3, MF_SELECT_EXACT, 3},
     2,
     NULL,
     "3 services are asked for, 2 are valid now"},
    {{{{S("a", 2, "o")}, {S("b", 2, "p")}}, 2, .selector = MF_SELECT_ALL}, UINT32_MAX, "ba", NULL},
};

START_TEST(chooses_as_the_specification_says)
{
    static const int64_t versions[] = {2, 1};
    const struct service *chosen[MF_SERVICES_MAX];
    const struct instant now = {.s = AT};
    char names[MF_SERVICES_MAX + 1] = "";
    struct err err = {0};
    size_t count = 0;

    bool ok = mf_services_select(&choices[_i].list, versions, MF_LEN(versions), now,
                                 choices[_i].random, chosen, &count, &err);
    if (choices[_i].chosen == NULL) {
        mf_ck_refused(ok, err, choices[_i].message);
        ck_assert_int_eq(err.code, MF_ERR_TRUST);
        return;
    }
    mf_ck_ok(ok, err);
    for (size_t i = 0; i < count; i++)
        names[i] = (char)chosen[i]->url.p[0];
    ck_assert_str_eq(names, choices[_i].chosen);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("signing_config");
    TCase *refused = tcase_create("refused");
    TCase *read = tcase_create("read");
    TCase *choice = tcase_create("choice");

    tcase_add_loop_test(refused, refuses_a_malformed_configuration, 0, MF_LEN(refusals));
    tcase_add_test(refused, refuses_text_that_is_no_json_object);
    tcase_add_test(refused, names_the_file_that_cannot_be_read);
    suite_add_tcase(suite, refused);
    tcase_add_test(read, takes_as_many_services_as_its_limit);
    tcase_add_test(read, reads_what_may_be_absent);
    tcase_add_test(read, reads_no_services_without_a_rule);
    tcase_add_test(read, drops_one_trailing_slash);
    tcase_add_test(read, reads_the_configuration_inside_a_client_configuration);
    suite_add_tcase(suite, read);
    tcase_add_loop_test(choice, chooses_as_the_specification_says, 0, MF_LEN(choices));
    suite_add_tcase(suite, choice);
    return suite;
}
