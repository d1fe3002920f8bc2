#include "transparency/fsck/fsck_segment.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

enum { SEGMENT_MAX = MF_SEGMENTS_MAX }; /* times the usual size: of one that a start wrote */
enum { HEAD_LOOK = 2 * MF_JOURNAL_ALIGN };
enum { TRIES_MAX = 64 }; /* damaged records that are looked behind, in one file */

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static bool list_segments(struct segment_reader *r, DIR *dir, struct err *err)
{
    unsigned long long generation = 0;
    char expected[MF_SEGMENT_NAME_MAX];
    struct dirent *entry = NULL;

    while ((entry = readdir(dir)) != NULL) {
        if (sscanf(entry->d_name, "%16llx.journal", &generation) != 1)
            continue;
        mf_segment_name(generation, expected);
        if (strcmp(expected, entry->d_name) != 0)
            continue;
        if (r->count == MF_SEGMENTS_MAX)
            return mf_err_set(err, MF_ERR_LIMIT, "has more than %d segments", MF_SEGMENTS_MAX);
        r->generations[r->count++] = generation;
    }
    qsort(r->generations, r->count, sizeof r->generations[0], compare_numbers);
    return true;
}

bool mf_fsck_segment_list(struct segment_reader *r, struct err *err)
{
    int fd = openat(r->dir_fd, "state/journal", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0 && errno == EACCES)
        return mf_err_set(err, MF_ERR_DENIED, "cannot be read: permission denied");
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (dir == NULL) {
        mf_err_sys(err, "cannot be read");
        mf_fd_done(&fd);
        return false;
    }
    bool ok = list_segments(r, dir, err);
    closedir(dir);
    return ok;
}

/* Reserved, and never begun: zeros to its end. */
static bool pass_unused(struct segment_reader *r, struct err *err)
{
    static const uint8_t zeros[MF_JOURNAL_ALIGN] = {0};
    struct span bytes;

    for (; r->window.position < r->window.size; mf_window_skip(&r->window, bytes.n)) {
        if (!mf_window_look(&r->window, sizeof zeros, &bytes, err))
            return false;
        bytes.n = bytes.n < sizeof zeros ? bytes.n : sizeof zeros;
        if (memcmp(bytes.p, zeros, bytes.n) != 0)
            return mf_err_set(err, MF_ERR_FORMAT, "the head of this segment is damaged");
    }
    return true;
}

static bool read_head(struct segment_reader *r, struct err *err)
{
    static const uint8_t zeros[MF_JOURNAL_HEAD_LEN] = {0};
    struct span bytes;
    size_t first = 0;

    if (!mf_window_look(&r->window, HEAD_LOOK, &bytes, err))
        return false;
    bytes.n = bytes.n < HEAD_LOOK ? bytes.n : HEAD_LOOK;
    if (!mf_journal_head_read(r->crypto, r->log_id, bytes, &r->chain, &first, err))
        return false;
    if (first < bytes.n) {
        mf_window_skip(&r->window, first);
        return true;
    }
    if (bytes.n >= sizeof zeros && memcmp(bytes.p, zeros, sizeof zeros) != 0) {
        mf_window_skip(&r->window, r->window.size); /* of an earlier use of this file */
        return true;
    }
    return pass_unused(r, err);
}

bool mf_fsck_segment_open(struct segment_reader *r, uint64_t generation, struct err *err)
{
    char name[MF_SEGMENT_NAME_MAX];

    mf_segment_name(generation, name);
    if (snprintf(r->file, sizeof r->file, "state/journal/%s", name) < 0)
        return mf_err_set(err, MF_ERR_INTERNAL, "a name cannot be formatted");
    r->chain.generation = generation;
    return mf_window_open(&r->window, r->dir_fd, r->file,
                          (uint64_t)SEGMENT_MAX * MF_JOURNAL_SEGMENT, err) &&
           read_head(r, err);
}

bool mf_fsck_segment_look(struct segment_reader *r, struct found_record *out,
                          enum record_state *state, struct err *err)
{
    struct span bytes;

    if (!mf_window_look(&r->window, MF_JOURNAL_HEAD_LEN, &bytes, err))
        return false;
    size_t length = mf_journal_record_length(&r->chain, bytes);
    out->odd_format = length == 1 && mf_be32(bytes.p + 4) != r->chain.format;
    *state = length == 0 ? MF_RECORD_NONE : MF_RECORD_BAD;
    if (length <= 1)
        return true;
    if (!mf_window_look(&r->window, length, &bytes, err))
        return false;
    *state = mf_journal_record_read(r->crypto, &r->chain, bytes, &out->record, out->previous,
                                    out->hash, &out->size);
    return true;
}

bool mf_fsck_segment_find_later(struct segment_reader *r, bool *found, struct err *err)
{
    struct found_record record;
    enum record_state state = MF_RECORD_NONE;
    unsigned tries = 0;

    *found = false;
    while (r->window.size - r->window.position > MF_JOURNAL_ALIGN && tries < TRIES_MAX) {
        mf_window_skip(&r->window, MF_JOURNAL_ALIGN);
        if (!mf_fsck_segment_look(r, &record, &state, err))
            return false;
        *found = state == MF_RECORD_GOOD;
        if (*found)
            return true;
        tries += state == MF_RECORD_BAD;
    }
    return tries < TRIES_MAX ||
           mf_err_set(err, MF_ERR_LIMIT, "has more than %d damaged commits", TRIES_MAX);
}
