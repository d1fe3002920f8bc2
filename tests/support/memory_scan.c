#include "tests/support/memory_scan.h"

#include <fcntl.h>
#include <unistd.h>

#include "common/base/scope.h"
#include "tests/support/suite.h"

static bool is_it(const uint8_t *at, const uint8_t masked[static MF_SCAN_LEN])
{
    size_t i = 0;

    while (i < MF_SCAN_LEN && at[i] == (masked[i] ^ MF_SCAN_MASK))
        i++;
    return i == MF_SCAN_LEN;
}

static bool range_holds(int fd, unsigned long from, unsigned long to,
                        const uint8_t masked[static MF_SCAN_LEN])
{
    static uint8_t block[1 << 16];
    bool found = false;

    for (unsigned long at = from; !found && at + MF_SCAN_LEN <= to;
         at += sizeof block - MF_SCAN_LEN) {
        ssize_t n = pread(fd, block, to - at < sizeof block ? to - at : sizeof block, (off_t)at);
        for (ssize_t i = 0; !found && i + MF_SCAN_LEN <= n; i++)
            found = is_it(block + i, masked);
    }
    explicit_bzero(block, sizeof block);
    return found;
}

bool mf_memory_holds(const uint8_t masked[static MF_SCAN_LEN])
{
    MF_SCOPED(mf_fd_done) int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    bool found = false;

    ck_assert_int_ge(fd, 0);
    ck_assert_ptr_nonnull(maps);
    while (!found && fgets(line, sizeof line, maps) != NULL) {
        unsigned long from = 0, to = 0;
        char mode[5] = "";
        if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 || mode[0] != 'r' ||
            strstr(line, "[vvar]") != NULL || strstr(line, "[vsyscall]") != NULL)
            continue;
        if (to - from > 1UL << 30) /* a sanitizer's shadow: no byte of ours */
            continue;
        found = range_holds(fd, from, to, masked);
    }
    fclose(maps);
    return found;
}
