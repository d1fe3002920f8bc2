/* What a verification says: a line a file for people, one document with --json. */
#ifndef MF_CLIENT_CMD_VERIFY_REPORT_H
#define MF_CLIENT_CMD_VERIFY_REPORT_H

#include "client/verify/bundle_verifier.h"

struct verify_report {
    bool json, quiet, verbose;
    struct json_writer writer; /* json */
    struct buf text;
    struct err err;
    bool all_ok;
    int status; /* exit status so far */
};

void mf_verify_report_begin(struct verify_report *report);
/* One file's result. result may be null when it did not come to a verification. */
void mf_verify_report_add(struct verify_report *report, const char *file,
                          const struct verification *result, const struct err *err);
/* Prints what is left; returns the exit status. */
int mf_verify_report_end(struct verify_report *report);

/* "signed by dev@example.org (http://...) on 2026-11-20, log entry 12" */
void mf_verify_report_signer(const struct verification *v, char *out, size_t cap);

#endif
