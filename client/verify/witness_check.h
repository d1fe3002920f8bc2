/* Witness check: has a quorum of witnesses seen the tree head that a bundle's proof leads to?
 * Sources: C2SP tlog-policy and tlog-cosignature. */
#ifndef MF_CLIENT_VERIFY_WITNESS_CHECK_H
#define MF_CLIENT_VERIFY_WITNESS_CHECK_H

#include "client/trust/trusted_root.h"
#include "transparency/note/witness_policy.h"

/* For a checkpoint that mf_checkpoint_check has passed. A policy that names logs must name this
 * one: the same key, and a name that the log signed and begins its origin with.
 *
 *   signed_by  by index in policy->witnesses; written also on failure
 *   err        MF_ERR_REJECTED */
MF_MUST_USE bool mf_witness_check(struct crypto *c, struct span note, const struct trusted_log *log,
                                  const struct witness_policy *policy,
                                  bool signed_by[static MF_POLICY_WITNESSES_MAX], struct err *err);

#endif
