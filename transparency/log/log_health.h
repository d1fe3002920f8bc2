/* How well a log is: space on its disk, its signer, commits and publication. Entries are refused
 * while the disk has less than a reserve, so that what was taken can still be published. */
#ifndef MF_TRANSPARENCY_LOG_LOG_HEALTH_H
#define MF_TRANSPARENCY_LOG_LOG_HEALTH_H

#include "common/base/buf.h"
#include "transparency/log/log_opening.h"

struct log_health;

struct log_health_params {
    const struct log_dir *dir; /* borrowed, as all of these */
    struct signer *signer;
    struct log_opening *opening;
    uint64_t reserve_mb; /* MiB; 0 for none */
    uint64_t public_cadence_ms;
};

/* Starts a thread that looks at the disk twice a second: nobody else waits for that. */
MF_MUST_USE bool mf_log_health_start(const struct log_health_params *params,
                                     struct log_health **out, struct err *err);
void mf_log_health_free(struct log_health **health);

/* True when entries may be taken; else err says why not, MF_ERR_UNAVAILABLE. Any thread. */
MF_MUST_USE bool mf_log_health_may_write(struct log_health *health, struct err *err);
/* Whether entries are taken at this moment, as JSON: "status" READY or NOT_READY, "reasons". */
MF_MUST_USE bool mf_log_health_ready(struct log_health *health, struct buf *out, bool *ready,
                                     struct err *err);
/* The report as one JSON object: "status" SERVING or NOT_SERVING, "reasons", sizes, ages in ms and
 * free bytes. *well is false for any reason. Any thread. */
MF_MUST_USE bool mf_log_health_report(struct log_health *health, struct buf *out, bool *well,
                                      struct err *err);

#endif
