#include "client/bundle/statement.h"
#include "tests/support/suite.h"

/* Digests of the artifact: bytes 0x25, 0x38 and 0x51. */
#define H4(x)    x x x x
#define H32(x)   H4(x) H4(x) H4(x) H4(x) H4(x) H4(x) H4(x) H4(x)
#define GOOD256  "\"sha256\":\"" H32("25") "\""
#define GOOD384  "\"sha384\":\"" H32("38") H4("38") H4("38") H4("38") H4("38") "\""
#define GOOD512  "\"sha512\":\"" H32("51") H32("51") "\""
#define BAD256   "\"sha256\":\"" H32("26") "\""
#define BAD512   "\"sha512\":\"" H32("52") H32("52") "\""
#define V1       "\"_type\":\"https://in-toto.io/Statement/v1\""
#define OF(list) "{" V1 ",\"subject\":[" list "]}"
#define ONE(d)   OF("{\"name\":\"a\",\"digest\":{" d "}}")

enum { ALL = 1U << MF_SHA256 | 1U << MF_SHA384 | 1U << MF_SHA512, ONLY_256 = 1U << MF_SHA256 };

static const struct {
    const char *payload;
    unsigned digests;    /* that are at hand */
    const char *message; /* null: it speaks of the artifact */
} rows[] = {
    {ONE(GOOD256), ALL, NULL},
    {ONE(GOOD384), ALL, NULL},
    {ONE(GOOD512), ALL, NULL},
    {ONE(GOOD512 "," GOOD256), ALL, NULL},
    {ONE("\"gitCommit\":\"ab\"," GOOD256), ALL, NULL},
    {OF("{\"digest\":{" BAD256 "}},{\"digest\":{" GOOD256 "}}"), ALL, NULL},
    {"{\"_type\":\"https://in-toto.io/Statement/v0.1\",\"subject\":[{\"digest\":{" GOOD256 "}}]}",
     ALL, NULL},
    /* A weaker digest that fits beside a stronger one that does not. */
    {ONE(BAD512 "," GOOD256), ALL, "no subject of the statement is this file"},
    /* Known by its SHA-256 alone, the stronger one cannot speak. */
    {ONE(BAD512 "," GOOD256), ONLY_256, NULL},
    {ONE(GOOD512), ONLY_256, "no subject of the statement is this file"},
    {ONE(BAD256), ALL, "no subject of the statement is this file"},
    {ONE("\"gitCommit\":\"ab\""), ALL, "no subject of the statement is this file"},
    {ONE(""), ALL, "no subject of the statement is this file"},
    /* Never by name. */
    {OF("{\"name\":\"sha256:" H32("25") "\",\"digest\":{}}"), ALL, "no subject"},
    {ONE("\"sha256\":\"25\""), ALL, "subject: sha256: "},
    {ONE("\"sha256\":7"), ALL, "subject: sha256: "},
    {OF("{\"digest\":{" GOOD256 "}},{\"digest\":{\"sha256\":\"zz\"}}"), ALL, "subject: sha256: "},
    {OF("{\"name\":\"a\"}"), ALL, "subject: digest: "},
    {OF(""), ALL, "0 subjects; 1 to 1024 are allowed"},
    {"{" V1 "}", ALL, "subject: "},
    {"{\"_type\":\"https://in-toto.io/Statement/v2\",\"subject\":[]}", ALL,
     "_type: 'https://in-toto.io/Statement/v2' is not an in-toto statement"},
    {"[]", ALL, "_type"},
    {"{", ALL, ""},
};

START_TEST(matches_by_the_strongest_digest)
{
    static const uint8_t fill[] = {[MF_SHA256] = 0x25, [MF_SHA384] = 0x38, [MF_SHA512] = 0x51};
    struct artifact artifact = {0};
    struct err err = {0};

    for (unsigned alg = 0; alg < MF_LEN(fill); alg++) {
        artifact.has[alg] = (rows[_i].digests >> alg & 1U) != 0;
        memset(artifact.digest[alg], fill[alg], sizeof artifact.digest[alg]);
    }
    if (rows[_i].message == NULL)
        mf_ck_ok(mf_statement_match(mf_span_str(rows[_i].payload), &artifact, &err), err);
    else
        mf_ck_refused(mf_statement_match(mf_span_str(rows[_i].payload), &artifact, &err), err,
                      rows[_i].message);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("statement");
    TCase *all = tcase_create("statement");

    tcase_add_loop_test(all, matches_by_the_strongest_digest, 0, MF_LEN(rows));
    suite_add_tcase(suite, all);
    return suite;
}
