/* Signed heads: the public checkpoint and state/head, each verified and held against the entries.
 */
#include "transparency/fsck/fsck_files.h"
#include "transparency/tile/tile_reader.h"

static const char restore_all[] =
    "restore the directory from a copy; do not start a second log under "
    "its name";

static void keep(struct fsck *f, const char *file, const struct merkle_head *head)
{
    f->heads[f->head_count++] = (struct signed_note){
        .file = file,
        .what = "a head was signed for the entries before this one, and they have another root",
        .head = *head};
}

static void read_public(struct fsck *f)
{
    static const char file[] = "public/checkpoint";
    static const char todo[] = "restore the newest checkpoint of this log";
    MF_SCOPED(mf_buf_done) struct buf note = {0};
    struct err err = {0};
    struct merkle_head head;

    if (!mf_fsck_read(f->dir_fd, file, MF_ENGINE_NOTE_MAX, &note, &err) ||
        !mf_head_note_read(f->crypto, &f->key, mf_buf_span(&note), &head, &f->public_ms, &err)) {
        mf_fsck_error(f, file, &err, todo);
        mf_fsck_note(f, "public/tile",
                     "was not checked: there is no checkpoint to hold it against");
        return;
    }
    f->has_public = true;
    f->public = head;
    f->result->size = head.size;
    keep(f, file, &head);
    if (head.size == 0 && f->dir.type == MF_LOG_ENTRIES)
        mf_fsck_fault(f, file, "the log has no first entry: its init was not finished",
                      "nothing was ever logged there: remove it and begin again with "
                      "mayfly-log init");
}

static void read_slot(struct fsck *f, unsigned number, const uint8_t *bytes)
{
    struct finding at = {.file = "state/head",
                         .unit = MF_AT_BYTE,
                         .at = (uint64_t)number * MF_HEAD_FILE_SLOT,
                         .todo = "where all else is whole, remove the file: the next start makes "
                                 "it again"};
    struct err err = {0};
    struct merkle_head head;
    struct span note;
    uint64_t time_ms = 0;

    switch (mf_head_file_slot(f->crypto, bytes, &note)) {
    case MF_HEAD_SLOT_EMPTY:
        return;
    case MF_HEAD_SLOT_DAMAGED:
        at.what = "the signed head here is damaged";
        mf_fsck_tell(f, &at);
        return;
    case MF_HEAD_SLOT_WHOLE:
        break;
    }
    if (mf_head_note_read(f->crypto, &f->key, note, &head, &time_ms, &err)) {
        keep(f, "state/head", &head);
        return;
    }
    at.what = err.what;
    mf_fsck_tell(f, &at);
}

void mf_fsck_read_heads(struct fsck *f)
{
    MF_SCOPED(mf_buf_done) struct buf slots = {0};
    const size_t whole = (size_t)MF_HEAD_FILE_SLOT * MF_HEAD_FILE_SLOTS;
    struct err err = {0};

    read_public(f);
    if (f->params->online)
        return;
    if (!mf_fsck_read(f->dir_fd, "state/head", whole, &slots, &err)) {
        if (err.code == MF_ERR_NOT_FOUND) {
            mf_fsck_note(f, "state/head", "is missing: the next start makes it again");
            return;
        }
        mf_fsck_error(f, "state/head", &err, "remove it: the next start makes it again");
        return;
    }
    f->result->bytes += slots.n;
    if (slots.n != whole) {
        mf_fsck_number_fault(f,
                             &(struct finding){.file = "state/head",
                                               .what = "has the wrong number of bytes",
                                               .todo = "remove it: the next start makes it "
                                                       "again"},
                             whole, slots.n);
        return;
    }
    for (unsigned i = 0; i < MF_HEAD_FILE_SLOTS; i++)
        read_slot(f, i, slots.p + (size_t)i * MF_HEAD_FILE_SLOT);
}

static bool read_source(void *state, const struct tile_id *tile, struct buf *out, struct err *err)
{
    uint8_t hashes[MF_TILE_WIDTH][32];

    return mf_fsck_read_tile(state, tile, hashes, err) &&
           mf_buf_append(out, (struct span){hashes[0], (size_t)tile->width * 32}, err);
}

bool mf_fsck_range(struct fsck *f, uint64_t size, struct compact_range *out, struct err *err)
{
    const struct tile_source source = {.read = read_source, .state = f};
    MF_SCOPED(mf_tile_reader_free) struct tile_reader *reader = NULL;

    *out = (struct compact_range){.size = 0};
    if (size == 0)
        return true;
    /* The tiles that are there are those of the public size. */
    if (!mf_tile_reader_new(f->crypto, &source, f->public.size, &reader, err))
        return false;
    const struct node_source nodes = mf_tile_reader_nodes(reader);
    return mf_compact_range_load(&nodes, size, out, err);
}

static void compare(struct fsck *f, const struct signed_note *note)
{
    const struct finding at = {.file = note->file,
                               .unit = MF_AT_ENTRY,
                               .at = note->head.size,
                               .what = note->what,
                               .todo = restore_all};
    struct compact_range range;
    struct err err = {0};
    uint8_t root[32];

    if (f->has_public && note->head.size > f->result->end) {
        mf_fsck_number_fault(
            f,
            &(struct finding){.file = note->file,
                              .what = "a head was signed for more entries than there are",
                              .todo = restore_all},
            note->head.size, f->result->end);
        return;
    }
    if (note->compared || !f->tree_whole || note->head.size > f->public.size ||
        !mf_fsck_range(f, note->head.size, &range, &err))
        return; /* what is not there to compare with was told */
    mf_compact_range_root(f->crypto, &range, root);
    if (memcmp(root, note->head.root, sizeof root) != 0)
        mf_fsck_hash_fault(f, &at, note->head.root, root);
}

void mf_fsck_compare_heads(struct fsck *f)
{
    for (size_t i = 0; i < f->head_count; i++)
        if (i > 0 || !f->has_public) /* the public one was the tree's */
            compare(f, &f->heads[i]);
}
