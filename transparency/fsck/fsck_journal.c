/* The journal: every record, its chain, and that it goes on where the public tree ends. */
#include <stdlib.h>

#include "transparency/fsck/fsck_segment.h"

static const char restore[] = "something acknowledged was lost on this disk: restore the directory "
                              "from a copy, do not delete the file";
static const char older[] = "the public tree is older than the journal, or commits are missing: "
                            "restore the directory from a copy";

struct journal_walk {
    struct fsck *f;
    struct segment_reader segments;
    bool any;         /* a record was read */
    bool broken;      /* the one before was damaged: nothing to compare the next with */
    bool rooted;      /* range is that of the entries before the next record */
    uint64_t next;    /* index behind the last record */
    uint64_t time_ms; /* of the last record */
    struct compact_range range;
    bool ended; /* an incomplete record: none may follow */
    char ended_file[MF_FSCK_NAME_MAX];
    uint64_t ended_at;
};

static void tell_at(struct journal_walk *w, uint64_t at, const char *what, const char *todo)
{
    mf_fsck_tell(
        w->f,
        &(struct finding){
            .file = w->segments.file, .unit = MF_AT_BYTE, .at = at, .what = what, .todo = todo});
}

static void compare_root(struct journal_walk *w, const char *file, uint64_t size, const char *what,
                         const uint8_t expected[static 32])
{
    uint8_t root[32];

    mf_compact_range_root(w->f->crypto, &w->range, root);
    if (memcmp(root, expected, sizeof root) != 0)
        mf_fsck_hash_fault(
            w->f,
            &(struct finding){
                .file = file, .unit = MF_AT_ENTRY, .at = size, .what = what, .todo = restore},
            expected, root);
}

/* Heads of this very size that were found elsewhere. */
static void compare_heads(struct journal_walk *w)
{
    for (size_t i = 0; i < w->f->head_count; i++) {
        struct signed_note *note = &w->f->heads[i];
        if (note->head.size != w->range.size || note->compared)
            continue;
        note->compared = true;
        compare_root(w, note->file, note->head.size,
                     "the journal's entries before this one do not lead to the signed root",
                     note->head.root);
    }
}

/* The entries before the first record are the public tree's; its checkpoint says whether. */
static void find_root(struct journal_walk *w, uint64_t first)
{
    struct fsck *f = w->f;

    if (first > 0 && !f->has_public)
        return;
    if (first > f->public.size) {
        mf_fsck_number_fault(f,
                             &(struct finding){.file = "public/checkpoint",
                                               .what = "covers fewer entries than the "
                                                       "journal begins behind",
                                               .todo = older},
                             first, f->public.size);
        return;
    }
    w->rooted = mf_fsck_range(f, first, &w->range, &f->base_problem);
}

/* The checkpoint of the commit before: of all entries before this record. */
static void check_note(struct journal_walk *w, uint64_t at, const struct journal_record *r)
{
    struct merkle_head head;
    struct err err = {0};
    uint64_t time_ms = 0;
    uint8_t root[32];

    if (r->checkpoint.n == 0)
        return;
    if (!mf_head_note_read(w->f->crypto, &w->f->key, r->checkpoint, &head, &time_ms, &err)) {
        tell_at(w, at, err.what, restore);
        return;
    }
    if (head.size > r->first_index) {
        tell_at(w, at, "its checkpoint covers entries that come later", restore);
        return;
    }
    if (head.size < r->first_index || !w->rooted)
        return;
    mf_compact_range_root(w->f->crypto, &w->range, root);
    if (memcmp(root, head.root, sizeof root) == 0)
        return;
    w->rooted = false;
    if (w->any)
        tell_at(w, at, "its checkpoint has another root than the entries before", restore);
    else
        mf_err_set(&w->f->base_problem, MF_ERR_FORMAT,
                   "the journal's first checkpoint has another root than the public tree");
}

static void add_entries(struct journal_walk *w, const struct journal_record *r, uint64_t at)
{
    const struct leaf_format *format = w->f->format;
    struct span payload = r->payload;
    uint64_t index = r->first_index;
    struct err err = {0};

    for (; payload.n > 0; index++) {
        struct span entry;
        uint8_t leaf[32];
        uint8_t key[32];
        if (!mf_journal_entry(&payload, &entry, &err) ||
            !format->reopen(format->state, w->f->crypto, entry, leaf, key, &err)) {
            w->rooted = false;
            mf_fsck_tell(w->f, &(struct finding){.file = w->segments.file,
                                                 .unit = MF_AT_ENTRY,
                                                 .at = index,
                                                 .what = err.what,
                                                 .todo = restore});
            return;
        }
        if (!w->rooted)
            continue;
        mf_compact_range_append(w->f->crypto, &w->range, leaf, NULL);
        compare_heads(w);
    }
    w->f->result->journal_entries += index - r->first_index;
    if (index - r->first_index != r->count) {
        w->rooted = false;
        tell_at(w, at, "the commit has another number of entries than it says", restore);
        return;
    }
    if (w->rooted)
        compare_root(w, w->segments.file, index,
                     "the commit of the entries before this one was written with "
                     "another root",
                     r->root);
}

static void check_place(struct journal_walk *w, const struct found_record *found, uint64_t at)
{
    const struct journal_record *r = &found->record;

    if (w->ended) {
        mf_fsck_tell(w->f, &(struct finding){.file = w->ended_file,
                                             .unit = MF_AT_BYTE,
                                             .at = w->ended_at,
                                             .what = "a damaged commit is followed by a valid one",
                                             .todo = restore});
        w->broken = true;
    }
    w->ended = false;
    if (!w->broken && w->any && memcmp(found->previous, w->segments.chain.previous, 32) != 0)
        tell_at(w, at, "the commit does not follow the one before", restore);
    if (w->any && r->first_index != w->next) {
        w->rooted = false;
        mf_fsck_number_fault(w->f,
                             &(struct finding){.file = w->segments.file,
                                               .unit = MF_AT_BYTE,
                                               .at = at,
                                               .what = "entries are missing before this commit",
                                               .todo = restore},
                             w->next, r->first_index);
    }
    if (r->time_ms < w->time_ms)
        tell_at(w, at, "the commit is older than the one before", restore);
    w->broken = false;
}

static void take_record(struct journal_walk *w, const struct found_record *found, uint64_t at)
{
    const struct journal_record *r = &found->record;
    struct fsck *f = w->f;

    if (r->first_index > (uint64_t)INT64_MAX - UINT32_MAX) {
        tell_at(w, at, "the commit begins at an index that no log has", restore);
        return;
    }
    check_place(w, found, at);
    if (!w->any) {
        f->journal_first = r->first_index;
        find_root(w, r->first_index);
    }
    check_note(w, at, r);
    w->any = true;
    add_entries(w, r, at);
    memcpy(w->segments.chain.previous, found->hash, 32);
    w->next = r->first_index + r->count;
    w->time_ms = r->time_ms > w->time_ms ? r->time_ms : w->time_ms;
    f->has_journal = true;
    f->journal_end = w->next > f->journal_end ? w->next : f->journal_end;
}

/* No record begins here: the end of the segment, or damage. False when reading it is over. */
static bool end_segment(struct journal_walk *w, enum record_state state, bool odd_format,
                        struct err *err)
{
    uint64_t at = w->segments.window.position;
    bool later = false;

    if (state == MF_RECORD_BAD && odd_format) {
        tell_at(w, at, "a commit of a format that is not known", "use the release that wrote it");
        return false;
    }
    if (!mf_fsck_segment_find_later(&w->segments, &later, err))
        return false;
    if (later) {
        tell_at(w, at, "a damaged commit is followed by a valid one", restore);
        w->broken = true;
        return true;
    }
    if (state == MF_RECORD_BAD && !w->ended) {
        w->ended = true;
        w->ended_at = at;
        memcpy(w->ended_file, w->segments.file, sizeof w->segments.file);
    }
    return false;
}

static bool read_segment(struct journal_walk *w, struct err *err)
{
    struct found_record found;
    enum record_state state = MF_RECORD_NONE;

    w->f->result->bytes += w->segments.window.size;
    while (w->segments.window.position < w->segments.window.size) {
        uint64_t at = w->segments.window.position;
        if (!mf_fsck_segment_look(&w->segments, &found, &state, err))
            return false;
        if (state != MF_RECORD_GOOD) {
            if (!end_segment(w, state, found.odd_format, err))
                return err->code == MF_OK;
            continue;
        }
        take_record(w, &found, at);
        uint64_t next = mf_journal_aligned(at + found.size);
        mf_window_skip(&w->segments.window,
                       (next < w->segments.window.size ? next : w->segments.window.size) - at);
    }
    return true;
}

/* The newest segment that begins a chain supersedes all before it. */
static size_t find_base(struct journal_walk *w)
{
    static const uint8_t start[32] = {0};
    struct found_record found;
    enum record_state state = MF_RECORD_NONE;

    for (size_t i = w->segments.count; i > 0; i--) {
        struct err ignored = {0};
        if (mf_fsck_segment_open(&w->segments, w->segments.generations[i - 1], &ignored) &&
            mf_fsck_segment_look(&w->segments, &found, &state, &ignored) &&
            state == MF_RECORD_GOOD && memcmp(found.previous, start, sizeof start) == 0)
            return i - 1;
    }
    return 0;
}

static void tell_incomplete(struct journal_walk *w)
{
    if (w->ended)
        mf_fsck_tell(w->f,
                     &(struct finding){.kind = MF_FINDING_NOTE,
                                       .file = w->ended_file,
                                       .unit = MF_AT_BYTE,
                                       .at = w->ended_at,
                                       .what = "the last commit is incomplete, so it was "
                                               "never acknowledged; the next start drops it"});
}

/* What the last commits hold is public as well: the public tree says so when it was read. */
static void keep_end(struct journal_walk *w)
{
    struct signed_note *end = &w->f->heads[w->f->head_count];

    if (!w->rooted || !w->any || w->range.size >= w->f->public.size)
        return;
    *end = (struct signed_note){.file = "state/journal",
                                .what = "the journal's entries before this one are not those of "
                                        "the public tree",
                                .head.size = w->range.size};
    mf_compact_range_root(w->f->crypto, &w->range, end->head.root);
    w->f->head_count++;
}

static void walk_segments(struct journal_walk *w)
{
    for (size_t i = find_base(w); i < w->segments.count; i++) {
        struct err err = {0};
        if (mf_fsck_segment_open(&w->segments, w->segments.generations[i], &err) &&
            read_segment(w, &err))
            continue;
        mf_fsck_error(w->f, w->segments.file, &err, restore);
        w->broken = true;
    }
    tell_incomplete(w);
    keep_end(w);
}

void mf_fsck_journal(struct fsck *f)
{
    struct journal_walk *w = mf_array_new(1, sizeof *w);
    struct err err = {0};

    if (w == NULL) {
        mf_fsck_fault(f, "state/journal", "could not be read: no memory", NULL);
        return;
    }
    w->f = f;
    w->segments.dir_fd = f->dir_fd;
    w->segments.crypto = f->crypto;
    w->segments.window.fd = -1;
    memcpy(w->segments.log_id, f->key.log_id, sizeof w->segments.log_id);
    if (mf_fsck_segment_list(&w->segments, &err))
        walk_segments(w);
    else
        mf_fsck_error(f, "state/journal", &err, restore);
    mf_window_done(&w->segments.window);
    free(w);
}
