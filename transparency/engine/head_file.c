#include "transparency/engine/head_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"

/* Slots are written in turn: a torn write spares the other. */
enum { SLOT = MF_HEAD_FILE_SLOT, SLOTS = MF_HEAD_FILE_SLOTS };

struct head_file {
    int fd;
    unsigned next;
};

bool mf_head_file_open(const char *path, struct head_file **out, struct err *err)
{
    MF_SCOPED(mf_fd_done) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0) {
        mf_err_sys(err, "cannot open");
        return mf_err_at(err, "%s", path);
    }
    errno = posix_fallocate(fd, 0, (off_t)SLOT * SLOTS); /* a full disk is met here or never */
    if (errno == ENOSPC || errno == EDQUOT) {
        mf_err_set(err, MF_ERR_UNAVAILABLE, "the disk is full");
        return mf_err_at(err, "%s", path);
    }
    if (errno != 0) {
        mf_err_sys(err, "cannot reserve");
        return mf_err_at(err, "%s", path);
    }
    struct head_file *f = mf_array_new(1, sizeof *f);
    if (f == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the head file");
    f->fd = fd;
    fd = -1;
    *out = f;
    return true;
}

void mf_head_file_free(struct head_file **file)
{
    if (*file == NULL)
        return;
    (void)fdatasync((*file)->fd);
    mf_fd_done(&(*file)->fd);
    free(*file);
    *file = NULL;
}

/* u32 length | note | SHA-256 of both */
enum head_slot mf_head_file_slot(struct crypto *c, const uint8_t slot[static SLOT],
                                 struct span *note)
{
    size_t n = mf_be32(slot);
    uint8_t hash[32];

    if (n == 0)
        return MF_HEAD_SLOT_EMPTY;
    if (n > MF_HEAD_FILE_NOTE_MAX)
        return MF_HEAD_SLOT_DAMAGED;
    mf_sha256(c, (struct span){slot, 4 + n}, hash);
    if (memcmp(hash, slot + 4 + n, sizeof hash) != 0)
        return MF_HEAD_SLOT_DAMAGED;
    *note = (struct span){slot + 4, n};
    return MF_HEAD_SLOT_WHOLE;
}

bool mf_head_file_read(struct head_file *f, struct crypto *c, struct buf out[2], struct err *err)
{
    uint8_t slot[SLOT];
    struct span note;

    for (unsigned i = 0; i < SLOTS; i++) {
        out[i].max = MF_HEAD_FILE_NOTE_MAX;
        if (!mf_pread_all(f->fd, slot, sizeof slot, (uint64_t)i * SLOT, err))
            return false;
        if (mf_head_file_slot(c, slot, &note) == MF_HEAD_SLOT_WHOLE &&
            !mf_buf_append(&out[i], note, err))
            return false;
    }
    return true;
}

bool mf_head_file_write(struct head_file *f, struct crypto *c, struct span note, struct err *err)
{
    uint8_t slot[SLOT];

    if (note.n > MF_HEAD_FILE_NOTE_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "checkpoint is too long");
    mf_put_be32(slot, (uint32_t)note.n);
    memcpy(slot + 4, note.p, note.n);
    mf_sha256(c, (struct span){slot, 4 + note.n}, slot + 4 + note.n);
    if (!mf_pwrite_all(f->fd, (struct span){slot, 4 + note.n + 32},
                       (uint64_t)(f->next % SLOTS) * SLOT, err))
        return mf_err_at(err, "head file");
    f->next++;
    return true;
}
