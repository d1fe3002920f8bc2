/* Reading the journal back: what was acknowledged, or a refusal. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transparency/engine/journal_parts.h"

static const uint8_t chain_start[32] = {0};

static int compare_segments(const void *a, const void *b)
{
    const struct segment *x = a;
    const struct segment *y = b;
    return x->generation < y->generation ? -1 : x->generation > y->generation;
}

bool mf_journal_list(struct journal *j, struct err *err)
{
    DIR *dir = opendir(j->path);
    struct dirent *entry = NULL;
    unsigned long long generation = 0;
    char expected[MF_SEGMENT_NAME_MAX];
    bool fits = true;

    if (dir == NULL) {
        mf_err_sys(err, "cannot read");
        return mf_err_at(err, "%s", j->path);
    }
    while (fits && (entry = readdir(dir)) != NULL) {
        if (sscanf(entry->d_name, "%16llx.journal", &generation) != 1)
            continue;
        mf_segment_name(generation, expected);
        if (strcmp(expected, entry->d_name) != 0)
            continue;
        fits = j->count < MF_SEGMENTS_MAX;
        if (fits)
            j->segments[j->count++] = (struct segment){.generation = generation};
    }
    closedir(dir);
    if (!fits)
        return mf_err_set(err, MF_ERR_LIMIT, "more than %d segments in %s", MF_SEGMENTS_MAX,
                          j->path);
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

struct mapping {
    void *p;
    size_t n;
};

static void mapping_done(struct mapping *m)
{
    if (m->p != NULL)
        munmap(m->p, m->n);
    *m = (struct mapping){NULL, 0};
}

static bool map_segment(const struct journal *j, uint64_t generation, struct mapping *out,
                        struct err *err)
{
    char name[MF_SEGMENT_NAME_MAX];
    char path[PATH_MAX];
    struct stat st;

    mf_segment_name(generation, name);
    if (!mf_segment_path(j, name, path, err))
        return false;
    MF_SCOPED(mf_fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        mf_err_sys(err, "cannot open");
        return mf_err_at(err, "%s", path);
    }
    if (st.st_size == 0)
        return true;
    void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (p == MAP_FAILED) {
        mf_err_sys(err, "cannot read");
        return mf_err_at(err, "%s", path);
    }
    *out = (struct mapping){p, (size_t)st.st_size};
    return true;
}

static bool at_segment(const struct journal *j, uint64_t generation, struct err *err)
{
    return mf_err_at(err, "%s/%016llx.journal", j->path, (unsigned long long)generation);
}

static struct span bytes_of(const struct mapping *m)
{
    return (struct span){m->p, m->n};
}

struct scan {
    struct crypto *c;
    struct journal *j;
    const struct journal_reader *reader;
    struct record_chain chain;
    bool any;   /* a record was read */
    bool ended; /* a bad record: nothing may follow */
    uint64_t dropped;
};

/* Does anything valid of this segment begin behind a bad record? */
static bool has_later_record(struct scan *s, struct span rest)
{
    struct journal_record r;
    uint8_t previous[32];
    uint8_t hash[32];
    size_t size = 0;

    for (size_t i = MF_JOURNAL_ALIGN; i + MF_JOURNAL_HEAD_LEN <= rest.n; i += MF_JOURNAL_ALIGN)
        if (mf_journal_record_read(s->c, &s->chain, mf_span_from(rest, i), &r, previous, hash,
                                   &size) == MF_RECORD_GOOD)
            return true;
    return false;
}

/* No more good records in this segment: is that an end, or damage? */
static bool end_segment(struct scan *s, enum record_state state, struct span rest, uint64_t at,
                        struct err *err)
{
    if (has_later_record(s, rest))
        return damaged(err, at);
    if (state == MF_RECORD_NONE)
        return true;
    /* The head of a record lies in one sector: it is all there or not at all. */
    if (mf_be32(rest.p + 4) != s->chain.format)
        return mf_journal_unknown_format(rest, err);
    s->ended = true;
    s->dropped += rest.n;
    return true;
}

static bool read_head(struct scan *s, const struct segment *seg, struct span bytes, size_t *first,
                      struct err *err)
{
    s->chain.generation = seg->generation;
    return mf_journal_head_read(s->c, s->j->params.log_id, bytes, &s->chain, first, err);
}

static bool scan_bytes(struct scan *s, struct segment *seg, struct span bytes, struct err *err)
{
    struct journal_record r;
    uint8_t previous[32];
    uint8_t hash[32];
    size_t at = 0;

    if (!read_head(s, seg, bytes, &at, err))
        return false;
    while (at < bytes.n) {
        size_t size = 0;
        struct span rest = mf_span_from(bytes, at);
        enum record_state state = mf_journal_record_read(s->c, &s->chain, rest, &r, previous, hash,
                                                         &size);
        if (state != MF_RECORD_GOOD)
            return end_segment(s, state, rest, at, err);
        if (s->ended || (s->any && memcmp(previous, s->chain.previous, 32) != 0))
            return damaged(err, at);
        memcpy(s->chain.previous, hash, 32);
        s->any = true;
        if (!s->reader->record(s->reader->state, s->j, &r, err))
            return false;
        seg->end_index = r.first_index + r.count;
        at = (size_t)mf_journal_aligned(at + size);
    }
    return true;
}

static bool begins_chain(struct scan *s, const struct segment *seg, struct span bytes, bool *begins,
                         struct err *err)
{
    struct journal_record r;
    uint8_t previous[32];
    uint8_t hash[32];
    size_t size = 0;
    size_t first = 0;

    if (!read_head(s, seg, bytes, &first, err))
        return false;
    *begins = mf_journal_record_read(s->c, &s->chain, mf_span_from(bytes, first), &r, previous,
                                     hash, &size) == MF_RECORD_GOOD &&
              memcmp(previous, chain_start, 32) == 0;
    return true;
}

/* The newest segment that begins a chain supersedes all before it. */
static bool find_base(struct scan *s, size_t count, size_t *base, struct err *err)
{
    bool found = false;

    for (*base = count; *base > 0 && !found; --*base) {
        MF_SCOPED(mapping_done) struct mapping m = {NULL, 0};
        const struct segment *seg = &s->j->segments[*base - 1];
        if (!map_segment(s->j, seg->generation, &m, err))
            return false;
        if (!begins_chain(s, seg, bytes_of(&m), &found, err))
            return at_segment(s->j, seg->generation, err);
    }
    return true;
}

bool mf_journal_scan(struct crypto *c, struct journal *j, size_t count,
                     const struct journal_reader *reader, uint64_t *dropped, struct err *err)
{
    struct scan s = {.c = c, .j = j, .reader = reader};
    size_t base = 0;

    if (!find_base(&s, count, &base, err))
        return false;
    for (size_t i = base; i < count; i++) {
        MF_SCOPED(mapping_done) struct mapping m = {NULL, 0};
        uint64_t generation = j->segments[i].generation;
        if (!map_segment(j, generation, &m, err))
            return false;
        if (!scan_bytes(&s, &j->segments[i], bytes_of(&m), err))
            return at_segment(j, generation, err);
    }
    *dropped = s.dropped;
    return true;
}
