/* Signed certificate timestamps. Source: RFC 6962 sections 3.2 and 3.3; C2SP static-ct-api for the
 * leaf index. */
#ifndef MF_TRANSPARENCY_SCT_SCT_H
#define MF_TRANSPARENCY_SCT_SCT_H

#include "common/codec/json.h"
#include "common/crypto/verifier.h"

enum { MF_SCT_LIST_MAX = 16 };          /* SCTs in one certificate */
enum { MF_SCT_BYTES_MAX = 65535 };      /* of one serialised SCT */
enum { MF_SCT_LEAF_INDEX_LEN = 8 };     /* bytes of the leaf_index extension */
enum { MF_SCT_ANSWER_MAX = 16 * 1024 }; /* bytes of an add-chain answer */

enum { MF_SCT_HASH_SHA256 = 4, MF_SCT_SIG_RSA = 1, MF_SCT_SIG_ECDSA = 3 }; /* RFC 5246 7.4.1.4.1 */

struct sct { /* version 1 (the byte 0); spans borrow from what was parsed */
    uint8_t log_id[32];
    uint64_t timestamp_ms;
    struct span
        extensions; /* TLS bytes without their length; copied verbatim into what is signed */
    uint8_t hash_alg, sig_alg;
    struct span signature; /* ECDSA: DER */
};

/* What a log was given: a certificate, or a precertificate's TBS with its issuer's key hash. */
struct ct_entry {
    bool is_precert;
    uint8_t issuer_key_hash[32]; /* of the issuer's SPKI; precertificates only */
    struct span der;             /* certificate, or TBSCertificate without poison and SCT list */
};

/* One serialised SCT, nothing behind it. */
MF_MUST_USE bool mf_sct_parse(struct span bytes, struct sct *out, struct err *err);
MF_MUST_USE bool mf_sct_write(const struct sct *sct, struct buf *out, struct err *err);

/* The TLS list. */
struct sct_list {
    struct sct scts[MF_SCT_LIST_MAX];
    size_t count; /* 1 or more */
};
MF_MUST_USE bool mf_sct_list_parse(struct span tls, struct sct_list *out, struct err *err);
MF_MUST_USE bool mf_sct_list_write(const struct sct_list *list, struct buf *out, struct err *err);
/* The value of the certificate extension, as struct cert_extension has it: a DER OCTET STRING that
 * holds the TLS list. */
MF_MUST_USE bool mf_sct_list_from_extension(struct span value, struct sct_list *out,
                                            struct err *err);
MF_MUST_USE bool mf_sct_list_to_extension(const struct sct_list *list, struct buf *out,
                                          struct err *err);

/* Appends the bytes that an SCT signs; also the MerkleTreeLeaf of that entry, byte for byte. */
MF_MUST_USE bool mf_sct_signed_data(const struct ct_entry *entry, uint64_t timestamp_ms,
                                    struct span extensions, struct buf *out, struct err *err);
/* Verifies by the log's key: its hash is the log ID, and the signature holds. MF_ERR_REJECTED. */
MF_MUST_USE bool mf_sct_verify(struct crypto *c, const struct sct *sct,
                               const struct public_key *log_key, const struct ct_entry *entry,
                               struct err *err);

/* The leaf_index extension; index below 2^40. */
void mf_sct_leaf_index_put(uint64_t index, uint8_t out[static MF_SCT_LEAF_INDEX_LEN]);
/* Finds it among extensions; other types are skipped. *found false when there is none. */
MF_MUST_USE bool mf_sct_leaf_index_find(struct span extensions, bool *found, uint64_t *index,
                                        struct err *err);

/* The JSON answer of add-chain and add-pre-chain. */
MF_MUST_USE bool mf_sct_write_json(const struct sct *sct, struct buf *out, struct err *err);
/* *storage is emptied and holds what *out borrows; give it max MF_SCT_ANSWER_MAX. */
MF_MUST_USE bool mf_sct_parse_json(struct span json, struct buf *storage, struct sct *out,
                                   struct err *err);

#endif
