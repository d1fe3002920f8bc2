#include "client/identity/name_regexp.h"
#include "common/base/file.h"
#include "tests/support/suite.h"

static bool match(struct span pattern, struct span text, struct err *err)
{
    MF_SCOPED(mf_name_regexp_free) struct name_regexp *regexp = NULL;

    return mf_name_regexp_new(pattern, &regexp, err) && mf_name_regexp_match(regexp, text, err);
}

static struct span column(struct span *line)
{
    size_t tab = mf_span_find(*line, '\t');
    struct span text = mf_span_first(*line, tab);

    *line = mf_span_from(*line, tab < line->n ? tab + 1 : tab);
    return text;
}

static void check_vector(struct span line, size_t number)
{
    struct span verdict = column(&line);
    struct span pattern = column(&line);
    struct err err = {0};
    bool ok = match(pattern, line, &err);
    const char *said = ok                            ? "match"
                       : err.code == MF_ERR_USAGE    ? "refused"
                       : err.code == MF_ERR_REJECTED ? "no"
                                                     : "error";

    ck_assert_msg(mf_span_is(verdict, said), "line %zu: '%.*s': %s, %s", number,
                  MF_SPAN_ARG(pattern), said, err.what);
}

START_TEST(matches_as_go_does_or_is_refused)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    struct err err = {0};
    struct span line;
    size_t checked = 0;

    mf_ck_ok(mf_file_read(MF_SOURCE_ROOT "/tests/vectors/name_regexp.tsv", 1 << 20, &text, &err),
             err);
    struct span rest = mf_buf_span(&text);
    for (size_t number = 1; mf_span_line(&rest, &line); number++) {
        if (line.n > 0 && line.p[0] == '#')
            continue;
        check_vector(line, number);
        checked++;
    }
    ck_assert_uint_gt(checked, 140);
}
END_TEST

/* What a file of lines cannot hold. */
START_TEST(the_end_is_the_end_of_the_name_and_of_no_line)
{
    static const struct {
        struct span pattern, text;
        bool fits;
    } rows[] = {
        {MF_SPAN_INIT("^a$"), MF_SPAN_INIT("a\n"), false},
        {MF_SPAN_INIT("^a$"), MF_SPAN_INIT("b\na"), false},
        {MF_SPAN_INIT("^a.b$"), MF_SPAN_INIT("a\nb"), false},
        {MF_SPAN_INIT("^a.b$"), MF_SPAN_INIT("a\rb"), true},
        {MF_SPAN_INIT("^a[^x]b$"), MF_SPAN_INIT("a\nb"), true},
        {MF_SPAN_INIT("^a$"), MF_SPAN_INIT("a\0b"), false},
        {MF_SPAN_INIT("^a.b$"), MF_SPAN_INIT("a\0b"), true},
        {MF_SPAN_INIT("a"), MF_SPAN_INIT(""), false},
        {MF_SPAN_INIT("a"), MF_SPAN_INIT("a\xFF"), false},
    };

    for (size_t i = 0; i < MF_LEN(rows); i++) {
        struct err err = {0};
        ck_assert_msg(match(rows[i].pattern, rows[i].text, &err) == rows[i].fits, "row %zu", i);
        ck_assert(rows[i].fits || err.code == MF_ERR_REJECTED);
    }
}
END_TEST

/* An expression that tries every way to share out the letters: Go answers no at once, we give up.
 */
START_TEST(an_expression_that_takes_too_long_is_no_match)
{
    static const char *const patterns[] = {"^(a+)+$", "^(a|a|aa)+$", "^(a*a*a*a*a*)+b$",
                                           "^((a{0,50}){0,50}){0,50}b$"};
    char text[2001];

    memset(text, 'a', 2000);
    text[2000] = '!';
    for (size_t i = 0; i < MF_LEN(patterns); i++) {
        struct err err = {0};
        ck_assert(!match(mf_span_str(patterns[i]),
                         ((struct span){(const uint8_t *)text, sizeof text}), &err));
    }
}
END_TEST

START_TEST(limits_are_those_of_the_header)
{
    uint8_t pattern[MF_REGEXP_MAX + 1];
    struct err err = {0};
    struct regexp_holes holes;

    memset(pattern, 'a', sizeof pattern);
    mf_ck_ok(mf_regexp_check(mf_span_first(MF_SPAN_OF(pattern), MF_REGEXP_MAX), &holes, &err), err);
    mf_ck_refused(match(MF_SPAN_OF(pattern), MF_SPAN("a"), &err), err, "more than 1024 bytes");
    mf_err_clear(&err);
    memset(pattern, '(', MF_REGEXP_DEPTH_MAX);
    pattern[MF_REGEXP_DEPTH_MAX] = 'a';
    memset(pattern + MF_REGEXP_DEPTH_MAX + 1, ')', MF_REGEXP_DEPTH_MAX);
    mf_ck_ok(match((struct span){pattern, 2 * MF_REGEXP_DEPTH_MAX + 1}, MF_SPAN("a"), &err), err);
    memset(pattern, '(', MF_REGEXP_DEPTH_MAX + 1);
    mf_ck_refused(match((struct span){pattern, 2 * MF_REGEXP_DEPTH_MAX + 2}, MF_SPAN("a"), &err),
                  err, "byte 33: a group too deep in groups");
    mf_err_clear(&err);
    mf_ck_refused(match(MF_SPAN("((((a{100}){100}){100}){100})"), MF_SPAN("a"), &err), err,
                  "too large, or repeats too often");
    mf_err_clear(&err);
    mf_ck_refused(match(MF_SPAN("a\nb"), MF_SPAN("a"), &err), err, "control character");
    mf_err_clear(&err);
    mf_ck_refused(match(MF_SPAN("a\0b"), MF_SPAN("a"), &err), err, "control character");
    mf_err_clear(&err);
    mf_ck_refused(match(MF_SPAN("\xFF"), MF_SPAN("a"), &err), err, "not UTF-8");
}
END_TEST

#define OPEN_BOTH "no ^ at the front and no $ at the end: a longer name"

static const struct {
    const char *pattern;
    const char *warnings[3];
} warned[] = {
    {"^https://github\\.com/acme/[^@]+@refs/tags/v[0-9.]+$", {NULL}},
    {"^(a|b)$", {NULL}},
    {"\\Aa\\z", {NULL}},
    {"^a$|^b$", {NULL}},
    {"^a.*$", {NULL}},
    {"^[^@]+@example\\.org$", {NULL}},
    {"^release@v.*$", {NULL}},
    {"a", {OPEN_BOTH}},
    {"^a", {"no $ at the end: a longer name"}},
    {"a$", {"no ^ at the front: a longer name"}},
    {"^a|b$", {OPEN_BOTH}},
    {"^a$|b", {OPEN_BOTH}},
    {"^(a$)", {"no $ at the end"}},
    {"\\ba\\b", {OPEN_BOTH}},
    {"^a\\$", {"no $ at the end"}},
    {"^github.com$", {"the '.' in \"^github.com$\" stands for any character"}},
    {"https://github.com/acme",
     {OPEN_BOTH, "the '.' in \"tps://github.com/acme\" stands for any character"}},
    {"^a.*@refs/tags/v1$", {"a '.' that repeats in front of '@'"}},
    {"^a.+\\@refs/tags/v1$", {"a '.' that repeats in front of '@'"}},
    {"^a.{1,9}@b$", {"a '.' that repeats in front of '@'"}},
    {".*", {"anybody matches", OPEN_BOTH}},
    {"^.*$|^x$", {"anybody matches"}},
    {"^x$|^.*$", {"anybody matches"}},
    {"^(x|.*)$", {"anybody matches"}},
    {"^(x|y)$", {NULL}},
    {"^x?$", {"anybody matches"}},
    {"^(?:xy)*[^/]+$", {"anybody matches"}},
    {"^x{0,3}$", {"anybody matches"}},
    {"^x{1,3}$", {NULL}},
    {"^https?://.*$", {"anybody matches"}},
    {"^https:\\/\\/.*$", {"anybody matches"}},
    {"^https://github\\.com/.*$", {NULL}},
    {"^.+@.+$", {"anybody matches", "a '.' that repeats"}},
    {"^[a-z]+$", {"anybody matches"}},
};

START_TEST(names_the_hole_that_an_expression_leaves)
{
    char said[MF_REGEXP_WARNING_MAX];
    struct span pattern = mf_span_str(warned[_i].pattern);
    size_t count = 0;

    for (; mf_regexp_warning(pattern, count, said); count++) {
        ck_assert_msg(count < 3 && warned[_i].warnings[count] != NULL, "said also '%s'", said);
        ck_assert_msg(strstr(said, warned[_i].warnings[count]) != NULL, "said '%s'", said);
    }
    ck_assert_msg(count == 3 || warned[_i].warnings[count] == NULL, "said only %zu", count);
}
END_TEST

static const struct {
    const char *pattern;
    bool only_host;
} hosts[] = {
    {"^https://github\\.com/acme/.*$", false},
    {"^https://github\\.com/(acme|beta)/.*$", false},
    {"^(https://github\\.com/acme|https://gitlab\\.com/acme)/.*$", false},
    {"^(https://)?github\\.com/acme/.*$", false},
    {"^https://github\\.com/[Aa]cme/.*$", false},
    {"^https://git\\.example\\.org:8443/acme/.*$", false},
    {"@example\\.org$", false},
    {"acme/tool", false},
    {"^https://github\\.com/.*$", true},
    {"https://github\\.com", true},
    {"^https?://(github|gitlab)\\.com/[^@]+@.*$", true},
    {"^https://github\\.com/(acme|.*)/.*$", true},
    {"^https://github\\.com/acme/|^https://github\\.com/", true},
    {"^https://git\\.example\\.org:8443/.*$", true},
    {".*", true},
};

START_TEST(knows_an_expression_that_demands_no_more_than_the_host)
{
    struct regexp_holes holes;
    struct err err = {0};

    mf_ck_ok(mf_regexp_check(mf_span_str(hosts[_i].pattern), &holes, &err), err);
    ck_assert_msg(holes.names_only_host == hosts[_i].only_host, "'%s'", hosts[_i].pattern);
}
END_TEST

START_TEST(says_what_is_not_taken_and_where)
{
    static const struct {
        const char *pattern, *message;
    } rows[] = {
        {"ab(?=c)", "byte 3: \"(?\" for anything but \"(?:\", which is not taken"},
        {"a*+", "byte 3: a repeat of nothing, or of a repeat"},
        {"(a)\\1", "byte 4: a backslash before something else than punctuation"},
        {"a|", "byte 3: an empty alternative, and it would match everything"},
    };

    for (size_t i = 0; i < MF_LEN(rows); i++) {
        struct err err = {0};
        mf_ck_refused(match(mf_span_str(rows[i].pattern), MF_SPAN("a"), &err), err,
                      rows[i].message);
    }
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("name_regexp");
    TCase *regexp = tcase_create("regexp");

    tcase_add_test(regexp, matches_as_go_does_or_is_refused);
    tcase_add_test(regexp, the_end_is_the_end_of_the_name_and_of_no_line);
    tcase_add_test(regexp, an_expression_that_takes_too_long_is_no_match);
    tcase_add_test(regexp, limits_are_those_of_the_header);
    tcase_add_loop_test(regexp, names_the_hole_that_an_expression_leaves, 0, MF_LEN(warned));
    tcase_add_loop_test(regexp, knows_an_expression_that_demands_no_more_than_the_host, 0,
                        MF_LEN(hosts));
    tcase_add_test(regexp, says_what_is_not_taken_and_where);
    suite_add_tcase(suite, regexp);
    return suite;
}
