#include "common/codec/url.h"
#include "tests/support/suite.h"

static const struct {
    const char *text;
    bool https;
    const char *host;
    uint16_t port;
    const char *path, *query;
    bool loopback;
} good[] = {
    {"https://log.example", true, "log.example", 443, "", "", false},
    {"http://log.example:8080/", false, "log.example", 8080, "/", "", false},
    {"https://a-b.C9/x/y%2Fz?q=1&r=/?", true, "a-b.C9", 443, "/x/y%2Fz", "q=1&r=/?", false},
    {"https://h?q", true, "h", 443, "", "q", false},
    {"https://h/?", true, "h", 443, "/", "", false},
    {"http://127.0.0.1:1/", false, "127.0.0.1", 1, "/", "", true},
    {"http://127.9.8.7", false, "127.9.8.7", 80, "", "", true},
    {"http://128.0.0.1", false, "128.0.0.1", 80, "", "", false},
    {"http://LocalHost:65535", false, "LocalHost", 65535, "", "", true},
    {"http://localhost.example", false, "localhost.example", 80, "", "", false},
    {"http://[::1]:80/x", false, "::1", 80, "/x", "", true},
    {"https://[2001:db8::2]", true, "2001:db8::2", 443, "", "", false},
    {"http://[::ffff:127.0.0.1]", false, "::ffff:127.0.0.1", 80, "", "", false},
    {"https://h/~a!$&'()*+,;=:@.-_", true, "h", 443, "/~a!$&'()*+,;=:@.-_", "", false},
};

START_TEST(splits_a_url)
{
    struct url u;
    struct err err = {0};

    mf_ck_ok(mf_url_parse(mf_span_str(good[_i].text), &u, &err), err);
    ck_assert(u.https == good[_i].https && u.port == good[_i].port);
    ck_assert(mf_span_is(u.host, good[_i].host));
    ck_assert(mf_span_is(u.path, good[_i].path));
    ck_assert(mf_span_is(u.query, good[_i].query));
    ck_assert(mf_url_is_loopback(&u) == good[_i].loopback);
}
END_TEST

#define REFUSED(text, message)       \
    {                                \
        MF_SPAN_INIT(text), message, \
    }

static const struct {
    struct span text;
    const char *message;
} refused[] = {
    REFUSED("", "does not begin with https:// or http://"),
    REFUSED("ftp://h", "does not begin with"),
    REFUSED("HTTPS://h", "does not begin with"),
    REFUSED("https:/h", "does not begin with"),
    REFUSED(" https://h", "does not begin with"),
    REFUSED("https://", "URL has no host"),
    REFUSED("https:///x", "URL has no host"),
    REFUSED("https://?x", "URL has no host"),
    REFUSED("https://:80", "URL has no host"),
    REFUSED("https://u@h", "user information"),
    REFUSED("https://u:p@h/", "user information"),
    REFUSED("https://h:", "port that is not 1 to 65535"),
    REFUSED("https://h:0", "port that is not 1 to 65535"),
    REFUSED("https://h:080", "port that is not 1 to 65535"),
    REFUSED("https://h:65536", "port that is not 1 to 65535"),
    REFUSED("https://h:+1", "port that is not 1 to 65535"),
    REFUSED("https://h_x", "malformed host"),
    REFUSED("https://h..x", "malformed host"),
    REFUSED("https://h.", "malformed host"),
    REFUSED("https://.h", "malformed host"),
    REFUSED("https://-h", "malformed host"),
    REFUSED("https://h-.x", "malformed host"),
    REFUSED("https://h%41", "malformed host"),
    REFUSED("https://h x/", "malformed host"),
    REFUSED("https://h\\x", "malformed host"),
    REFUSED("https://h\0", "malformed host"),
    REFUSED("https://caf\xc3\xa9", "malformed host"),
    REFUSED("https://127.1", "malformed IPv4 address"),
    REFUSED("https://2130706433", "malformed IPv4 address"),
    REFUSED("https://0x7f.0.0.0x1", "malformed IPv4 address"),
    REFUSED("https://0x7f000001", "malformed IPv4 address"),
    REFUSED("https://127.0.0.01", "malformed IPv4 address"),
    REFUSED("https://256.0.0.1", "malformed IPv4 address"),
    REFUSED("https://[::1", "IP literal without its end"),
    REFUSED("https://[::1]x", "malformed host"),
    REFUSED("https://[fe80::1%eth0]", "malformed IPv6 address"),
    REFUSED("https://[127.0.0.1]", "malformed IPv6 address"),
    REFUSED("https://[]", "malformed IPv6 address"),
    REFUSED("https://[v1.x]", "malformed IPv6 address"),
    REFUSED("https://h/#f", "has a fragment"),
    REFUSED("https://h#f", "has a fragment"),
    REFUSED("https://h/?q#f", "has a fragment"),
    REFUSED("https://h/a b", "must be written as %XX"),
    REFUSED("https://h/\n", "must be written as %XX"),
    REFUSED("https://h/\0", "must be written as %XX"),
    REFUSED("https://h/\xc3\xa9", "must be written as %XX"),
    REFUSED("https://h/<", "must be written as %XX"),
    REFUSED("https://h/[", "must be written as %XX"),
    REFUSED("https://h/%", "without two hexadecimal digits"),
    REFUSED("https://h/%4", "without two hexadecimal digits"),
    REFUSED("https://h/%g0", "without two hexadecimal digits"),
    REFUSED("https://a123456789012345678901234567890123456789012345678901234567890123", "host"),
};

START_TEST(refuses_what_clients_read_differently)
{
    struct url u = {.port = 42};
    struct err err = {0};

    mf_ck_refused(mf_url_parse(refused[_i].text, &u, &err), err, refused[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert_uint_eq(u.port, 42);
}
END_TEST

START_TEST(length_has_a_limit)
{
    static char text[MF_URL_MAX + 1] = "https://h/";
    struct url u;
    struct err err = {0};

    memset(text + 10, 'a', sizeof text - 10);
    mf_ck_ok(mf_url_parse((struct span){(uint8_t *)text, MF_URL_MAX}, &u, &err), err);
    mf_ck_refused(mf_url_parse((struct span){(uint8_t *)text, sizeof text}, &u, &err), err,
                  "longer than 2048 bytes");
    ck_assert_int_eq(err.code, MF_ERR_LIMIT);
}
END_TEST

START_TEST(is_shown_without_its_query)
{
    static const char *const urls[][2] = {
        {"https://h/p?key=value", "https://h/p"},
        {"https://h?key=value?more", "https://h"},
        {"https://h/p", "https://h/p"},
        {"", ""},
    };

    ck_assert(mf_span_eq(mf_url_shown(urls[_i][0]), mf_span_str(urls[_i][1])));
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("url");
    TCase *all = tcase_create("url");

    tcase_add_loop_test(all, splits_a_url, 0, MF_LEN(good));
    tcase_add_loop_test(all, refuses_what_clients_read_differently, 0, MF_LEN(refused));
    tcase_add_loop_test(all, is_shown_without_its_query, 0, 4);
    tcase_add_test(all, length_has_a_limit);
    suite_add_tcase(suite, all);
    return suite;
}
