#include "ca-stub/identity/jwks.h"
#include "tests/support/suite.h"
#include "tests/support/token_maker.h"

static struct made_keys keys;

static void make_keys(void)
{
    made_keys_init(&keys, true);
}

static void drop_keys(void)
{
    made_keys_done(&keys);
}

static struct buf begin(void)
{
    struct buf text = {.max = 1 << 20};
    struct err err = {0};

    mf_ck_ok(mf_buf_append_str(&text, "{\"keys\":[", &err), err);
    return text;
}

static void put(struct buf *text, const char *json)
{
    struct err err = {0};

    mf_ck_ok(mf_buf_append_str(text, json, &err), err);
}

START_TEST(reads_a_key_of_each_kind)
{
    MF_SCOPED(mf_buf_done) struct buf text = begin();
    MF_SCOPED(mf_jwks_free) struct jwk_set *set = NULL;
    const struct private_key *all[] = {keys.rsa, keys.p256, keys.p384, keys.p521, keys.ed25519};
    const struct jwk *jwk = NULL;
    char kid[8];
    struct err err = {0};
    const char *why = NULL;

    for (size_t i = 0; i < MF_LEN(all); i++) {
        snprintf(kid, sizeof kid, "k%zu", i);
        put(&text, i > 0 ? "," : "");
        made_jwk(keys.c, all[i], kid, ",\"use\":\"sig\",\"key_ops\":[\"verify\"],\"x5t\":\"a\"",
                 &text);
    }
    put(&text, "],\"other\":null}");
    mf_ck_ok(mf_jwks_parse(keys.c, mf_buf_span(&text), &set, &err), err);
    ck_assert_uint_eq(mf_jwks_count(set), MF_LEN(all));
    ck_assert_uint_eq(mf_jwks_left_out(set, &why), 0);
    ck_assert_str_eq(why, "");
    for (size_t i = 0; i < MF_LEN(all); i++) {
        snprintf(kid, sizeof kid, "k%zu", i);
        ck_assert_int_eq(mf_jwks_find(set, kid, &jwk), MF_JWKS_FOUND);
        ck_assert_int_eq(mf_public_key_kind(jwk->key), mf_private_key_kind(all[i]));
        ck_assert(!jwk->has_alg);
    }
    ck_assert_int_eq(mf_jwks_find(set, "k5", &jwk), MF_JWKS_UNKNOWN);
    ck_assert_int_eq(mf_jwks_find(set, "K0", &jwk), MF_JWKS_UNKNOWN);
    ck_assert_int_eq(mf_jwks_find(set, NULL, &jwk), MF_JWKS_AMBIGUOUS);
    ck_assert_ptr_null(mf_jwks_at(set, MF_LEN(all)));
}
END_TEST

START_TEST(a_token_without_key_name_is_enough_for_one_key)
{
    MF_SCOPED(mf_buf_done) struct buf text = begin();
    MF_SCOPED(mf_jwks_free) struct jwk_set *set = NULL;
    const struct jwk *jwk = NULL;
    struct err err = {0};

    made_jwk(keys.c, keys.p256, NULL, ",\"alg\":\"ES256\"", &text);
    put(&text, "]}");
    mf_ck_ok(mf_jwks_parse(keys.c, mf_buf_span(&text), &set, &err), err);
    ck_assert_int_eq(mf_jwks_find(set, NULL, &jwk), MF_JWKS_FOUND);
    ck_assert(jwk->has_alg);
    ck_assert_int_eq(jwk->alg, MF_JWS_ES256);
    ck_assert_int_eq(mf_jwks_find(set, "", &jwk), MF_JWKS_UNKNOWN);
}
END_TEST

START_TEST(two_keys_of_one_name_make_the_name_useless)
{
    MF_SCOPED(mf_buf_done) struct buf text = begin();
    MF_SCOPED(mf_jwks_free) struct jwk_set *set = NULL;
    const struct jwk *jwk = NULL;
    struct err err = {0};

    made_jwk(keys.c, keys.p256, "a", "", &text);
    put(&text, ",");
    made_jwk(keys.c, keys.other, "a", "", &text);
    put(&text, ",");
    made_jwk(keys.c, keys.p384, "b", "", &text);
    put(&text, ",");
    made_jwk(keys.c, keys.p384, "b", "", &text); /* the same key twice is one key */
    put(&text, "]}");
    mf_ck_ok(mf_jwks_parse(keys.c, mf_buf_span(&text), &set, &err), err);
    ck_assert_uint_eq(mf_jwks_count(set), 3);
    ck_assert_int_eq(mf_jwks_find(set, "a", &jwk), MF_JWKS_AMBIGUOUS);
    ck_assert_int_eq(mf_jwks_find(set, "b", &jwk), MF_JWKS_FOUND);
}
END_TEST

static const struct {
    const char *extra;
    const char *message;
} left_out[] = {
    {",\"use\":\"enc\"", "keys[0]: use is not \"sig\""},
    {",\"use\":1", "keys[0]: use"},
    {",\"key_ops\":[\"encrypt\",\"wrapKey\"]", "key_ops does not list \"verify\""},
    {",\"key_ops\":[]", "key_ops does not list"},
    {",\"key_ops\":\"verify\"", "key_ops does not list"},
    {",\"d\":\"AAAA\"", "has the private member \"d\""},
    {",\"p\":\"AAAA\"", "has the private member \"p\""},
    {",\"k\":\"AAAA\"", "has the private member \"k\""},
    {",\"alg\":\"RS256\"", "alg is not for this kind of key"},
    {",\"alg\":\"ES384\"", "alg is not for this kind of key"},
    {",\"alg\":\"HS256\"", "algorithm \"HS256\" is not accepted"},
    {",\"alg\":\"none\"", "algorithm \"none\" is not accepted"},
};

START_TEST(leaves_out_keys_that_are_not_for_signing)
{
    MF_SCOPED(mf_buf_done) struct buf text = begin();
    MF_SCOPED(mf_jwks_free) struct jwk_set *set = NULL;
    struct err err = {0};
    const char *why = NULL;

    made_jwk(keys.c, keys.p256, "a", left_out[_i].extra, &text);
    put(&text, ",");
    made_jwk(keys.c, keys.p384, "b", "", &text);
    put(&text, "]}");
    mf_ck_ok(mf_jwks_parse(keys.c, mf_buf_span(&text), &set, &err), err);
    ck_assert_uint_eq(mf_jwks_count(set), 1);
    ck_assert_str_eq(mf_jwks_at(set, 0)->kid, "b");
    ck_assert_uint_eq(mf_jwks_left_out(set, &why), 1);
    ck_assert_msg(strstr(why, left_out[_i].message) != NULL, "said '%s'", why);
}
END_TEST

#define X "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
/* 64 bytes: a modulus of 512 bits */
#define N512 "u" X "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQ"

static const struct {
    const char *text;
    enum err_code code;
    const char *message;
} refused[] = {
    {"", MF_ERR_FORMAT, ""},
    {"<html></html>", MF_ERR_FORMAT, ""},
    {"[]", MF_ERR_FORMAT, "keys"},
    {"{}", MF_ERR_FORMAT, "keys"},
    {"{\"keys\":{}}", MF_ERR_FORMAT, "keys: is not an array"},
    {"{\"keys\":[]}", MF_ERR_FORMAT, "holds no usable key"},
    {"{\"keys\":[],\"keys\":[]}", MF_ERR_FORMAT, "is there twice"},
    {"{\"keys\":[1]}", MF_ERR_FORMAT, "keys[0]: is not a JSON object"},
    {"{\"keys\":[{}]}", MF_ERR_FORMAT, "keys[0]: kty"},
    {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", MF_ERR_FORMAT, "private member \"k\""},
    {"{\"keys\":[{\"kty\":\"oct\"}]}", MF_ERR_FORMAT, "kty \"oct\" is not accepted"},
    {"{\"keys\":[{\"kty\":\"rsa\"}]}", MF_ERR_FORMAT, "kty \"rsa\" is not accepted"},
    {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"secp256k1\",\"x\":\"" X "\",\"y\":\"" X "\"}]}",
     MF_ERR_FORMAT, "curve \"secp256k1\" is not accepted"},
    {"{\"keys\":[{\"kty\":\"EC\",\"x\":\"" X "\",\"y\":\"" X "\"}]}", MF_ERR_FORMAT, "crv"},
    {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"" X "\"}]}",
     MF_ERR_FORMAT, "holds no usable key: keys[0]"}, /* (0, 0) is on no curve */
    {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" X "\",\"y\":\"" X "\"}]}",
     MF_ERR_FORMAT, "x does not have the width of the curve"},
    {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "\",\"y\":\"AA\"}]}", MF_ERR_FORMAT,
     "y does not have the width of the curve"},
    {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" X "=\",\"y\":\"" X "\"}]}",
     MF_ERR_FORMAT, "x: "},
    {"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" X "\"}]}", MF_ERR_FORMAT,
     "curve \"X25519\" is not accepted"},
    {"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" X "\"}]}", MF_ERR_FORMAT,
     "keys[0]"}, /* small order */
    {"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}]}", MF_ERR_FORMAT, "keys[0]"},
    {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" N512 "\",\"e\":\"AQAB\"}]}", MF_ERR_FORMAT, "RSA"},
    {"{\"keys\":[{\"kty\":\"RSA\",\"e\":\"AQAB\"}]}", MF_ERR_FORMAT, "keys[0]: n"},
    {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" N512 "\"}]}", MF_ERR_FORMAT, "keys[0]: e"},
    {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" N512 "\",\"e\":\"AAAAAAAAAAAAAAAA\"}]}", MF_ERR_FORMAT,
     "keys[0]: e: "},
};

START_TEST(refuses_sets_without_a_usable_key)
{
    struct jwk_set *set = NULL;
    struct err err = {0};

    mf_ck_refused(mf_jwks_parse(keys.c, mf_span_str(refused[_i].text), &set, &err), err,
                  refused[_i].message);
    ck_assert_int_eq(err.code, refused[_i].code);
    ck_assert_ptr_null(set);
}
END_TEST

/* RSA keys of good size with an exponent or a modulus that makes them worthless. */
START_TEST(refuses_weak_rsa_numbers)
{
    static const char *const exponents[] = {"AQ", "Ag", "AQAA", "AA"}; /* 1, 2, 65536, 0 */
    MF_SCOPED(mf_buf_done) struct buf good = begin();
    struct jwk_set *set = NULL;

    made_jwk(keys.c, keys.rsa, "a", "", &good);
    put(&good, "]}");
    mf_buf_append_byte(&good, 0, &(struct err){0}) ? (void)0 : ck_abort();
    const char *found = strstr((const char *)good.p, "\"e\":\"AQAB\"");
    ck_assert_ptr_nonnull(found);
    size_t at = (size_t)(found - (const char *)good.p);
    for (size_t i = 0; i < MF_LEN(exponents); i++) {
        MF_SCOPED(mf_buf_done) struct buf text = {.max = 1 << 20};
        struct err err = {0};
        mf_ck_ok(mf_buf_printf(&text, &err, "%.*s\"e\":\"%s\"%s", (int)at, (const char *)good.p,
                               exponents[i], found + strlen("\"e\":\"AQAB\"")),
                 err);
        mf_ck_refused(mf_jwks_parse(keys.c, mf_buf_span(&text), &set, &err), err, "keys[0]");
    }
}
END_TEST

START_TEST(refuses_more_keys_and_bytes_than_it_holds)
{
    MF_SCOPED(mf_buf_done) struct buf text = begin();
    struct jwk_set *set = NULL;
    struct err err = {0};

    for (int i = 0; i <= MF_JWKS_KEYS_MAX; i++)
        put(&text, i > 0 ? ",{}" : "{}");
    put(&text, "]}");
    mf_ck_refused(mf_jwks_parse(keys.c, mf_buf_span(&text), &set, &err), err, "more than 64 keys");
    ck_assert_int_eq(err.code, MF_ERR_LIMIT);
    mf_err_clear(&err);
    while (text.n <= MF_JWKS_MAX)
        put(&text, "                                                                ");
    mf_ck_refused(mf_jwks_parse(keys.c, mf_buf_span(&text), &set, &err), err, "");
    ck_assert_int_eq(err.code, MF_ERR_LIMIT);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("jwks");
    TCase *set = tcase_create("set");

    tcase_add_unchecked_fixture(set, make_keys, drop_keys);
    tcase_add_test(set, reads_a_key_of_each_kind);
    tcase_add_test(set, a_token_without_key_name_is_enough_for_one_key);
    tcase_add_test(set, two_keys_of_one_name_make_the_name_useless);
    tcase_add_loop_test(set, leaves_out_keys_that_are_not_for_signing, 0, MF_LEN(left_out));
    tcase_add_loop_test(set, refuses_sets_without_a_usable_key, 0, MF_LEN(refused));
    tcase_add_test(set, refuses_weak_rsa_numbers);
    tcase_add_test(set, refuses_more_keys_and_bytes_than_it_holds);
    suite_add_tcase(suite, set);
    return suite;
}
