/* A log engine in this process, with a folder, a key and a signer process of its own. Each answer
 * is verified as a client would: proof, checkpoint, and that no checkpoint contradicts another. */
#ifndef MF_TESTS_SUPPORT_LOG_FIXTURE_H
#define MF_TESTS_SUPPORT_LOG_FIXTURE_H

#include <pthread.h>

#include "transparency/engine/engine.h"

enum { LOG_FIXTURE_HEADS_MAX = 8192 };

struct log_fixture {
    char path[PATH_MAX];
    unsigned cadence_ms;
    size_t segment_size;
    bool lax; /* benchmarks: answers are counted, not verified */
    struct crypto *crypto;
    struct log_dir dir;
    struct signer *signer;
    struct engine *engine;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t answered, refused, duplicates;
    struct err refusal; /* the last one */
    bool failed;        /* the engine gave up */
    struct err failure;
    size_t delays; /* publications that were put off */
    struct err delay;
    struct merkle_head heads[LOG_FIXTURE_HEADS_MAX]; /* that were ever handed out */
    size_t head_count;
};

struct log_fixture_job {
    struct append_job job; /* first */
    struct log_fixture *fixture;
    size_t n;
    bool refused;
    uint8_t body[];
};

/* A fresh folder with a key; nothing is open yet. Aborts on any failure, as all of these do. */
void mf_log_fixture_init(struct log_fixture *f);
/* Opens the engine; create as mayfly-log init does. False is for tests of refusals. */
bool mf_log_fixture_open(struct log_fixture *f, bool create, struct err *err);
void mf_log_fixture_close(struct log_fixture *f);
/* Closes, and removes the folder. */
void mf_log_fixture_done(struct log_fixture *f);
/* A copy of the folder as it is now, also while the engine runs: what a crash leaves behind. */
void mf_log_fixture_copy(const struct log_fixture *f, struct log_fixture *copy);

/* A job whose body is n bytes made from a number. */
struct log_fixture_job *mf_log_fixture_job(struct log_fixture *f, uint64_t number, size_t n);
/* Pushes them, waits for all of the answers. */
void mf_log_fixture_append(struct log_fixture *f, struct log_fixture_job **jobs, size_t count);
/* Waits until a publication was put off. */
void mf_log_fixture_wait_delayed(struct log_fixture *f);
/* Waits until the engine has given up. */
void mf_log_fixture_wait_failed(struct log_fixture *f);
/* Every head that was handed out is a beginning of the tree as it is now. */
void mf_log_fixture_check_heads(struct log_fixture *f);

#endif
