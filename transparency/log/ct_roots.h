/* The certificate authorities whose chains a CT log takes. */
#ifndef MF_TRANSPARENCY_LOG_CT_ROOTS_H
#define MF_TRANSPARENCY_LOG_CT_ROOTS_H

#include "common/x509/cert.h"

enum { MF_CT_ROOTS_MAX = 64 };

struct ct_roots {
    struct buf ders[MF_CT_ROOTS_MAX];
    struct cert certs[MF_CT_ROOTS_MAX];
    size_t count;
};

/* Reads a PEM file of certificates; each must parse. An empty path gives a log that takes nothing.
 */
MF_MUST_USE bool mf_ct_roots_load(const char *path, struct ct_roots **out, struct err *err);
void mf_ct_roots_free(struct ct_roots **roots);
/* The root that is this certificate, or that signed it; null when none. */
const struct cert *mf_ct_roots_find(struct crypto *c, const struct ct_roots *roots,
                                    const struct cert *last);

#endif
