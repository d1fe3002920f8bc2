/* Signature vectors by others, with edge cases of each scheme: Project Wycheproof. */
#include "common/base/file.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/crypto/verifier.h"
#include "tests/support/suite.h"

static const struct {
    const char *name;
    enum sig_scheme scheme;
    size_t vectors;
    size_t valid;     /* accepted by us, so groups of refused keys are left out */
    size_t weak_keys; /* groups whose RSA exponent is 3 */
} files[] = {
    {"ecdsa_secp256r1_sha256_test.json", MF_SIG_ECDSA_SHA256, 484, 174, 0},
    {"ecdsa_secp384r1_sha384_test.json", MF_SIG_ECDSA_SHA384, 504, 194, 0},
    {"ecdsa_secp521r1_sha512_test.json", MF_SIG_ECDSA_SHA512, 542, 232, 0},
    {"ed25519_test.json", MF_SIG_ED25519, 151, 88, 0},
    {"rsa_signature_2048_sha256_test.json", MF_SIG_RSA_PKCS1_SHA256, 259, 7, 2},
    {"rsa_signature_3072_sha256_test.json", MF_SIG_RSA_PKCS1_SHA256, 259, 7, 1},
    {"rsa_signature_4096_sha256_test.json", MF_SIG_RSA_PKCS1_SHA256, 258, 7, 0},
};

struct counts {
    size_t vectors, valid, weak_keys;
};

static void hex_member(const struct json_node *object, const char *name, struct buf *out)
{
    struct err err = {0};
    struct span text;

    mf_ck_ok(mf_json_member_string(object, name, &text, &err), err);
    out->n = 0;
    out->max = text.n;
    mf_ck_ok(mf_buf_reserve(out, text.n / 2, &err), err);
    mf_ck_ok(mf_hex_decode_exact(text, out->p, text.n / 2, &err), err);
    out->n = text.n / 2;
}

static void check_vector(struct crypto *c, const struct public_key *key, enum sig_scheme scheme,
                         const struct json_node *test, struct counts *counts)
{
    MF_SCOPED(mf_buf_done) struct buf msg = {0};
    MF_SCOPED(mf_buf_done) struct buf sig = {0};
    struct err err = {0};
    struct span result;
    int64_t id = 0;

    mf_ck_ok(mf_json_member_int64(test, "tcId", &id, &err), err);
    mf_ck_ok(mf_json_member_string(test, "result", &result, &err), err);
    hex_member(test, "msg", &msg);
    hex_member(test, "sig", &sig);
    bool good = mf_verify(c, key, scheme, mf_buf_span(&msg), mf_buf_span(&sig), &err);
    /* "acceptable" is the RSA signature without the NULL of its algorithm: refused. */
    ck_assert_msg(good == mf_span_is(result, "valid"), "vector %d: %s", (int)id, err.what);
    ck_assert_msg(good || err.code == MF_ERR_REJECTED, "vector %d", (int)id);
    counts->valid += good ? 1 : 0;
}

static void check_group(struct crypto *c, enum sig_scheme scheme, const struct json_node *group,
                        struct counts *counts)
{
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    MF_SCOPED(mf_buf_done) struct buf der = {0};
    const struct json_node *tests = NULL;
    struct err err = {0};

    mf_ck_ok(mf_json_member_array(group, "tests", &tests, &err), err);
    counts->vectors += mf_json_size(tests);
    hex_member(group, "publicKeyDer", &der);
    if (!mf_public_key_from_spki(c, mf_buf_span(&der), &key, &err)) {
        ck_assert_msg(strstr(err.what, "an exponent that is not") != NULL, "%s", err.what);
        counts->weak_keys++;
        return;
    }
    ck_assert(mf_span_eq(mf_public_key_spki(key), mf_buf_span(&der)));
    for (const struct json_node *t = NULL; (t = mf_json_next(tests, t)) != NULL;)
        check_vector(c, key, scheme, t, counts);
}

START_TEST(decides_each_vector_as_wycheproof_does)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    const struct json_node *groups = NULL;
    struct counts counts = {0};
    struct err err = {0};
    char dir[512];
    char path[512];

    mf_ck_ok(mf_path_join(mf_fixtures(), "wycheproof", dir, sizeof dir, &err), err);
    mf_ck_ok(mf_path_join(dir, files[_i].name, path, sizeof path, &err), err);
    mf_ck_ok(mf_file_read(path, 1 << 20, &text, &err), err);
    mf_ck_ok(mf_json_parse(mf_buf_span(&text), &mf_json_file_limits, &doc, &err), err);
    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err), err);
    mf_ck_ok(mf_json_member_array(mf_json_root(doc), "testGroups", &groups, &err), err);
    for (const struct json_node *g = NULL; (g = mf_json_next(groups, g)) != NULL;)
        check_group(c, files[_i].scheme, g, &counts);
    ck_assert_uint_eq(counts.vectors, files[_i].vectors);
    ck_assert_uint_eq(counts.valid, files[_i].valid);
    ck_assert_uint_eq(counts.weak_keys, files[_i].weak_keys);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("wycheproof");
    TCase *all = tcase_create("wycheproof");

    tcase_set_timeout(all, 60);
    tcase_add_loop_test(all, decides_each_vector_as_wycheproof_does, 0, MF_LEN(files));
    suite_add_tcase(suite, all);
    return suite;
}
