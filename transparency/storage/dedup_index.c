#include "transparency/storage/dedup_index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <lmdb.h>

#include "common/base/buf.h"
#include "common/base/file.h"

static const size_t map_size = (size_t)1 << 38; /* far above need: the file grows as it is used */
enum { LOCK_FILE = 16 * 1024 }; /* bytes: more than LMDB needs for as many readers as it lets in */
static const char size_key[] = "size";

struct dedup_index {
    MDB_env *env;
    MDB_dbi dbi;
    _Atomic uint64_t size;
};

/* Never worse than having to wait while LMDB still takes calls: nothing that was acknowledged is
 * here alone. A full disk that takes a part of a page is EIO to LMDB. */
static bool failed(struct err *err, int code, const char *what)
{
    static const int waits[] = {MDB_MAP_FULL, ENOSPC, EDQUOT, EIO, EMFILE, ENFILE};
    enum err_code as = MF_ERR_SYSTEM;

    for (size_t i = 0; i < MF_LEN(waits); i++)
        if (code == waits[i])
            as = MF_ERR_UNAVAILABLE;
    mf_err_set(err, as, "%s: %s", what, mdb_strerror(code));
    return mf_err_at(err, "dedup index");
}

static int read_size(struct dedup_index *d, MDB_txn *txn)
{
    MDB_val key = {sizeof size_key - 1, (void *)(uintptr_t)size_key};
    MDB_val value;
    int code = mdb_get(txn, d->dbi, &key, &value);

    if (code == MDB_NOTFOUND)
        return 0;
    if (code == 0 && value.mv_size == 8)
        atomic_store(&d->size, mf_be64(value.mv_data));
    return code;
}

static int open_env(struct dedup_index *d, const char *path, unsigned flags)
{
    int code = mdb_env_create(&d->env);

    if (code == 0)
        code = mdb_env_set_mapsize(d->env, map_size);
    if (code == 0) /* read transactions belong to calls, not to threads */
        code = mdb_env_open(d->env, path, MDB_NOTLS | MDB_NORDAHEAD | flags, 0600);
    return code;
}

static int read_first(struct dedup_index *d, unsigned flags, MDB_stat *stat)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(d->env, NULL, flags, &txn);

    if (code == 0)
        code = mdb_dbi_open(txn, NULL, 0, &d->dbi);
    if (code == 0)
        code = read_size(d, txn);
    if (code == 0)
        code = mdb_stat(txn, d->dbi, stat);
    if (code == 0)
        return mdb_txn_commit(txn);
    if (txn != NULL)
        mdb_txn_abort(txn);
    return code;
}

/* What a full disk or a kill can have left: an index without its first two pages was never begun,
 * and LMDB would not open it. The lock file is mapped, where a block that is not there yet and
 * cannot be had would end the process. */
static int prepare_files(const char *path)
{
    MF_SCOPED(mf_fd_done) int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    MF_SCOPED(mf_fd_done) int fd = -1;
    struct stat st;

    if (dir < 0)
        return errno;
    if (fstatat(dir, "data.mdb", &st, 0) == 0 && st.st_size < 2 * sysconf(_SC_PAGESIZE) &&
        unlinkat(dir, "data.mdb", 0) != 0)
        return errno;
    fd = openat(dir, "lock.mdb", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return fd < 0 ? errno : posix_fallocate(fd, 0, LOCK_FILE);
}

static int make_folder(const char *path)
{
    return mkdir(path, 0700) != 0 && errno != EEXIST ? errno : prepare_files(path);
}

static struct dedup_index *new_index(struct err *err)
{
    struct dedup_index *d = mf_array_new(1, sizeof *d);

    if (d == NULL)
        mf_err_set(err, MF_ERR_SYSTEM, "no memory for the dedup index");
    return d;
}

bool mf_dedup_index_open(const char *path, struct dedup_index **out, struct err *err)
{
    MF_SCOPED(mf_dedup_index_free) struct dedup_index *d = new_index(err);
    MDB_stat stat;

    if (d == NULL)
        return false;
    int code = make_folder(path);
    if (code == 0)
        code = open_env(d, path, 0);
    if (code == 0)
        code = read_first(d, 0, &stat);
    if (code != 0) {
        failed(err, code, path);
        if (err->code != MF_ERR_UNAVAILABLE)
            mf_err_hint(err, "it can be rebuilt: move the folder away and start again");
        return false;
    }
    *out = MF_MOVE(d);
    return true;
}

bool mf_dedup_index_look(const char *path, struct dedup_index **out, struct err *err)
{
    MF_SCOPED(mf_dedup_index_free) struct dedup_index *d = new_index(err);

    if (d == NULL)
        return false;
    int code = open_env(d, path, MDB_RDONLY | MDB_NOLOCK);
    if (code != 0)
        return failed(err, code, path);
    *out = MF_MOVE(d);
    return true;
}

bool mf_dedup_index_count(struct dedup_index *d, uint64_t *out, struct err *err)
{
    MDB_stat stat;
    int code = read_first(d, MDB_RDONLY, &stat);

    if (code != 0)
        return failed(err, code, "cannot read");
    *out = stat.ms_entries > 0 ? stat.ms_entries - 1 : 0; /* one says what size is covered */
    return true;
}

void mf_dedup_index_free(struct dedup_index **index)
{
    if (*index == NULL)
        return;
    if ((*index)->env != NULL)
        mdb_env_close((*index)->env);
    free(*index);
    *index = NULL;
}

uint64_t mf_dedup_index_size(const struct dedup_index *index)
{
    return atomic_load(&index->size);
}

bool mf_dedup_index_get(const struct dedup_index *d, const uint8_t key[static 32], uint64_t *out,
                        bool *found, struct err *err)
{
    MDB_val k = {32, (void *)(uintptr_t)key};
    MDB_val value;
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(d->env, NULL, MDB_RDONLY, &txn);

    if (code != 0)
        return failed(err, code, "cannot read");
    code = mdb_get(txn, d->dbi, &k, &value);
    *found = code == 0 && value.mv_size == 8;
    if (*found)
        *out = mf_be64(value.mv_data);
    mdb_txn_abort(txn);
    return code == 0 || code == MDB_NOTFOUND || failed(err, code, "cannot read");
}

static int put_all(struct dedup_index *d, MDB_txn *txn, const struct dedup_entry *entries,
                   size_t count, uint64_t size)
{
    uint8_t number[8];
    MDB_val value = {sizeof number, number};
    MDB_val name = {sizeof size_key - 1, (void *)(uintptr_t)size_key};

    for (size_t i = 0; i < count; i++) {
        MDB_val key = {32, (void *)(uintptr_t)entries[i].key};
        mf_put_be64(number, entries[i].index);
        MDB_val first = value; /* an existing value comes back through it */
        int code = mdb_put(txn, d->dbi, &key, &first, MDB_NOOVERWRITE);
        if (code != 0 && code != MDB_KEYEXIST)
            return code;
    }
    mf_put_be64(number, size);
    return mdb_put(txn, d->dbi, &name, &value, 0);
}

bool mf_dedup_index_add(struct dedup_index *d, const struct dedup_entry *entries, size_t count,
                        uint64_t size, struct err *err)
{
    MDB_txn *txn = NULL;
    int code = mdb_txn_begin(d->env, NULL, 0, &txn);

    if (code != 0)
        return failed(err, code, "cannot write");
    code = put_all(d, txn, entries, count, size);
    if (code != 0) {
        mdb_txn_abort(txn);
        return failed(err, code, "cannot write");
    }
    code = mdb_txn_commit(txn);
    if (code != 0)
        return failed(err, code, "cannot write");
    atomic_store(&d->size, size);
    return true;
}
