/* Writing certificates as DER: the parts that all profiles share. Source: RFC 5280 section 4.1. */
#ifndef MF_CA_STUB_CERTIFICATE_CERT_WRITER_H
#define MF_CA_STUB_CERTIFICATE_CERT_WRITER_H

#include "common/base/buf.h"
#include "common/crypto/digest.h"
#include "common/crypto/key.h"

enum { MF_SERIAL_LEN = 20 }; /* bytes; the top bit is clear, so 159 random bits */
enum { MF_KEY_ID_LEN = MF_SHA1_LEN };

/* Random and positive; its first byte is not zero, so that all have one length. */
MF_MUST_USE bool mf_serial_new(struct crypto *c, uint8_t out[static MF_SERIAL_LEN],
                               struct err *err);
/* RFC 5280 4.2.1.2, method 1: SHA-1 of the subjectPublicKey bits. */
void mf_key_id(struct crypto *c, const struct public_key *key, uint8_t out[static MF_KEY_ID_LEN]);

struct tbs_params {            /* what stands before the extensions */
    struct span serial;        /* unsigned big-endian, 1 .. 20 bytes, not zero */
    enum key_kind issuer_kind; /* decides the signature algorithm */
    struct span issuer;        /* Name with tag and length */
    int64_t not_before_s;      /* both before 2050 */
    int64_t not_after_s;
    struct span subject; /* Name with tag and length */
    struct span spki;    /* with tag and length */
};
struct tbs_marks { /* open values; between begin and finish extensions are put */
    size_t tbs, held, list;
};
MF_MUST_USE bool mf_tbs_begin(struct buf *b, const struct tbs_params *params,
                              struct tbs_marks *marks, struct err *err);
MF_MUST_USE bool mf_tbs_finish(struct buf *b, const struct tbs_marks *marks, struct err *err);

/* One extension; value goes into its OCTET STRING. */
MF_MUST_USE bool mf_put_extension(struct buf *b, struct span oid, bool critical, struct span value,
                                  struct err *err);
MF_MUST_USE bool mf_put_subject_key_id(struct buf *b, struct span key_id, struct err *err);
MF_MUST_USE bool mf_put_authority_key_id(struct buf *b, struct span key_id, struct err *err);
/* One purpose. */
MF_MUST_USE bool mf_put_eku(struct buf *b, struct span purpose, bool critical, struct err *err);

/* Appends the Certificate: TBS, algorithm, signature. */
MF_MUST_USE bool mf_certificate_join(struct span tbs, enum key_kind issuer_kind,
                                     struct span signature, struct buf *out, struct err *err);

#endif
