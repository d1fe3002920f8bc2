#include "common/net/head_scan.h"
#include "tests/support/suite.h"

#define HOST "Host: a\r\n"

enum { HEAD_MAX = 200, BODY_MAX = 64 };

static const struct {
    struct span bytes;
    uint64_t requests;
    uint64_t last_body;
    bool between;
} taken[] = {
    {MF_SPAN_INIT(""), 0, 0, true},
    {MF_SPAN_INIT("G"), 0, 0, false},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\nHost: a\r\n"), 0, 0, false},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), 1, 0, true},
    {MF_SPAN_INIT("GET / HTTP/1.0\r\n\r\n"), 1, 0, true},
    {MF_SPAN_INIT("GET /a.b/~c_d-e?x=%41&y=//.. HTTP/1.1\r\nHost: a:80\r\n\r\n"), 1, 0, true},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\nhOsT:   [::1]:80\r\nX:\r\nY: a\tb \x80 \r\n\r\n"), 1, 0, true},
    {MF_SPAN_INIT("HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"), 1, 0, true},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab"), 0, 0, false},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab\n"), 1, 3, true},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 64\r\n\r\n"), 0, 0, false},
    {MF_SPAN_INIT(
         "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx"),
     1, 1, true},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
                  "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n"),
     1, 13, true},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\n"
                  "Content-Length: 2\r\n\r\nabGET / HTTP/1.1\r\nHost: a\r\n\r\nDEL"),
     3, 0, false},
};

static const struct {
    struct span bytes;
    unsigned status;
    const char *reason;
} refused[] = {
    {MF_SPAN_INIT("\r\nGET / HTTP/1.1\r\n" HOST "\r\n"), 400, "method has a character"},
    {MF_SPAN_INIT(" GET / HTTP/1.1\r\n" HOST "\r\n"), 400, "no method"},
    {MF_SPAN_INIT("\x16\x03\x01\x02"), 400, "method has a character"},
    {MF_SPAN_INIT("get / HTTP/1.1\r\n"), 501, "Method Not Allowed"},
    {MF_SPAN_INIT("TRACE / HTTP/1.1\r\n"), 501, "Method Not Allowed"},
    {MF_SPAN_INIT("CONNECT a:1 HTTP/1.1\r\n"), 501, "Method Not Allowed"},
    {MF_SPAN_INIT("GETGETGETGETGETGETGETGETGETGET /"), 501, "Method Not Allowed"},
    {MF_SPAN_INIT("PRI * HTTP/2.0\r\n"), 501, "Method Not Allowed"},
    {MF_SPAN_INIT("GET  / HTTP/1.1\r\n"), 400, "target is not a path"},
    {MF_SPAN_INIT("GET http://a/ HTTP/1.1\r\n"), 400, "target is not a path"},
    {MF_SPAN_INIT("OPTIONS * HTTP/1.1\r\n"), 400, "target is not a path"},
    {MF_SPAN_INIT("GET //a HTTP/1.1\r\n"), 400, "path has \"//\""},
    {MF_SPAN_INIT("GET /a//b HTTP/1.1\r\n"), 400, "path has \"//\""},
    {MF_SPAN_INIT("GET /a/../b HTTP/1.1\r\n"), 400, "path has \"//\" or \"..\""},
    {MF_SPAN_INIT("GET /a%00 HTTP/1.1\r\n"), 400, "path has a character"},
    {MF_SPAN_INIT("GET /a\0b HTTP/1.1\r\n"), 400, "path has a character"},
    {MF_SPAN_INIT("GET /a\\b HTTP/1.1\r\n"), 400, "path has a character"},
    {MF_SPAN_INIT("GET /\xc3\xa4 HTTP/1.1\r\n"), 400, "path has a character"},
    {MF_SPAN_INIT("GET /\tHTTP/1.1\r\n"), 400, "path has a character"},
    {MF_SPAN_INIT("GET /\r\n"), 400, "path has a character"},
    {MF_SPAN_INIT("GET /?a#b HTTP/1.1\r\n"), 400, "query has a character"},
    {MF_SPAN_INIT("GET /?\0 HTTP/1.1\r\n"), 400, "query has a character"},
    {MF_SPAN_INIT("GET /?\x7f HTTP/1.1\r\n"), 400, "query has a character"},
    {MF_SPAN_INIT("GET / HTTP/2.0\r\n"), 505, "version"},
    {MF_SPAN_INIT("GET / HTTP/1.2\r\n"), 505, "version"},
    {MF_SPAN_INIT("GET / http/1.1\r\n"), 505, "version"},
    {MF_SPAN_INIT("GET / HTTP/1.1 \r\n"), 400, "does not end after"},
    {MF_SPAN_INIT("GET / HTTP/1.10\r\n"), 400, "does not end after"},
    {MF_SPAN_INIT("GET / HTTP/1.1\n" HOST "\n"), 400, "does not end after"},
    {MF_SPAN_INIT("GET / HTTP/1.1\rHost: a\r\n\r\n"), 400, "CR without LF"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n\r\n"), 400, "Host is missing"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST HOST "\r\n"), 400, "Host is there twice"},
    {MF_SPAN_INIT("GET / HTTP/1.0\r\n" HOST HOST "\r\n"), 400, "Host is there twice"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\nHost:\r\n\r\n"), 400, "Host is empty"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), 400, "Host has a character"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), 400, "Host has a character"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"), 400, "Host has a character"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST "X: a\nY: b\r\n\r\n"), 400, "bare LF"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST "X: a\rY: b\r\n\r\n"), 400, "CR without LF"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST "\rX"), 400, "CR without LF"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST "\n"), 400, "name has a character"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n"), 400, "folded"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST "X: a\r\n\tb\r\n\r\n"), 400, "folded"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400, "folded"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"), 400, "control character"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n"), 400, "control character"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST "X: a\x1b[2J\r\n\r\n"), 400, "control character"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST "X\0: a\r\n\r\n"), 400, "name has a character"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST "X y: a\r\n\r\n"), 400, "name has a character"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n"), 400, "has no name"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST "X:\ta\r\n\r\n"), 400, "begins with a tab"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length : 1\r\n\r\n"), 400, "name has a"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n"), 400, "plain decimal"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n\r\n"), 400, "plain decimal"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\n"), 400, "plain decimal"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 01\r\n\r\n"), 400, "plain decimal"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 1 \r\n\r\n"), 400, "plain decimal"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 1,1\r\n\r\n"), 400, "plain decimal"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n"), 400, "plain decimal"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 00000000001\r\n\r\n"), 400,
     "plain decimal"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551617\r\n\r\n"), 400,
     "plain decimal"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400,
     "Content-Length is there twice"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\ncontent-length: 1\r\n\r\n"), 400,
     "Content-Length is there twice"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST
                  "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"),
     400, "both there"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST
                  "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"),
     400, "both there"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n"), 400,
     "is not chunked"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: identity\r\n\r\n"), 400,
     "is not chunked"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\tchunked\r\n\r\n"), 400,
     "begins with a tab"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked \r\n\r\n"), 400,
     "is not chunked"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST
                  "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
     400, "Transfer-Encoding is there twice"},
    {MF_SPAN_INIT("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400, "HTTP/1.0"},
    {MF_SPAN_INIT("HEAD / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n"), 400, "HEAD has a body"},
    {MF_SPAN_INIT("HEAD / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"), 400,
     "HEAD has a body"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Expect: 200-ok\r\n\r\n"), 417, "Expect"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 65\r\n\r\n"), 413, "too large"},
    {MF_SPAN_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 9999999999\r\n\r\n"), 413,
     "too large"},
#define CHUNKED "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
    {MF_SPAN_INIT(CHUNKED "41\r\n"), 413, "too large"},
    {MF_SPAN_INIT(CHUNKED "40\r\n0123456789012345678901234567890123456789012345678901234567890123"
                          "\r\n1\r\n"),
     413, "too large"},
    {MF_SPAN_INIT(CHUNKED "FFFFFFFFFFFFFFFFF\r\n"), 413, "chunk is too large"},
    {MF_SPAN_INIT(CHUNKED "000000001\r\n"), 413, "chunk is too large"},
    {MF_SPAN_INIT(CHUNKED "\r\n"), 400, "chunk size is missing"},
    {MF_SPAN_INIT(CHUNKED "-1\r\n"), 400, "plain hexadecimal"},
    {MF_SPAN_INIT(CHUNKED "+1\r\n"), 400, "plain hexadecimal"},
    {MF_SPAN_INIT(CHUNKED " 1\r\n"), 400, "plain hexadecimal"},
    {MF_SPAN_INIT(CHUNKED "0x1\r\n"), 400, "plain hexadecimal"},
    {MF_SPAN_INIT(CHUNKED "1;a=b\r\n"), 400, "plain hexadecimal"},
    {MF_SPAN_INIT(CHUNKED "1 \r\n"), 400, "plain hexadecimal"},
    {MF_SPAN_INIT(CHUNKED "1\nx\r\n"), 400, "plain hexadecimal"},
    {MF_SPAN_INIT(CHUNKED "1\rx"), 400, "CR without LF"},
    {MF_SPAN_INIT(CHUNKED "1\r\nxy"), 400, "longer than its size"},
    {MF_SPAN_INIT(CHUNKED "1\r\nx\n"), 400, "longer than its size"},
    {MF_SPAN_INIT(CHUNKED "1\r\nx\rx"), 400, "CR without LF"},
    {MF_SPAN_INIT(CHUNKED "0\r\nHost: b\r\n\r\n"), 400, "trailer"},
    {MF_SPAN_INIT(CHUNKED "0\r\n\rx"), 400, "CR without LF"},
    {MF_SPAN_INIT("GET / HTTP/1.1\r\n" HOST
                  "X-0: 012345678901234567890123456789012345678901234567890123456789\r\n"
                  "X-1: 012345678901234567890123456789012345678901234567890123456789\r\n"
                  "X-2: 012345678901234567890123456789012345678901234567890123456789\r\n\r\n"),
     431, "head is too large"},
};

static bool feed_pieces(struct head_scan *scan, struct span bytes, size_t piece)
{
    bool ok = true;

    mf_head_scan_init(scan, HEAD_MAX, BODY_MAX);
    for (size_t at = 0; at < bytes.n; at += piece) {
        size_t n = bytes.n - at < piece ? bytes.n - at : piece;
        ok = mf_head_scan_feed(scan, (struct span){bytes.p + at, n});
    }
    return ok;
}

START_TEST(follows_whole_and_partial_requests)
{
    for (size_t piece = 1; piece <= taken[_i].bytes.n + 1; piece++) {
        struct head_scan scan;
        ck_assert_msg(feed_pieces(&scan, taken[_i].bytes, piece), "row %d: %u %s", _i, scan.status,
                      scan.reason);
        ck_assert_uint_eq(scan.status, 0);
        ck_assert_uint_eq(scan.requests, taken[_i].requests);
        ck_assert_uint_eq(scan.last_body, taken[_i].last_body);
        ck_assert(mf_head_scan_is_between(&scan) == taken[_i].between);
    }
}
END_TEST

START_TEST(refuses_what_could_be_read_in_two_ways)
{
    for (size_t piece = 1; piece <= refused[_i].bytes.n; piece++) {
        struct head_scan scan;
        ck_assert_msg(!feed_pieces(&scan, refused[_i].bytes, piece), "row %d was taken", _i);
        ck_assert_msg(scan.status == refused[_i].status, "row %d: %u %s", _i, scan.status,
                      scan.reason);
        ck_assert_msg(strstr(scan.reason, refused[_i].reason) != NULL, "row %d said '%s'", _i,
                      scan.reason);
        ck_assert_uint_eq(scan.requests, 0);
        ck_assert(!mf_head_scan_is_between(&scan));
        ck_assert(!mf_head_scan_feed(&scan, MF_SPAN("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
        ck_assert_uint_eq(scan.requests, 0);
    }
}
END_TEST

START_TEST(refuses_what_follows_a_good_request)
{
    struct head_scan scan;

    mf_head_scan_init(&scan, HEAD_MAX, BODY_MAX);
    ck_assert(mf_head_scan_feed(&scan, MF_SPAN("GET / HTTP/1.1\r\nHost: a\r\n\r\n")));
    ck_assert(!mf_head_scan_feed(&scan, refused[_i].bytes));
    ck_assert_uint_eq(scan.status, refused[_i].status);
    ck_assert_uint_eq(scan.requests, 1);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("head_scan");
    TCase *all = tcase_create("bytes");

    tcase_add_loop_test(all, follows_whole_and_partial_requests, 0, MF_LEN(taken));
    tcase_add_loop_test(all, refuses_what_could_be_read_in_two_ways, 0, MF_LEN(refused));
    tcase_add_loop_test(all, refuses_what_follows_a_good_request, 0, MF_LEN(refused));
    suite_add_tcase(suite, all);
    return suite;
}
