/* Answers of the CA: certificates, and refusals as gRPC gateways write them, with a reason code for
 * machines. Sources: Fulcio pkg/server/error.go; google.rpc.ErrorInfo. */
#ifndef MF_CA_STUB_SERVER_CA_ANSWER_H
#define MF_CA_STUB_SERVER_CA_ANSWER_H

#include "common/net/http_server.h"

struct json_writer;

struct ca_refusal {
    unsigned status;
    const char *message;     /* Fulcio's text */
    const char *reason;      /* "TOKEN_MALFORMED"; empty writes no details */
    const char *detail;      /* what was wrong, for people; may be empty */
    const char *decision_id; /* may be empty */
    unsigned retry_after_s;  /* 0 for none */
};
void mf_ca_refuse(const struct ca_refusal *refusal, struct http_reply *out);

/* Version 2: JSON with leaf, issuing CA, root as PEM without surrounding white space.
 * Version 1: 201 and the same as PEM text.
 *   chain_pem  PEM blocks of the CA's chain, each ending in LF */
MF_MUST_USE bool mf_ca_answer_v2(struct span leaf_der, struct span chain_pem,
                                 struct http_reply *out, struct err *err);
MF_MUST_USE bool mf_ca_answer_v1(struct span leaf_der, struct span chain_pem,
                                 struct http_reply *out, struct err *err);

/* Puts PEM blocks as JSON strings; trimmed drops the LF at each end. */
void mf_ca_put_pem_blocks(struct json_writer *w, struct span pem, bool trimmed);

#endif
