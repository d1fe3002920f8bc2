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

static bool full(struct err *err)
{
    mf_err_set(err, MF_ERR_UNAVAILABLE, "the disk is full");
    return mf_err_hint(err, "free some space; writing goes on by itself");
}

static bool reserve(int fd, size_t size, struct err *err)
{
    int failed = posix_fallocate(fd, 0, (off_t)size);

    if (failed == 0)
        return true;
    errno = failed;
    return failed == ENOSPC || failed == EDQUOT
               ? full(err)
               : mf_err_sys(err, "cannot reserve a journal segment");
}

/* A released file is renamed and used again: its old records have another generation. */
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
        return mf_err_sys(err, "cannot recycle a journal segment");
    j->spare_count--;
    return true;
}

static bool open_segment(struct journal *j, uint64_t generation, int *fd, struct err *err)
{
    char name[MF_SEGMENT_NAME_MAX];
    char path[PATH_MAX];

    mf_segment_name(generation, name);
    if (!mf_segment_path(j, j->settled ? name : unsettled_name, path, err) ||
        !take_spare(j, path, err))
        return false;
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | (j->settled ? 0 : O_TRUNC);
    MF_SCOPED(mf_fd_done) int opened = open(path, flags, 0600);
    if (opened < 0)
        return errno == ENOSPC || errno == EDQUOT ? full(err)
                                                  : mf_err_sys(err, "cannot create %s", path);
    if (j->settled && !reserve(opened, j->params.segment_size, err)) {
        if (err->code == MF_ERR_UNAVAILABLE)
            (void)unlink(path);
        return false;
    }
    if (fsync(opened) != 0)
        return mf_err_sys(err, "cannot make %s durable", path);
    if (!mf_dir_sync(j->path, err))
        return false;
    *fd = opened;
    opened = -1;
    return true;
}

bool mf_journal_roll(struct journal *j, struct err *err)
{
    uint64_t generation = j->chain.generation + 1;
    int fd = -1;

    /* One place stays free for the segment that the next start settles in. */
    if (j->count >= MF_SEGMENTS_MAX - (j->settled ? 1 : 0))
        return mf_err_set(err, MF_ERR_UNAVAILABLE, "the public tree lags too far behind");
    if (!open_segment(j, generation, &fd, err))
        return false;
    mf_fd_done(&j->fd);
    j->fd = fd;
    j->offset = 0;
    j->reserved = j->params.segment_size;
    j->chain.generation = generation;
    j->segments[j->count++] = (struct segment){.generation = generation};
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
    memcpy(j->chain.log_id, params->log_id, 32);
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
    if (!mf_journal_roll(j, err) || !mf_journal_scan(c, j, old, reader, dropped, err))
        return false;
    *out = MF_MOVE(j);
    return true;
}

/* A disk that is full now must not keep the log from being read: then the next commit goes to
 * another segment, if there is one by then. */
static bool reserve_rest(struct journal *j, struct err *err)
{
    struct err no_room = {0};

    if (reserve(j->fd, j->params.segment_size, &no_room))
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
    if (fsync(j->fd) != 0)
        return mf_err_sys(err, "cannot make %s durable", from);
    if (rename(from, to) != 0)
        return mf_err_sys(err, "cannot rename %s", from);
    if (!mf_dir_sync(j->path, err))
        return false;
    j->settled = true;
    mf_journal_release(j, UINT64_MAX);
    return reserve_rest(j, err);
}

void mf_journal_free(struct journal **journal)
{
    if (*journal == NULL)
        return;
    mf_fd_done(&(*journal)->fd);
    mf_buf_done(&(*journal)->scratch);
    free(*journal);
    *journal = NULL;
}

/* The segment of a rewritten tail grows as it must: it takes its place in one step. */
static bool make_room(struct journal *j, size_t size, struct err *err)
{
    if (!j->settled || j->offset + size <= j->reserved)
        return true;
    if (size > j->params.segment_size)
        return mf_err_set(err, MF_ERR_LIMIT, "commit is larger than a segment");
    return mf_journal_roll(j, err);
}

bool mf_journal_append(struct crypto *c, struct journal *j, const struct journal_record *record,
                       struct journal_place *place, struct err *err)
{
    size_t size = mf_journal_record_size(record);
    uint8_t hash[32];

    if (!make_room(j, size, err))
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
    if (fd < 0)
        return mf_err_sys(err, "cannot open %s", path);
    if (!mf_pread_all(fd, out->p + out->n, n, place->offset, err))
        return mf_err_at(err, "%s", path);
    out->n += n;
    return true;
}

/* Oldest first, each out of the way before the next: after a crash at any moment the files that
 * have a segment's name are neighbours. */
static void set_aside(struct journal *j, uint64_t generation)
{
    char from[PATH_MAX];
    char to[PATH_MAX];
    char name[MF_SEGMENT_NAME_MAX];
    struct err ignored = {0};

    mf_segment_name(generation, name);
    if (!mf_segment_path(j, name, from, &ignored))
        return;
    mf_spare_name(j->spare_count, name);
    if (j->spare_count < MF_SPARES_MAX && mf_segment_path(j, name, to, &ignored) &&
        rename(from, to) == 0)
        j->spare_count++;
    else
        (void)unlink(from);
}

void mf_journal_release(struct journal *j, uint64_t size)
{
    size_t freed = 0;

    for (; freed + 1 < j->count && j->segments[freed].end_index <= size; freed++)
        set_aside(j, j->segments[freed].generation);
    if (freed == 0)
        return;
    j->count -= freed;
    memmove(j->segments, j->segments + freed, j->count * sizeof j->segments[0]);
}
