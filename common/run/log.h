/* Logging: one JSON object a line on stderr. Only programs' rooms log; libraries return errors. */
#ifndef MF_COMMON_RUN_LOG_H
#define MF_COMMON_RUN_LOG_H

#include "common/base/err.h"
#include "common/base/span.h"

enum log_level { MF_LOG_ERROR, MF_LOG_WARN, MF_LOG_INFO, MF_LOG_DEBUG };

/* Set once by main. */
void mf_log_init(const char *program, enum log_level level);

struct log_field { /* made by the macros below */
    const char *key;
    struct span text;
    int64_t number;
    bool is_number;
};
#define MF_LOG_TEXT(name, said) ((struct log_field){.key = (name), .text = mf_span_str(said)})
#define MF_LOG_SPAN(name, said) ((struct log_field){.key = (name), .text = (said)})
#define MF_LOG_NUMBER(name, n) \
    ((struct log_field){.key = (name), .number = (int64_t)(n), .is_number = true})

void mf_log_write(enum log_level level, const char *event, const struct log_field *fields,
                  size_t count);
#define mf_log(level, event, ...)                                           \
    mf_log_write((level), (event), (const struct log_field[]){__VA_ARGS__}, \
                 sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
/* An error with its place and hint. */
void mf_log_err(enum log_level level, const char *event, const struct err *err);

#endif
