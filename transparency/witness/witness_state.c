#include "transparency/witness/witness_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/codec/timestamp.h"
#include "transparency/note/checkpoint.h"
#include "transparency/note/cosignature.h"

enum { FORMAT = 1, IDENTITY_MAX = 16 * 1024, KNOWN_MAX = 1 << 20 }; /* bytes */

static const char gone[] =
    "restore the directory as it was last; a witness that has forgotten what "
    "it cosigned must be begun anew under another name";

bool mf_witness_dir_create(const char *path, const struct note_key *key, struct instant now,
                           struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = IDENTITY_MAX};
    struct json_writer w = mf_json_pretty_writer(&text, err);
    char file[PATH_MAX], folder[PATH_MAX], known[PATH_MAX], when[MF_RFC3339_MAX];

    mf_rfc3339_write((struct instant){.s = now.s}, when);
    mf_json_begin_object(&w);
    mf_json_member_put_int(&w, "format", FORMAT);
    mf_json_member_put_cstr(&w, "type", "witness");
    mf_json_member_put(&w, "name", mf_note_key_name(key));
    mf_json_member_put_base64(&w, "publicKey", mf_public_key_spki(key->key));
    mf_json_member_put_cstr(&w, "created", when);
    mf_json_end_object(&w);
    return mf_json_written(&w) && mf_buf_append_byte(&text, '\n', err) &&
           mf_path_join(path, "state", folder, sizeof folder, err) &&
           mf_path_join(path, "known", known, sizeof known, err) &&
           mf_path_join(path, "identity.json", file, sizeof file, err) &&
           mf_dir_make(folder, 0700, err) &&
           mf_file_write(known, MF_SPAN(""), 0600, MF_FILE_CREATE, err) &&
           mf_file_write(file, mf_buf_span(&text), 0644, MF_FILE_CREATE, err);
}

static bool read_members(struct crypto *c, const struct json_node *root, struct note_key *out,
                         struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf spki = {.max = MF_SPKI_MAX};
    struct span name, type;
    int64_t format = 0;

    if (!mf_json_member_int64(root, "format", &format, err) ||
        !mf_json_member_string(root, "type", &type, err))
        return false;
    if (!mf_span_is(type, "witness"))
        return mf_err_set(err, MF_ERR_FORMAT, "type is '%.*s', not witness", MF_SPAN_ARG(type));
    if (format != FORMAT) {
        mf_err_set(err, MF_ERR_FORMAT, "format %lld is not known", (long long)format);
        return mf_err_hint(err, "this release opens format %d", FORMAT);
    }
    return mf_json_member_string(root, "name", &name, err) &&
           mf_json_member_bytes(root, "publicKey", &spki, err) &&
           mf_note_key_init(c, MF_NOTE_KEY_COSIGNER, name, mf_buf_span(&spki), out, err);
}

static bool read_identity(struct crypto *c, struct witness_dir *d, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    char file[PATH_MAX];

    if (!mf_path_join(d->path, "identity.json", file, sizeof file, err))
        return false;
    if (!mf_file_read(file, IDENTITY_MAX, &text, err))
        return mf_err_hint(err, "is this a witness's directory, and is its disk mounted? "
                                "mayfly-witness init makes one");
    return (mf_json_parse(mf_buf_span(&text), &mf_json_config_limits, &doc, err) &&
            read_members(c, mf_json_root(doc), &d->key, err)) ||
           mf_err_at(err, "%s", file);
}

static bool take_lock(struct witness_dir *d, struct err *err)
{
    char file[PATH_MAX];

    if (!mf_path_join(d->path, "lock", file, sizeof file, err))
        return false;
    d->lock_fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (d->lock_fd < 0)
        return mf_err_sys(err, "cannot open %s", file);
    if (flock(d->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return mf_err_sys(err, "cannot lock %s", file);
        mf_err_set(err, MF_ERR_EXISTS, "another process has this witness open");
        mf_err_at(err, "%s", d->path);
        return mf_err_hint(err, "stop it first; one directory has one process");
    }
    return true;
}

static bool read_known(struct witness_dir *d, struct err *err)
{
    char file[PATH_MAX];

    if (!mf_path_join(d->path, "known", file, sizeof file, err))
        return false;
    if (!mf_file_read(file, KNOWN_MAX, &d->known, err))
        return mf_err_hint(err, "%s", gone);
    d->known.max = KNOWN_MAX;
    return true;
}

/* What a killed process had not put in place yet. */
static bool sweep(const struct witness_dir *d, struct err *err)
{
    char folder[PATH_MAX], file[PATH_MAX];

    if (!mf_path_join(d->path, "state", folder, sizeof folder, err))
        return false;
    DIR *listing = opendir(folder);
    if (listing == NULL) {
        mf_err_sys(err, "cannot open %s", folder);
        return mf_err_hint(err, "%s", gone);
    }
    for (const struct dirent *e = readdir(listing); e != NULL; e = readdir(listing))
        if (strstr(e->d_name, ".tmp-") != NULL &&
            snprintf(file, sizeof file, "%s/%s", folder, e->d_name) < (int)sizeof file)
            unlink(file);
    closedir(listing);
    return true;
}

bool mf_witness_dir_open(struct crypto *c, const char *path, struct witness_dir *out,
                         struct err *err)
{
    MF_SCOPED(mf_witness_dir_done) struct witness_dir d = {.lock_fd = -1};

    if (!mf_path_append(path, "", d.path, sizeof d.path, err) || !read_identity(c, &d, err) ||
        !take_lock(&d, err) || !read_known(&d, err) || !sweep(&d, err))
        return false;
    *out = d;
    d = (struct witness_dir){.lock_fd = -1}; /* moved */
    return true;
}

void mf_witness_dir_done(struct witness_dir *dir)
{
    mf_note_key_done(&dir->key);
    mf_buf_done(&dir->known);
    mf_fd_done(&dir->lock_fd);
}

static bool is_known(const struct witness_dir *dir, struct span origin)
{
    struct span rest = mf_buf_span(&dir->known), line;

    while (mf_span_line(&rest, &line))
        if (mf_span_eq(line, origin))
            return true;
    return false;
}

static bool state_path(const struct witness_dir *dir, const char *hex, char *out, size_t cap,
                       struct err *err)
{
    char folder[PATH_MAX];

    return mf_path_join(dir->path, "state", folder, sizeof folder, err) &&
           mf_path_join(folder, hex, out, cap, err);
}

bool mf_witness_remember(const struct witness_dir *dir, const char *hex,
                         const struct witness_record *record, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_WITNESS_RECORD_MAX};
    char file[PATH_MAX];

    return mf_witness_record_format(record, &text, err) &&
           state_path(dir, hex, file, sizeof file, err) &&
           mf_file_write(file, mf_buf_span(&text), 0600, MF_FILE_REPLACE, err);
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

/* What is named there must have its file from now on. */
static bool make_known(struct witness_dir *dir, struct span origin, struct err *err)
{
    char file[PATH_MAX];

    return mf_buf_append(&dir->known, origin, err) && mf_buf_append_byte(&dir->known, '\n', err) &&
           mf_path_join(dir->path, "known", file, sizeof file, err) &&
           mf_file_write(file, mf_buf_span(&dir->known), 0600, MF_FILE_REPLACE, err);
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

static bool read_file(struct crypto *c, struct witness_dir *dir, struct span origin,
                      struct witness_memory *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    const struct witness_record nothing = {.origin = origin};
    bool known = is_known(dir, origin);
    char file[PATH_MAX];

    if (!state_path(dir, out->hex, file, sizeof file, err))
        return false;
    if (!known && access(file, F_OK) != 0 && errno == ENOENT &&
        !mf_witness_remember(dir, out->hex, &nothing, err))
        return false;
    if (!mf_file_read(file, MF_WITNESS_RECORD_MAX, &text, err))
        return mf_err_hint(err, "%s", gone);
    if (!read_record(c, dir, origin, mf_buf_span(&text), out, err)) {
        mf_err_as(err, MF_ERR_FORMAT);
        mf_err_at(err, "%s", file);
        return mf_err_hint(err, "%s", gone);
    }
    return known || make_known(dir, origin, err);
}

bool mf_witness_recall(struct crypto *c, struct witness_dir *dir, struct span origin,
                       struct witness_memory *out, struct err *err)
{
    struct witness_memory memory = {.note = {.max = MF_NOTE_MAX}};
    uint8_t hash[MF_SHA256_LEN];

    mf_sha256(c, origin, hash);
    mf_hex_encode(MF_SPAN_OF(hash), memory.hex);
    memcpy(memory.last.root, mf_merkle_hash_empty, sizeof memory.last.root);
    if (!read_file(c, dir, origin, &memory, err)) {
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
