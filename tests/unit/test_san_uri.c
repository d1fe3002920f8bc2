#include "ca-stub/identity/san_uri.h"
#include "tests/support/suite.h"

static const struct {
    const char *from;
    const char *to; /* null: as it came */
} accepted[] = {
    {"https://github.com/o/r/.github/workflows/x.yml@refs/heads/main", NULL},
    {"https://gitlab.com/g/p//.gitlab-ci.yml@refs/heads/main", NULL},
    {"https://example.org", NULL},
    {"https://example.org/", NULL},
    {"https://example.org:8443/a", NULL},
    {"https://[::1]:80/a", NULL},
    {"spiffe://example.org/ns/x", NULL},
    {"https://example.org/a!b'c(d)e*f", NULL},
    {"https://example.org/a[1]", NULL},
    {"https://example.org/%41%2f", NULL}, /* valid escapes stay */
    {"https://example.org/a b", "https://example.org/a%20b"},
    /* one such byte and the whole path is encoded anew */
    {"https://example.org/%41%2f b!", "https://example.org/A/%20b%21"},
    {"https://example.org/caf\xC3\xA9", "https://example.org/caf%C3%A9"},
    {"https://example.org/a\"<>^`{|}\\", "https://example.org/a%22%3C%3E%5E%60%7B%7C%7D%5C"},
    {"https://example.org/a?q=%20x", NULL},
    {"https://example.org/a#frag", NULL},
    {"https://example.org/x@refs/heads/fix#12", NULL},
    {"https://example.org/x#a b", "https://example.org/x#a%20b"},
    {"https://example.org/x#", "https://example.org/x"},
    {"https://example.org/x?", NULL},
};

START_TEST(writes_uris_as_verifiers_expect_them)
{
    MF_SCOPED(mf_buf_done) struct buf out = {.max = 256};
    const char *to = accepted[_i].to != NULL ? accepted[_i].to : accepted[_i].from;
    struct err err = {0};

    mf_ck_ok(mf_san_uri_write(mf_span_str(accepted[_i].from), &out, &err), err);
    ck_assert_msg(mf_span_is(mf_buf_span(&out), to), "'%.*s' is not '%s'", (int)out.n,
                  (const char *)out.p, to);
}
END_TEST

static const struct {
    struct span uri;
    const char *message;
} refused[] = {
    {MF_SPAN_INIT(""), "no scheme"},
    {MF_SPAN_INIT("example.org/a"), "no scheme"},
    {MF_SPAN_INIT("://example.org/a"), "no scheme"},
    {MF_SPAN_INIT("1ttp://example.org/a"), "no scheme"},
    {MF_SPAN_INIT("mailto:a@example.org"), "no scheme and host"},
    {MF_SPAN_INIT("https:///a"), "has no host"},
    {MF_SPAN_INIT("https://:80/a"), "has no host"},
    {MF_SPAN_INIT("https://user@example.org/"), "characters that no host has"},
    {MF_SPAN_INIT("https://ex\xC3\xA4mple.org/"), "characters that no host has"},
    {MF_SPAN_INIT("https://example.org/a\nb"), "control character"},
    {MF_SPAN_INIT("https://example.org/a\x7F"), "control character"},
    {MF_SPAN_INIT("https://example.org/a\0b"), "control character"},
    {MF_SPAN_INIT("https://example.org/%4"), "no two hexadecimal digits"},
    {MF_SPAN_INIT("https://example.org/%zz"), "no two hexadecimal digits"},
    {MF_SPAN_INIT("https://example.org/ %"), "no two hexadecimal digits"},
    {MF_SPAN_INIT("https://example.org/a?q=\xC3\xA9"), "query that is not ASCII"},
    {MF_SPAN_INIT("https://example.org/a?q= "), "query that is not ASCII"},
};

START_TEST(refuses_what_is_no_uri)
{
    MF_SCOPED(mf_buf_done) struct buf out = {.max = 256};
    struct err err = {0};

    mf_ck_refused(mf_san_uri_write(refused[_i].uri, &out, &err), err, refused[_i].message);
    ck_assert_uint_eq(out.n, 0);
}
END_TEST

static const struct {
    struct span text;
    struct san_uri_part how;
    bool good;
} parts[] = {
    {MF_SPAN_INIT("o/r"), {false, false}, true},
    {MF_SPAN_INIT("o/r/.github/workflows/x.yml@refs/heads/a.b"), {false, false}, true},
    {MF_SPAN_INIT("..."), {false, false}, true},
    {MF_SPAN_INIT(".git"), {false, false}, true},
    {MF_SPAN_INIT("caf\xC3\xA9"), {false, false}, true},
    {MF_SPAN_INIT(""), {true, true}, false},
    {MF_SPAN_INIT("/o"), {true, true}, false},
    {MF_SPAN_INIT("o//r"), {false, true}, false},
    {MF_SPAN_INIT("o//r"), {true, false}, true},
    {MF_SPAN_INIT("o/r/"), {false, false}, false},
    {MF_SPAN_INIT("o#r"), {true, false}, false},
    {MF_SPAN_INIT("o#r"), {false, true}, true},
    {MF_SPAN_INIT("o?r"), {true, true}, false},
    {MF_SPAN_INIT("o\\r"), {true, true}, false},
    {MF_SPAN_INIT("o\nr"), {true, true}, false},
    {MF_SPAN_INIT("o\x7Fr"), {true, true}, false},
    {MF_SPAN_INIT(".."), {true, true}, false},
    {MF_SPAN_INIT("."), {true, true}, false},
    {MF_SPAN_INIT("o/../r"), {true, true}, false},
    {MF_SPAN_INIT("o/./r"), {true, true}, false},
    {MF_SPAN_INIT("o/.."), {true, true}, false},
    {MF_SPAN_INIT("o/%2e%2E/r"), {true, true}, false},
    {MF_SPAN_INIT("o/.%2e"), {true, true}, false},
    {MF_SPAN_INIT("o/%2e"), {true, true}, false},
    {MF_SPAN_INIT("o/%2"), {true, true}, true},
    {MF_SPAN_INIT("o%2Fr"), {true, true}, false},
    {MF_SPAN_INIT("o%2fr"), {true, true}, false},
    {MF_SPAN_INIT("%2F"), {true, true}, false},
    {MF_SPAN_INIT("o/r%2f"), {true, true}, false},
    {MF_SPAN_INIT("\xC3\xA9%2F%2e%2e%2Fx"), {true, true}, false},
    {MF_SPAN_INIT("o%2Er"), {true, true}, true},
};

START_TEST(a_claim_cannot_leave_its_place_in_a_path)
{
    ck_assert_int_eq(mf_san_uri_is_part(parts[_i].text, parts[_i].how), parts[_i].good);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("san_uri");
    TCase *uris = tcase_create("uris");

    tcase_add_loop_test(uris, writes_uris_as_verifiers_expect_them, 0, MF_LEN(accepted));
    tcase_add_loop_test(uris, refuses_what_is_no_uri, 0, MF_LEN(refused));
    tcase_add_loop_test(uris, a_claim_cannot_leave_its_place_in_a_path, 0, MF_LEN(parts));
    suite_add_tcase(suite, uris);
    return suite;
}
