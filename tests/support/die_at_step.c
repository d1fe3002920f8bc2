/* Loaded before a program: SIGKILL in place of the call with the number in MAYFLY_DIE_AT, of those
 * that make, name or secure files. What it did before stays as a crash would leave it. */
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))

static void step(void)
{
    static atomic_ulong steps;
    const char *last = getenv("MAYFLY_DIE_AT");

    if (last != NULL && atomic_fetch_add(&steps, 1) + 1 == strtoul(last, NULL, 10))
        (void)kill(getpid(), SIGKILL);
}

EXPORTED int fsync(int fd)
{
    step();
    return (int)syscall(SYS_fsync, fd);
}

EXPORTED int fdatasync(int fd)
{
    step();
    return (int)syscall(SYS_fdatasync, fd);
}

EXPORTED int mkdir(const char *path, mode_t mode)
{
    step();
    return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

EXPORTED int rename(const char *from, const char *to)
{
    step();
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

EXPORTED int link(const char *from, const char *to)
{
    step();
    return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
}
