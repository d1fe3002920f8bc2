/* Timestamp responses, parsed: RFC 3161 over CMS (RFC 5652). Nothing is trusted here; see
 * timestamp_check.h. */
#ifndef MF_CLIENT_VERIFY_TSR_H
#define MF_CLIENT_VERIFY_TSR_H

#include "common/base/clock.h"
#include "common/crypto/digest.h"

enum { MF_TSR_MAX = 64 * 1024 };       /* bytes */
enum { MF_TSR_CERTIFICATES_MAX = 16 }; /* embedded */

/* All spans borrow from the response's bytes. */
struct tsr {
    /* TSTInfo */
    struct span tst_info; /* its DER: what the signed attributes digest */
    enum digest_alg imprint_alg;
    struct span imprint;
    struct instant gen_time;
    bool has_nonce;
    struct span nonce; /* unsigned big-endian bytes */
    /* SignerInfo */
    struct span signer_issuer; /* Name with tag and length */
    struct span signer_serial; /* content of the INTEGER */
    enum digest_alg digest_alg;
    struct span sig_alg;      /* OID content */
    struct span signed_attrs; /* the [0] value with tag and length; signed with the tag SET OF */
    struct span message_digest;
    struct span ess_hash; /* of the signing certificate, from signingCertificate(V2) */
    enum digest_alg ess_alg;
    struct span signature;
    /* Candidates only: an embedded certificate is never trusted for being there. */
    struct span certificates[MF_TSR_CERTIFICATES_MAX];
    size_t certificate_count;
};

/* One granted TimeStampResp, nothing behind it, with exactly one signer and signed attributes that
 * hold content type, message digest and signing certificate once each. */
MF_MUST_USE bool mf_tsr_parse(struct span der, struct tsr *out, struct err *err);

#endif
