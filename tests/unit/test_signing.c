/* What signing refuses before any service is asked; the rest is tested on whole instances. */
#include <stdlib.h>

#include "client/sign/signing.h"
#include "common/codec/url.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/json_edit.h"
#include "tests/support/sample.h"
#include "tests/support/suite.h"

#define SERVICE(url, version) \
    "{\"url\":\"" url "\",\"majorApiVersion\":" version ",\"operator\":\"" url "\"}"
#define TWO(version) "[" SERVICE("http://a", version) "," SERVICE("http://b", version) "]"

static const struct {
    const char *path, *value; /* of the sample's configuration */
    const char *rule;         /* asks for all of them */
    const char *message;
} refusals[] = {
    {"caUrls", NULL, "tsaConfig",
     "certificate authority: no service of a version that we speak is valid"},
    {"tsaUrls", "[]", "tsaConfig",
     "timestamp authority: no service of a version that we speak is valid"},
    {"rekorTlogUrls", "[]", "rekorTlogConfig",
     "transparency log: no service of a version that we speak is"},
    {"caUrls", TWO("2"), "tsaConfig",
     "certificate authority: no service of a version that we speak"},
    {"rekorTlogUrls", TWO("1"), "tsaConfig",
     "transparency log: no service of a version that we speak"},
    {"tsaUrls", TWO("1"), "tsaConfig",
     "timestamp authority: 2 are demanded; only one is supported yet"},
    {"rekorTlogUrls", TWO("2"), "rekorTlogConfig",
     "transparency log: 2 are demanded; only one is supported yet"},
};

static struct instant now(void *unused)
{
    (void)unused;
    return (struct instant){.s = 1800000000};
}

static uint64_t since_start(void *unused)
{
    (void)unused;
    return 0;
}

static bool begin(struct span text, struct err *err)
{
    MF_SCOPED(mf_crypto_free) struct crypto *crypto = fresh_crypto();
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = mf_sample_root();
    MF_SCOPED(mf_signing_config_free) struct signing_config *config = NULL;
    MF_SCOPED(mf_signing_free) struct signing *signing = NULL;

    mf_ck_ok(mf_signing_config_parse(text, &config, err), *err);
    const struct signing_params params = {
        .crypto = crypto, .config = config, .root = root, .clock = {now, since_start, NULL}};
    bool ok = mf_signing_begin(&params, &signing, err);
    ck_assert(ok || signing == NULL);
    return ok;
}

START_TEST(refuses_services_that_it_cannot_use)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("signing_config/instance");
    MF_SCOPED(mf_buf_done)
    struct buf edited = mf_json_edited(mf_buf_span(&text), refusals[_i].path, refusals[_i].value);
    MF_SCOPED(mf_buf_done)
    struct buf ruled = mf_json_edited(mf_buf_span(&edited), refusals[_i].rule,
                                      "{\"selector\":\"ALL\"}");
    struct err err = {0};

    mf_ck_refused(begin(mf_buf_span(&ruled), &err), err, refusals[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_TRUST);
    ck_assert_int_eq(strncmp(err.where, "signing configuration: ", 23), 0);
}
END_TEST

START_TEST(refuses_a_url_that_is_too_long)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("signing_config/instance");
    char *url = mf_json_zeroes(3 * MF_URL_MAX / 4); /* a string of that many characters */
    MF_SCOPED(mf_buf_done)
    struct buf edited = mf_json_edited(mf_buf_span(&text), "tsaUrls[0].url", url);
    struct err err = {0};

    free(url);
    mf_ck_refused(begin(mf_buf_span(&edited), &err), err,
                  "signing configuration: timestamp authority: URL is longer than 2047 bytes");
    ck_assert_int_eq(err.code, MF_ERR_TRUST);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("signing");
    TCase *all = tcase_create("services");

    tcase_add_loop_test(all, refuses_services_that_it_cannot_use, 0, MF_LEN(refusals));
    tcase_add_test(all, refuses_a_url_that_is_too_long);
    suite_add_tcase(suite, all);
    return suite;
}
