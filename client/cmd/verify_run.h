/* One run of `mayfly verify`: what it trusts and demands, and files against it one by one. */
#ifndef MF_CLIENT_CMD_VERIFY_RUN_H
#define MF_CLIENT_CMD_VERIFY_RUN_H

#include "client/cmd/trust_source.h"
#include "client/cmd/verify_report.h"
#include "client/cmd/who_options.h"

struct verify_options {
    struct trust_options trust;
    struct who_options who;
    const char *key, *bundle, *witnesses, *checksums;
    const char *signed_after, *floor_file, *predicate_type;
    uint64_t min_log_index;
    bool require_log, require_sct, require_timestamp, ignore_log, ignore_sct;
    bool json, quiet, verbose, print_payload;
};

struct verify_run {
    struct crypto *crypto;
    struct trust_choice trust;
    struct trusted_root *root;
    struct demand_list demands;
    struct identity_demand demand; /* of those */
    struct managed_key key;        /* instead */
    struct witness_policy *witnesses;
    bool has_floor;
    struct verify_floor floor,
        reached;   /* what files must not be below; the lowest of these files */
    bool is_first; /* nothing was reached yet */
    const struct verify_options *options;
    struct verify_report report;
};

/* Reads root, key and witness policy; demand and options are there already. Warns of what in them
 * is not known here. */
MF_MUST_USE bool mf_verify_run_open(struct verify_run *run, struct err *err);
void mf_verify_run_done(struct verify_run *run);

/* Once every file is verified: the floor file is raised to what was reached. */
MF_MUST_USE bool mf_verify_run_raise(struct verify_run *run, struct err *err);

/* Verifies and reports one file, or sha256:HEX. */
void mf_verify_run_file(struct verify_run *run, const char *file);
/* Verifies a file whose bytes were read already, with all their digests. */
MF_MUST_USE bool mf_verify_run_read(struct verify_run *run, const char *file,
                                    const struct artifact *artifact, struct list_verdict *verdict,
                                    struct err *err);

#endif
