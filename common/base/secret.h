/* Secrets: bytes in locked memory of their own, kept out of core dumps and wiped.
 * There is no function that formats one, so a secret cannot be printed. */
#ifndef MF_COMMON_BASE_SECRET_H
#define MF_COMMON_BASE_SECRET_H

#include "common/base/err.h"
#include "common/base/scope.h"
#include "common/base/span.h"

struct secret {
    uint8_t *p;
    size_t n;      /* bytes used */
    size_t mapped; /* bytes of the mapping; private to secret.c */
};

/* Room for cap bytes, n = 0. Where memory cannot be locked the secret exists all the same, and may
 * be written to swap: programs find that out at their start, see crypto/secure_heap.h. */
MF_MUST_USE bool mf_secret_new(size_t cap, struct secret *out, struct err *err);
MF_MUST_USE bool mf_secret_copy(struct span bytes, struct secret *out, struct err *err);
/* Reads fd to its end, at most max bytes (else MF_ERR_LIMIT), through no other buffer. Waits as
 * long as its writer does. */
MF_MUST_USE bool mf_secret_read_fd(int fd, size_t max, struct secret *out, struct err *err);
/* The same of what a path names: a file or a pipe, as input.h says. */
MF_MUST_USE bool mf_secret_read_file(const char *path, size_t max, struct secret *out,
                                     struct err *err);
/* Drops white space at both ends, in place. */
void mf_secret_trim(struct secret *s);

static inline struct span mf_secret_span(const struct secret *s)
{
    return (struct span){s->p, s->n};
}

/* Wipes and unmaps; may run twice. */
void mf_secret_done(struct secret *s);

#endif
