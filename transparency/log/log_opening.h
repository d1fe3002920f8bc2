/* Opening a log. While its disk is too full to settle the journal, or no descriptor is free, the
 * log is served all the same, read-only: its public head, which was signed before. The rest is
 * tried again each second until it succeeds. */
#ifndef MF_TRANSPARENCY_LOG_LOG_OPENING_H
#define MF_TRANSPARENCY_LOG_LOG_OPENING_H

#include "transparency/engine/engine.h"

struct log_opening;

/* params: as for mf_engine_open; what they borrow must outlive *out. Its fatal also hears of an
 * attempt that failed for good. told, with the state of params, on whatever thread: err says why
 * the log has to wait, once per attempt; it is null when the engine is open. */
MF_MUST_USE bool mf_log_opening_start(const struct engine_params *params,
                                      void (*told)(void *state, const struct engine *engine,
                                                   const struct err *err),
                                      struct log_opening **out, struct err *err);
/* Ends the attempts and closes the engines. Nobody may use them any more. */
void mf_log_opening_free(struct log_opening **opening);
/* The one to read from: it may change once, and the earlier one stays usable. Any thread. */
struct engine *mf_log_opening_engine(const struct log_opening *opening);
/* True when entries may be taken; else err says why not, MF_ERR_UNAVAILABLE. Any thread. */
MF_MUST_USE bool mf_log_opening_is_done(struct log_opening *opening, struct err *err);

#endif
