/* Runs one suite and prints TAP, a line per test. */
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/support/suite.h"

enum { NOBODY = 65534 };

const char *mf_fixtures(void)
{
    const char *dir = getenv("MAYFLY_FIXTURES");

    if (dir == NULL)
        dir = MF_DEFAULT_FIXTURES;
    if (access(dir, R_OK) != 0)
        mf_ck_skip("no fixtures made by others in %s: set MAYFLY_FIXTURES", dir);
    return dir;
}

void mf_become_nobody(void)
{
    if (getuid() != 0)
        return;
    if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
        setresuid(NOBODY, NOBODY, NOBODY) != 0)
        mf_ck_skip("%s", "root sees no refusal, and this root cannot be another user");
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); /* or /proc/self would still be root's */
}

/* Check knows no skipped tests: to it they failed, with a message that says so. */
static void print_line(const char *line)
{
    const char *reason = strstr(line, MF_SKIP);

    if (strncmp(line, "not ok ", 7) == 0 && reason != NULL)
        printf("%.*s# SKIP %s", (int)(reason - line) - 4, line + 4, reason + strlen(MF_SKIP));
    else
        fputs(line, stdout);
}

int main(void)
{
    SRunner *runner = srunner_create(mf_suite());
    char path[64], *line = NULL;
    size_t cap = 0;
    int fd = memfd_create("tap", MFD_CLOEXEC);

    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    srunner_set_tap(runner, path);
    srunner_run_all(runner, CK_SILENT);
    srunner_free(runner);
    FILE *tap = fd >= 0 ? fdopen(fd, "r") : NULL;
    if (tap == NULL) {
        perror("test results");
        return 1;
    }
    while (getline(&line, &cap, tap) > 0)
        print_line(line);
    free(line);
    fclose(tap);
    return 0; /* the harness reads TAP; a second voice would make a failure an error */
}
