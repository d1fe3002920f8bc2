/* Each check of a timestamp on the sample's token: what refuses when all else holds. */
#include "client/verify/timestamp_check.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/json_edit.h"
#include "tests/support/sample.h"
#include "tests/support/suite.h"

#define TSA  "timestampAuthorities"
#define FROM "2026-11-24T19:00:18Z" /* the sample's genTime */

static struct crypto *crypto;
static struct bundle *bundle;

static void setup(void)
{
    crypto = fresh_crypto();
    bundle = mf_sample_bundle();
}

static void teardown(void)
{
    mf_crypto_free(&crypto);
    mf_bundle_free(&bundle);
}

static bool check(struct span tsr, struct span message, const struct trusted_root *root,
                  bool *known, struct err *err)
{
    struct instant at = {0};
    bool ok = mf_timestamp_check(crypto, tsr, message, root, &at, known, err);

    ck_assert_int_eq(at.s, ok ? 1795546818 : 0);
    ck_assert(ok || err->code == MF_ERR_REJECTED);
    return ok;
}

/* The token as it is, under a root that differs in one point. */
static const struct {
    const char *path, *value;
    bool known;
    const char *message; /* null: it holds */
} roots[] = {
    {"unknown", "1", true, NULL},
    {TSA, "[]", false, "the trusted root names no timestamp authority"},
    {TSA "[0].certChain.certificates[0]", NULL, false, "certificate is nowhere to be found"},
    {TSA "[0].certChain.certificates[1]", NULL, true, NULL}, /* the signer is its own anchor */
    {TSA "[0].validFor", NULL, true, NULL},
    {TSA "[0].validFor", "{\"start\":\"" FROM "\",\"end\":\"" FROM "\"}", true, NULL},
    {TSA "[0].validFor.start", "\"2026-11-24T19:00:18.001Z\"", true, "outside the authority's"},
    {TSA "[0].validFor.end", "\"2026-11-24T19:00:17.999Z\"", true, "outside the authority's"},
};

START_TEST(believes_the_authorities_of_the_root_alone)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("trusted_root/instance");
    MF_SCOPED(mf_buf_done)
    struct buf edited = mf_json_edited(mf_buf_span(&text), roots[_i].path, roots[_i].value);
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = NULL;
    struct err err = {0};
    bool known = false;

    mf_ck_ok(mf_trusted_root_parse(mf_buf_span(&edited), &root, &err), err);
    bool ok = check(mf_buf_span(&bundle->timestamps[0]), mf_buf_span(&bundle->signature), root,
                    &known, &err);
    ck_assert_int_eq(known, roots[_i].known);
    if (roots[_i].message == NULL)
        mf_ck_ok(ok, err);
    else
        mf_ck_refused(ok, err, roots[_i].message);
}
END_TEST

/* One byte of the token changed, where a field that the parser found ends or begins. */
enum field { GEN_TIME, IMPRINT, MESSAGE_DIGEST, ESS_HASH, SIGNATURE, SIG_ALG, SERIAL, ISSUER };

static const struct {
    enum field field;
    bool known;
    const char *message;
} changes[] = {
    {GEN_TIME, true, "message digest is not that of the TSTInfo"},
    {IMPRINT, true, "message digest is not that of the TSTInfo"},
    {MESSAGE_DIGEST, true, "message digest is not that of the TSTInfo"},
    {ESS_HASH, true, "signing certificate attribute names another one"},
    {SIGNATURE, true, "signature"},
    {SIG_ALG, true, "signature algorithm does not fit the signer's key"},
    {SERIAL, false, "signed by another certificate"},
    {ISSUER, false, "signed by another certificate"},
};

static struct span place_of(enum field field, const struct tsr *t)
{
    const struct span fields[] = {
        [GEN_TIME] = t->tst_info, /* its end is the authority's name, which is text */
        [IMPRINT] = t->imprint,      [MESSAGE_DIGEST] = t->message_digest,
        [ESS_HASH] = t->ess_hash,    [SIGNATURE] = t->signature,
        [SIG_ALG] = t->sig_alg,      [SERIAL] = t->signer_serial,
        [ISSUER] = t->signer_issuer,
    };

    return fields[field];
}

START_TEST(refuses_a_changed_token)
{
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = mf_sample_root();
    struct span whole = mf_buf_span(&bundle->timestamps[0]);
    MF_SCOPED(mf_buf_done) struct buf changed = {.max = MF_TSR_MAX};
    struct err err = {0};
    struct tsr t;
    bool known = false;

    mf_ck_ok(mf_tsr_parse(whole, &t, &err), err);
    struct span place = place_of(changes[_i].field, &t);
    mf_ck_ok(mf_buf_append(&changed, whole, &err), err);
    changed.p[(size_t)(place.p - whole.p) + place.n - 1] ^= 0x40;
    mf_ck_refused(check(mf_buf_span(&changed), mf_buf_span(&bundle->signature), root, &known, &err),
                  err, changes[_i].message);
    ck_assert_int_eq(known, changes[_i].known);
}
END_TEST

START_TEST(refuses_a_token_over_other_bytes)
{
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = mf_sample_root();
    struct err err = {0};
    bool known = false;

    mf_ck_refused(check(mf_buf_span(&bundle->timestamps[0]), MF_SPAN("another signature"), root,
                        &known, &err),
                  err, "message imprint is not that of this signature");
    ck_assert(known);
}
END_TEST

/* What does not even parse is a damaged token, not a stranger's. */
START_TEST(refuses_what_is_no_token)
{
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = mf_sample_root();
    struct err err = {0};
    bool known = false;

    mf_ck_refused(check(MF_SPAN("0\0"), MF_SPAN(""), root, &known, &err), err, "status");
    ck_assert(known);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("timestamp_check");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, believes_the_authorities_of_the_root_alone, 0, MF_LEN(roots));
    tcase_add_loop_test(all, refuses_a_changed_token, 0, MF_LEN(changes));
    tcase_add_test(all, refuses_a_token_over_other_bytes);
    tcase_add_test(all, refuses_what_is_no_token);
    suite_add_tcase(suite, all);
    return suite;
}
