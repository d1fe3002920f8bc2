/* Proofs: every pair of sizes up to 64 built and verified, and vectors made by others. */
#include <ftw.h>

#include "common/base/file.h"
#include "common/codec/base64.h"
#include "common/codec/json.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/suite.h"
#include "transparency/merkle/compact_range.h"
#include "transparency/merkle/proof.h"

static struct crypto *crypto;

static void open_crypto(void)
{
    crypto = fresh_crypto();
}

static void close_crypto(void)
{
    mf_crypto_free(&crypto);
}

enum { LEVELS = 13, LEAVES = 1 << (LEVELS - 1) };

static struct tree {
    uint8_t node[LEVELS][LEAVES][32];
    uint8_t root[LEAVES + 1][32];
    uint64_t size;    /* nodes outside this tree must not be asked for */
    unsigned fetched; /* since the last reset */
} tree;

static void keep(void *state, unsigned level, uint64_t index, const uint8_t hash[static 32])
{
    struct tree *t = state;
    memcpy(t->node[level][index], hash, 32);
}

static bool give(void *state, unsigned level, uint64_t index, uint8_t out[static 32],
                 struct err *err)
{
    struct tree *t = state;

    ck_assert_msg(level < LEVELS && (index + 1) << level <= t->size, "node %u/%lu of size %lu",
                  level, (unsigned long)index, (unsigned long)t->size);
    if (t->fetched++ > 100)
        return mf_err_set(err, MF_ERR_UNAVAILABLE, "too many fetches");
    memcpy(out, t->node[level][index], 32);
    return true;
}

static const struct node_source source = {give, &tree};

static void grow(unsigned size)
{
    struct compact_range r = {0};
    struct node_sink sink = {keep, &tree};

    mf_compact_range_root(crypto, &r, tree.root[0]);
    for (unsigned i = 0; i < size; i++) {
        uint8_t entry[2] = {(uint8_t)(i >> 8), (uint8_t)i}, hash[32];
        mf_merkle_hash_leaf(crypto, MF_SPAN_OF(entry), hash);
        mf_compact_range_append(crypto, &r, hash, &sink);
        mf_compact_range_root(crypto, &r, tree.root[i + 1]);
    }
}

static struct merkle_head head_of(uint64_t size)
{
    struct merkle_head head = {.size = size};
    memcpy(head.root, tree.root[size], 32);
    return head;
}

static void check_inclusion(uint64_t index, uint64_t size)
{
    struct merkle_proof proof;
    struct merkle_head head = head_of(size);
    struct err err = {0};

    tree.size = size;
    tree.fetched = 0;
    mf_ck_ok(mf_proof_build_inclusion(crypto, &source, index, size, &proof, &err), err);
    ck_assert_uint_le(tree.fetched, proof.count + (unsigned)__builtin_popcountll(size));
    const uint8_t *leaf = tree.node[0][index];
    mf_ck_ok(mf_proof_verify_inclusion(crypto, &proof, index, leaf, &head, &err), err);
    if (size == 1)
        return;
    proof.hashes[proof.count - 1][31] ^= 1;
    mf_ck_refused(mf_proof_verify_inclusion(crypto, &proof, index, leaf, &head, &err), err,
                  "does not lead to the tree's root");
}

static void check_consistency(uint64_t earlier, uint64_t later)
{
    struct merkle_proof proof;
    struct merkle_head a = head_of(earlier), b = head_of(later);
    struct err err = {0};

    tree.size = later;
    tree.fetched = 0;
    mf_ck_ok(mf_proof_build_consistency(crypto, &source, earlier, later, &proof, &err), err);
    ck_assert_uint_le(tree.fetched, proof.count + (unsigned)__builtin_popcountll(later));
    mf_ck_ok(mf_proof_verify_consistency(crypto, &proof, &a, &b, &err), err);
    a.root[0] ^= 1;
    mf_ck_refused(mf_proof_verify_consistency(crypto, &proof, &a, &b, &err), err, " root");
}

START_TEST(builds_what_verifies_for_every_size_up_to_64)
{
    grow(64);
    for (uint64_t size = 1; size <= 64; size++) {
        for (uint64_t index = 0; index < size; index++)
            check_inclusion(index, size);
        for (uint64_t earlier = 1; earlier <= size; earlier++)
            check_consistency(earlier, size);
    }
}
END_TEST

START_TEST(builds_what_verifies_for_larger_trees)
{
    uint64_t x = 0x9E3779B97F4A7C15;

    grow(LEAVES);
    for (int i = 0; i < 2000; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        uint64_t size = 1 + x % LEAVES;
        check_inclusion((x >> 20) % size, size);
        check_consistency(1 + (x >> 40) % size, size);
    }
}
END_TEST

START_TEST(refuses_what_lies_outside)
{
    struct merkle_proof proof = {.count = 7};
    struct merkle_head empty = head_of(0), one = head_of(1);
    struct err err = {0};

    mf_ck_refused(mf_proof_build_inclusion(crypto, &source, 5, 5, &proof, &err), err,
                  "outside the tree");
    mf_err_clear(&err);
    mf_ck_refused(mf_proof_build_consistency(crypto, &source, 6, 5, &proof, &err), err,
                  "outside the tree");
    mf_err_clear(&err);
    ck_assert_uint_eq(proof.count, 7);
    mf_ck_ok(mf_proof_build_consistency(crypto, &source, 0, 5, &proof, &err), err);
    ck_assert_uint_eq(proof.count, 0);
    mf_ck_refused(mf_proof_verify_consistency(crypto, &proof, &empty, &one, &err), err,
                  "the empty tree proves nothing");
}
END_TEST

/* Vectors made by others. A hash of another length than 32 cannot even be put into the struct: that
 * counts as refused, save for the roots
 * of consistency vectors, which may be any bytes. */
static struct merkle_proof vector_proof;

static bool load_hash(const struct json_node *node, bool is_root, uint8_t out[static 32])
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 64};
    struct span text;
    struct err err = {0};

    memset(out, 0, 32);
    if (node == NULL)
        return is_root;
    if (!mf_json_string(node, &text, &err) || !mf_base64_decode(text, MF_BASE64_STD, &b, &err))
        return false;
    if (b.n > 0)
        memcpy(out, b.p, b.n < 32 ? b.n : 32);
    return b.n == 32 || is_root;
}

static bool load_proof(const struct json_node *root)
{
    const struct json_node *list = mf_json_get(root, "proof"), *each = NULL;

    vector_proof.count = 0;
    while ((each = mf_json_next(list, each)) != NULL) {
        if (vector_proof.count == MF_PROOF_MAX ||
            !load_hash(each, false, vector_proof.hashes[vector_proof.count]))
            return false;
        vector_proof.count++;
    }
    return true;
}

static uint64_t load_number(const struct json_node *root, const char *name)
{
    int64_t n = 0;
    struct err err = {0};
    const struct json_node *node = mf_json_get(root, name);

    /* Numbers above INT64_MAX occur in refused vectors only; so do negative ones. */
    if (node == NULL || !mf_json_int64(node, &n, &err) || n < 0)
        return UINT64_MAX;
    return (uint64_t)n;
}

static bool accepts_inclusion(const struct json_node *root, struct err *err)
{
    struct merkle_head head = {.size = load_number(root, "treeSize")};
    uint8_t leaf[32];

    if (!load_hash(mf_json_get(root, "root"), false, head.root) ||
        !load_hash(mf_json_get(root, "leafHash"), false, leaf) || !load_proof(root))
        return mf_err_set(err, MF_ERR_FORMAT, "no such hash");
    return mf_proof_verify_inclusion(crypto, &vector_proof, load_number(root, "leafIdx"), leaf,
                                     &head, err);
}

static bool accepts_consistency(const struct json_node *root, struct err *err)
{
    struct merkle_head a = {.size = load_number(root, "size1")};
    struct merkle_head b = {.size = load_number(root, "size2")};

    if (!load_hash(mf_json_get(root, "root1"), true, a.root) ||
        !load_hash(mf_json_get(root, "root2"), true, b.root) || !load_proof(root))
        return mf_err_set(err, MF_ERR_FORMAT, "no such hash");
    return mf_proof_verify_consistency(crypto, &vector_proof, &a, &b, err);
}

/* A subtree is a tree of its own: an aligned range proves its leaves like one. */
static bool accepts_subtree_inclusion(const struct json_node *root, struct err *err)
{
    uint64_t start = load_number(root, "start"), end = load_number(root, "end");
    uint64_t index = load_number(root, "leafIdx");
    struct merkle_head head = {.size = end - start};
    uint8_t leaf[32];

    if (start > INT64_MAX || end > INT64_MAX || start >= end || index < start)
        return mf_err_set(err, MF_ERR_FORMAT, "no such range");
    if ((head.size & (head.size - 1)) != 0
            ? start % (UINT64_C(2) << (63 - __builtin_clzll(head.size)))
            : start % head.size)
        return mf_err_set(err, MF_ERR_FORMAT, "range is not aligned");
    if (!load_hash(mf_json_get(root, "root"), false, head.root) ||
        !load_hash(mf_json_get(root, "leafHash"), false, leaf) || !load_proof(root))
        return mf_err_set(err, MF_ERR_FORMAT, "no such hash");
    return mf_proof_verify_inclusion(crypto, &vector_proof, index - start, leaf, &head, err);
}

/* Only ranges from 0 on are earlier trees; of the rest we have no verifier. The draft takes the
 * empty range of any tree; we do not. */
static bool accepts_subtree_consistency(const struct json_node *root, struct err *err)
{
    struct merkle_head a = {.size = load_number(root, "end")};
    struct merkle_head b = {.size = load_number(root, "size")};

    if (!load_hash(mf_json_get(root, "root1"), true, a.root) ||
        !load_hash(mf_json_get(root, "root2"), true, b.root) || !load_proof(root))
        return mf_err_set(err, MF_ERR_FORMAT, "no such hash");
    return mf_proof_verify_consistency(crypto, &vector_proof, &a, &b, err);
}

static unsigned vectors_run;
static bool (*vector_accepts)(const struct json_node *root, struct err *err);

static int run_vector(const char *path, const struct stat *st, int type, struct FTW *at)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err err = {0};
    bool want_err = false;

    (void)st, (void)at;
    if (type != FTW_F || !mf_span_ends(mf_span_str(path), MF_SPAN(".json")))
        return 0;
    mf_ck_ok(mf_file_read(path, 1 << 20, &text, &err), err);
    mf_ck_ok(mf_json_parse(mf_buf_span(&text), &mf_json_file_limits, &doc, &err), err);
    const struct json_node *root = mf_json_root(doc);
    if (vector_accepts == accepts_subtree_consistency &&
        (load_number(root, "start") != 0 || load_number(root, "end") == 0))
        return 0;
    mf_ck_ok(mf_json_member_bool(root, "wantErr", &want_err, &err), err);
    bool accepted = vector_accepts(root, &err);
    ck_assert_msg(accepted != want_err, "%s: %s", path, accepted ? "accepted" : err.what);
    vectors_run++;
    return 0;
}

static void run_vectors(const char *folder, bool (*accepts)(const struct json_node *, struct err *))
{
    char path[512];

    snprintf(path, sizeof path, "%s/merkle/%s", mf_fixtures(), folder);
    vectors_run = 0;
    vector_accepts = accepts;
    ck_assert_int_eq(nftw(path, run_vector, 8, FTW_PHYS), 0);
    ck_assert_uint_gt(vectors_run, 50);
}

START_TEST(agrees_with_inclusion_vectors)
{
    run_vectors("inclusion", accepts_inclusion);
}
END_TEST

START_TEST(agrees_with_consistency_vectors)
{
    run_vectors("consistency", accepts_consistency);
}
END_TEST

START_TEST(agrees_with_subtree_vectors)
{
    run_vectors("subtreeinclusion", accepts_subtree_inclusion);
    run_vectors("subtreeconsistency", accepts_subtree_consistency);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("proof");
    TCase *proofs = tcase_create("proofs");

    tcase_add_checked_fixture(proofs, open_crypto, close_crypto);
    tcase_set_timeout(proofs, 60);
    tcase_add_test(proofs, builds_what_verifies_for_every_size_up_to_64);
    tcase_add_test(proofs, builds_what_verifies_for_larger_trees);
    tcase_add_test(proofs, refuses_what_lies_outside);
    tcase_add_test(proofs, agrees_with_inclusion_vectors);
    tcase_add_test(proofs, agrees_with_consistency_vectors);
    tcase_add_test(proofs, agrees_with_subtree_vectors);
    suite_add_tcase(suite, proofs);
    return suite;
}
