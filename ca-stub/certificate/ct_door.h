/* The way to the CT log: short deadlines, and a breaker, so that a log that is down costs each
 * caller little and holds up nobody else. */
#ifndef MF_CA_STUB_CERTIFICATE_CT_DOOR_H
#define MF_CA_STUB_CERTIFICATE_CT_DOOR_H

#include "common/base/clock.h"
#include "common/net/http_client.h"
#include "transparency/sct/sct.h"

enum {
    MF_CT_ATTEMPT_MS = 4000, /* one request to the log */
    MF_CT_BREAK_AFTER = 4,   /* failures in a row open the breaker */
    MF_CT_BREAK_MS = 1000,   /* then one caller per this time tries */
};

struct ct_door; /* shared by threads */

struct ct_door_params {
    const char *url;              /* submission prefix, without a trailing slash; copied */
    const struct public_key *key; /* the log's; borrowed */
    struct clock clock;
};
MF_MUST_USE bool mf_ct_door_new(const struct ct_door_params *params, struct ct_door **out,
                                struct err *err);
void mf_ct_door_free(struct ct_door **door);

/* MF_ERR_UNAVAILABLE while the breaker is open: ask before anything else is done for a request. */
MF_MUST_USE bool mf_ct_door_is_open(struct ct_door *door, struct err *err);

struct ct_promise {
    struct buf storage; /* what sct borrows; the caller's to free */
    struct sct sct;
};
/* Submits the chain, the precertificate first, and verifies the SCT that comes back. Every failure
 * is MF_ERR_UNAVAILABLE: a log that answers wrongly is as good as down. */
MF_MUST_USE bool mf_ct_door_submit(struct ct_door *door, struct crypto *c,
                                   struct http_client *client, const struct span *chain,
                                   size_t count, struct span issuer_spki, struct ct_promise *out,
                                   struct err *err);

#endif
