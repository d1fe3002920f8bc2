/* Whether the parts of an instance directory belong together. */
#ifndef MF_CLIENT_CMD_INSTANCE_MATCH_H
#define MF_CLIENT_CMD_INSTANCE_MATCH_H

#include "common/base/err.h"
#include "common/base/scope.h"

/* Checks logs and authorities of DIR against the trusted_root.json that the instance gave out last;
 * true when there is none yet. A log or an authority of another instance is MF_ERR_EXISTS: bundles
 * signed before would not verify any more, and a log must not go on under another's name. */
MF_MUST_USE bool mf_instance_match(const char *dir, struct err *err);

#endif
