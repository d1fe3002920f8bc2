/* Timestamp requests: the DER form and Sigstore's JSON form, read into one value that borrows
 * nothing. Sources: RFC 3161 section 2.4.1; timestamp-authority openapi.yaml for the JSON. */
#ifndef MF_CA_STUB_TIMESTAMP_TS_REQUEST_H
#define MF_CA_STUB_TIMESTAMP_TS_REQUEST_H

#include "common/crypto/digest.h"

enum { MF_TS_REQUEST_MAX = 4096 };      /* bytes of a DER request; ours */
enum { MF_TS_REQUEST_JSON_MAX = 1024 }; /* bytes of a JSON request */
enum { MF_TS_NONCE_MAX = 33 };          /* bytes of the INTEGER's content: 32 and a sign byte */
enum { MF_TS_IMPRINT_MAX = 96 };        /* bytes of a MessageImprint with SHA-512 */

struct ts_request {
    enum digest_alg alg;                /* SHA-256, SHA-384 or SHA-512 */
    uint8_t imprint[MF_TS_IMPRINT_MAX]; /* the MessageImprint as sent, with tag and length */
    size_t imprint_n;
    uint8_t nonce[MF_TS_NONCE_MAX]; /* content of the INTEGER as sent; it may be negative */
    size_t nonce_n;                 /* 0 when absent */
    bool want_certificate;          /* certReq */
};

enum ts_refusal { /* why a request is not served; each has its own text in Sigstore's API */
                  MF_TS_MALFORMED,
                  MF_TS_TOO_LARGE,
                  MF_TS_WEAK_HASH,
                  MF_TS_UNKNOWN_HASH,
                  MF_TS_DIGEST_LENGTH,
                  MF_TS_POLICY,
                  MF_TS_EXTENSION,
                  MF_TS_REFUSAL_COUNT_
};

/* Reads exactly one TimeStampReq. The only policy served is Sigstore's, the only version 1, and no
 * extension is known.
 *   out  written only on success
 *   why  written only on failure, where err is MF_ERR_FORMAT, MF_ERR_LIMIT or MF_ERR_REJECTED
 */
MF_MUST_USE bool mf_ts_request_parse(struct span der, struct ts_request *out, enum ts_refusal *why,
                                     struct err *err);
/* {"artifactHash", "hashAlgorithm", "certificates", "nonce", "tsaPolicyOID"}; unknown members are
 * ignored, as in proto JSON. A nonce is a number below 2^63, or decimal digits in a string. */
MF_MUST_USE bool mf_ts_request_parse_json(struct span json, struct ts_request *out,
                                          enum ts_refusal *why, struct err *err);

#endif
