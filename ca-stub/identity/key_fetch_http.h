/* Fetching an issuer's documents by HTTP. */
#ifndef MF_CA_IDENTITY_KEY_FETCH_HTTP_H
#define MF_CA_IDENTITY_KEY_FETCH_HTTP_H

#include "ca-stub/identity/key_cache.h"

/* One attempt of at most 5 s, no redirect, answers that are too large refused. */
extern const struct key_fetch mf_key_fetch_http;

#endif
