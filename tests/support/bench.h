/* Timing for benchmarks: the median of several rounds, and their spread. */
#ifndef MF_TESTS_SUPPORT_BENCH_H
#define MF_TESTS_SUPPORT_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MF_BENCH_ROUNDS = 9 };

struct bench {
    double us;     /* of one operation, median over the rounds */
    double spread; /* slowest to fastest round */
};

static inline double mf_bench_now_us(void)
{
    struct timespec t = {0};

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static inline int mf_bench_compare(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;

    return (*x > *y) - (*x < *y);
}

/* Runs work(state) count times a round. A benchmark that does not work is worth nothing: false
 * from work ends the program. */
static inline struct bench mf_bench(bool (*work)(void *state), void *state, int count)
{
    double us[MF_BENCH_ROUNDS];

    for (int r = 0; r < MF_BENCH_ROUNDS; r++) {
        double from = mf_bench_now_us();
        for (int i = 0; i < count; i++) {
            if (!work(state)) {
                fprintf(stderr, "the work of a benchmark failed\n");
                exit(1);
            }
        }
        us[r] = (mf_bench_now_us() - from) / count;
    }
    qsort(us, MF_BENCH_ROUNDS, sizeof us[0], mf_bench_compare);
    return (struct bench){.us = us[MF_BENCH_ROUNDS / 2], .spread = us[MF_BENCH_ROUNDS - 1] / us[0]};
}

static inline void mf_bench_print(const char *name, struct bench b)
{
    printf("%-44s %9.3f us  spread %.2f\n", name, b.us, b.spread);
}

#endif
