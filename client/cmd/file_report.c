#include "client/cmd/file_report.h"

#include <stdio.h>

#include "common/run/exit.h"

enum { REPORT_MAX = 16 * 1024 * 1024 };

void mf_file_report_begin(struct file_report *report, const char *schema)
{
    report->all_ok = true;
    report->text.max = REPORT_MAX;
    if (!report->json)
        return;
    report->writer = mf_json_pretty_writer(&report->text, &report->err);
    mf_json_begin_object(&report->writer);
    mf_json_member_put_cstr(&report->writer, "schema", schema);
    mf_json_key(&report->writer, "results");
    mf_json_begin_array(&report->writer);
}

void mf_file_report_count(struct file_report *report, enum err_code code)
{
    report->all_ok = report->all_ok && code == MF_OK;
    report->status = mf_exit_worse(report->status, mf_exit_status(code));
}

bool mf_file_report_is_over(const struct file_report *report)
{
    return report->status == mf_exit_status(MF_ERR_USAGE) ||
           report->status == mf_exit_status(MF_ERR_INTERNAL);
}

int mf_file_report_end(struct file_report *report)
{
    if (report->json) {
        mf_json_end_array(&report->writer);
        mf_json_member_put_bool(&report->writer, "ok", report->all_ok);
        mf_json_end_object(&report->writer);
        if (mf_json_written(&report->writer))
            printf("%.*s\n", (int)report->text.n, (const char *)report->text.p);
        else
            report->status = mf_exit_report("mayfly", &report->err);
    }
    mf_buf_done(&report->text);
    return report->status;
}
