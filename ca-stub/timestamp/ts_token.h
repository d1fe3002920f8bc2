/* Timestamp tokens: responses signed by the timestamp authority's key, written by our own DER
 * writer around parts made once. Sources: RFC 3161 section 2.4.2, RFC 5652 section 5, RFC 5816. */
#ifndef MF_CA_STUB_TIMESTAMP_TS_TOKEN_H
#define MF_CA_STUB_TIMESTAMP_TS_TOKEN_H

#include "ca-stub/timestamp/ts_request.h"
#include "common/base/buf.h"

struct signer;
struct ts_issuer; /* certificate and prepared parts; read-only, shared by threads */

enum { MF_TS_RESPONSE_MAX = 24 * 1024 }; /* bytes */
enum { MF_TS_BATCH_MAX = 64 };           /* tokens signed in one round trip */

/* leaf is the DER of the authority's certificate, copied. Refused with MF_ERR_TRUST: a CA; another
 * extended key usage than a critical timeStamping alone; another key usage than digitalSignature;
 * a key that is not the signer's, or neither P-256 nor P-384. The signer is borrowed. */
MF_MUST_USE bool mf_ts_issuer_new(struct crypto *c, struct span leaf, struct signer *signer,
                                  struct ts_issuer **out, struct err *err);
void mf_ts_issuer_free(struct ts_issuer **issuer);

struct ts_job {
    struct ts_request request;
    struct buf response; /* out: a whole TimeStampResp; the caller's to free */
};

/* Answers up to MF_TS_BATCH_MAX requests with one genTime and one round trip to the signer. All
 * succeed or none: then no response is set. MF_ERR_UNAVAILABLE when the certificate is not valid at
 * that time. Any thread, each with its own crypto. */
MF_MUST_USE bool mf_ts_issue(const struct ts_issuer *issuer, struct crypto *c, int64_t gen_time_s,
                             struct ts_job *jobs, size_t count, struct err *err);

#endif
