/* What signing says of each file; see file_report.h. */
#ifndef MF_CLIENT_CMD_SIGN_REPORT_H
#define MF_CLIENT_CMD_SIGN_REPORT_H

#include "client/cmd/file_report.h"
#include "client/sign/signing.h"

void mf_sign_report_signed(struct file_report *report, const char *file, const char *bundle,
                           const struct signed_artifact *item);
/* A bundle that was there already and holds. */
void mf_sign_report_done(struct file_report *report, const char *file, const char *bundle,
                         int64_t log_index);
void mf_sign_report_failed(struct file_report *report, const char *file, const struct err *err);

#endif
