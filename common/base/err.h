/* Errors: one value that the caller owns. Making one allocates nothing.
 *
 * The lowest layer says what was wrong; each layer above adds its place; the outermost
 * that knows the user's options adds the hint. Rendered as "where: what: hint". */
#ifndef MF_COMMON_BASE_ERR_H
#define MF_COMMON_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/scope.h"

/* Codes drive behaviour: exit status (run/exit.c) and HTTP status (net/http_status.c). */
enum err_code {
    MF_OK,              /* no error set */
    MF_ERR_REJECTED,    /* evidence does not hold */
    MF_ERR_USAGE,       /* wrong call by the user */
    MF_ERR_FORMAT,      /* bytes that do not parse */
    MF_ERR_LIMIT,       /* larger, deeper or more than allowed */
    MF_ERR_NOT_FOUND,   /* an input that is not there */
    MF_ERR_EXISTS,      /* an output that is already there */
    MF_ERR_SYSTEM,      /* the operating system refused */
    MF_ERR_UNAVAILABLE, /* a service gave no verdict; the only one where a retry may help */
    MF_ERR_DENIED,      /* a service or policy refused */
    MF_ERR_TRUST,       /* trust material missing or unusable */
    MF_ERR_INTERNAL,    /* a bug in mayfly */
    MF_ERR_COUNT_
};

struct err {
    enum err_code code; /* MF_OK until set */
    char what[240];     /* what was wrong: one clause, no capital, no full stop */
    char where[240]; /* outermost first: "app.sigstore.json: tlogEntries[0]: checkpoint: line 2" */
    char hint[160];  /* what to do: one imperative clause, or empty */
};

/* All of these return false, so that `return mf_err_set(...)` reads as the refusal it is.
 * Control characters and malformed UTF-8 in the formatted text are escaped as \xNN; text that
 * does not fit is cut. Setting an error that is set already asserts. */
bool mf_err_set(struct err *err, enum err_code code, const char *fmt, ...) MF_PRINTF(3, 4);
/* Appends what errno says; takes errno at the call. ENOENT gives NOT_FOUND, EEXIST gives EXISTS,
 * EMFILE and ENFILE (no descriptor is free) give UNAVAILABLE, all else SYSTEM. */
bool mf_err_sys(struct err *err, const char *fmt, ...) MF_PRINTF(2, 3);
/* Puts one place in front of the places already there. */
bool mf_err_at(struct err *err, const char *fmt, ...) MF_PRINTF(2, 3);
/* Sets the hint, replacing an earlier one. */
bool mf_err_hint(struct err *err, const char *fmt, ...) MF_PRINTF(2, 3);
/* New code, same text. */
bool mf_err_as(struct err *err, enum err_code code);
/* Forgets the error so that another attempt can be made with the same struct. */
void mf_err_clear(struct err *err);

/* Writes "where: what: hint" with a NUL, cut at cap; returns the length written without NUL. */
size_t mf_err_render(const struct err *err, char *out, size_t cap);
/* Stable lower-case name of a code, for logs and JSON. */
const char *mf_err_name(enum err_code code);

#endif
