/* Key source: one fetch of an issuer's keys, from its file, its jwks_uri or by discovery. */
#ifndef MF_CA_IDENTITY_KEY_SOURCE_H
#define MF_CA_IDENTITY_KEY_SOURCE_H

#include "ca-stub/identity/key_cache.h"

/* *life is left alone where the keys come from a file. Errors name the document. */
MF_MUST_USE bool mf_key_source_load(struct crypto *c, const struct issuer *issuer,
                                    const struct key_fetch *fetch, struct jwk_set **out,
                                    struct key_life *life, struct err *err);

#endif
