#include "transparency/engine/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "transparency/engine/journal_record.h"

enum { SEGMENTS_MAX = 1024, FILE_MAX = 1024 * 1024 * 1024 };

struct segment {
    uint64_t generation; /* also its name, in 16 hex digits */
    uint64_t end_index;  /* leaves up to which its records go */
};

struct journal {
    struct journal_params params;
    char path[PATH_MAX];
    struct record_chain chain;
    struct segment segments[SEGMENTS_MAX]; /* oldest first; the last is written to */
    size_t count;
    char spare[32]; /* name of a released file, "" for none */
    int fd;
    uint64_t offset;
    bool settled; /* false while the new segment still has its temporary name */
    struct buf scratch;
};

static void segment_name(uint64_t generation, char out[static 32])
{
    int n = snprintf(out, 32, "%016llx.journal", (unsigned long long)generation);
    if (n < 0)
        out[0] = '\0';
}

static void unsettled_name(uint64_t generation, char out[static 32])
{
    int n = snprintf(out, 32, "%016llx.new", (unsigned long long)generation);
    if (n < 0)
        out[0] = '\0';
}

static bool full_path(const struct journal *j, const char *name, char out[static PATH_MAX],
                      struct err *err)
{
    return mf_path_join(j->path, name, out, PATH_MAX, err);
}

static int compare_segments(const void *a, const void *b)
{
    const struct segment *x = a;
    const struct segment *y = b;
    return x->generation < y->generation ? -1 : x->generation > y->generation;
}

static bool list_segments(struct journal *j, struct err *err)
{
    DIR *dir = opendir(j->path);
    struct dirent *entry = NULL;
    unsigned long long generation = 0;
    char expected[32];

    if (dir == NULL)
        return mf_err_sys(err, "cannot read %s", j->path);
    while ((entry = readdir(dir)) != NULL) {
        if (sscanf(entry->d_name, "%16llx.journal", &generation) != 1)
            continue;
        segment_name(generation, expected);
        if (strcmp(expected, entry->d_name) != 0 || j->count == SEGMENTS_MAX)
            continue;
        j->segments[j->count++] = (struct segment){.generation = generation};
    }
    closedir(dir);
    qsort(j->segments, j->count, sizeof j->segments[0], compare_segments);
    return true;
}

static bool damaged(struct err *err, uint64_t offset)
{
    mf_err_set(err, MF_ERR_FORMAT, "a damaged commit at byte %llu is followed by a valid one",
               (unsigned long long)offset);
    return mf_err_hint(err, "something acknowledged was lost on this disk: restore the directory "
                            "from a backup, do not delete the file");
}

/* Does anything valid of this generation begin behind a bad record? */
static bool has_later_record(struct crypto *c, const struct record_chain *chain, struct span rest)
{
    struct journal_record r;
    uint8_t previous[32];
    uint8_t hash[32];
    size_t size = 0;

    for (size_t i = 1; i + MF_JOURNAL_HEAD_LEN <= rest.n; i++) {
        const uint8_t *m = memchr(rest.p + i, 'M', rest.n - i);
        if (m == NULL)
            return false;
        i = (size_t)(m - rest.p);
        if (mf_journal_record_read(c, chain, mf_span_from(rest, i), &r, previous, hash, &size) ==
            MF_RECORD_GOOD)
            return true;
    }
    return false;
}

struct scan {
    struct crypto *c;
    struct journal *j;
    const struct journal_reader *reader;
    bool any;   /* a record was read */
    bool ended; /* a bad record: nothing may follow */
    uint64_t dropped;
};

static bool scan_bytes(struct scan *s, struct segment *seg, struct span bytes, uint64_t *end,
                       struct err *err)
{
    struct record_chain chain = s->j->chain;
    struct journal_record r;
    uint8_t previous[32];
    uint8_t hash[32];
    size_t at = 0;

    chain.generation = seg->generation;
    for (;;) {
        size_t size = 0;
        struct span rest = mf_span_from(bytes, at);
        enum record_state state = mf_journal_record_read(s->c, &chain, rest, &r, previous, hash,
                                                         &size);
        if (state != MF_RECORD_GOOD) {
            if (has_later_record(s->c, &chain, rest))
                return damaged(err, at);
            s->ended = s->ended || state == MF_RECORD_BAD;
            s->dropped += state == MF_RECORD_BAD ? rest.n : 0;
            break;
        }
        if (s->ended || (s->any && memcmp(previous, s->j->chain.previous, 32) != 0))
            return damaged(err, at);
        memcpy(s->j->chain.previous, hash, 32);
        s->any = true;
        if (!s->reader->record(s->reader->state, &r, err))
            return false;
        seg->end_index = r.first_index + r.count;
        at += size;
    }
    *end = at;
    return true;
}

static bool scan_segment(struct scan *s, struct segment *seg, uint64_t *end, struct err *err)
{
    char name[32];
    char path[PATH_MAX];
    struct stat st;

    segment_name(seg->generation, name);
    if (!full_path(s->j, name, path, err))
        return false;
    MF_SCOPED(mf_fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        return mf_err_sys(err, "cannot open %s", path);
    *end = 0;
    if (st.st_size == 0)
        return true;
    size_t n = (size_t)st.st_size;
    void *map = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return mf_err_sys(err, "cannot read %s", path);
    bool ok = scan_bytes(s, seg, (struct span){map, n}, end, err);
    munmap(map, n);
    return ok || mf_err_at(err, "%s", path);
}

static bool reserve(int fd, size_t size, struct err *err)
{
    int failed = posix_fallocate(fd, 0, (off_t)size);

    if (failed == 0)
        return true;
    errno = failed;
    if (failed != ENOSPC && failed != EDQUOT)
        return mf_err_sys(err, "cannot reserve a journal segment");
    mf_err_set(err, MF_ERR_UNAVAILABLE, "the disk is full");
    return mf_err_hint(err, "free some space; writing goes on by itself");
}

/* A released file is renamed and used again: its old records have another generation. */
static bool open_segment(struct journal *j, uint64_t generation, int *fd, struct err *err)
{
    char name[32];
    char path[PATH_MAX];
    char spare[PATH_MAX];

    if (j->settled)
        segment_name(generation, name);
    else
        unsettled_name(generation, name);
    if (!full_path(j, name, path, err))
        return false;
    if (j->spare[0] != '\0') {
        if (!full_path(j, j->spare, spare, err))
            return false;
        if (rename(spare, path) != 0)
            return mf_err_sys(err, "cannot recycle a journal segment");
        j->spare[0] = '\0';
    }
    int flags = O_RDWR | O_CREAT | O_CLOEXEC | (j->settled ? 0 : O_TRUNC);
    MF_SCOPED(mf_fd_done) int opened = open(path, flags, 0600);
    if (opened < 0) {
        if (errno == ENOSPC)
            return mf_err_set(err, MF_ERR_UNAVAILABLE, "the disk is full");
        return mf_err_sys(err, "cannot create %s", path);
    }
    if (!reserve(opened, j->params.segment_size, err)) {
        if (err->code == MF_ERR_UNAVAILABLE)
            (void)unlink(path);
        return false;
    }
    if (fsync(opened) != 0 || !mf_dir_sync(j->path, err))
        return err->code != MF_OK ? false : mf_err_sys(err, "cannot make %s durable", path);
    *fd = opened;
    opened = -1;
    return true;
}

static bool roll(struct journal *j, struct err *err)
{
    uint64_t generation = j->chain.generation + 1;
    int fd = -1;

    if (j->count == SEGMENTS_MAX)
        return mf_err_set(err, MF_ERR_UNAVAILABLE, "the public tree lags too far behind");
    if (!open_segment(j, generation, &fd, err))
        return false;
    mf_fd_done(&j->fd);
    j->fd = fd;
    j->offset = 0;
    j->chain.generation = generation;
    j->segments[j->count++] = (struct segment){.generation = generation};
    return true;
}

/* The newest segment that begins a chain supersedes all before it. */
static bool find_base(struct scan *s, size_t *base, struct err *err)
{
    struct record_chain chain = s->j->chain;
    static const uint8_t none[32] = {0};
    struct journal_record r;
    uint8_t previous[32];
    uint8_t hash[32];
    size_t size = 0;

    *base = 0;
    for (size_t i = s->j->count; i > 0; i--) {
        MF_SCOPED(mf_buf_done) struct buf bytes = {0};
        char name[32];
        char path[PATH_MAX];
        segment_name(s->j->segments[i - 1].generation, name);
        if (!full_path(s->j, name, path, err) || !mf_file_read(path, FILE_MAX, &bytes, err))
            return false;
        chain.generation = s->j->segments[i - 1].generation;
        if (mf_journal_record_read(s->c, &chain, mf_buf_span(&bytes), &r, previous, hash, &size) !=
                MF_RECORD_GOOD ||
            memcmp(previous, none, 32) != 0)
            continue;
        *base = i - 1;
        break;
    }
    return true;
}

static bool scan_all(struct scan *s, struct err *err)
{
    size_t base = 0;
    uint64_t end = 0;

    if (!list_segments(s->j, err) || !find_base(s, &base, err))
        return false;
    for (size_t i = base; i < s->j->count; i++)
        if (!scan_segment(s, &s->j->segments[i], &end, err))
            return false;
    return true;
}

bool mf_journal_open(struct crypto *c, const struct journal_params *params,
                     const struct journal_reader *reader, struct journal **out, uint64_t *dropped,
                     struct err *err)
{
    MF_SCOPED(mf_journal_free) struct journal *j = mf_array_new(1, sizeof *j);
    struct scan s = {.c = c, .j = j, .reader = reader};

    if (j == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the journal");
    j->fd = -1;
    j->params = *params;
    j->scratch.max = (size_t)MF_JOURNAL_PAYLOAD_MAX + 8192;
    memcpy(j->chain.log_id, params->log_id, 32);
    int n = snprintf(j->path, sizeof j->path, "%s", params->path);
    if (n < 0 || (size_t)n >= sizeof j->path)
        return mf_err_set(err, MF_ERR_LIMIT, "path is too long");
    if (!scan_all(&s, err))
        return false;
    *dropped = s.dropped;
    j->chain.generation = j->count > 0 ? j->segments[j->count - 1].generation : 0;
    memset(j->chain.previous, 0, 32);
    if (!roll(j, err))
        return false;
    *out = MF_MOVE(j);
    return true;
}

bool mf_journal_settle(struct journal *j, struct err *err)
{
    char name[32];
    char from[PATH_MAX];
    char to[PATH_MAX];

    unsettled_name(j->chain.generation, name);
    if (!full_path(j, name, from, err))
        return false;
    segment_name(j->chain.generation, name);
    if (!full_path(j, name, to, err))
        return false;
    if (rename(from, to) != 0)
        return mf_err_sys(err, "cannot rename %s", from);
    if (!mf_dir_sync(j->path, err))
        return false;
    j->settled = true;
    mf_journal_release(j, UINT64_MAX);
    return true;
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

bool mf_journal_append(struct crypto *c, struct journal *j, const struct journal_record *record,
                       struct err *err)
{
    size_t size = mf_journal_record_size(record);
    uint8_t hash[32];

    /* The segment of a rewritten tail grows as it must: it takes its place in one step. */
    if (j->settled && j->offset + size > j->params.segment_size) {
        if (size > j->params.segment_size)
            return mf_err_set(err, MF_ERR_LIMIT, "commit is larger than a segment");
        if (!roll(j, err))
            return false;
    }
    mf_buf_reset(&j->scratch);
    if (!mf_journal_record_write(c, &j->chain, record, &j->scratch, hash, err) ||
        !mf_pwrite_all(j->fd, mf_buf_span(&j->scratch), j->offset, err))
        return mf_err_at(err, "journal");
    if (fdatasync(j->fd) != 0) {
        mf_err_sys(err, "cannot make a commit durable");
        return mf_err_at(err, "journal");
    }
    j->offset += size;
    memcpy(j->chain.previous, hash, 32);
    j->segments[j->count - 1].end_index = record->first_index + record->count;
    return true;
}

void mf_journal_release(struct journal *j, uint64_t size)
{
    size_t freed = 0;
    char path[PATH_MAX];
    char name[32];
    struct err ignored = {0};

    while (freed + 1 < j->count && j->segments[freed].end_index <= size) {
        segment_name(j->segments[freed].generation, name);
        if (j->spare[0] == '\0')
            memcpy(j->spare, name, sizeof name);
        else if (full_path(j, name, path, &ignored))
            (void)unlink(path);
        freed++;
    }
    if (freed == 0)
        return;
    j->count -= freed;
    memmove(j->segments, j->segments + freed, j->count * sizeof j->segments[0]);
}
