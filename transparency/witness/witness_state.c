#include "transparency/witness/witness_state.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/codec/hex.h"
#include "transparency/note/checkpoint.h"
#include "transparency/note/cosignature.h"

static bool state_path(const struct witness_dir *dir, const char *hex, char *out, size_t cap,
                       struct err *err)
{
    char folder[PATH_MAX];

    return mf_path_join(dir->path, "state", folder, sizeof folder, err) &&
           mf_path_join(folder, hex, out, cap, err);
}

static bool write_state(const struct witness_dir *dir, const char *hex,
                        const struct witness_record *record, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_WITNESS_RECORD_MAX};
    char file[PATH_MAX];

    return mf_witness_record_format(record, &text, err) &&
           state_path(dir, hex, file, sizeof file, err) &&
           mf_file_write(file, mf_buf_span(&text), 0600, MF_FILE_REPLACE, err);
}

static bool write_anchor(const struct witness_dir *dir, const char *hex,
                         const struct witness_record *record, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_WITNESS_RECORD_MAX};
    char file[PATH_MAX];

    return mf_witness_record_format(record, &text, err) &&
           mf_path_join(dir->anchor, hex, file, sizeof file, err) &&
           mf_file_write(file, mf_buf_span(&text), 0600, MF_FILE_REPLACE, err);
}

bool mf_witness_remember(const struct witness_dir *dir, const char *hex,
                         const struct witness_record *record, struct err *err)
{
    return write_state(dir, hex, record, err) &&
           (dir->anchor[0] == '\0' || write_anchor(dir, hex, record, err));
}

bool mf_witness_keep_fork(const struct witness_dir *dir, const char *hex, struct span one,
                          struct span other, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 2 * MF_NOTE_MAX + 1};
    char file[PATH_MAX], kept[PATH_MAX];

    return mf_buf_append(&text, one, err) && mf_buf_append_byte(&text, '\n', err) &&
           mf_buf_append(&text, other, err) && state_path(dir, hex, file, sizeof file, err) &&
           mf_path_append(file, ".fork", kept, sizeof kept, err) &&
           mf_file_write(kept, mf_buf_span(&text), 0600, MF_FILE_CREATE, err);
}

/* What is on the disk counts only as far as the witness itself signed it. */
static bool read_note(struct crypto *c, const struct note_key *key, struct span origin,
                      struct span text, struct witness_memory *out, struct err *err)
{
    MF_SCOPED(mf_note_done) struct note note = {0};
    struct checkpoint checkpoint;
    bool is_ours = false;

    if (!mf_note_parse(text, &note, err) || !mf_cosignature_verify(c, key, &note, &is_ours, err))
        return false;
    if (!is_ours)
        return mf_err_set(err, MF_ERR_FORMAT, "no cosignature by %s+%08x", key->name, key->id);
    if (!mf_checkpoint_parse(note.text, &checkpoint, err))
        return false;
    if (!mf_span_eq(checkpoint.origin, origin))
        return mf_err_set(err, MF_ERR_FORMAT, "checkpoint is of the log %.*s",
                          MF_SPAN_ARG(checkpoint.origin));
    out->last.size = checkpoint.size;
    memcpy(out->last.root, checkpoint.root, sizeof out->last.root);
    return mf_buf_append(&out->note, text, err);
}

static bool read_record(struct crypto *c, const struct witness_dir *dir, struct span origin,
                        struct span text, struct witness_memory *out, struct err *err)
{
    struct witness_record record;

    if (!mf_witness_record_parse(text, &record, err))
        return false;
    if (!mf_span_eq(record.origin, origin))
        return mf_err_set(err, MF_ERR_FORMAT, "is of the log %.*s", MF_SPAN_ARG(record.origin));
    out->halted = record.halted;
    return record.note.n == 0 || read_note(c, &dir->key, origin, record.note, out, err);
}

/* *out is of the log and says so far that nothing was cosigned. */
static bool read_memory(struct crypto *c, const struct witness_dir *dir, struct span origin,
                        const char *file, struct witness_memory *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};

    if (!mf_file_read(file, MF_WITNESS_RECORD_MAX, &text, err))
        return mf_err_hint(err, "%s", mf_witness_gone);
    if (!read_record(c, dir, origin, mf_buf_span(&text), out, err)) {
        mf_err_as(err, MF_ERR_FORMAT);
        mf_err_at(err, "%s", file);
        return mf_err_hint(err, "%s", mf_witness_gone);
    }
    return true;
}

static struct witness_memory nothing_yet(void)
{
    struct witness_memory memory = {.note = {.max = MF_NOTE_MAX}};

    memcpy(memory.last.root, mf_merkle_hash_empty, sizeof memory.last.root);
    return memory;
}

/* What the anchor has seen, the folder must know. */
static bool hold_against(const struct witness_memory *anchor, const struct witness_memory *own,
                         struct err *err)
{
    if (anchor->last.size > own->last.size)
        mf_err_set(err, MF_ERR_FORMAT,
                   "size %" PRIu64 " is remembered, and %" PRIu64 " by the anchor", own->last.size,
                   anchor->last.size);
    else if (anchor->last.size == own->last.size &&
             memcmp(anchor->last.root, own->last.root, sizeof own->last.root) != 0)
        mf_err_set(err, MF_ERR_FORMAT, "another tree is remembered than by the anchor");
    else if (anchor->halted && !own->halted)
        mf_err_set(err, MF_ERR_FORMAT, "it is forgotten that this log is cosigned no more");
    else
        return true;
    return mf_err_hint(err, "an older copy of the directory was put back: copy the anchor's files, "
                            "all but 'witness', over those in its state/");
}

static bool check_anchor(struct crypto *c, const struct witness_dir *dir, struct span origin,
                         const struct witness_memory *own, struct err *err)
{
    MF_SCOPED(mf_witness_memory_done) struct witness_memory seen = nothing_yet();
    const struct witness_record record = {
        .origin = origin, .halted = own->halted, .note = mf_buf_span(&own->note)};
    char file[PATH_MAX];
    struct stat st;

    if (!mf_path_join(dir->anchor, own->hex, file, sizeof file, err))
        return false;
    /* Anything but "there is none", a link to nothing included, is no reason to begin anew. */
    bool is_new = lstat(file, &st) != 0;
    if (is_new && errno != ENOENT) {
        mf_err_sys(err, "cannot look at it");
        return mf_err_at(err, "%s", file);
    }
    if (!is_new &&
        (!read_memory(c, dir, origin, file, &seen, err) || !hold_against(&seen, own, err)))
        return false;
    bool is_behind = is_new || seen.last.size < own->last.size || own->halted != seen.halted;
    return !is_behind || write_anchor(dir, own->hex, &record, err);
}

static bool read_own(struct crypto *c, struct witness_dir *dir, struct span origin,
                     struct witness_memory *out, struct err *err)
{
    const struct witness_record nothing = {.origin = origin};
    bool known = mf_witness_dir_knows(dir, origin);
    char file[PATH_MAX];

    if (!state_path(dir, out->hex, file, sizeof file, err))
        return false;
    /* The anchor is asked later: it may know more. */
    if (!known && access(file, F_OK) != 0 && errno == ENOENT &&
        !write_state(dir, out->hex, &nothing, err))
        return false;
    return read_memory(c, dir, origin, file, out, err) &&
           (known || mf_witness_dir_learn(dir, origin, err));
}

bool mf_witness_recall(struct crypto *c, struct witness_dir *dir, struct span origin,
                       struct witness_memory *out, struct err *err)
{
    struct witness_memory memory = nothing_yet();
    uint8_t hash[MF_SHA256_LEN];

    mf_sha256(c, origin, hash);
    mf_hex_encode(MF_SPAN_OF(hash), memory.hex);
    if (!read_own(c, dir, origin, &memory, err) ||
        (dir->anchor[0] != '\0' && !check_anchor(c, dir, origin, &memory, err))) {
        mf_witness_memory_done(&memory);
        return false;
    }
    *out = memory;
    return true;
}

void mf_witness_memory_done(struct witness_memory *memory)
{
    mf_buf_done(&memory->note);
}
