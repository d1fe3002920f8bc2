/* What signing says: a line a file for people, one document with --json. */
#ifndef MF_CLIENT_CMD_SIGN_REPORT_H
#define MF_CLIENT_CMD_SIGN_REPORT_H

#include "client/sign/signing.h"

struct sign_report {
    bool json, quiet;
    struct json_writer writer;
    struct buf text;
    struct err err;
    bool all_ok;
    int status; /* exit status so far */
};

void mf_sign_report_begin(struct sign_report *report);
void mf_sign_report_signed(struct sign_report *report, const char *file, const char *bundle,
                           const struct signed_artifact *item);
/* A bundle that was there already and holds. */
void mf_sign_report_done(struct sign_report *report, const char *file, const char *bundle,
                         int64_t log_index);
void mf_sign_report_failed(struct sign_report *report, const char *file, const struct err *err);
int mf_sign_report_end(struct sign_report *report);

#endif
