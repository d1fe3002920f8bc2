#include "transparency/witness/witness_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/codec/json.h"
#include "common/codec/timestamp.h"

enum { FORMAT = 1, IDENTITY_MAX = 16 * 1024, KNOWN_MAX = 1 << 20 }; /* bytes */

const char mf_witness_gone[] =
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
        return mf_err_hint(err, "%s", mf_witness_gone);
    d->known.max = KNOWN_MAX;
    return true;
}

/* What a killed process had not put in place yet. */
static bool sweep(const char *folder, struct err *err)
{
    char file[PATH_MAX];

    DIR *listing = opendir(folder);
    if (listing == NULL) {
        mf_err_sys(err, "cannot open %s", folder);
        return mf_err_hint(err, "%s", mf_witness_gone);
    }
    for (const struct dirent *e = readdir(listing); e != NULL; e = readdir(listing))
        if (strstr(e->d_name, ".tmp-") != NULL &&
            snprintf(file, sizeof file, "%s/%s", folder, e->d_name) < (int)sizeof file)
            unlink(file);
    closedir(listing);
    return true;
}

static bool is_empty(const char *folder)
{
    size_t entries = 0;

    DIR *listing = opendir(folder);
    if (listing == NULL)
        return false;
    while (readdir(listing) != NULL)
        entries++;
    closedir(listing);
    return entries <= 2; /* . and .. */
}

/* *had: the witness remembers that there is an anchor. */
static bool look_for_mark(const struct witness_dir *d, char *mark, size_t cap, bool *had,
                          struct err *err)
{
    struct stat st;

    if (!mf_path_join(d->path, "anchored", mark, cap, err))
        return false;
    *had = lstat(mark, &st) == 0;
    return *had || errno == ENOENT || mf_err_sys(err, "%s", mark);
}

/* A disk that is not mounted shows an empty folder: one is taken for the anchor only as long as the
 * witness has had none. */
static bool take_anchor(const struct witness_dir *d, const char *file, struct span vkey,
                        struct err *err)
{
    char mark[PATH_MAX];
    bool had = false;

    if (!look_for_mark(d, mark, sizeof mark, &had, err))
        return false;
    if (!had)
        return mf_file_write(file, vkey, 0600, MF_FILE_CREATE, err) &&
               mf_file_write(mark, vkey, 0600, MF_FILE_CREATE, err);
    mf_err_set(err, MF_ERR_FORMAT, "is empty, and this witness had an anchor");
    mf_err_at(err, "%s", d->anchor);
    return mf_err_hint(err, "is its disk mounted? To begin a new anchor remove %s", mark);
}

static bool remember_anchor(const struct witness_dir *d, struct span vkey, struct err *err)
{
    char mark[PATH_MAX];
    bool had = false;

    return look_for_mark(d, mark, sizeof mark, &had, err) &&
           (had || mf_file_write(mark, vkey, 0600, MF_FILE_CREATE, err));
}

/* A folder that bears no name is taken for a new anchor only when nothing is in it. */
static bool open_anchor(const struct witness_dir *d, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf vkey = {.max = MF_NOTE_VKEY_MAX + 1};
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    char file[PATH_MAX];

    if (!mf_note_key_format(&d->key, &vkey, err) || !mf_buf_append_byte(&vkey, '\n', err) ||
        !mf_path_join(d->anchor, "witness", file, sizeof file, err))
        return false;
    if (is_empty(d->anchor))
        return take_anchor(d, file, mf_buf_span(&vkey), err);
    if (!mf_file_read(file, MF_NOTE_VKEY_MAX, &text, err))
        return mf_err_hint(err,
                           "give an empty folder as anchor, or the one that was this witness's; "
                           "is its disk mounted?");
    if (!mf_span_eq(mf_buf_span(&text), mf_buf_span(&vkey))) {
        mf_err_set(err, MF_ERR_FORMAT, "is the anchor of another witness");
        return mf_err_at(err, "%s", d->anchor);
    }
    return remember_anchor(d, mf_buf_span(&vkey), err) && sweep(d->anchor, err);
}

bool mf_witness_dir_open(struct crypto *c, const char *path, const char *anchor,
                         struct witness_dir *out, struct err *err)
{
    MF_SCOPED(mf_witness_dir_done) struct witness_dir d = {.lock_fd = -1};
    char state[PATH_MAX];

    if (!mf_path_append(path, "", d.path, sizeof d.path, err) ||
        !mf_path_append(anchor, "", d.anchor, sizeof d.anchor, err) ||
        !mf_path_join(path, "state", state, sizeof state, err) || !read_identity(c, &d, err) ||
        !take_lock(&d, err) || !read_known(&d, err) || !sweep(state, err) ||
        (anchor[0] != '\0' && !open_anchor(&d, err)))
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

bool mf_witness_dir_knows(const struct witness_dir *dir, struct span origin)
{
    struct span rest = mf_buf_span(&dir->known), line;

    while (mf_span_line(&rest, &line))
        if (mf_span_eq(line, origin))
            return true;
    return false;
}

bool mf_witness_dir_learn(struct witness_dir *dir, struct span origin, struct err *err)
{
    char file[PATH_MAX];

    return mf_buf_append(&dir->known, origin, err) && mf_buf_append_byte(&dir->known, '\n', err) &&
           mf_path_join(dir->path, "known", file, sizeof file, err) &&
           mf_file_write(file, mf_buf_span(&dir->known), 0600, MF_FILE_REPLACE, err);
}
