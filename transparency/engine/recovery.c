/* Recovery: from the public tree and the journal to the state that was acknowledged, or a refusal.
 */
#include <stdlib.h>

#include "transparency/engine/engine_parts.h"

struct replay {
    struct engine *e;
    uint64_t public_size;
    struct merkle_head highest; /* that a note on this disk was signed for */
    bool any;                   /* there is one */
    uint64_t highest_ms;
};

static bool lost(struct err *err, const char *what)
{
    mf_err_set(err, MF_ERR_FORMAT, "%s", what);
    return mf_err_hint(err, "this directory is older than what the log has signed, or damaged: "
                            "restore it; do not start a second log under the same name");
}

/* Each signed head must be a beginning of what is here: where its size is at hand its root is
 * compared, and the highest one once all is read. */
static bool note_seen(struct replay *r, struct span note, struct err *err)
{
    const struct compact_range *range = &r->e->edge.range;
    struct merkle_head head;
    uint64_t time_ms = 0;
    uint8_t root[32];

    if (note.n == 0)
        return true;
    if (!mf_head_note_read(r->e->crypto, &r->e->key, note, &head, &time_ms, err))
        return false;
    mf_compact_range_root(r->e->crypto, range, root);
    if (head.size == range->size && memcmp(root, head.root, 32) != 0)
        return lost(err, "a signed checkpoint of this size has another root");
    if (!r->any || head.size > r->highest.size)
        r->highest = head;
    r->any = true;
    r->highest_ms = time_ms > r->highest_ms ? time_ms : r->highest_ms;
    return true;
}

/* One record's entries become part of the tree; where they are was settled before. */
static bool replay_entries(struct engine *e, const struct journal_record *record,
                           const struct journal_place *place, struct err *err)
{
    const struct leaf_format *format = &e->params.format;
    struct span payload = record->payload;
    struct edge_place at = {.at = *place};

    for (uint64_t index = record->first_index; payload.n > 0; index++) {
        struct span entry;
        uint8_t leaf[32];
        uint8_t key[32];
        if (!mf_journal_entry(&payload, &entry, err) ||
            !format->reopen(format->state, e->crypto, entry, leaf, key, err))
            return false;
        at.at.offset += 4;
        at.n = (uint32_t)entry.n;
        if (!mf_tree_edge_append(e->crypto, &e->edge, leaf, &at, NULL, err) ||
            !mf_gap_index_add(&e->gap, key, index, err))
            return false;
        at.at.offset += entry.n;
    }
    return true;
}

/* What the public tree does not hold is written again, to a segment of its own, before anything is
 * signed: pages read back after a crash may never have reached the disk. */
static bool replay_record(void *state, struct journal *journal, const struct journal_record *record,
                          struct err *err)
{
    struct replay *r = state;
    struct engine *e = r->e;
    uint64_t end = record->first_index + record->count;
    struct journal_place place;
    uint8_t root[32];

    if (!note_seen(r, record->checkpoint, err))
        return false;
    r->highest_ms = record->time_ms > r->highest_ms ? record->time_ms : r->highest_ms;
    if (end <= r->public_size)
        return true;
    if (record->first_index != e->edge.range.size)
        return lost(err, "commits are missing between the public tree and the journal");
    if (!mf_journal_append(e->crypto, journal, record, &place, err) ||
        !replay_entries(e, record, &place, err))
        return false;
    mf_compact_range_root(e->crypto, &e->edge.range, root);
    if (e->edge.range.size != end || memcmp(root, record->root, 32) != 0)
        return lost(err, "a commit does not lead to the root that it was written with");
    return true;
}

/* Exactly the records that the tree's leaves are of, or whoever serves this directory could put
 * others under the log's name; keys (may be null) gets their dedup keys. */
static bool check_bundle(struct engine *e, const struct tile_id *tile, struct dedup_entry *keys,
                         struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf bundle = {0};
    MF_SCOPED(mf_buf_done) struct buf hashes = {0};
    const struct leaf_format *format = &e->params.format;
    const struct tile_id leaves = {
        .kind = MF_TILE_HASHES, .index = tile->index, .width = tile->width};

    if (!mf_engine_tile(e, tile, &bundle, err) || !mf_engine_tile(e, &leaves, &hashes, err))
        return false;
    if (hashes.n != (size_t)tile->width * 32)
        return lost(err, "the hashes of a bundle of the public tree are cut short");
    struct span rest = mf_buf_span(&bundle);
    for (unsigned i = 0; i < tile->width; i++) {
        struct span record;
        uint8_t leaf[32];
        uint8_t key[32];
        if (rest.n == 0 || !mf_engine_next_record(format, &rest, &record, err) ||
            !format->reopen(format->state, e->crypto, record, leaf, key, err)) {
            mf_err_clear(err);
            return lost(err, "a bundle of the public tree ends before its last record");
        }
        if (memcmp(leaf, hashes.p + (size_t)i * 32, 32) != 0)
            return lost(err, "a bundle of the public tree has a record that the tree does not");
        if (keys != NULL)
            memcpy(keys[i].key, key, sizeof key);
    }
    return rest.n == 0 || lost(err, "a bundle of the public tree has more than its records");
}

static bool check_bundle_at(struct engine *e, uint64_t size, uint64_t index,
                            struct dedup_entry *keys, unsigned *width, struct err *err)
{
    struct tile_id tile = {.kind = e->params.format.records, .index = index};
    char path[MF_TILE_PATH_MAX];

    tile.width = mf_tile_path_width(size, 0, index);
    *width = tile.width;
    if (tile.width == 0 || check_bundle(e, &tile, keys, err))
        return true;
    mf_tile_path_format(&tile, path);
    return mf_err_at(err, "public/%s", path);
}

static bool load_public(struct engine *e, struct replay *r, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf note = {0};
    const struct tile_source tiles = mf_engine_tile_source(e);
    struct merkle_head head;
    uint64_t time_ms = 0;
    unsigned width = 0;
    uint8_t root[32];

    if (!mf_public_tree_get_path(e->tree, "checkpoint", MF_ENGINE_NOTE_MAX, &note, err)) {
        if (err->code == MF_ERR_NOT_FOUND && e->params.create) {
            mf_err_clear(err);
            return mf_tree_edge_load(e->crypto, &tiles, e->params.format.records, 0, &e->edge, err);
        }
        if (err->code != MF_ERR_NOT_FOUND)
            return false;
        mf_err_clear(err);
        return lost(err, "the public tree has no checkpoint");
    }
    if (!mf_head_note_read(e->crypto, &e->key, mf_buf_span(&note), &head, &time_ms, err))
        return mf_err_at(err, "public checkpoint");
    if (!mf_tree_edge_load(e->crypto, &tiles, e->params.format.records, head.size, &e->edge, err))
        return mf_err_at(err, "public tree");
    mf_compact_range_root(e->crypto, &e->edge.range, root);
    if (memcmp(root, head.root, 32) != 0)
        return lost(err, "the public tree does not have the root of its checkpoint");
    /* The unfinished bundle goes on from here: what is wrong in it would become a full one. */
    if (!check_bundle_at(e, head.size, head.size / MF_TILE_WIDTH, NULL, &width, err))
        return false;
    r->public_size = head.size;
    e->public_size = head.size;
    e->gap_floor = head.size;
    if (!note_seen(r, mf_buf_span(&note), err))
        return false;
    e->head = (struct signed_head){.head = head, .note = note, .time_ms = time_ms};
    note = (struct buf){0};
    return true;
}

bool mf_engine_recover_public(struct engine *e, struct err *err)
{
    struct replay r = {.e = e};

    return load_public(e, &r, err);
}

/* The dedup index may lag behind, or have been thrown away: the public tree has it all. */
static bool catch_up(struct engine *e, struct err *err)
{
    uint64_t size = mf_dedup_index_size(e->dedup);

    if (size > e->public_size)
        return lost(err, "the dedup index is ahead of the public tree");
    while (size < e->public_size) {
        struct dedup_entry entries[MF_TILE_WIDTH];
        uint64_t index = size / MF_TILE_WIDTH;
        unsigned width = 0;
        if (!check_bundle_at(e, e->public_size, index, entries, &width, err))
            return false;
        for (unsigned i = 0; i < width; i++)
            entries[i].index = index * MF_TILE_WIDTH + i;
        size = index * MF_TILE_WIDTH + width;
        if (!mf_dedup_index_add(e->dedup, entries, width, size, err))
            return false;
    }
    return true;
}

static bool open_journal(struct engine *e, struct replay *r, struct err *err)
{
    const struct journal_reader reader = {.record = replay_record, .state = r};
    char path[PATH_MAX];
    struct journal_params params = {.path = path,
                                    .segment_size = e->params.segment_size != 0
                                                        ? e->params.segment_size
                                                        : (size_t)MF_JOURNAL_SEGMENT};

    memcpy(params.log_id, e->params.dir->log_id, 32);
    return mf_log_dir_path(e->params.dir, "state/journal", path, sizeof path, err) &&
           mf_journal_open(e->crypto, &params, &reader, &e->journal, &e->dropped, err);
}

static bool see_head_file(struct engine *e, struct replay *r, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf one = {0};
    MF_SCOPED(mf_buf_done) struct buf two = {0};
    struct buf notes[2] = {{0}, {0}};
    bool ok = mf_head_file_read(e->head_file, e->crypto, notes, err);

    one = notes[0];
    two = notes[1];
    return ok && ((note_seen(r, mf_buf_span(&one), err) && note_seen(r, mf_buf_span(&two), err)) ||
                  mf_err_at(err, "state/head"));
}

/* Whatever was signed once must be a beginning of what is here now. */
static bool check_highest(struct engine *e, const struct replay *r, struct err *err)
{
    if (r->any && r->highest.size > e->edge.range.size)
        return lost(err, "a signed checkpoint covers entries that are not on this disk");
    e->last_ms = r->highest_ms;
    return !r->any || mf_head_note_recall(e, &r->highest, r->highest_ms, err);
}

bool mf_engine_recover(struct engine *e, struct err *err)
{
    struct replay r = {.e = e};
    MF_SCOPED(mf_buf_done) struct buf note = {.max = MF_ENGINE_NOTE_MAX};
    struct merkle_head head = {0};
    uint64_t now = 0;

    if (!load_public(e, &r, err) || !catch_up(e, err) || !open_journal(e, &r, err) ||
        !see_head_file(e, &r, err) || !check_highest(e, &r, err) ||
        !mf_journal_settle(e->journal, err))
        return false;
    now = mf_instant_ms(mf_clock_now(&e->params.clock));
    e->last_ms = now > e->last_ms ? now : e->last_ms;
    head.size = e->edge.range.size;
    mf_compact_range_root(e->crypto, &e->edge.range, head.root);
    if (!mf_head_note_sign(e, &head, e->last_ms, &note, err) ||
        !mf_head_file_write(e->head_file, e->crypto, mf_buf_span(&note), err))
        return false;
    mf_buf_done(&e->head.note);
    e->head = (struct signed_head){.head = head, .note = note, .time_ms = e->last_ms};
    note = (struct buf){0};
    return true;
}
