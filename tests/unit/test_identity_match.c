#include "client/identity/identity_match.h"
#include "tests/support/suite.h"

#define NAME   "https://github.com/o/r/.github/workflows/x.yml@refs/heads/main"
#define ISSUER "https://token.actions.githubusercontent.com"

static const struct signer_identity who = {
    .san = {MF_SAN_URI, MF_SPAN_INIT(NAME)},
    .issuer = MF_SPAN_INIT(ISSUER),
};

static const struct {
    struct identity_demand demand;
    enum err_code code;
    const char *message;
} refused[] = {
    {{MF_SPAN_INIT(NAME "s"), MF_SPAN_INIT(ISSUER)},
     MF_ERR_REJECTED,
     "signed by \"" NAME "\", not by \"" NAME "s\""},
    {{MF_SPAN_INIT("HTTPS://github.com/o/r/.github/workflows/x.yml@refs/heads/main"),
      MF_SPAN_INIT(ISSUER)},
     MF_ERR_REJECTED,
     "signed by \"" NAME "\""},
    {{MF_SPAN_INIT("https://github.com/o/r"), MF_SPAN_INIT(ISSUER)},
     MF_ERR_REJECTED,
     "not by \"https://github.com/o/r\""},
    {{MF_SPAN_INIT(NAME), MF_SPAN_INIT(ISSUER "/")},
     MF_ERR_REJECTED,
     "from issuer \"" ISSUER "\", not \"" ISSUER "/\""},
    {{MF_SPAN_INIT("x"), MF_SPAN_INIT("y")}, MF_ERR_REJECTED, "issuers differ as well"},
    {{MF_SPAN_INIT(""), MF_SPAN_INIT(ISSUER)}, MF_ERR_USAGE, "no identity is demanded"},
    {{MF_SPAN_INIT(NAME), MF_SPAN_INIT("")}, MF_ERR_USAGE, "no token issuer is demanded"},
};

START_TEST(refuses_another_signer_and_says_both)
{
    struct err err = {0};

    mf_ck_refused(mf_identity_match(&who, &refused[_i].demand, &err), err, refused[_i].message);
    ck_assert_int_eq(err.code, refused[_i].code);
}
END_TEST

START_TEST(accepts_the_demanded_signer_alone)
{
    const struct identity_demand demand = {MF_SPAN(NAME), MF_SPAN(ISSUER)};
    struct err err = {0};

    mf_ck_ok(mf_identity_match(&who, &demand, &err), err);
}
END_TEST

START_TEST(an_empty_identity_never_matches_an_empty_demand)
{
    const struct signer_identity nobody = {0};
    const struct identity_demand demand = {0};
    struct err err = {0};

    mf_ck_refused(mf_identity_match(&nobody, &demand, &err), err, "no identity is demanded");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("identity_match");
    TCase *match = tcase_create("match");

    tcase_add_test(match, accepts_the_demanded_signer_alone);
    tcase_add_test(match, an_empty_identity_never_matches_an_empty_demand);
    tcase_add_loop_test(match, refuses_another_signer_and_says_both, 0, MF_LEN(refused));
    suite_add_tcase(suite, match);
    return suite;
}
