/* A configuration file is refused with its name, or has the one format; its paths end in its
 * folder's or are absolute. */
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/run/config.h"
#include "tests/support/fuzz.h"

static void check_path(const char *file, const struct json_node *root)
{
    char path[128];
    struct span text = {0};
    struct err err = {0};

    memset(path, 'x', sizeof path);
    if (!mf_config_path(file, root, "path", path, sizeof path, &err)) {
        mf_require(err.what[0] != '\0');
        return;
    }
    struct err again = {0};
    mf_require(mf_json_member_string(root, "path", &text, &again) && text.n > 0);
    mf_require(memchr(path, '\0', sizeof path) != NULL);
    mf_require(mf_span_ends(mf_span_str(path), text));
    mf_require(path[0] == '/'); /* as file is */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err err = {0};
    int64_t format = 0;
    char file[32];

    if (fd < 0)
        fd = memfd_create("config", MFD_CLOEXEC);
    mf_require(fd >= 0 && ftruncate(fd, 0) == 0);
    mf_require(mf_pwrite_all(fd, (struct span){data, size}, 0, &err));
    snprintf(file, sizeof file, "/proc/self/fd/%d", fd);
    if (!mf_config_read(file, &doc, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && strncmp(err.where, file, strlen(file)) == 0);
        return 0;
    }
    const struct json_node *root = mf_json_root(doc);
    mf_require(mf_json_member_int64(root, "format", &format, &err) && format == 1);
    check_path(file, root);
    return 0;
}
