#include "client/identity/identity_match.h"
#include "tests/support/suite.h"

#define NAME   "https://github.com/o/r/.github/workflows/x.yml@refs/heads/main"
#define ISSUER "https://token.actions.githubusercontent.com"

enum { ROWS = 4 };

static const struct signer_identity who = {
    .san = {MF_SAN_URI, MF_SPAN_INIT(NAME)},
    .issuer = MF_SPAN_INIT(ISSUER),
    .values = {[MF_FULCIO_SOURCE_REPOSITORY_REF] = MF_SPAN_INIT("refs/heads/main")},
};

#define IS_NAME(g, t)                                                 \
    {                                                                 \
        .field = MF_FIELD_NAME, .group = (g), .text = MF_SPAN_INIT(t) \
    }
#define IS_ISSUER(g, t)                                                 \
    {                                                                   \
        .field = MF_FIELD_ISSUER, .group = (g), .text = MF_SPAN_INIT(t) \
    }
#define IS_BOTH(g, t, i)                                                                         \
    {                                                                                            \
        .field = MF_FIELD_NAME, .group = (g), .text = MF_SPAN_INIT(t), .issuer = MF_SPAN_INIT(i) \
    }
#define HAS(f, g, t)                                        \
    {                                                       \
        .field = (f), .group = (g), .text = MF_SPAN_INIT(t) \
    }
#define GLOB(f, g, t)                                                             \
    {                                                                             \
        .field = (f), .group = (g), .test = MF_TEST_GLOB, .text = MF_SPAN_INIT(t) \
    }

static const struct {
    struct demand rows[ROWS];
    size_t count;
} accepted[] = {
    {{IS_NAME(0, NAME), IS_ISSUER(1, ISSUER)}, 2},
    {{IS_BOTH(0, NAME, ISSUER)}, 1},
    {{IS_NAME(0, "x"), IS_NAME(0, NAME), IS_ISSUER(1, ISSUER)}, 3},
    {{IS_NAME(0, NAME), IS_NAME(0, "x"), IS_ISSUER(1, "y"), IS_ISSUER(1, ISSUER)}, 4},
    {{IS_BOTH(0, NAME, "other"), IS_BOTH(0, NAME, ISSUER)}, 2},
    {{IS_BOTH(0, NAME, ISSUER), HAS(MF_FULCIO_SOURCE_REPOSITORY_REF, 3, "refs/heads/main")}, 2},
    {{IS_BOTH(0, NAME, ISSUER), GLOB(MF_FULCIO_SOURCE_REPOSITORY_REF, 3, "**")}, 2},
    {{GLOB(MF_FIELD_NAME, 0, "https://github.com/o/r/**"), IS_ISSUER(1, ISSUER)}, 2},
};

START_TEST(accepts_the_demanded_signer)
{
    const struct identity_demand demand = {accepted[_i].rows, accepted[_i].count};
    struct err err = {0};

    mf_ck_ok(mf_identity_match(&who, &demand, &err), err);
}
END_TEST

static const struct {
    struct demand rows[ROWS];
    size_t count;
    enum err_code code;
    const char *message;
} refused[] = {
    {{IS_BOTH(0, NAME "s", ISSUER)},
     1,
     MF_ERR_REJECTED,
     "signed by \"" NAME "\", not by \"" NAME "s\""},
    {{IS_BOTH(0, "HTTPS://github.com/o/r/.github/workflows/x.yml@refs/heads/main", ISSUER)},
     1,
     MF_ERR_REJECTED,
     "signed by \"" NAME "\""},
    {{IS_BOTH(0, "https://github.com/o/r", ISSUER)},
     1,
     MF_ERR_REJECTED,
     "not by \"https://github.com/o/r\""},
    {{IS_BOTH(0, NAME, ISSUER "/")},
     1,
     MF_ERR_REJECTED,
     "token is from issuer \"" ISSUER "\", not \"" ISSUER "/\""},
    {{IS_NAME(0, NAME), IS_ISSUER(1, ISSUER "/")},
     2,
     MF_ERR_REJECTED,
     "token is from issuer \"" ISSUER "\", not \"" ISSUER "/\""},
    {{IS_NAME(0, "a"), IS_NAME(0, "b"), IS_NAME(0, "c"), IS_ISSUER(1, ISSUER)},
     4,
     MF_ERR_REJECTED,
     "not by \"a\", nor any of 2 others"},
    /* one of each group, never all of one */
    {{IS_NAME(0, "x"), IS_NAME(0, "https://github.com/o/s"), IS_ISSUER(1, ISSUER)},
     3,
     MF_ERR_REJECTED,
     "not by \"https://github.com/o/s\", nor 1 other"},
    {{IS_NAME(0, NAME), IS_ISSUER(1, "x"), IS_ISSUER(1, "y")},
     3,
     MF_ERR_REJECTED,
     "not \"x\", nor 1 other"},
    /* the name goes with its own issuer, not with another row's */
    {{IS_BOTH(0, NAME, "https://a.example"), IS_BOTH(0, "other", ISSUER)},
     2,
     MF_ERR_REJECTED,
     "token is from issuer"},
    {{IS_BOTH(0, NAME, ISSUER), HAS(MF_FULCIO_SOURCE_REPOSITORY_REF, 3, "refs/heads/maim")},
     2,
     MF_ERR_REJECTED,
     "source-repository-ref \"refs/heads/main\", not \"refs/heads/maim\""},
    {{IS_BOTH(0, NAME, ISSUER), GLOB(MF_FULCIO_BUILD_TRIGGER, 3, "**")},
     2,
     MF_ERR_REJECTED,
     "the certificate has no build-trigger, but \"**\" is demanded"},
    /* demands that do not say enough */
    {{{0}}, 0, MF_ERR_USAGE, "no identity is demanded"},
    {{IS_NAME(0, "")}, 1, MF_ERR_USAGE, "a demand for the identity is empty"},
    {{IS_NAME(0, NAME), IS_ISSUER(1, "")}, 2, MF_ERR_USAGE, "a demand for the issuer is empty"},
    {{IS_NAME(0, NAME)}, 1, MF_ERR_USAGE, "no token issuer is demanded"},
    {{IS_ISSUER(1, ISSUER)}, 1, MF_ERR_USAGE, "no identity is demanded"},
    {{IS_ISSUER(1, ISSUER), HAS(MF_FULCIO_SOURCE_REPOSITORY_REF, 3, "refs/heads/main")},
     2,
     MF_ERR_USAGE,
     "no identity is demanded"},
    {{IS_BOTH(0, NAME, ISSUER), IS_NAME(0, NAME)}, 2, MF_ERR_USAGE, "no token issuer is demanded"},
    {{IS_NAME(0, NAME), IS_ISSUER(0, ISSUER)}, 2, MF_ERR_USAGE, "no identity is demanded"},
    {{GLOB(MF_FIELD_NAME, 0, "**"), IS_ISSUER(1, ISSUER)}, 2, MF_ERR_USAGE, "no identity is"},
    {{GLOB(MF_FIELD_NAME, 0, "a**"), IS_ISSUER(1, ISSUER)}, 2, MF_ERR_USAGE, "would also match"},
    {{IS_NAME(0, NAME), GLOB(MF_FIELD_ISSUER, 1, "https://*")}, 2, MF_ERR_USAGE, "no token issuer"},
    {{IS_BOTH(0, NAME, ISSUER), HAS(MF_FULCIO_OTHER_NAME, 1, "x")},
     2,
     MF_ERR_USAGE,
     "about no part of a certificate"},
    {{IS_BOTH(0, NAME, ISSUER), HAS(99, 1, "x")}, 2, MF_ERR_USAGE, "about no part"},
    {{IS_ISSUER(1, ISSUER),
      {.field = MF_FIELD_NAME, .test = MF_TEST_REGEXP, .text = MF_SPAN_INIT("x")}},
     2,
     MF_ERR_USAGE,
     "a regular expression is not compiled"},
};

START_TEST(refuses_another_signer_and_says_both)
{
    const struct identity_demand demand = {refused[_i].rows, refused[_i].count};
    struct err err = {0};

    mf_ck_refused(mf_identity_match(&who, &demand, &err), err, refused[_i].message);
    ck_assert_int_eq(err.code, refused[_i].code);
}
END_TEST

START_TEST(an_empty_identity_never_matches_an_empty_demand)
{
    const struct signer_identity nobody = {0};
    const struct demand empty = {0};
    const struct demand open = {.test = MF_TEST_GLOB, .text = MF_SPAN_INIT("**")};
    struct err err = {0};

    ck_assert(!mf_demand_holds(&empty, &nobody, &err));
    mf_err_clear(&err);
    ck_assert(!mf_demand_holds(&empty, &who, &err));
    mf_err_clear(&err);
    ck_assert(!mf_demand_holds(&open, &nobody, &err));
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("identity_match");
    TCase *match = tcase_create("match");

    tcase_add_loop_test(match, accepts_the_demanded_signer, 0, MF_LEN(accepted));
    tcase_add_test(match, an_empty_identity_never_matches_an_empty_demand);
    tcase_add_loop_test(match, refuses_another_signer_and_says_both, 0, MF_LEN(refused));
    suite_add_tcase(suite, match);
    return suite;
}
