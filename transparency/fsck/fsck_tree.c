/* The public tree, from its signed root down to the entries: a tile whose hash is the one that the
 * tile above has for it is right, and what does not fit such a tile is wrong. Where a tile is not
 * right, the hashes of what is below it show which of its own are wrong. */
#include <stdlib.h>

#include "transparency/fsck/fsck_files.h"
#include "transparency/fsck/fsck_index.h"
#include "transparency/fsck/fsck_issuers.h"

enum { LEVELS = 8 }; /* of tiles: enough for any tree */

struct sum { /* of a full tile, as far as known */
    bool known;
    uint8_t hash[32];
};

struct slots { /* the hashes that a tile should have, from what is below it */
    unsigned count;
    bool known[MF_TILE_WIDTH];
    uint8_t hashes[MF_TILE_WIDTH][32];
};

struct edge { /* the last tile of a level, where it is not full */
    bool there;
    uint8_t stored[MF_TILE_WIDTH][32];
    struct slots below;
};

struct tree_walk {
    struct fsck *f;
    struct record_ring *ring;
    uint64_t size, done;
    bool stopped;  /* too much is wrong */
    bool all_good; /* each entry so far is right */
    struct edge edges[LEVELS];
};

static unsigned edge_width(uint64_t size, unsigned level)
{
    return (unsigned)(size >> (8 * level)) % MF_TILE_WIDTH;
}

/* The root of a tree whose last tiles these are. */
static void root_of(struct crypto *c, uint64_t size, uint8_t (*const tiles[LEVELS])[32],
                    uint8_t out[static 32])
{
    struct compact_range range = {.size = size};
    unsigned peak = 0;

    for (unsigned level = LEVELS; level > 0; level--) {
        unsigned width = edge_width(size, level - 1);
        unsigned first = 0;
        for (unsigned count = MF_TILE_WIDTH / 2; count > 0; count /= 2) {
            if ((width & count) == 0)
                continue;
            mf_tile_reader_subtree(c, tiles[level - 1][first], count, range.peaks[peak++]);
            first += count;
        }
    }
    mf_compact_range_root(c, &range, out);
}

static bool load(struct tree_walk *w, const struct tile_id *tile, uint8_t (*out)[32])
{
    struct err err = {0};
    char name[MF_FSCK_NAME_MAX];
    uint64_t from = (tile->index * MF_TILE_WIDTH) << (8 * tile->level);
    uint64_t end = (tile->index * MF_TILE_WIDTH + tile->width) << (8 * tile->level);

    if (mf_fsck_read_tile(w->f, tile, out, &err))
        return true;
    mf_fsck_tile_name(tile, name);
    mf_fsck_error(w->f, name, &err, mf_fsck_remedy(w->f, from, end));
    return false;
}

/* Exactly the entries that the tile's hashes are of. */
static void compare_entries(struct tree_walk *w, const struct record_piece *p,
                            uint8_t (*stored)[32], bool good[static MF_TILE_WIDTH])
{
    uint64_t from = p->tile.index * MF_TILE_WIDTH;
    char name[MF_FSCK_NAME_MAX];
    char what[96];
    unsigned wrong = 0;
    unsigned first = 0;

    for (unsigned i = p->count; i > 0; i--) {
        good[i - 1] = memcmp(p->leaves[i - 1], stored[i - 1], 32) == 0;
        wrong += !good[i - 1];
        first = good[i - 1] ? first : i - 1;
    }
    if (wrong == 0)
        return;
    mf_fsck_tile_name(&p->tile, name);
    if (snprintf(what, sizeof what, "is not the entry of the tree%s (%u of %u are wrong)",
                 wrong > 1 ? ", nor are others" : "", wrong, p->tile.width) < 0)
        return;
    mf_fsck_hash_fault(
        w->f,
        &(struct finding){.file = name,
                          .unit = MF_AT_ENTRY,
                          .at = from + first,
                          .what = what,
                          .todo = mf_fsck_remedy(w->f, from + first, from + p->tile.width)},
        stored[first], p->leaves[first]);
}

static void tell_ct(struct tree_walk *w, const struct record_piece *p, bool right)
{
    uint64_t from = p->tile.index * MF_TILE_WIDTH;
    char name[MF_FSCK_NAME_MAX];

    mf_fsck_tile_name(&p->tile, name);
    if (p->misplaced < p->count)
        mf_fsck_number_fault(
            w->f,
            &(struct finding){.file = name,
                              .unit = MF_AT_ENTRY,
                              .at = from + p->misplaced,
                              .what = "promises the index of another entry",
                              .todo = mf_fsck_remedy(w->f, from, from + p->tile.width)},
            from + p->misplaced, p->misplaced_as);
    if (right && p->latest_ms > w->f->public_ms)
        mf_fsck_number_fault(w->f,
                             &(struct finding){.file = name,
                                               .what = "has an entry that is later than the "
                                                       "checkpoint",
                                               .todo = "restore the newest checkpoint of this log"},
                             w->f->public_ms, p->latest_ms);
    mf_fsck_issuers_piece(w->f, p);
}

/* What is wrong with a bundle whatever the tree says. */
static void tell_piece(struct tree_walk *w, const struct record_piece *p)
{
    uint64_t from = p->tile.index * MF_TILE_WIDTH;
    char name[MF_FSCK_NAME_MAX];

    w->f->result->bytes += p->bytes;
    w->f->result->entries += p->count;
    if (p->err.code != MF_OK) {
        mf_fsck_tile_name(&p->tile, name);
        mf_fsck_error(w->f, name, &p->err,
                      mf_fsck_remedy(w->f, from + (p->count < p->tile.width ? p->count : 0),
                                     from + p->tile.width));
    }
}

static void read_entries(struct tree_walk *w, unsigned width, uint8_t (*trusted)[32],
                         struct slots *out)
{
    const struct record_piece *p = mf_record_ring_next(w->ring);
    bool good[MF_TILE_WIDTH] = {false};
    bool right = p->count == width;

    tell_piece(w, p);
    memset(good, 1, p->count);
    if (trusted != NULL)
        compare_entries(w, p, trusted, good);
    out->count = width;
    for (unsigned i = 0; i < width; i++) {
        out->known[i] = i < p->count;
        right = right && good[i];
        if (out->known[i])
            memcpy(out->hashes[i], p->leaves[i], 32);
    }
    w->all_good = w->all_good && right;
    if (w->f->dir.type == MF_LOG_CT)
        tell_ct(w, p, right);
    mf_fsck_index_piece(w->f, p, good);
    w->done += width;
    if (w->f->params->progress != NULL)
        w->f->params->progress(w->f->params->state, w->done, w->size);
    w->stopped = w->f->result->faults >= MF_FSCK_FAULTS_MAX;
}

static bool all_known(const struct slots *s)
{
    for (unsigned i = 0; i < s->count; i++)
        if (!s->known[i])
            return false;
    return true;
}

/* The first hash of a tile that is not that of what is below it, and how many are not. */
static unsigned count_wrong(const struct slots *below, uint8_t (*stored)[32], unsigned *first)
{
    unsigned wrong = 0;

    for (unsigned i = below->count; i > 0; i--) {
        if (!below->known[i - 1] || memcmp(below->hashes[i - 1], stored[i - 1], 32) == 0)
            continue;
        wrong++;
        *first = i - 1;
    }
    return wrong;
}

static void tell_wrong(struct tree_walk *w, const struct tile_id *tile, const struct slots *below,
                       uint8_t (*stored)[32], bool below_is_right)
{
    unsigned first = 0;
    unsigned wrong = count_wrong(below, stored, &first);
    char name[MF_FSCK_NAME_MAX];
    char what[128];

    mf_fsck_tile_name(tile, name);
    if (snprintf(what, sizeof what, "is not the hash of what is below it (%u of %u are wrong)%s",
                 wrong, tile->width,
                 below_is_right ? "" : "; which of the two is wrong the tree does not say") < 0)
        return;
    mf_fsck_hash_fault(
        w->f,
        &(struct finding){.file = name,
                          .unit = MF_AT_HASH,
                          .at = first,
                          .what = what,
                          .todo = below_is_right ? "restore this file from a copy; all that is "
                                                   "below it is whole"
                                                 : "restore this file and what is below it from "
                                                   "a copy"},
        below->hashes[first], stored[first]);
}

/* A full tile that is not right. What it should have been, as far as can be known. */
static struct sum judge(struct tree_walk *w, const struct tile_id *tile, const struct slots *below,
                        uint8_t (*stored)[32], const uint8_t *expected)
{
    struct sum sum = {.known = all_known(below)};
    char name[MF_FSCK_NAME_MAX];
    unsigned first = 0;

    if (sum.known)
        mf_tile_reader_subtree(w->f->crypto, below->hashes[0], MF_TILE_WIDTH, sum.hash);
    bool right = sum.known && expected != NULL && memcmp(sum.hash, expected, 32) == 0;
    if (stored != NULL && count_wrong(below, stored, &first) > 0) {
        tell_wrong(w, tile, below, stored, right);
    } else if (!right && expected != NULL && (sum.known || stored != NULL)) {
        if (!sum.known)
            mf_tile_reader_subtree(w->f->crypto, stored[0], MF_TILE_WIDTH, sum.hash);
        mf_fsck_tile_name(tile, name);
        mf_fsck_hash_fault(w->f,
                           &(struct finding){.file = name,
                                             .what = sum.known && stored != NULL
                                                         ? "with all that is below it is not what "
                                                           "the tree above has"
                                                         : "does not lead to the tree above",
                                             .todo = "restore this file and what is below it from "
                                                     "a copy"},
                           expected, sum.hash);
    }
    return sum;
}

/* Levels fall with each call: at most LEVELS deep. expected is null where the tile above says
 * nothing that can be believed; hint is what it says all the same. */
static struct sum check_full(struct tree_walk *w, unsigned level, uint64_t index,
                             const uint8_t *expected, const uint8_t *hint);

static void read_below(struct tree_walk *w, unsigned level, uint64_t index, unsigned width,
                       uint8_t (*stored)[32], bool trusted, struct slots *out)
{
    if (level == 0) {
        read_entries(w, width, trusted ? stored : NULL, out);
        return;
    }
    out->count = width;
    for (unsigned i = 0; i < width && !w->stopped; i++) {
        const uint8_t *hash = stored == NULL ? NULL : stored[i];
        struct sum sum = check_full(w, level - 1, index * MF_TILE_WIDTH + i, trusted ? hash : NULL,
                                    hash);
        out->known[i] = sum.known;
        memcpy(out->hashes[i], sum.hash, 32);
    }
}

static struct sum check_full(struct tree_walk *w, unsigned level, uint64_t index,
                             const uint8_t *expected, const uint8_t *hint)
{
    const struct tile_id tile = {.level = level, .index = index, .width = MF_TILE_WIDTH};
    uint8_t stored[MF_TILE_WIDTH][32];
    struct sum sum = {.known = false};
    struct slots below = {.count = 0};
    bool trusted = false;

    bool there = load(w, &tile, stored);
    if (there) {
        mf_tile_reader_subtree(w->f->crypto, stored[0], MF_TILE_WIDTH, sum.hash);
        trusted = hint != NULL && memcmp(sum.hash, hint, 32) == 0;
    }
    read_below(w, level, index, MF_TILE_WIDTH, there ? stored : NULL, trusted, &below);
    sum.known = trusted;
    if (trusted || w->stopped)
        return sum;
    w->f->tree_whole = false;
    return judge(w, &tile, &below, there ? stored : NULL, expected);
}

static bool load_edges(struct tree_walk *w)
{
    uint8_t(*tiles[LEVELS])[32];
    bool there = true;
    uint8_t root[32];

    for (unsigned level = 0; level < LEVELS; level++) {
        const struct tile_id tile = {.level = level,
                                     .index = w->size >> (8 * level) >> 8,
                                     .width = edge_width(w->size, level)};
        struct edge *e = &w->edges[level];
        tiles[level] = e->stored;
        e->there = tile.width == 0 || load(w, &tile, e->stored);
        there = there && e->there;
    }
    if (!there)
        return false;
    root_of(w->f->crypto, w->size, tiles, root);
    return memcmp(root, w->f->public.root, sizeof root) == 0;
}

/* The unfinished tiles do not lead to the checkpoint's root, or some are missing. */
static void judge_edges(struct tree_walk *w)
{
    uint8_t(*tiles[LEVELS])[32];
    bool known = true;
    unsigned told = 0;
    unsigned first = 0;
    uint8_t root[32];

    w->f->tree_whole = false;
    for (unsigned level = 0; level < LEVELS; level++) {
        tiles[level] = w->edges[level].below.hashes;
        known = known && all_known(&w->edges[level].below);
    }
    if (known)
        root_of(w->f->crypto, w->size, tiles, root);
    bool right = known && memcmp(root, w->f->public.root, sizeof root) == 0;
    for (unsigned level = 0; level < LEVELS; level++) {
        const struct tile_id tile = {.level = level,
                                     .index = w->size >> (8 * level) >> 8,
                                     .width = edge_width(w->size, level)};
        struct edge *e = &w->edges[level];
        told += !e->there;
        if (tile.width == 0 || !e->there || count_wrong(&e->below, e->stored, &first) == 0)
            continue;
        tell_wrong(w, &tile, &e->below, e->stored, right);
        told++;
    }
    const struct finding at = {.file = "public/checkpoint",
                               .unit = MF_AT_ENTRY,
                               .at = w->size,
                               .what = "the entries before this one have another root",
                               .todo = "restore the checkpoint and the public tree from one copy"};
    if (known && !right)
        mf_fsck_hash_fault(w->f, &at, w->f->public.root, root);
    else if (!right && told == 0)
        mf_fsck_fault(w->f, "public/checkpoint",
                      "its root does not follow from the tiles that are there",
                      "restore the public tree from a copy");
}

static void walk_tree(struct tree_walk *w)
{
    bool trusted = load_edges(w);

    w->f->tree_whole = true;
    for (unsigned level = LEVELS; level > 0 && !w->stopped; level--) {
        unsigned width = edge_width(w->size, level - 1);
        struct edge *e = &w->edges[level - 1];
        if (width > 0)
            read_below(w, level - 1, w->size >> (8 * (level - 1)) >> 8, width,
                       e->there ? e->stored : NULL, trusted, &e->below);
    }
    if (w->stopped)
        mf_fsck_fault(w->f, "public/tile", "has so many faults that no more of it was looked at",
                      "restore the directory from a copy");
    else if (!trusted)
        judge_edges(w);
    w->f->tree_whole = w->f->tree_whole && !w->stopped;
}

bool mf_fsck_tree(struct fsck *f, struct err *err)
{
    struct tree_walk *w = mf_array_new(1, sizeof *w);

    if (w == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the tree");
    w->f = f;
    w->size = f->public.size;
    w->all_good = true;
    bool ok = mf_record_ring_new(f, w->size, &w->ring, err);
    if (ok)
        walk_tree(w);
    mf_record_ring_free(&w->ring);
    f->entries_whole = ok && w->all_good && w->done == w->size && f->tree_whole;
    mf_fsck_index_end(f, f->entries_whole);
    free(w);
    return ok;
}
