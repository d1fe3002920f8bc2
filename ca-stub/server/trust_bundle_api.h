/* The answers that do not change while the server runs: trust bundle, configuration, root, chain of
 * the timestamp authority. Source: Fulcio fulcio.proto; timestamp-authority openapi.yaml. */
#ifndef MF_CA_STUB_SERVER_TRUST_BUNDLE_API_H
#define MF_CA_STUB_SERVER_TRUST_BUNDLE_API_H

#include "ca-stub/certificate/ca_keys.h"
#include "common/net/http_server.h"

struct token_gate;
struct trust_bundle; /* read-only; any number of threads */

MF_MUST_USE bool mf_trust_bundle_new(const struct ca_chain *chain,
                                     const struct ca_chain *timestamp_chain,
                                     const struct token_gate *gate, struct trust_bundle **out,
                                     struct err *err);
void mf_trust_bundle_free(struct trust_bundle **bundle);

enum trust_document {
    MF_TRUST_BUNDLE,
    MF_TRUST_CONFIGURATION,
    MF_TRUST_ROOT_CERT,
    MF_TRUST_TIMESTAMP_CHAIN,
    MF_TRUST_DOCUMENT_COUNT_
};
/* Answers on the I/O thread. */
void mf_trust_bundle_reply(const struct trust_bundle *bundle, enum trust_document document,
                           struct http_request *request);

#endif
