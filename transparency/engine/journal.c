#include "transparency/engine/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "transparency/engine/journal_parts.h"

void mf_segment_name(uint64_t generation, char out[static MF_SEGMENT_NAME_MAX])
{
    int n = snprintf(out, MF_SEGMENT_NAME_MAX, "%016llx.journal", (unsigned long long)generation);
    if (n < 0)
        out[0] = '\0';
}

void mf_spare_name(size_t number, char out[static MF_SEGMENT_NAME_MAX])
{
    int n = snprintf(out, MF_SEGMENT_NAME_MAX, "spare-%zu.free", number);
    if (n < 0)
        out[0] = '\0';
}

bool mf_segment_path(const struct journal *j, const char *name, char out[static PATH_MAX],
                     struct err *err)
{
    return mf_path_join(j->path, name, out, PATH_MAX, err);
}

static const char unsettled_name[] = "settling.new";

/* Before anything was written: a full disk is waited out, as is a lack of descriptors. */
static bool failed(const struct journal *j, int number, size_t size, const char *doing,
                   struct err *err)
{
    errno = number;
    if (number != ENOSPC && number != EDQUOT) {
        mf_err_sys(err, "cannot %s", doing);
        return mf_err_at(err, "%s", j->path);
    }
    mf_err_set(err, MF_ERR_UNAVAILABLE, "the disk is full");
    mf_err_hint(err, "free some space; writing goes on by itself");
    return mf_err_at(err, "%s: %zu bytes more", j->path, size);
}

static bool reserve(const struct journal *j, int fd, uint64_t from, size_t size, struct err *err)
{
    int number = posix_fallocate(fd, (off_t)from, (off_t)size);

    return number == 0 || failed(j, number, size, "reserve a segment", err);
}

/* A released file is renamed and used again: its old records have another tag. */
static bool take_spare(struct journal *j, const char *path, struct err *err)
{
    char name[MF_SEGMENT_NAME_MAX];
    char spare[PATH_MAX];

    if (!j->settled || j->spare_count == 0)
        return true;
    mf_spare_name(j->spare_count - 1, name);
    if (!mf_segment_path(j, name, spare, err))
        return false;
    if (rename(spare, path) != 0)
        return failed(j, errno, j->params.segment_size, "recycle a segment", err);
    j->spare_count--;
    return true;
}

/* Its head is durable before anything else is in it. */
static bool begin_segment(struct crypto *c, const struct journal *j,
                          const struct record_chain *chain, int fd, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf head = {.max = MF_JOURNAL_ALIGN};
    size_t size = j->settled ? j->params.segment_size : (size_t)MF_JOURNAL_ALIGN;

    if (!reserve(j, fd, 0, size, err) ||
        !mf_journal_head_write(c, j->params.log_id, chain, &head, err) ||
        !mf_pwrite_all(fd, mf_buf_span(&head), 0, err))
        return false;
    if (fsync(fd) != 0)
        return mf_err_sys(err, "cannot make a segment durable");
    return mf_dir_sync(j->path, err);
}

static bool open_segment(struct crypto *c, const struct journal *j,
                         const struct record_chain *chain, const char *path, int *fd,
                         struct err *err)
{
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | (j->settled ? 0 : O_TRUNC);
    MF_SCOPED(mf_fd_done) int opened = open(path, flags, 0600);

    if (opened < 0)
        return failed(j, errno, j->params.segment_size, "create a segment", err);
    if (!begin_segment(c, j, chain, opened, err)) {
        if (err->code == MF_ERR_UNAVAILABLE)
            (void)unlink(path);
        return mf_err_at(err, "%s", path);
    }
    *fd = opened;
    opened = -1;
    return true;
}

bool mf_journal_roll(struct crypto *c, struct journal *j, struct err *err)
{
    struct record_chain chain = {.format = MF_JOURNAL_FORMAT,
                                 .generation = j->chain.generation + 1};
    char name[MF_SEGMENT_NAME_MAX];
    char path[PATH_MAX];
    int fd = -1;

    /* One place stays free for the segment that the next start settles in. */
    if (j->count >= MF_SEGMENTS_MAX - (j->settled ? 1 : 0))
        return mf_err_set(err, MF_ERR_UNAVAILABLE, "the public tree lags too far behind");
    memcpy(chain.previous, j->chain.previous, sizeof chain.previous);
    mf_segment_name(chain.generation, name);
    if (!mf_random(c, chain.tag, sizeof chain.tag, err) ||
        !mf_segment_path(j, j->settled ? name : unsettled_name, path, err) ||
        !take_spare(j, path, err) || !open_segment(c, j, &chain, path, &fd, err))
        return false;
    mf_fd_done(&j->fd);
    j->fd = fd;
    j->offset = MF_JOURNAL_ALIGN;
    j->reserved = j->params.segment_size;
    j->chain = chain;
    j->segments[j->count++] = (struct segment){.generation = chain.generation};
    return true;
}

/* Of an earlier run: nobody knows any more how many there are. */
static void drop_spares(const struct journal *j)
{
    char name[MF_SEGMENT_NAME_MAX];
    char path[PATH_MAX];
    struct err ignored = {0};

    for (size_t i = 0; i < MF_SPARES_MAX; i++) {
        mf_spare_name(i, name);
        if (mf_segment_path(j, name, path, &ignored))
            (void)unlink(path);
    }
}

bool mf_journal_open(struct crypto *c, const struct journal_params *params,
                     const struct journal_reader *reader, struct journal **out, uint64_t *dropped,
                     struct err *err)
{
    MF_SCOPED(mf_journal_free) struct journal *j = mf_array_new(1, sizeof *j);

    if (j == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the journal");
    j->fd = -1;
    j->params = *params;
    j->params.path = j->path;
    j->scratch.max = (size_t)MF_JOURNAL_PAYLOAD_MAX + 2 * (size_t)MF_JOURNAL_CHECKPOINT_MAX;
    int n = snprintf(j->path, sizeof j->path, "%s", params->path);
    if (n < 0 || (size_t)n >= sizeof j->path)
        return mf_err_set(err, MF_ERR_LIMIT, "path is too long");
    if (!mf_journal_list(j, err))
        return false;
    drop_spares(j);
    size_t old = j->count;
    j->chain.generation = old > 0 ? j->segments[old - 1].generation : 0;
    if (old == MF_SEGMENTS_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "no room for one more segment in %s", j->path);
    if (!mf_journal_roll(c, j, err) || !mf_journal_scan(c, j, old, reader, dropped, err))
        return false;
    *out = MF_MOVE(j);
    return true;
}

/* As a spare, when it is as large as a segment should be: a rewritten tail may be far larger. */
static bool keep_spare(struct journal *j, const char *from)
{
    char name[MF_SEGMENT_NAME_MAX];
    char to[PATH_MAX];
    struct stat st;
    struct err ignored = {0};

    mf_spare_name(j->spare_count, name);
    if (j->spare_count == MF_SPARES_MAX || stat(from, &st) != 0 ||
        (size_t)st.st_size != j->params.segment_size || !mf_segment_path(j, name, to, &ignored) ||
        rename(from, to) != 0)
        return false;
    j->spare_count++;
    return true;
}

/* Oldest first, each out of the way before the next: after a crash at any moment the files that
 * have a segment's name are neighbours. */
static void release(struct journal *j, uint64_t size, bool keep)
{
    char name[MF_SEGMENT_NAME_MAX];
    char path[PATH_MAX];
    struct err ignored = {0};
    size_t freed = 0;

    for (; freed + 1 < j->count && j->segments[freed].end_index <= size; freed++) {
        mf_segment_name(j->segments[freed].generation, name);
        if (mf_segment_path(j, name, path, &ignored) && (!keep || !keep_spare(j, path)))
            (void)unlink(path);
    }
    if (freed == 0)
        return;
    j->count -= freed;
    memmove(j->segments, j->segments + freed, j->count * sizeof j->segments[0]);
}

void mf_journal_release(struct journal *j, uint64_t size)
{
    release(j, size, true);
}

/* A disk that is full now must not keep the log from being read: then the next commit goes to
 * another segment, if there is one by then. */
static bool reserve_rest(struct journal *j, struct err *err)
{
    struct err no_room = {0};

    if (reserve(j, j->fd, 0, j->params.segment_size, &no_room))
        return true;
    j->reserved = j->offset;
    if (no_room.code == MF_ERR_UNAVAILABLE)
        return true;
    *err = no_room;
    return false;
}

bool mf_journal_settle(struct journal *j, struct err *err)
{
    char name[MF_SEGMENT_NAME_MAX];
    char from[PATH_MAX];
    char to[PATH_MAX];

    mf_segment_name(j->chain.generation, name);
    if (!mf_segment_path(j, unsettled_name, from, err) || !mf_segment_path(j, name, to, err))
        return false;
    if (fsync(j->fd) != 0) {
        mf_err_sys(err, "cannot make it durable");
        return mf_err_at(err, "%s", from);
    }
    if (rename(from, to) != 0) {
        mf_err_sys(err, "cannot rename");
        return mf_err_at(err, "%s", from);
    }
    if (!mf_dir_sync(j->path, err))
        return false;
    release(j, UINT64_MAX, false);
    j->settled = true;
    return reserve_rest(j, err);
}

void mf_journal_free(struct journal **journal)
{
    char path[PATH_MAX];
    struct err ignored = {0};

    if (*journal == NULL)
        return;
    if (!(*journal)->settled && mf_segment_path(*journal, unsettled_name, path, &ignored))
        (void)unlink(path); /* on a disk that is full it would only be in the way */
    mf_fd_done(&(*journal)->fd);
    mf_buf_done(&(*journal)->scratch);
    free(*journal);
    *journal = NULL;
}

/* The segment of a rewritten tail grows as it must: it takes its place in one step. */
static bool make_room(struct crypto *c, struct journal *j, size_t size, struct err *err)
{
    if (!j->settled)
        return reserve(j, j->fd, j->offset, size, err);
    if (j->offset + size <= j->reserved)
        return true;
    if (size > j->params.segment_size - MF_JOURNAL_ALIGN)
        return mf_err_set(err, MF_ERR_LIMIT, "commit is larger than a segment");
    return mf_journal_roll(c, j, err);
}

bool mf_journal_append(struct crypto *c, struct journal *j, const struct journal_record *record,
                       struct journal_place *place, struct err *err)
{
    size_t size = mf_journal_record_size(record);
    uint8_t hash[32];

    if (!make_room(c, j, size, err))
        return false;
    mf_buf_reset(&j->scratch);
    if (!mf_journal_record_write(c, &j->chain, record, &j->scratch, hash, err) ||
        !mf_pwrite_all(j->fd, mf_buf_span(&j->scratch), j->offset, err))
        return mf_err_at(err, "journal");
    if (j->settled && fdatasync(j->fd) != 0) {
        mf_err_sys(err, "cannot make a commit durable");
        return mf_err_at(err, "journal");
    }
    *place = (struct journal_place){
        .generation = j->chain.generation,
        .offset = j->offset + MF_JOURNAL_HEAD_LEN + record->checkpoint.n,
    };
    j->offset = mf_journal_aligned(j->offset + size);
    memcpy(j->chain.previous, hash, 32);
    j->segments[j->count - 1].end_index = record->first_index + record->count;
    return true;
}

bool mf_journal_read(const struct journal *j, const struct journal_place *place, size_t n,
                     struct buf *out, struct err *err)
{
    char name[MF_SEGMENT_NAME_MAX];
    char path[PATH_MAX];

    mf_segment_name(place->generation, name);
    if (!mf_segment_path(j, name, path, err) || !mf_buf_reserve(out, n, err))
        return false;
    MF_SCOPED(mf_fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        mf_err_sys(err, "cannot open");
        return mf_err_at(err, "%s", path);
    }
    if (!mf_pread_all(fd, out->p + out->n, n, place->offset, err))
        return mf_err_at(err, "%s", path);
    out->n += n;
    return true;
}
