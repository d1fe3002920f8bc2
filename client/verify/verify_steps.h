/* Inside of this room: what the steps of one verification hand to each other. */
#ifndef MF_CLIENT_VERIFY_VERIFY_STEPS_H
#define MF_CLIENT_VERIFY_VERIFY_STEPS_H

#include "client/verify/bundle_verifier.h"
#include "client/verify/logged_content.h"

struct verify_state { /* what one step hands to the next */
    struct crypto *c;
    const struct bundle *bundle;
    const struct verify_params *params;
    struct verification *out;
    struct cert leaf;             /* unless a managed key signed */
    struct public_key *leaf_key;  /* owned */
    const struct public_key *key; /* leaf_key or the managed one */
    enum key_details key_details;
    enum sig_scheme scheme;
    struct buf pae;          /* DSSE: the signed bytes */
    struct artifact content; /* digest of what was signed: the artifact, or the PAE */
    const struct cert *issuer;
};

/* The step is not to be made, for this reason (a string constant); returns true. */
bool mf_step_skip(struct verify_state *s, enum verify_step step, const char *note);
/* Is it demanded? It is unless the trusted root says that there is no such party and the caller
 * does not require it all the same, or the caller ignores it. If not, the step is skipped. */
bool mf_step_is_needed(struct verify_state *s, enum verify_step step, enum verify_need need,
                       bool there_is_none);

/* The trusted root's log of an entry, or null: another log's entry proves nothing to us. */
const struct trusted_log *mf_step_log_of(const struct verify_state *s, const struct tlog_entry *e);

/* A bundle's own statement of what it is for, where it makes one. Also known from the log's entry
 * and the signature, which decide; here it gives the plainest answer to the commonest mistake. */
bool mf_step_names_artifact(const struct verify_state *s);

bool mf_step_log(struct verify_state *s, struct err *err);
bool mf_step_witness(struct verify_state *s, struct err *err);
bool mf_step_timestamp(struct verify_state *s, struct err *err);
bool mf_step_floor(struct verify_state *s, struct err *err);

#endif
