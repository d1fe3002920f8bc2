#include "tests/support/signer_pid.h"

#include <stdlib.h>

#include "common/base/file.h"
#include "tests/support/suite.h"

pid_t pid_of(const struct signer *signer)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    struct err err = {0};
    char name[64];
    long pid = -1;

    ck_assert_int_gt(snprintf(name, sizeof name, "/proc/self/fdinfo/%d", mf_signer_pidfd(signer)),
                     0);
    mf_ck_ok(mf_file_read(name, 4096, &text, &err), err);
    mf_ck_ok(mf_buf_append_byte(&text, 0, &err), err);
    const char *line = strstr((const char *)text.p, "Pid:");
    ck_assert_ptr_nonnull(line);
    pid = strtol(line + 4, NULL, 10);
    ck_assert_int_gt(pid, 1);
    return (pid_t)pid;
}
