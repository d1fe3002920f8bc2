#include "transparency/fsck/fsck_index.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/run/sandbox.h"
#include "transparency/fsck/fsck_files.h"
#include "transparency/storage/dedup_index.h"

static const char folder[] = "state/dedup";
static const char rebuild[] = "move the folder away: the next start builds the index again";

#ifdef __SANITIZE_THREAD__ /* in a fork it starts a thread of its own, at any time */
static const enum sandbox_profile confined = MF_SANDBOX_SERVER;
#else
static const enum sandbox_profile confined = MF_SANDBOX_SIGNER;
#endif

enum { WAIT_MS = 60 * 1000, FAULTS_MAX = 100, REPEATS_MAX = 100 };
enum lookup_state { LOOKUP_MISSING, LOOKUP_FOUND, LOOKUP_FAILED };

struct lookup {
    uint8_t state;
    uint64_t index;
};

struct greeting { /* what the reader says first; believed no more than the file is */
    uint8_t ok;
    uint64_t size, keys;
    char what[200];
};

struct request {
    uint64_t count;
    uint8_t keys[MF_TILE_WIDTH][32];
};

struct index_reader {
    pid_t pid;
    int fd;
    uint64_t size, keys;
    uint64_t firsts; /* entries that the index names as the first with their key */
    unsigned faults;
    unsigned repeats; /* that were read again */
};

/* False when the other end is gone, which must not end this one. */
static bool send_all(int fd, const void *bytes, size_t n)
{
    const uint8_t *p = bytes;

    while (n > 0) {
        ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

/* False at the end, or when nothing comes for a while. */
static bool take_all(int fd, void *bytes, size_t n, int wait_ms)
{
    uint8_t *p = bytes;

    while (n > 0) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int polled = poll(&ready, 1, wait_ms);
        if (polled < 0 && errno == EINTR)
            continue;
        ssize_t got = polled > 0 ? read(fd, p, n) : 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        p += got;
        n -= (size_t)got;
    }
    return true;
}

/* The process of its own. */
static void serve_look_ups(int fd, const char *path)
{
    MF_SCOPED(mf_dedup_index_free) struct dedup_index *index = NULL;
    struct greeting hello = {.ok = 0};
    struct request request;
    struct err err = {0};

    hello.ok = mf_sandbox_enter(MF_SANDBOX_SERVER, &err) &&
               mf_dedup_index_look(path, &index, &err) && mf_sandbox_enter(confined, &err) &&
               mf_dedup_index_count(index, &hello.keys, &err);
    if (hello.ok)
        hello.size = mf_dedup_index_size(index);
    memcpy(hello.what, err.what, sizeof hello.what - 1);
    if (!send_all(fd, &hello, sizeof hello) || !hello.ok)
        return;
    while (take_all(fd, &request, sizeof request, -1)) {
        struct lookup answers[MF_TILE_WIDTH] = {{0}};
        for (uint64_t i = 0; i < request.count && i < MF_TILE_WIDTH; i++) {
            struct err ignored = {0};
            bool found = false;
            bool ok = mf_dedup_index_get(index, request.keys[i], &answers[i].index, &found,
                                         &ignored);
            answers[i].state = !ok ? LOOKUP_FAILED : found ? LOOKUP_FOUND : LOOKUP_MISSING;
        }
        if (!send_all(fd, answers, sizeof answers))
            return;
    }
}

/* Whatever becomes of it, its end is told by us. */
static void be_silent(void)
{
    MF_SCOPED(mf_fd_done) int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (fd >= 0) {
        (void)dup2(fd, STDOUT_FILENO);
        (void)dup2(fd, STDERR_FILENO);
    }
}

static bool start_reader(struct fsck *f, struct index_reader *r, struct err *err)
{
    char path[PATH_MAX];
    int ends[2];

    if (!mf_log_dir_path(&f->dir, folder, path, sizeof path, err))
        return false;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return mf_err_sys(err, "cannot start a reader of the index");
    fflush(NULL);
    r->pid = fork();
    if (r->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        be_silent();
        serve_look_ups(ends[1], path);
        _exit(0);
    }
    close(ends[1]);
    r->fd = ends[0];
    return r->pid > 0 || mf_err_sys(err, "cannot start a reader of the index");
}

static int end_reader(struct index_reader **reader)
{
    struct index_reader *r = *reader;
    int status = 0;

    mf_fd_done(&r->fd);
    if (r->pid > 0) {
        (void)kill(r->pid, SIGKILL);
        while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
            continue;
    }
    free(r);
    *reader = NULL;
    return status;
}

static void tell_broken(struct fsck *f, const char *what)
{
    mf_fsck_fault(f, "state/dedup/data.mdb", what, rebuild);
}

/* It ended, or was ended: the file is not what LMDB makes. */
static void give_up(struct fsck *f)
{
    (void)end_reader(&f->index);
    tell_broken(f, "is no index that can be read to its end");
}

static void compare_size(struct fsck *f)
{
    const struct index_reader *r = f->index;

    if (!f->has_public || r->size <= f->public.size)
        return;
    mf_fsck_number_fault(f,
                         &(struct finding){.file = "public/checkpoint",
                                           .what = "covers fewer entries than the index of "
                                                   "duplicates: an older one was put back",
                                           .todo = "restore the newest checkpoint, or the whole "
                                                   "directory"},
                         r->size, f->public.size);
}

/* *there says whether there is an index to read. */
static bool is_there(struct fsck *f)
{
    MF_SCOPED(mf_fd_done) int fd = -1;
    struct err err = {0};
    uint64_t size = 0;

    bool there = mf_fsck_open(f->dir_fd, "state/dedup/data.mdb", UINT64_MAX, &fd, &size, &err);
    f->result->bytes += size;
    if (there && size >= 2 * (uint64_t)sysconf(_SC_PAGESIZE))
        return true;
    if (there)
        mf_fsck_note(f, "state/dedup/data.mdb",
                     "was hardly begun: the next start builds the index of duplicates again");
    else if (err.code == MF_ERR_NOT_FOUND)
        mf_fsck_note(f, folder, "is missing: the next start builds the index of duplicates again");
    else
        mf_fsck_error(f, "state/dedup/data.mdb", &err, rebuild);
    return false;
}

void mf_fsck_index_begin(struct fsck *f)
{
    struct greeting hello = {.ok = 0};
    struct err err = {0};

    if (!is_there(f))
        return;
    f->index = mf_array_new(1, sizeof *f->index);
    if (f->index == NULL) {
        tell_broken(f, "could not be read: no memory");
        return;
    }
    f->index->fd = -1;
    if (!start_reader(f, f->index, &err)) {
        (void)end_reader(&f->index);
        mf_fsck_error(f, folder, &err, NULL);
        return;
    }
    if (!take_all(f->index->fd, &hello, sizeof hello, WAIT_MS)) {
        give_up(f);
        return;
    }
    if (hello.ok != 1) {
        (void)end_reader(&f->index);
        hello.what[sizeof hello.what - 1] = '\0';
        mf_err_set(&err, MF_ERR_FORMAT, "%s", hello.what); /* escapes what must be */
        tell_broken(f, err.what);
        return;
    }
    f->index->size = hello.size;
    f->index->keys = hello.keys;
    compare_size(f);
}

static void tell_entry(struct fsck *f, uint64_t index, const struct lookup *answer)
{
    const struct finding at = {
        .file = "state/dedup/data.mdb",
        .unit = MF_AT_ENTRY,
        .at = index,
        .what = answer->state == LOOKUP_FAILED    ? "its key could not be looked up"
                : answer->state == LOOKUP_MISSING ? "its key is not in the index"
                                                  : "its key has the place of another entry",
        .todo = rebuild};

    f->index->faults++;
    if (answer->state == LOOKUP_FOUND)
        mf_fsck_number_fault(f, &at, index, answer->index);
    else
        mf_fsck_tell(f, &at);
}

/* A repeated entry has the place of the first one, which must be one with the same key. To read
 * that one costs up to a bundle, so a log of repeated entries has few of them read. The rest is
 * proven at the end: where the index has as many keys as first entries, each key is that of its own
 * place. */
static bool is_of_first(struct fsck *f, const uint8_t key[static 32], uint64_t first)
{
    struct err err = {0};
    uint8_t other[32];

    if (f->index->repeats == REPEATS_MAX)
        return true;
    f->index->repeats++;
    return mf_record_key(f, first, other, &err) && memcmp(other, key, sizeof other) == 0;
}

static void judge(struct fsck *f, const struct record_piece *piece, unsigned i,
                  const struct lookup *answer)
{
    uint64_t index = piece->tile.index * MF_TILE_WIDTH + i;

    if (answer->state == LOOKUP_FOUND && answer->index == index)
        f->index->firsts++;
    else if (answer->state != LOOKUP_FOUND || answer->index > index ||
             !is_of_first(f, piece->keys[i], answer->index))
        tell_entry(f, index, answer);
}

void mf_fsck_index_piece(struct fsck *f, const struct record_piece *piece,
                         const bool good[static MF_TILE_WIDTH])
{
    struct lookup answers[MF_TILE_WIDTH];
    struct request request = {.count = piece->count};

    if (f->index == NULL || piece->count == 0 ||
        piece->tile.index * MF_TILE_WIDTH >= f->index->size)
        return;
    memcpy(request.keys, piece->keys, (size_t)piece->count * 32);
    if (!send_all(f->index->fd, &request, sizeof request) ||
        !take_all(f->index->fd, answers, sizeof answers, WAIT_MS)) {
        give_up(f);
        return;
    }
    for (unsigned i = 0; i < piece->count; i++)
        if (good[i] && piece->tile.index * MF_TILE_WIDTH + i < f->index->size)
            judge(f, piece, i, &answers[i]);
    if (f->index->faults < FAULTS_MAX)
        return;
    (void)end_reader(&f->index);
    tell_broken(f, "has so many faults that no more of it was looked at");
}

void mf_fsck_index_end(struct fsck *f, bool whole)
{
    if (f->index == NULL)
        return;
    if (whole && f->has_public && f->index->size <= f->public.size && f->index->faults == 0 &&
        f->index->keys != f->index->firsts)
        mf_fsck_number_fault(f,
                             &(struct finding){.file = "state/dedup/data.mdb",
                                               .what = "has keys of no entry",
                                               .todo = rebuild},
                             f->index->firsts, f->index->keys);
    (void)end_reader(&f->index);
}
