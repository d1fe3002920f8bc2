#include "transparency/storage/log_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/codec/timestamp.h"

enum { FORMAT = 1, IDENTITY_MAX = 16 * 1024 };

static const char *const type_names[] = {"entries", "ct"};

const char *mf_log_type_name(enum log_type type)
{
    return type_names[type];
}

static bool write_identity(const char *path, enum log_type type, struct span origin,
                           const uint8_t log_id[static 32], struct span spki, struct instant now,
                           struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = IDENTITY_MAX};
    struct json_writer w = mf_json_pretty_writer(&text, err);
    char file[PATH_MAX];
    char when[MF_RFC3339_MAX];

    mf_rfc3339_write((struct instant){.s = now.s}, when);
    mf_json_begin_object(&w);
    mf_json_member_put_int(&w, "format", FORMAT);
    mf_json_member_put_cstr(&w, "type", type_names[type]);
    mf_json_member_put(&w, "origin", origin);
    mf_json_member_put_base64(&w, "logId", (struct span){log_id, 32});
    mf_json_member_put_base64(&w, "publicKey", spki);
    mf_json_member_put_cstr(&w, "created", when);
    mf_json_end_object(&w);
    return mf_json_written(&w) && mf_buf_append_byte(&text, '\n', err) &&
           mf_path_join(path, "identity.json", file, sizeof file, err) &&
           mf_file_write(file, mf_buf_span(&text), 0644, MF_FILE_CREATE, err);
}

bool mf_log_dir_create(const char *path, enum log_type type, struct span origin,
                       const uint8_t log_id[static 32], struct span spki, struct instant now,
                       struct err *err)
{
    char folder[PATH_MAX];
    static const struct {
        const char *name;
        mode_t mode;
    } folders[] = {
        {"state", 0700}, {"state/journal", 0700}, {"public", 0755}, {"public/issuer", 0755}};

    for (size_t i = 0; i < MF_LEN(folders); i++)
        if ((type == MF_LOG_CT || strcmp(folders[i].name, "public/issuer") != 0) &&
            (!mf_path_join(path, folders[i].name, folder, sizeof folder, err) ||
             !mf_dir_make(folder, folders[i].mode, err)))
            return false;
    return write_identity(path, type, origin, log_id, spki, now, err);
}

static bool read_members(const struct json_node *root, struct log_dir *d, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf id = {.max = 64};
    struct span type;
    struct span origin;
    int64_t format = 0;

    if (!mf_json_member_int64(root, "format", &format, err))
        return false;
    if (format != FORMAT) {
        mf_err_set(err, MF_ERR_FORMAT, "format %lld is not known", (long long)format);
        return mf_err_hint(err, "this release opens format %d", FORMAT);
    }
    d->spki.max = MF_SPKI_MAX;
    if (!mf_json_member_string(root, "type", &type, err) ||
        !mf_json_member_string(root, "origin", &origin, err) ||
        !mf_json_member_bytes(root, "logId", &id, err) ||
        !mf_json_member_bytes(root, "publicKey", &d->spki, err))
        return false;
    if (id.n != sizeof d->log_id || origin.n == 0 || origin.n > MF_ORIGIN_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "log ID or origin is of a wrong length");
    if (mf_span_is(type, "entries"))
        d->type = MF_LOG_ENTRIES;
    else if (mf_span_is(type, "ct"))
        d->type = MF_LOG_CT;
    else
        return mf_err_set(err, MF_ERR_FORMAT, "type '%.*s' is not known", MF_SPAN_ARG(type));
    memcpy(d->log_id, id.p, id.n);
    memcpy(d->origin, origin.p, origin.n);
    d->origin[origin.n] = '\0';
    return true;
}

/* No link, which could lead out of a directory from elsewhere. */
static bool read_no_link(const char *file, struct buf *out, struct err *err)
{
    MF_SCOPED(mf_fd_done) int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct stat st;

    out->max = IDENTITY_MAX;
    if (fd < 0 && errno == ELOOP)
        mf_err_set(err, MF_ERR_FORMAT, "is a symbolic link, and no links are followed");
    else if (fd < 0 || fstat(fd, &st) != 0)
        mf_err_sys(err, "cannot open");
    else if (!S_ISREG(st.st_mode) || st.st_size < 0 || st.st_size > IDENTITY_MAX)
        mf_err_set(err, MF_ERR_FORMAT, "is no regular file of %d bytes or less", IDENTITY_MAX);
    else if (mf_buf_reserve(out, (size_t)st.st_size, err) &&
             mf_pread_all(fd, out->p, (size_t)st.st_size, 0, err))
        out->n = (size_t)st.st_size;
    return err->code == MF_OK || mf_err_at(err, "%s", file);
}

static bool read_identity(struct log_dir *d, bool links, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    char file[PATH_MAX];

    if (!mf_log_dir_path(d, "identity.json", file, sizeof file, err))
        return false;
    if (!(links ? mf_file_read(file, IDENTITY_MAX, &text, err) : read_no_link(file, &text, err)))
        return mf_err_hint(err, "is this a log's directory, and is its disk mounted? "
                                "mayfly-log init makes one");
    return (mf_json_parse(mf_buf_span(&text), &mf_json_config_limits, &doc, err) &&
            read_members(mf_json_root(doc), d, err)) ||
           mf_err_at(err, "%s", file);
}

static bool take_lock(struct log_dir *d, int flags, struct err *err)
{
    char file[PATH_MAX];

    if (!mf_log_dir_path(d, "lock", file, sizeof file, err))
        return false;
    d->lock_fd = open(file, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
    if (d->lock_fd < 0 && errno == ENOENT && (flags & O_CREAT) == 0)
        return true;
    if (d->lock_fd < 0)
        return mf_err_sys(err, "cannot open %s", file);
    if (flock(d->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return mf_err_sys(err, "cannot lock %s", file);
        mf_err_set(err, MF_ERR_EXISTS, "another process has this log open");
        mf_err_at(err, "%s", d->path);
        return mf_err_hint(err, "stop it first; one directory has one process");
    }
    return true;
}

static bool open_dir(const char *path, bool lock, int flags, struct log_dir *out, struct err *err)
{
    MF_SCOPED(mf_log_dir_done) struct log_dir d = {.lock_fd = -1};
    int n = snprintf(d.path, sizeof d.path, "%s", path);

    if (n <= 0 || (size_t)n >= sizeof d.path)
        return mf_err_set(err, MF_ERR_LIMIT, "path is empty or too long");
    if (!read_identity(&d, (flags & O_CREAT) != 0, err) || (lock && !take_lock(&d, flags, err)))
        return false;
    *out = d;
    d = (struct log_dir){.lock_fd = -1};
    return true;
}

bool mf_log_dir_open(const char *path, struct log_dir *out, struct err *err)
{
    return open_dir(path, true, O_RDWR | O_CREAT, out, err);
}

bool mf_log_dir_look(const char *path, bool lock, struct log_dir *out, struct err *err)
{
    return open_dir(path, lock, O_RDONLY, out, err);
}

void mf_log_dir_done(struct log_dir *dir)
{
    mf_buf_done(&dir->spki);
    mf_fd_done(&dir->lock_fd);
}

bool mf_log_dir_path(const struct log_dir *dir, const char *name, char *out, size_t cap,
                     struct err *err)
{
    return mf_path_join(dir->path, name, out, cap, err);
}
