/* One log of the server: its engine, its signer, its HTTP listener and its workers. */
#ifndef MF_TRANSPARENCY_LOG_LOG_SERVICE_H
#define MF_TRANSPARENCY_LOG_LOG_SERVICE_H

#include "common/base/queue.h"
#include "common/net/http_server.h"
#include "common/run/config.h"
#include "common/run/trouble.h"
#include "transparency/engine/engine.h"
#include "transparency/log/log_health.h"
#include "transparency/log/log_opening.h"

enum { MF_LOG_HEAD_MAX = 16 * 1024 };

struct log_settings { /* from the configuration */
    char directory[PATH_MAX];
    struct listen_address listen;
    char roots[PATH_MAX]; /* CT: PEM of accepted roots; "" for none */
    uint64_t public_cadence_ms;
    uint64_t threads, workers;
    unsigned logs; /* of the process; 0 is 1 */
    uint64_t disk_reserve_mb;
};

struct log_service {
    struct log_settings settings;
    struct log_dir dir;
    struct signer *signer;
    struct log_opening *opening; /* the engine, or what there is of it */
    struct log_health *health;
    struct http_server *http;
    struct queue *prepare;  /* requests for the workers */
    _Atomic size_t waiting; /* bytes of them */
    struct worker *workers;
    size_t worker_count;
    struct ct_roots *roots; /* CT */
    struct ct_issuers *issuers;
    struct trouble opening_waits, publication, refusals, failures;
    void (*fatal)(const struct err *err);
};

MF_MUST_USE bool mf_log_service_start(const struct log_settings *settings,
                                      void (*fatal)(const struct err *err), struct log_service *out,
                                      struct err *err);
/* The process is about to end on an error: lets refusals go out, writes nothing. */
void mf_log_service_abandon(struct log_service *service);
/* Stops accepting, answers what waits, publishes. */
void mf_log_service_stop(struct log_service *service);

#endif
