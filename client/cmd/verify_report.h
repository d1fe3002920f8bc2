/* What a verification says of each file; see file_report.h. */
#ifndef MF_CLIENT_CMD_VERIFY_REPORT_H
#define MF_CLIENT_CMD_VERIFY_REPORT_H

#include "client/cmd/file_report.h"
#include "client/cmd/trust_source.h"
#include "client/verify/list_verifier.h"

struct verify_report {
    struct file_report files;
    bool verbose, print_payload;
    const struct managed_key *key;          /* the one that was demanded, or null */
    const struct witness_policy *witnesses; /* likewise */
    const struct trust_choice *trust;
    const struct identity_demand *demand; /* the names that were, or null */
};

/* One file's outcome; verdict->line is 0 where its bundle was not in a list. */
void mf_verify_report_add(struct verify_report *report, const char *file,
                          const struct list_verdict *verdict, const struct err *err);

struct listed_file { /* one that a verified list of checksums vouches for, or does not */
    const char *list;
    struct artifact said; /* what the list says of it */
    const char *reason;   /* stable code where it is not the error's name */
};

void mf_verify_report_listed(struct verify_report *report, const char *file,
                             const struct listed_file *listed, const struct err *err);

#endif
