/* Bundle verifier: every check, in order, each with a name and a result. Works offline and never
 * asks the clock: time comes from the bundle's timestamps and from the log's promises, verified. */
#ifndef MF_CLIENT_VERIFY_BUNDLE_VERIFIER_H
#define MF_CLIENT_VERIFY_BUNDLE_VERIFIER_H

#include "client/bundle/artifact.h"
#include "client/bundle/bundle.h"
#include "client/identity/identity_match.h"
#include "client/trust/managed_key.h"
#include "client/trust/trusted_root.h"
#include "transparency/note/witness_policy.h"

enum verify_step {                      /* in the order in which they run */
                   MF_STEP_FORMAT,      /* key, content and what was demanded fit each other */
                   MF_STEP_LOG,         /* log entry: body, promise, checkpoint, inclusion proof */
                   MF_STEP_WITNESS,     /* witnesses saw the log's head, where a policy wants it */
                   MF_STEP_TIMESTAMP,   /* timestamp tokens over the signature */
                   MF_STEP_CERTIFICATE, /* chain and profile at every verified time */
                   MF_STEP_SCT,         /* certificate transparency */
                   MF_STEP_IDENTITY,    /* who signed */
                   MF_STEP_SIGNATURE,   /* over the artifact or the envelope */
                   MF_STEP_ARTIFACT,    /* the digest or a subject is this artifact */
                   MF_STEP_STATEMENT,   /* an attestation, of the type that was demanded */
                   MF_STEP_FLOOR,       /* not older than what the caller will go back to */
                   MF_STEP_REVOCATION,  /* not checked: there is no list yet */
                   MF_STEP_COUNT
};

enum step_result { MF_STEP_NOT_REACHED, MF_STEP_PASSED, MF_STEP_FAILED, MF_STEP_NOT_CHECKED };

/* Stable names: "log_entry"; and of a failure: "log_entry_invalid". Listed in docs/reasons.md. */
const char *mf_step_name(enum verify_step step);
const char *mf_step_reason(enum verify_step step);
const char *mf_step_result_name(enum step_result result);

enum { MF_VERIFIED_TIMES_MAX = MF_BUNDLE_TIMESTAMPS_MAX + MF_BUNDLE_ENTRIES_MAX };

enum verify_need { /* what of it may be required, or ignored */
                   MF_NEED_LOG = 1,
                   MF_NEED_SCT = 2,
                   MF_NEED_TIMESTAMP =
                       4, /* by an authority: a log's word is not enough. Never ignored */
};

struct logged_entry {
    uint8_t log_id[32];
    int64_t index; /* in the log; of a Rekor v1 entry without a promise: in its tree */
};

struct verify_floor { /* keeps a device from being walked back to what it has left behind */
    bool has_time;
    struct instant signed_after;                    /* no verified time may be before */
    int64_t min_log_index;                          /* of every log; 0 for none */
    struct logged_entry logs[MF_TRUST_ENTRIES_MAX]; /* and of these ones */
    size_t log_count;
};

struct verification {
    enum step_result steps[MF_STEP_COUNT];
    const char *notes[MF_STEP_COUNT]; /* of a step that is not checked: why, in a few words */
    /* Known once the step that says so has passed; spans borrow from the bundle. */
    struct signer_identity signer; /* MF_STEP_CERTIFICATE; empty where a key signed */
    bool by_key;                   /* MF_STEP_IDENTITY: a managed key was demanded */
    struct instant times[MF_VERIFIED_TIMES_MAX];
    size_t time_count;   /* MF_STEP_TIMESTAMP */
    struct span payload; /* MF_STEP_ARTIFACT: the statement; empty for a plain signature */
    struct logged_entry entries[MF_BUNDLE_ENTRIES_MAX];
    size_t entry_count; /* MF_STEP_LOG: those of logs that the root names */
    /* MF_STEP_WITNESS, also when it failed: who cosigned every head, as in the policy's witnesses
     */
    bool witnessed[MF_POLICY_WITNESSES_MAX];
};

struct verify_params { /* exactly one of demand and key */
    const struct trusted_root *root;
    const struct identity_demand *demand;   /* who must have signed */
    const struct managed_key *key;          /* or with what */
    const struct witness_policy *witnesses; /* null: none is demanded */
    const struct verify_floor *floor;       /* null: none */
    bool want_statement;                    /* an attestation, not a plain signature */
    struct span predicate_type;             /* and of this type; empty for any */
    unsigned require, ignore;               /* bits of enum verify_need */
    const struct artifact *artifact;        /* with the digest of the signing key's hash */
};

/* True when every step passed, or was not to be made: a root that names no log or CT log demands
 * none; a managed key has no certificate and no SCT, and needs no time of signing unless the root
 * names a timestamp authority or the key has a window.
 * Otherwise MF_ERR_REJECTED (or MF_ERR_USAGE for an empty demand) with the step's name as its
 * place; *out says how far it came. */
MF_MUST_USE bool mf_bundle_verify(struct crypto *c, const struct bundle *bundle,
                                  const struct verify_params *params, struct verification *out,
                                  struct err *err);

/* Which digests of the artifact the bundle needs, as bits 1 << enum digest_alg; SHA-256 always.
 * key: the managed key to verify with, or null. */
unsigned mf_bundle_digests(struct crypto *c, const struct bundle *bundle,
                           const struct managed_key *key);

#endif
