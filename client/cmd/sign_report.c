#include "client/cmd/sign_report.h"

#include <stdio.h>

#include "common/base/utf8.h"

enum { SHOWN_MAX = 1024 };

static void add(struct file_report *report, const char *file, const char *bundle, const char *what,
                int64_t log_index)
{
    char shown[SHOWN_MAX];
    char shown_bundle[SHOWN_MAX];

    mf_utf8_escape(mf_span_str(file), shown, sizeof shown);
    mf_utf8_escape(mf_span_str(bundle), shown_bundle, sizeof shown_bundle);
    if (report->json) {
        mf_json_begin_object(&report->writer);
        mf_json_member_put_cstr(&report->writer, "file", shown);
        mf_json_member_put_bool(&report->writer, "ok", true);
        mf_json_member_put_cstr(&report->writer, "result", what);
        mf_json_member_put_cstr(&report->writer, "bundle", shown_bundle);
        mf_json_member_put_int(&report->writer, "log_index", log_index);
        mf_json_end_object(&report->writer);
    } else if (!report->quiet) {
        printf("%s: %s  log entry %lld, bundle %s\n", shown, what, (long long)log_index,
               shown_bundle);
    }
}

void mf_sign_report_signed(struct file_report *report, const char *file, const char *bundle,
                           const struct signed_artifact *item)
{
    add(report, file, bundle, "signed", item->log_index);
}

void mf_sign_report_done(struct file_report *report, const char *file, const char *bundle,
                         int64_t log_index)
{
    add(report, file, bundle, "signed already", log_index);
}

void mf_sign_report_failed(struct file_report *report, const char *file, const struct err *err)
{
    char shown[SHOWN_MAX];
    char said[800];

    mf_file_report_count(report, err->code);
    mf_utf8_escape(mf_span_str(file), shown, sizeof shown);
    mf_err_render(err, said, sizeof said);
    if (!report->json) {
        fprintf(stderr, "mayfly: %s: not signed: %s\n", shown, said);
        return;
    }
    mf_json_begin_object(&report->writer);
    mf_json_member_put_cstr(&report->writer, "file", shown);
    mf_json_member_put_bool(&report->writer, "ok", false);
    mf_json_member_put_cstr(&report->writer, "reason", mf_err_name(err->code));
    mf_json_member_put_cstr(&report->writer, "message", said);
    mf_json_end_object(&report->writer);
}
