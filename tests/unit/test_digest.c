#include "common/codec/hex.h"
#include "common/crypto/digest.h"
#include "tests/support/suite.h"

/* FIPS 180-4 example "abc" */
static const struct {
    enum digest_alg alg;
    const char *name;
    const char *hex;
} cases[] = {
    {MF_SHA256, "sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {MF_SHA384, "sha384",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
     "8086072ba1e7cc2358baeca134c825a7"},
    {MF_SHA512, "sha512",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {MF_SHA1, "sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"},
};

START_TEST(digests_in_one_call_and_streamed)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    MF_SCOPED(mf_digest_free) struct digest *d = NULL;
    enum digest_alg alg = cases[_i].alg;
    size_t n = mf_digest_length(alg);
    struct err err = {0};
    uint8_t expected[MF_DIGEST_MAX];
    uint8_t out[MF_DIGEST_MAX];

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err), err);
    ck_assert_str_eq(mf_digest_name(alg), cases[_i].name);
    mf_ck_ok(mf_hex_decode_exact(mf_span_str(cases[_i].hex), expected, n, &err), err);
    for (int round = 0; round < 2; round++) {
        memset(out, 0, sizeof out);
        mf_digest(c, alg, MF_SPAN("abc"), out);
        ck_assert_mem_eq(out, expected, n);
    }
    mf_ck_ok(mf_digest_new(c, alg, &d, &err), err);
    for (int round = 0; round < 2; round++) {
        memset(out, 0, sizeof out);
        mf_digest_update(d, MF_SPAN("a"));
        mf_digest(c, alg, MF_SPAN("between"), expected); /* streams do not disturb each other */
        mf_digest_update(d, MF_SPAN(""));
        mf_digest_update(d, MF_SPAN("bc"));
        mf_digest_final(d, out);
        mf_ck_ok(mf_hex_decode_exact(mf_span_str(cases[_i].hex), expected, n, &err), err);
        ck_assert_mem_eq(out, expected, n);
    }
    mf_crypto_free(&c); /* a stream may outlive its context */
}
END_TEST

START_TEST(parts_hash_as_if_joined)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    const struct span parts[] = {MF_SPAN("a"), {NULL, 0}, MF_SPAN("bc")};
    struct err err = {0};
    uint8_t one[32], joined[32];

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err), err);
    mf_sha256(c, MF_SPAN("abc"), one);
    mf_sha256_parts(c, parts, MF_LEN(parts), joined);
    ck_assert_mem_eq(one, joined, 32);
    mf_sha256(c, (struct span){NULL, 0}, one);
    ck_assert_uint_eq(one[0], 0xe3);
}
END_TEST

START_TEST(random_bytes_differ_and_secrets_compare)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    struct err err = {0};
    uint8_t a[32] = {0}, b[32] = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err), err);
    mf_ck_ok(mf_random(c, a, sizeof a, &err), err);
    mf_ck_ok(mf_random(c, b, sizeof b, &err), err);
    ck_assert(!mf_secret_equal(MF_SPAN_OF(a), MF_SPAN_OF(b)));
    ck_assert(mf_secret_equal(MF_SPAN_OF(a), MF_SPAN_OF(a)));
    ck_assert(!mf_secret_equal(MF_SPAN_OF(a), mf_span_first(MF_SPAN_OF(a), 31)));
    ck_assert(mf_secret_equal(MF_SPAN(""), (struct span){NULL, 0}));
    mf_ck_refused(mf_random(c, a, (1U << 20) + 1, &err), err, "more than 1048576 random bytes");
}
END_TEST

START_TEST(fips_is_refused_with_the_reason_where_it_is_not_installed)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    struct err err = {0};

    if (mf_crypto_new(MF_CRYPTO_FIPS, &c, &err))
        return; /* installed here: then it must be good for use, which the other suites show */
    ck_assert_int_eq(err.code, MF_ERR_SYSTEM);
    ck_assert_msg(strstr(err.what, "FIPS") != NULL && err.hint[0] != '\0', "%s", err.what);
    ck_assert_ptr_null(c);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("digest");
    TCase *all = tcase_create("digest");

    tcase_add_loop_test(all, digests_in_one_call_and_streamed, 0, MF_LEN(cases));
    tcase_add_test(all, parts_hash_as_if_joined);
    tcase_add_test(all, random_bytes_differ_and_secrets_compare);
    tcase_add_test(all, fips_is_refused_with_the_reason_where_it_is_not_installed);
    suite_add_tcase(suite, all);
    return suite;
}
