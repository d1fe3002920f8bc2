/* Leaves, peaks and roots by known values, and a tree that is its own oracle. */
#include "common/codec/hex.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/suite.h"
#include "transparency/merkle/compact_range.h"

static struct crypto *crypto;

static void open_crypto(void)
{
    crypto = fresh_crypto();
}

static void close_crypto(void)
{
    mf_crypto_free(&crypto);
}

/* The eight leaves that certificate transparency's tests have always used. */
static const struct span leaves[] = {
    MF_SPAN_INIT(""),
    MF_SPAN_INIT("\x00"),
    MF_SPAN_INIT("\x10"),
    MF_SPAN_INIT("\x20\x21"),
    MF_SPAN_INIT("\x30\x31"),
    MF_SPAN_INIT("\x40\x41\x42\x43"),
    MF_SPAN_INIT("\x50\x51\x52\x53\x54\x55\x56\x57"),
    MF_SPAN_INIT("\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"),
};
static const char *const roots[] = {
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

static void check_root(const struct compact_range *r, const char *want)
{
    uint8_t root[32];
    char hex[65];

    mf_compact_range_root(crypto, r, root);
    mf_hex_encode(MF_SPAN_OF(root), hex);
    ck_assert_str_eq(hex, want);
}

START_TEST(gives_the_known_roots)
{
    struct compact_range r = {0};

    check_root(&r, roots[0]);
    for (size_t i = 0; i < MF_LEN(leaves); i++) {
        uint8_t hash[32];
        mf_merkle_hash_leaf(crypto, leaves[i], hash);
        mf_compact_range_append(crypto, &r, hash, NULL);
        check_root(&r, roots[i + 1]);
    }
}
END_TEST

enum { STORE_LEVELS = 10, STORE_LEAVES = 1 << (STORE_LEVELS - 1) };

struct store {
    uint8_t node[STORE_LEVELS][STORE_LEAVES][32];
    unsigned heard;
};

static void keep(void *state, unsigned level, uint64_t index, const uint8_t hash[static 32])
{
    struct store *s = state;

    ck_assert(level < STORE_LEVELS && index < (uint64_t)STORE_LEAVES >> level);
    memcpy(s->node[level][index], hash, 32);
    s->heard++;
}

static bool give(void *state, unsigned level, uint64_t index, uint8_t out[static 32],
                 struct err *err)
{
    struct store *s = state;

    (void)err;
    ck_assert(level < STORE_LEVELS && index < (uint64_t)STORE_LEAVES >> level);
    memcpy(out, s->node[level][index], 32);
    return true;
}

START_TEST(tells_of_each_complete_node_once)
{
    static struct store s;
    struct node_sink sink = {keep, &s};
    struct compact_range r = {0};
    uint8_t hash[32] = {0}, joined[32];

    for (unsigned i = 0; i < STORE_LEAVES; i++) {
        hash[0] = (uint8_t)i;
        hash[1] = (uint8_t)(i >> 8);
        mf_compact_range_append(crypto, &r, hash, &sink);
    }
    ck_assert_uint_eq(s.heard, 2 * STORE_LEAVES - 1);
    for (unsigned level = 0; level + 1 < STORE_LEVELS; level++)
        for (unsigned i = 0; i < (unsigned)STORE_LEAVES >> (level + 1); i++) {
            mf_merkle_hash_node(crypto, s.node[level][2 * i], s.node[level][2 * i + 1], joined);
            ck_assert_mem_eq(joined, s.node[level + 1][i], 32);
        }
    ck_assert_mem_eq(r.peaks[0], s.node[STORE_LEVELS - 1][0], 32);
}
END_TEST

START_TEST(comes_back_from_bytes_and_from_nodes)
{
    static struct store s;
    struct node_sink sink = {keep, &s};
    struct node_source source = {give, &s};
    struct compact_range r = {0}, read = {0}, loaded = {0};
    uint8_t hash[32] = {0}, want[32], got[32];
    struct err err = {0};
    MF_SCOPED(mf_buf_done) struct buf b = {.max = MF_COMPACT_RANGE_BYTES_MAX};

    for (unsigned i = 0; i < 300; i++) {
        mf_buf_reset(&b);
        mf_ck_ok(mf_compact_range_write(&r, &b, &err), err);
        mf_ck_ok(mf_compact_range_read(mf_buf_span(&b), &read, &err), err);
        mf_ck_ok(mf_compact_range_load(&source, i, &loaded, &err), err);
        mf_compact_range_root(crypto, &r, want);
        mf_compact_range_root(crypto, &read, got);
        ck_assert_mem_eq(want, got, 32);
        mf_compact_range_root(crypto, &loaded, got);
        ck_assert_mem_eq(want, got, 32);
        hash[0] = (uint8_t)i;
        mf_compact_range_append(crypto, &r, hash, &sink);
    }
}
END_TEST

static const struct {
    struct span bytes;
    const char *message;
} refused[] = {
    {MF_SPAN_INIT("\0\0\0\0\0\0\0"), "cut short"},
    {MF_SPAN_INIT("\0\0\0\0\0\0\0\0\0"), "compact range has 9 bytes, its size needs 8"},
    {MF_SPAN_INIT("\0\0\0\0\0\0\0\1"), "compact range has 8 bytes, its size needs 40"},
    {MF_SPAN_INIT("\x80\0\0\0\0\0\0\0"), "not below 2^63"},
};

START_TEST(refuses_bytes_that_do_not_fit_the_size)
{
    struct compact_range r = {.size = 42};
    struct err err = {0};

    mf_ck_refused(mf_compact_range_read(refused[_i].bytes, &r, &err), err, refused[_i].message);
    ck_assert_uint_eq(r.size, 42);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("merkle");
    TCase *tree = tcase_create("tree");

    tcase_add_checked_fixture(tree, open_crypto, close_crypto);
    tcase_add_test(tree, gives_the_known_roots);
    tcase_add_test(tree, tells_of_each_complete_node_once);
    tcase_add_test(tree, comes_back_from_bytes_and_from_nodes);
    tcase_add_loop_test(tree, refuses_bytes_that_do_not_fit_the_size, 0, (int)MF_LEN(refused));
    suite_add_tcase(suite, tree);
    return suite;
}
