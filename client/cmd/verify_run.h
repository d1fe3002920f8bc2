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
    bool json, quiet, verbose;
};

struct verify_run {
    struct crypto *crypto;
    struct trust_choice trust;
    struct trusted_root *root;
    struct demand_list demands;
    struct identity_demand demand; /* of those */
    struct managed_key key;        /* instead */
    struct witness_policy *witnesses;
    const struct verify_options *options;
    struct verify_report report;
};

/* Reads root, key and witness policy; demand and options are there already. Warns of what in them
 * is not known here. */
MF_MUST_USE bool mf_verify_run_open(struct verify_run *run, struct err *err);
void mf_verify_run_done(struct verify_run *run);

/* Verifies and reports one file, or sha256:HEX. */
void mf_verify_run_file(struct verify_run *run, const char *file);
/* Verifies a file whose bytes were read already, with all their digests. */
MF_MUST_USE bool mf_verify_run_read(struct verify_run *run, const char *file,
                                    const struct artifact *artifact, struct list_verdict *verdict,
                                    struct err *err);

#endif
