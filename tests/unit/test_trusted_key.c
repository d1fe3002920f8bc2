#include "client/trust/trusted_key.h"
#include "common/codec/hex.h"
#include "tests/support/suite.h"

#define A16   "AAAAAAAAAAAAAAAA"
#define A256  A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16 A16
#define A2048 A256 A256 A256 A256 A256 A256 A256 A256
#define ED    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
#define ED_HEX \
    "302a300506032b657003210019bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1"

static const struct {
    const char *key;
    bool usable;
    const char *spki; /* hex; null: not looked at */
    const char *message;
} rows[] = {
    {"{\"keyDetails\":\"PKIX_ED25519\",\"rawBytes\":\"" ED "\"}", true, ED_HEX, NULL},
    /* RFC 8017 A.1.1 within RFC 5280 4.1.2.7. */
    {"{\"keyDetails\":\"PKCS1_RSA_PKCS1V5\",\"rawBytes\":\"MAYCAQMCAQM=\"}", true,
     "301a300d06092a864886f70d01010105000309003006020103020103", NULL},
    /* One log with a key of a later kind, whatever its size, must not break the whole root. */
    {"{\"keyDetails\":\"PKIX_ML_DSA_87\",\"rawBytes\":\"" A2048 "\"}", false, "", NULL},
    {"{\"keyDetails\":\"PKIX_ML_DSA_87\",\"rawBytes\":7}", false, "", NULL},
    {"{\"keyDetails\":\"PKIX_ML_DSA_87\"}", false, "", NULL},
    /* Of a known kind it is read, and too large for it. */
    {"{\"keyDetails\":\"PKIX_ED25519\",\"rawBytes\":\"" A2048 "\"}", true, NULL, "rawBytes: "},
    {"{\"keyDetails\":\"PKIX_ED25519\"}", true, NULL, "rawBytes: "},
    {"{\"keyDetails\":\"PKIX_ED25519\",\"rawBytes\":\"!\"}", true, NULL, "rawBytes: "},
    {"{\"rawBytes\":\"" ED "\"}", true, NULL, "keyDetails: "},
    /* proto3 JSON: by number as well. */
    {"{\"keyDetails\":7,\"rawBytes\":\"" ED "\"}", true, ED_HEX, NULL},
    {"{\"keyDetails\":21,\"rawBytes\":\"" ED "\"}", false, "", NULL},
    {"{\"keyDetails\":99,\"rawBytes\":\"" ED "\"}", false, "", NULL},
    {"{\"keyDetails\":7.5,\"rawBytes\":\"" ED "\"}", true, NULL, "keyDetails: "},
    {"{\"keyDetails\":true,\"rawBytes\":\"" ED "\"}", true, NULL, "keyDetails: "},
};

START_TEST(passes_over_kinds_it_does_not_know)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    MF_SCOPED(mf_buf_done) struct buf spki = {0};
    char hex[2 * 256 + 1] = "";
    struct err err = {0};
    bool usable = !rows[_i].usable;

    mf_ck_ok(mf_json_parse(mf_span_str(rows[_i].key), &mf_json_file_limits, &doc, &err), err);
    const struct json_node *key = mf_json_root(doc);
    if (rows[_i].message != NULL) {
        mf_ck_refused(mf_trusted_key_parse(key, &spki, &usable, &err), err, rows[_i].message);
        return;
    }
    mf_ck_ok(mf_trusted_key_parse(key, &spki, &usable, &err), err);
    ck_assert_int_eq(usable, rows[_i].usable);
    ck_assert_uint_le(spki.n, 256);
    mf_hex_encode(mf_buf_span(&spki), hex);
    ck_assert_str_eq(hex, rows[_i].spki);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("trusted_key");
    TCase *all = tcase_create("trusted_key");

    tcase_add_loop_test(all, passes_over_kinds_it_does_not_know, 0, MF_LEN(rows));
    suite_add_tcase(suite, all);
    return suite;
}
