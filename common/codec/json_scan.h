/* The scanner in front of cJSON: decides what is JSON. Used by json.c alone. Source: RFC 8259. */
#ifndef MF_COMMON_CODEC_JSON_SCAN_H
#define MF_COMMON_CODEC_JSON_SCAN_H

#include "common/codec/json.h"

enum { MF_JSON_DEPTH_MAX = 64 }; /* a bit for each open array or object */

/* A number as its text has it; doubles, which cJSON keeps, are not exact. */
struct json_number {
    int64_t value;
    bool is_int64; /* plain digits that fit; "-0" does not count */
};

struct json_scan {
    struct json_number *numbers; /* in the order of the text */
    size_t number_count;
    size_t number_cap; /* private to json_scan.c */
    char *rewritten;   /* null, or what cJSON gets instead of the text: of the same length,
                          comments blanked, numbers too long for cJSON made 0 */
    size_t n;          /* bytes of the text */
};

/* Accepts text that is one JSON value within the limits. *out is for mf_json_scan_done. */
MF_MUST_USE bool mf_json_scan(struct span text, const struct json_limits *limits,
                              struct json_scan *out, struct err *err);
void mf_json_scan_done(struct json_scan *scan);

#endif
