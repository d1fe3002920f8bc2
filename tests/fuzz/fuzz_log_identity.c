/* An identity.json is refused with its place, or gives a name, an ID and a key of their lengths. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/support/fuzz.h"
#include "transparency/storage/log_dir.h"

static char folder[PATH_MAX], identity[PATH_MAX];

static void remove_folder(void)
{
    char lock[PATH_MAX];
    struct err err = {0};

    if (mf_path_join(folder, "lock", lock, sizeof lock, &err))
        (void)unlink(lock);
    (void)unlink(identity);
    (void)rmdir(folder);
}

static void make_folder(void)
{
    struct err err = {0};

    snprintf(folder, sizeof folder, "/tmp/mayfly-identity-XXXXXX");
    mf_require(mkdtemp(folder) != NULL);
    mf_require(mf_path_join(folder, "identity.json", identity, sizeof identity, &err));
    mf_require(atexit(remove_folder) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct log_dir dir = {.lock_fd = -1};
    struct err err = {0};

    if (folder[0] == '\0')
        make_folder();
    FILE *file = fopen(identity, "we");
    mf_require(file != NULL && fwrite(data, 1, size, file) == size && fclose(file) == 0);
    if (mf_log_dir_open(folder, &dir, &err)) {
        mf_require(dir.type == MF_LOG_ENTRIES || dir.type == MF_LOG_CT);
        mf_require(dir.origin[0] != '\0' && memchr(dir.origin, 0, sizeof dir.origin) != NULL);
        mf_require(dir.spki.n <= MF_SPKI_MAX && dir.lock_fd >= 0);
        mf_log_dir_done(&dir);
    } else {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && err.where[0] != '\0' && dir.lock_fd == -1);
    }
    return 0;
}
