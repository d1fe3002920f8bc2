/* Tile paths, entry bundles, and trees read out of tiles against trees kept whole. */
#include "tests/support/suite.h"
#include "transparency/merkle/compact_range.h"
#include "transparency/merkle/proof.h"
#include "transparency/tile/entry_bundle.h"
#include "transparency/tile/tile_reader.h"

static const struct {
    const char *path;
    struct tile_id tile;
} paths[] = {
    {"tile/0/000", {MF_TILE_HASHES, 0, 0, 256}},
    {"tile/0/255", {MF_TILE_HASHES, 0, 255, 256}},
    {"tile/63/x001/000", {MF_TILE_HASHES, 63, 1000, 256}},
    {"tile/1/x001/x234/067.p/1", {MF_TILE_HASHES, 1, 1234067, 1}},
    {"tile/entries/x019/669", {MF_TILE_ENTRIES, 0, 19669, 256}},
    {"tile/entries/000.p/1", {MF_TILE_ENTRIES, 0, 0, 1}},
    {"tile/data/x019/669.p/255", {MF_TILE_DATA, 0, 19669, 255}},
    {"tile/entries/x999/x999/x999/x999/x999/999.p/255",
     {MF_TILE_ENTRIES, 0, UINT64_C(999999999999999999), 255}},
};

START_TEST(reads_and_writes_each_path)
{
    struct tile_id t = {0};
    char path[MF_TILE_PATH_MAX];
    struct err err = {0};

    mf_ck_ok(mf_tile_path_parse(mf_span_str(paths[_i].path), &t, &err), err);
    ck_assert_int_eq(t.kind, paths[_i].tile.kind);
    ck_assert_uint_eq(t.level, paths[_i].tile.level);
    ck_assert_uint_eq(t.index, paths[_i].tile.index);
    ck_assert_uint_eq(t.width, paths[_i].tile.width);
    ck_assert_uint_eq(mf_tile_path_format(&t, path), strlen(path));
    ck_assert_str_eq(path, paths[_i].path);
}
END_TEST

static const struct {
    struct span path;
    const char *message;
} bad_paths[] = {
    {MF_SPAN_INIT(""), "no tile path"},
    {MF_SPAN_INIT("tiles/0/000"), "no tile path"},
    {MF_SPAN_INIT("/tile/0/000"), "no tile path"},
    {MF_SPAN_INIT("tile//000"), "level"},
    {MF_SPAN_INIT("tile/00/000"), "level"},
    {MF_SPAN_INIT("tile/64/000"), "level"},
    {MF_SPAN_INIT("tile/-1/000"), "level"},
    {MF_SPAN_INIT("tile/0"), "groups of 3"},
    {MF_SPAN_INIT("tile/0/"), "groups of 3"},
    {MF_SPAN_INIT("tile/0/0"), "groups of 3"},
    {MF_SPAN_INIT("tile/0/0000"), "groups of 3"},
    {MF_SPAN_INIT("tile/0/00a"), "groups of 3"},
    {MF_SPAN_INIT("tile/0/x001"), "groups of 3"},
    {MF_SPAN_INIT("tile/0/x001/0002"), "groups of 3"},
    {MF_SPAN_INIT("tile/0/xx01/002"), "groups of 3"},
    {MF_SPAN_INIT("tile/0/001/002"), "does not end"},
    {MF_SPAN_INIT("tile/0/000/"), "does not end"},
    {MF_SPAN_INIT("tile/0/000.p"), "does not end"},
    {MF_SPAN_INIT("tile/0/x001.p/002"), "does not end"},
    {MF_SPAN_INIT("tile/0/x000/001"), "leading zeros"},
    {MF_SPAN_INIT("tile/0/000.p/"), "width"},
    {MF_SPAN_INIT("tile/0/000.p/0"), "width"},
    {MF_SPAN_INIT("tile/0/000.p/01"), "width"},
    {MF_SPAN_INIT("tile/0/000.p/256"), "width"},
    {MF_SPAN_INIT("tile/0/000.p/5/"), "width"},
    {MF_SPAN_INIT("tile/0/000.p/5\0"), "width"},
    {MF_SPAN_INIT("tile/0/x999/x999/x999/x999/x999/x999/999"), "more than 18 digits"},
    {MF_SPAN_INIT("tile/0/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/x001/001"),
     "no tile path"},
};

START_TEST(refuses_every_other_spelling)
{
    struct tile_id t = {.index = 42};
    struct err err = {0};

    mf_ck_refused(mf_tile_path_parse(bad_paths[_i].path, &t, &err), err, bad_paths[_i].message);
    ck_assert_uint_eq(t.index, 42);
}
END_TEST

static const struct {
    uint64_t size;
    unsigned level;
    uint64_t index;
    unsigned width;
} widths[] = {
    {0, 0, 0, 0},       {1, 0, 0, 1},           {255, 0, 0, 255},     {256, 0, 0, 256},
    {256, 0, 1, 0},     {256, 1, 0, 1},         {70000, 0, 272, 256}, {70000, 0, 273, 112},
    {70000, 0, 274, 0}, {70000, 1, 0, 256},     {70000, 1, 1, 17},    {70000, 2, 0, 1},
    {70000, 3, 0, 0},   {INT64_MAX, 7, 0, 127}, {INT64_MAX, 8, 0, 0}, {INT64_MAX, 63, 0, 0},
};

START_TEST(knows_the_width_of_each_tile)
{
    ck_assert_uint_eq(mf_tile_path_width(widths[_i].size, widths[_i].level, widths[_i].index),
                      widths[_i].width);
}
END_TEST

START_TEST(frames_entries)
{
    static uint8_t large[MF_ENTRY_MAX + 1];
    MF_SCOPED(mf_buf_done) struct buf b = {.max = MF_ENTRY_BUNDLE_MAX};
    struct span rest, entry;
    struct err err = {0};

    mf_ck_ok(mf_entry_bundle_append(&b, MF_SPAN("ab"), &err), err);
    mf_ck_ok(mf_entry_bundle_append(&b, MF_SPAN(""), &err), err);
    mf_ck_ok(mf_entry_bundle_append(&b, (struct span){large, MF_ENTRY_MAX}, &err), err);
    ck_assert(mf_span_starts(mf_buf_span(&b), MF_SPAN("\0\2ab\0\0\xff\xff\0")));
    mf_ck_refused(mf_entry_bundle_append(&b, MF_SPAN_OF(large), &err), err, "entry is larger");
    mf_err_clear(&err);

    rest = mf_buf_span(&b);
    mf_ck_ok(mf_entry_bundle_next(&rest, &entry, &err), err);
    ck_assert(mf_span_is(entry, "ab"));
    mf_ck_ok(mf_entry_bundle_at(mf_buf_span(&b), 2, &entry, &err), err);
    ck_assert_uint_eq(entry.n, MF_ENTRY_MAX);
    mf_ck_ok(mf_entry_bundle_check(mf_buf_span(&b), 3, &err), err);
    mf_ck_ok(mf_entry_bundle_first(mf_buf_span(&b), 2, &entry, &err), err);
    ck_assert_uint_eq(entry.n, 6);
}
END_TEST

static const struct {
    struct span bundle;
    unsigned width;
    const char *message;
} bad_bundles[] = {
    {MF_SPAN_INIT("\0\1a"), 2, "has 1 entries, not 2"},
    {MF_SPAN_INIT("\0\1a\0\0"), 1, "more than 1 entries"},
    {MF_SPAN_INIT("\0"), 1, "entry 0: entry bundle ends inside a length"},
    {MF_SPAN_INIT("\0\1a\0\2b"), 2, "entry 1: entry bundle ends inside an entry"},
    {MF_SPAN_INIT(""), 257, "no bundle has 257"},
};

START_TEST(refuses_a_bundle_of_another_width)
{
    struct span entry = {NULL, 42};
    struct err err = {0};

    mf_ck_refused(mf_entry_bundle_check(bad_bundles[_i].bundle, bad_bundles[_i].width, &err), err,
                  bad_bundles[_i].message);
    mf_err_clear(&err);
    mf_ck_refused(mf_entry_bundle_at(MF_SPAN("\0\1a"), 1, &entry, &err), err, "only 1 entries");
    ck_assert_uint_eq(entry.n, 42);
}
END_TEST

/* A tree of 70,000 leaves as its tiles: levels 0, 1 and 2. */
enum { LEAVES = 70000, TILE_LEVELS = 3 };

static struct stored {
    struct crypto *crypto;
    uint8_t hashes[TILE_LEVELS][LEAVES][32]; /* of each level of tiles, end to end */
    uint64_t size;                           /* of the tree being read */
    unsigned reads;
    size_t cut; /* bytes left off */
} stored;

static void keep(void *state, unsigned level, uint64_t index, const uint8_t hash[static 32])
{
    struct stored *s = state;

    if (level % 8 == 0)
        memcpy(s->hashes[level / 8][index], hash, 32);
}

static bool give(void *state, const struct tile_id *tile, struct buf *out, struct err *err)
{
    struct stored *s = state;

    s->reads++;
    ck_assert_int_eq(tile->kind, MF_TILE_HASHES);
    ck_assert(tile->level < TILE_LEVELS);
    ck_assert_uint_eq(tile->width, mf_tile_path_width(s->size, tile->level, tile->index));
    return mf_buf_append(
        out,
        (struct span){s->hashes[tile->level][tile->index * 256], (size_t)tile->width * 32 - s->cut},
        err);
}

static void plant(void)
{
    struct err err = {0};
    struct compact_range r = {0};
    struct node_sink sink = {keep, &stored};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &stored.crypto, &err), err);
    for (uint32_t i = 0; i < LEAVES; i++) {
        uint8_t entry[4], hash[32];
        mf_put_be32(entry, i);
        mf_merkle_hash_leaf(stored.crypto, MF_SPAN_OF(entry), hash);
        mf_compact_range_append(stored.crypto, &r, hash, &sink);
    }
}

static void fell(void)
{
    mf_crypto_free(&stored.crypto);
}

static const struct tile_source tiles = {give, &stored};

static void check_size(uint64_t size)
{
    MF_SCOPED(mf_tile_reader_free) struct tile_reader *reader = NULL;
    struct merkle_head head = {.size = size}, earlier = {.size = 1 + size / 3};
    struct compact_range r;
    struct merkle_proof proof;
    uint64_t index = size * 2 / 3;
    struct err err = {0};

    stored.size = size;
    mf_ck_ok(mf_tile_reader_new(stored.crypto, &tiles, size, &reader, &err), err);
    struct node_source source = mf_tile_reader_nodes(reader);
    mf_ck_ok(mf_compact_range_load(&source, earlier.size, &r, &err), err);
    mf_compact_range_root(stored.crypto, &r, earlier.root);
    mf_ck_ok(mf_compact_range_load(&source, size, &r, &err), err);
    mf_compact_range_root(stored.crypto, &r, head.root);
    stored.reads = 0;
    mf_ck_ok(mf_proof_build_inclusion(stored.crypto, &source, index, size, &proof, &err), err);
    mf_ck_ok(mf_proof_verify_inclusion(stored.crypto, &proof, index, stored.hashes[0][index], &head,
                                       &err),
             err);
    ck_assert_uint_le(stored.reads, 4); /* what the peaks did not read already */
    mf_ck_ok(mf_proof_build_consistency(stored.crypto, &source, earlier.size, size, &proof, &err),
             err);
    mf_ck_ok(mf_proof_verify_consistency(stored.crypto, &proof, &earlier, &head, &err), err);
}

START_TEST(reads_proofs_out_of_tiles)
{
    static const uint64_t sizes[] = {1,   2,   7,     255,   256,   257,   511,
                                     512, 513, 65535, 65536, 65537, 69999, 70000};

    for (size_t i = 0; i < MF_LEN(sizes); i++)
        check_size(sizes[i]);
}
END_TEST

START_TEST(refuses_a_tile_that_is_cut_short)
{
    MF_SCOPED(mf_tile_reader_free) struct tile_reader *reader = NULL;
    uint8_t hash[32];
    struct err err = {0};

    stored.size = 300;
    mf_ck_ok(mf_tile_reader_new(stored.crypto, &tiles, 300, &reader, &err), err);
    stored.cut = 32;
    mf_ck_refused(mf_tile_reader_node(reader, 0, 256, hash, &err), err,
                  "tile/0/001.p/44: tile has 1376 bytes, not 1408");
    mf_err_clear(&err);
    stored.cut = 31;
    mf_ck_refused(mf_tile_reader_node(reader, 0, 256, hash, &err), err, "tile has 1377 bytes");
    mf_err_clear(&err);
    stored.cut = 0;
    mf_ck_ok(mf_tile_reader_node(reader, 0, 256, hash, &err), err);
    ck_assert_mem_eq(hash, stored.hashes[0][256], 32);
    mf_ck_refused(mf_tile_reader_node(reader, 0, 300, hash, &err), err, "no complete node 0/300");
    mf_err_clear(&err);
    mf_ck_refused(mf_tile_reader_node(reader, 8, 1, hash, &err), err, "no complete node 8/1");
}
END_TEST

START_TEST(finds_the_tile_of_a_node)
{
    struct tile_place p = mf_tile_reader_place(8, 123456789);

    ck_assert_uint_eq(p.tile_level, 1);
    ck_assert_uint_eq(p.tile_index, 482253);
    ck_assert_uint_eq(p.first, 21);
    ck_assert_uint_eq(p.count, 1);
    p = mf_tile_reader_place(7, 3);
    ck_assert_uint_eq(p.tile_level, 0);
    ck_assert_uint_eq(p.tile_index, 1);
    ck_assert_uint_eq(p.first, 128);
    ck_assert_uint_eq(p.count, 128);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("tile");
    TCase *names = tcase_create("names"), *reader = tcase_create("reader");

    tcase_add_loop_test(names, reads_and_writes_each_path, 0, (int)MF_LEN(paths));
    tcase_add_loop_test(names, refuses_every_other_spelling, 0, (int)MF_LEN(bad_paths));
    tcase_add_loop_test(names, knows_the_width_of_each_tile, 0, (int)MF_LEN(widths));
    tcase_add_test(names, frames_entries);
    tcase_add_loop_test(names, refuses_a_bundle_of_another_width, 0, (int)MF_LEN(bad_bundles));
    suite_add_tcase(suite, names);
    tcase_add_unchecked_fixture(reader, plant, fell);
    tcase_add_test(reader, reads_proofs_out_of_tiles);
    tcase_add_test(reader, refuses_a_tile_that_is_cut_short);
    tcase_add_test(reader, finds_the_tile_of_a_node);
    suite_add_tcase(suite, reader);
    return suite;
}
