/* `mayfly inspect` on any file: an exit status of its table, and with --json either nothing or JSON
 * that parses. */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client/cmd/verbs.h"
#include "common/base/file.h"
#include "common/codec/json.h"
#include "tests/support/fuzz.h"

static int input = -1, output = -1, nowhere = -1;

static void open_files(void)
{
    input = memfd_create("bundle", MFD_CLOEXEC);
    output = memfd_create("output", MFD_CLOEXEC);
    nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    mf_require(input >= 0 && output >= 0 && nowhere >= 0);
}

static int inspect(const uint8_t *data, size_t size, bool json)
{
    char verb[] = "inspect";
    char path[64];
    char flag[] = "--json";
    char *argv[] = {verb, path, json ? flag : NULL, NULL};
    int real_out = dup(STDOUT_FILENO);
    int real_err = dup(STDERR_FILENO);

    snprintf(path, sizeof path, "/proc/self/fd/%d", input);
    mf_require(real_out >= 0 && real_err >= 0);
    mf_require(ftruncate(input, 0) == 0 && ftruncate(output, 0) == 0);
    mf_require(pwrite(input, data, size, 0) == (ssize_t)size && lseek(output, 0, SEEK_SET) == 0);
    mf_require(dup2(output, STDOUT_FILENO) >= 0 && dup2(nowhere, STDERR_FILENO) >= 0);
    int status = mf_cmd_inspect(json ? 3 : 2, argv);
    fflush(stdout);
    dup2(real_out, STDOUT_FILENO);
    dup2(real_err, STDERR_FILENO);
    close(real_out);
    close(real_err);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    struct err err = {0};
    char path[64];

    if (input < 0)
        open_files();
    int plain = inspect(data, size, false);
    int status = inspect(data, size, true);
    mf_require(status == plain && (status == 0 || status == 1));
    snprintf(path, sizeof path, "/proc/self/fd/%d", output);
    mf_require(mf_file_read(path, 1 << 24, &text, &err));
    if (status != 0) {
        mf_require(text.n == 0);
        return 0;
    }
    mf_require(mf_json_parse(mf_buf_span(&text), &mf_json_file_limits, &doc, &err));
    mf_require(mf_json_get(mf_json_root(doc), "schema") != NULL);
    return 0;
}
