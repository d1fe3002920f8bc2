#include "client/identity/name_glob.h"
#include "tests/support/suite.h"

#define WORKFLOWS "https://github.com/acme/tool/.github/workflows/"

static const struct {
    const char *pattern;
    const char *text;
    bool fits;
} rows[] = {
    {"a", "a", true},
    {"a", "A", false},
    {"a", "aa", false},
    {"aa", "a", false},
    {"*", "", true},
    {"*", "abc", true},
    {"*", "a/b", false},
    {"**", "", true},
    {"**", "a/b@c", true},
    {"a*c", "ac", true},
    {"a*c", "abcbc", true},
    {"a*c", "abcb", false},
    {"a*b*c", "a--b--c", true},
    {"a*b*c", "a--c--b", false},
    {"*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    /* no classes, no single wildcard, no escapes */
    {"a?c", "abc", false},
    {"a?c", "a?c", true},
    {"[ab]", "a", false},
    {"\\*", "\\x", true},
    {"\\*", "*", false},
    /* a segment and no further */
    {"https://github.com/acme/*", "https://github.com/acme/tool", true},
    {"https://github.com/acme/*", "https://github.com/acme/tool/x", false},
    {"https://github.com/acme/*", "https://github.com/acme-evil/tool", false},
    {"https://github.com/acme/*", "https://github.com/acme%2Fevil", false},
    {"https://github.com/acme/**", "https://github.com/acme/tool/x@refs/heads/main", true},
    {"https://github.com/acme/**", "https://github.com/acme-evil/x", false},
    {"https://github.com/acme/**", "https://github.com/Acme/x", false},
    {"https://github.com/acme/**", "http://github.com/acme/x", false},
    {"https://*.example.org/x", "https://a.b.example.org/x", true},
    {"https://*.example.org/x", "https://evil.test/.example.org/x", false},
    {"v*", "v1.2", true},
    {"v*", "v1/2", false},
    {"refs/heads/**", "refs/heads/a/b", true},
    {"repo:acme/tool:**", "repo:acme/tool:ref:refs/heads/main", true},
    /* the first '@' of both is the same one */
    {WORKFLOWS "*@refs/tags/*", WORKFLOWS "x.yml@refs/tags/v1", true},
    {WORKFLOWS "*@refs/tags/*", WORKFLOWS "x.yml@refs/heads/y@refs/tags/v1", false},
    {"https://github.com/acme/**@refs/tags/*", WORKFLOWS "x.yml@refs/tags/v1", true},
    {"https://github.com/acme/**@refs/tags/*", WORKFLOWS "x.yml@refs/heads/y@refs/tags/v1", false},
    {WORKFLOWS "x.yml@refs/tags/**", WORKFLOWS "x.yml@refs/tags/@scope/pkg@1.0", true},
    {WORKFLOWS "x.yml@**", WORKFLOWS "x.yml@refs/heads/main", true},
    {WORKFLOWS "x.yml@**", WORKFLOWS "x.ymlx@refs/heads/main", false},
    /* a file with an '@' in its name is another file */
    {WORKFLOWS "x.yml@**", WORKFLOWS "x.yml@y.yml@refs/heads/main", false},
    {WORKFLOWS "x.yml@**", WORKFLOWS "x.yml@y.yml@52f2f0c1", false},
    {WORKFLOWS "x.yml@**", WORKFLOWS "x.yml@52f2f0c1", true},
    {WORKFLOWS "x.yml@**", WORKFLOWS "x.yml@refs/tags/@scope/pkg@1.0", true},
    {WORKFLOWS "x.yml@refs/**", WORKFLOWS "x.yml@refs/y.yml@refs/heads/main", false},
    {WORKFLOWS "x.yml@*", WORKFLOWS "x.yml@y.yml@52f2f0c1", false},
    {WORKFLOWS "**", WORKFLOWS "x.yml@y.yml@refs/heads/main", true},
    {"*@example.org", "dev@example.org", true},
    {"*@example.org", "dev@evil.test@example.org", false},
    {"*@example.org", "dev@example.org.evil.test", false},
    /* what no name should have is not passed over */
    {"*", "a\nb", false},
    {"**", "a\x7F", false},
    {"*", "\xC3\xA9", true},
};

START_TEST(fits_what_the_pattern_says_and_nothing_else)
{
    struct err err = {0};
    struct span pattern = mf_span_str(rows[_i].pattern);

    mf_ck_ok(mf_glob_check(pattern, &err), err);
    ck_assert_msg(mf_glob_match(pattern, mf_span_str(rows[_i].text)) == rows[_i].fits,
                  "'%s' and '%s'", rows[_i].pattern, rows[_i].text);
}
END_TEST

START_TEST(a_nul_is_a_control_character_like_others)
{
    ck_assert(!mf_glob_match(MF_SPAN("a*"), MF_SPAN("a\0b")));
    ck_assert(!mf_glob_match(MF_SPAN(""), MF_SPAN("")));
}
END_TEST

static const struct {
    struct span pattern;
    const char *message;
} refused[] = {
    {MF_SPAN_INIT(""), "the pattern is empty"},
    {MF_SPAN_INIT("a\0b"), "control character"},
    {MF_SPAN_INIT("a\nb"), "control character"},
    {MF_SPAN_INIT("\xFF"), "not UTF-8"},
    {MF_SPAN_INIT("***"), "'***' is no wildcard"},
    {MF_SPAN_INIT("a/****"), "'***' is no wildcard"},
    {MF_SPAN_INIT("https://github.com/acme**"),
     "behind \"https://github.com/acme\" would also match \"https://github.com/acme-evil/...\""},
    {MF_SPAN_INIT("**x"), "'**' goes between '/', '@' or ':', or at an end"},
    {MF_SPAN_INIT("a/**b"), "'**' goes between"},
};

START_TEST(refuses_patterns_with_a_hole)
{
    struct err err = {0};

    mf_ck_refused(mf_glob_check(refused[_i].pattern, &err), err, refused[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_USAGE);
}
END_TEST

START_TEST(refuses_a_pattern_that_is_too_long)
{
    uint8_t long_one[MF_GLOB_MAX + 1];
    struct err err = {0};

    memset(long_one, 'a', sizeof long_one);
    mf_ck_ok(mf_glob_check((struct span){long_one, MF_GLOB_MAX}, &err), err);
    ck_assert(
        mf_glob_match((struct span){long_one, MF_GLOB_MAX}, (struct span){long_one, MF_GLOB_MAX}));
    mf_ck_refused(mf_glob_check(MF_SPAN_OF(long_one), &err), err, "more than 1024 bytes");
    ck_assert(!mf_glob_match(MF_SPAN_OF(long_one), MF_SPAN_OF(long_one)));
}
END_TEST

enum { NOTHING = 0, URI = 1, MAIL = 2, OWNER = 4, ALL = 7 };

static const struct {
    const char *pattern;
    unsigned pins;
} pinned[] = {
    {"https://github.com/acme/**", URI},
    {"https://github.com/acme/tool/*@refs/tags/v1", URI},
    {"http://127.0.0.1:1/acme/*", URI},
    {"spiffe://example.org/ns/*", URI},
    {"https://github.com/acme", ALL},
    {"*@example.org", MAIL},
    {"dev-*@example.org", MAIL},
    {"acme/*", OWNER},
    {"repo:acme/tool:**", OWNER},
    {"**", NOTHING},
    {"*", NOTHING},
    {"*@*", NOTHING},
    {"https:**", NOTHING},
    {"https://**", NOTHING},
    {"https://github.com/**", NOTHING},
    {"https://github.com/*/tool/**", NOTHING},
    {"https://github.com/acme*", NOTHING},
    {"https://github.com/acme*/**", NOTHING},
    {"https://github.com//**", NOTHING},
    {"https:///acme/**", NOTHING},
    {"://github.com/acme/**", NOTHING},
    {"https://*.com/**", NOTHING},
    {"https://*.example.org/acme/**", NOTHING},
    {"https://*/acme/tool", NOTHING},
    {"https://git*hub.com/acme/tool", NOTHING},
    {"**/.github/workflows/**", NOTHING},
    {"**@refs/tags/v1.0", NOTHING},
    {"**@example.org", NOTHING},
    {"*/*/*@example.org", NOTHING},
    {"https:*@example.org", NOTHING},
    {"*@*.example.org", NOTHING},
    {"*@example*", NOTHING},
    {"*@v1", NOTHING},
    {"*@", NOTHING},
    {"*@a@example.org", NOTHING},
    {"dev@example.org*", NOTHING},
    {"acme*", NOTHING},
    {"acme*/tool", NOTHING},
    {"repo:*/tool", NOTHING},
    {"repo:**", NOTHING},
    {"/**", NOTHING},
    {"1*", NOTHING},
};

START_TEST(a_pattern_keeps_to_one_owner)
{
    struct span pattern = mf_span_str(pinned[_i].pattern);
    unsigned pins = (mf_glob_pins_uri(pattern) ? URI : 0) |
                    (mf_glob_pins_mail(pattern) ? MAIL : 0) |
                    (mf_glob_pins_owner(pattern) ? OWNER : 0);

    ck_assert_msg(
        (pinned[_i].pins & pins) == pinned[_i].pins &&
            (pinned[_i].pins == ALL || (pins & (URI | MAIL)) == (pinned[_i].pins & (URI | MAIL))),
        "'%s' pins %u", pinned[_i].pattern, pins);
    if (pinned[_i].pins == NOTHING)
        ck_assert_msg(pins == NOTHING, "'%s' pins %u", pinned[_i].pattern, pins);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("name_glob");
    TCase *glob = tcase_create("glob");

    tcase_add_loop_test(glob, fits_what_the_pattern_says_and_nothing_else, 0, MF_LEN(rows));
    tcase_add_test(glob, a_nul_is_a_control_character_like_others);
    tcase_add_loop_test(glob, refuses_patterns_with_a_hole, 0, MF_LEN(refused));
    tcase_add_test(glob, refuses_a_pattern_that_is_too_long);
    tcase_add_loop_test(glob, a_pattern_keeps_to_one_owner, 0, MF_LEN(pinned));
    suite_add_tcase(suite, glob);
    return suite;
}
