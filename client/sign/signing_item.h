/* One artifact on its way through the services. For signing.c alone. */
#ifndef MF_CLIENT_SIGN_SIGNING_ITEM_H
#define MF_CLIENT_SIGN_SIGNING_ITEM_H

#include "client/sign/signing.h"
#include "client/sign/tsa_query.h"
#include "common/codec/url.h"
#include "transparency/submit/log_submit.h"

struct signing {
    struct signing_params params;
    struct private_key *key;
    struct buf certificate; /* DER */
    struct instant not_after;
    int64_t lifetime_s;
    uint64_t asked_ns; /* monotonic, when the certificate was asked for */
    char ca_url[MF_URL_MAX], tsa_url[MF_URL_MAX], log_url[MF_URL_MAX];
};

struct signing_item {
    const struct artifact *artifact;
    struct buf signature, query, request;
    uint8_t nonce[MF_TSA_NONCE_LEN];
    char log_endpoint[MF_LOG_SUBMIT_URL_MAX];
};

/* Signs, and fills in the calls that ask for a timestamp and a log entry. */
MF_MUST_USE bool mf_signing_item_prepare(struct signing *s, struct signing_item *item,
                                         struct http_call *tsa, struct http_call *log,
                                         struct err *err);
/* Reads both answers, assembles the bundle and verifies it in full. */
MF_MUST_USE bool mf_signing_item_finish(struct signing *s, struct signing_item *item,
                                        struct http_result *tsa, struct http_result *log,
                                        struct signed_artifact *out, struct err *err);
void mf_signing_item_done(struct signing_item *item);

#endif
