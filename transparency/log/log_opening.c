#include "transparency/log/log_opening.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { RETRY_MS = 1000 };

struct log_opening {
    struct engine_params params;
    void (*told)(void *state, const struct engine *engine, const struct err *err);
    struct engine *reader; /* null when the first attempt succeeded */
    _Atomic(struct engine *) engine;
    pthread_t thread;
    bool runs;
    int stop_fd;          /* readable once the attempts must end */
    pthread_mutex_t lock; /* guards what follows */
    struct err why;
};

static void put_off(struct log_opening *o, const struct err *why)
{
    pthread_mutex_lock(&o->lock);
    o->why = *why;
    pthread_mutex_unlock(&o->lock);
    o->told(o->params.state, NULL, why);
}

/* True when there is nothing to try again. */
static bool attempt(struct log_opening *o)
{
    struct engine *engine = NULL;
    struct err err = {0};

    if (mf_engine_open(&o->params, &engine, &err)) {
        atomic_store(&o->engine, engine);
        o->told(o->params.state, engine, NULL);
    } else if (err.code == MF_ERR_UNAVAILABLE) {
        put_off(o, &err);
        return false;
    } else {
        o->params.fatal(o->params.state, &err);
    }
    return true;
}

static void *run(void *state)
{
    struct log_opening *o = state;
    struct pollfd stop = {.fd = o->stop_fd, .events = POLLIN};

    while (poll(&stop, 1, RETRY_MS) <= 0 && !attempt(o))
        continue;
    return NULL;
}

static bool start_reading(struct log_opening *o, const struct err *why, struct err *err)
{
    struct engine_params params = o->params;

    params.read_only = true;
    if (!mf_engine_open(&params, &o->reader, err))
        return false;
    put_off(o, why);
    o->stop_fd = eventfd(0, EFD_CLOEXEC);
    if (o->stop_fd < 0)
        return mf_err_sys(err, "cannot make an event descriptor");
    errno = pthread_create(&o->thread, NULL, run, o);
    o->runs = errno == 0;
    return o->runs || mf_err_sys(err, "cannot start a thread");
}

bool mf_log_opening_start(const struct engine_params *params,
                          void (*told)(void *state, const struct engine *engine,
                                       const struct err *err),
                          struct log_opening **out, struct err *err)
{
    MF_SCOPED(mf_log_opening_free) struct log_opening *o = mf_array_new(1, sizeof *o);
    struct engine *engine = NULL;
    struct err why = {0};

    if (o == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a log");
    o->params = *params;
    o->told = told;
    o->stop_fd = -1;
    errno = pthread_mutex_init(&o->lock, NULL);
    if (errno != 0) {
        free(o);
        o = NULL;
        return mf_err_sys(err, "cannot make a lock");
    }
    if (mf_engine_open(params, &engine, &why)) {
        atomic_store(&o->engine, engine);
        told(params->state, engine, NULL);
    } else if (why.code != MF_ERR_UNAVAILABLE) {
        *err = why;
        return false;
    } else if (!start_reading(o, &why, err)) {
        return false;
    }
    *out = MF_MOVE(o);
    return true;
}

static void stop(struct log_opening *o)
{
    const uint64_t one = 1;

    if (!o->runs)
        return;
    while (write(o->stop_fd, &one, sizeof one) < 0 && errno == EINTR)
        continue;
    pthread_join(o->thread, NULL);
}

void mf_log_opening_free(struct log_opening **opening)
{
    struct log_opening *o = *opening;

    if (o == NULL)
        return;
    stop(o);
    struct engine *engine = atomic_load(&o->engine);
    mf_engine_close(&engine);
    mf_engine_close(&o->reader);
    mf_fd_done(&o->stop_fd);
    pthread_mutex_destroy(&o->lock);
    free(o);
    *opening = NULL;
}

struct engine *mf_log_opening_engine(const struct log_opening *o)
{
    struct engine *engine = atomic_load(&o->engine);

    return engine != NULL ? engine : o->reader;
}

bool mf_log_opening_is_done(struct log_opening *o, struct err *err)
{
    if (atomic_load(&o->engine) != NULL)
        return true;
    pthread_mutex_lock(&o->lock);
    *err = o->why;
    pthread_mutex_unlock(&o->lock);
    return false;
}
