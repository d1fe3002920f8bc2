/* Loaded before a program: each look at the wall clock finds it 100 s later than it should be by
 * then. Minutes pass in a run of a second; the clock that deadlines use stays true. */
#include <stdatomic.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { STEP_S = 100 };

__attribute__((visibility("default"))) int clock_gettime(clockid_t which, struct timespec *now)
{
    static atomic_long looks;

    if (syscall(SYS_clock_gettime, which, now) != 0)
        return -1;
    if (which == CLOCK_REALTIME)
        now->tv_sec += STEP_S * atomic_fetch_add(&looks, 1);
    return 0;
}
