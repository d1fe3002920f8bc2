/* What every verb over files reports: a line a file for people, or one JSON document, and the exit
 * status of them all. */
#ifndef MF_CLIENT_CMD_FILE_REPORT_H
#define MF_CLIENT_CMD_FILE_REPORT_H

#include "common/codec/json.h"

struct file_report {
    bool json, quiet;
    struct json_writer writer; /* json: inside the array of results */
    bool all_ok;
    int status; /* exit status so far */
    struct buf text;
    struct err err;
};

/* json and quiet are set already. */
void mf_file_report_begin(struct file_report *report, const char *schema);
/* One file's outcome, for the status. */
void mf_file_report_count(struct file_report *report, enum err_code code);
/* After a wrong call or a bug there is no sense in going on. */
bool mf_file_report_is_over(const struct file_report *report);
/* Prints what is left; returns the exit status. */
int mf_file_report_end(struct file_report *report);

#endif
