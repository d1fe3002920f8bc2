/* What every token of one timestamp certificate has in common, written once. Used by ts_token.c
 * alone. Sources: RFC 5652 section 5.3, RFC 5816 section 4 (ESSCertIDv2). */
#ifndef MF_CA_STUB_TIMESTAMP_TS_PARTS_H
#define MF_CA_STUB_TIMESTAMP_TS_PARTS_H

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/crypto/digest.h"
#include "common/crypto/key.h"

struct ts_parts {
    enum digest_alg alg; /* of the signer, not of requests */
    struct instant not_before, not_after;
    struct buf tsa_name;     /* [0] { directoryName }, the subject */
    struct buf data_head;    /* version and digestAlgorithms of the SignedData */
    struct buf certificates; /* [0] { leaf } */
    struct buf signer_head;  /* version, sid and digestAlgorithm of the SignerInfo */
    struct buf sig_alg;      /* signatureAlgorithm */
    struct buf attributes;   /* signed attributes under the SET tag, time and digest blank */
    size_t time_at, digest_at;
};

/* Checks the certificate as mf_ts_issuer_new says (MF_ERR_TRUST), then writes the parts. */
MF_MUST_USE bool mf_ts_parts_init(struct ts_parts *parts, struct crypto *c, struct span leaf,
                                  const struct public_key *key, struct err *err);
void mf_ts_parts_done(struct ts_parts *parts);

/* Appends the signed attributes with time and digest filled in, under the SET tag that is signed;
 * in the SignerInfo the tag is [0]. time_s must be before 2050. */
MF_MUST_USE bool mf_ts_parts_attributes(const struct ts_parts *parts, int64_t time_s,
                                        const uint8_t *digest, struct buf *out, struct err *err);

#endif
