/* Validity windows of trust material, closed at both ends. Source: sigstore_common.proto TimeRange.
 */
#ifndef MF_CLIENT_TRUST_VALIDITY_H
#define MF_CLIENT_TRUST_VALIDITY_H

#include "common/base/clock.h"
#include "common/codec/json.h"

struct validity {
    bool has_start, has_end;
    struct instant start, end;
};

/* True when start <= at <= end; an absent end is open. */
bool mf_validity_holds(const struct validity *v, struct instant at);

/* Reads {"start":..,"end":..}; node null gives a window open at both ends. */
MF_MUST_USE bool mf_validity_parse(const struct json_node *node, struct validity *out,
                                   struct err *err);

#endif
