/* Checkpoint check: the tree head in a bundle, by the log's key and under the log's name.
 * Sources: C2SP tlog-checkpoint and signed-note; rekor-tiles CLIENTS.md; Rekor v1's own notes. */
#ifndef MF_CLIENT_VERIFY_CHECKPOINT_CHECK_H
#define MF_CLIENT_VERIFY_CHECKPOINT_CHECK_H

#include "client/trust/trusted_root.h"
#include "transparency/merkle/proof.h"

/* The note must be signed by the log's key, under a name that belongs to the trusted root's
 * baseUrl; lines of others are ignored. Rekor v2: name and origin are the host. Rekor v1: the name
 * is the host, with the port where baseUrl has one, or where there is no baseUrl any; the origin is
 * the name, " - " and the number of the tree.
 *
 *   note  as in the bundle
 *   head  written only on success
 *   err   MF_ERR_REJECTED */
MF_MUST_USE bool mf_checkpoint_check(struct crypto *c, struct span note,
                                     const struct trusted_log *log, bool is_v1,
                                     struct merkle_head *head, struct err *err);

#endif
