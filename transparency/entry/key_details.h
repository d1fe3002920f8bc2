/* PublicKeyDetails: Sigstore's names and numbers for a key with its hash and padding.
 * Sources: protobuf-specs sigstore_common.proto, architecture-docs algorithm-registry.md. */
#ifndef MF_TRANSPARENCY_ENTRY_KEY_DETAILS_H
#define MF_TRANSPARENCY_ENTRY_KEY_DETAILS_H

#include "common/codec/json.h"
#include "common/crypto/verifier.h"

enum key_details { /* the numbers of the protocol */
                   MF_KD_UNSPECIFIED = 0,
                   MF_KD_PKCS1_RSA_PKCS1V5 = 1,
                   MF_KD_PKCS1_RSA_PSS = 2,
                   MF_KD_PKIX_RSA_PKCS1V5 = 3,
                   MF_KD_PKIX_RSA_PSS = 4,
                   MF_KD_PKIX_ECDSA_P256_SHA_256 = 5,
                   MF_KD_PKIX_ECDSA_P256_HMAC_SHA_256 = 6,
                   MF_KD_PKIX_ED25519 = 7,
                   MF_KD_PKIX_ED25519_PH = 8,
                   MF_KD_PKIX_RSA_PKCS1V15_2048_SHA256 = 9,
                   MF_KD_PKIX_RSA_PKCS1V15_3072_SHA256 = 10,
                   MF_KD_PKIX_RSA_PKCS1V15_4096_SHA256 = 11,
                   MF_KD_PKIX_ECDSA_P384_SHA_384 = 12,
                   MF_KD_PKIX_ECDSA_P521_SHA_512 = 13,
                   MF_KD_LMS_SHA256 = 14,
                   MF_KD_LMOTS_SHA256 = 15,
                   MF_KD_PKIX_RSA_PSS_2048_SHA256 = 16,
                   MF_KD_PKIX_RSA_PSS_3072_SHA256 = 17,
                   MF_KD_PKIX_RSA_PSS_4096_SHA256 = 18,
                   MF_KD_PKIX_ECDSA_P384_SHA_256 = 19,
                   MF_KD_PKIX_ECDSA_P521_SHA_256 = 20,
                   MF_KD_ML_DSA_65 = 21,
                   MF_KD_ML_DSA_87 = 22,
                   MF_KD_ML_DSA_44 = 23,
                   MF_KD_COUNT_ = 24
};

/* "PKIX_ECDSA_P256_SHA_256" */
const char *mf_key_details_name(enum key_details d);
/* By exact name, UNSPECIFIED refused. */
MF_MUST_USE bool mf_key_details_from_name(struct span name, enum key_details *out, struct err *err);
MF_MUST_USE bool mf_key_details_from_number(int64_t number, enum key_details *out, struct err *err);

/* True for those that Rekor v2 takes in hashedrekord 0.0.2: 5, 8 .. 13. */
bool mf_key_details_is_permitted(enum key_details d);
/* The scheme; defined for every one that we can verify: the permitted ones, 7 (pure Ed25519) and
 * 3 (any RSA, PKCS#1 v1.5 with SHA-256). MF_ERR_FORMAT names an unsupported one. */
MF_MUST_USE bool mf_key_details_scheme(enum key_details d, enum sig_scheme *out, struct err *err);
/* True when the key is of the kind, curve and size that d names. */
bool mf_key_details_fits(enum key_details d, const struct public_key *key);
/* What a key is logged under: the natural hash of its curve, RSA 2048, 3072 or 4096 with PKCS#1
 * v1.5, Ed25519 as Ed25519ph. MF_ERR_FORMAT for other RSA sizes. */
MF_MUST_USE bool mf_key_details_default(const struct public_key *key, enum key_details *out,
                                        struct err *err);

/* Sigstore's HashAlgorithm: names "SHA2_256", "SHA2_384", "SHA2_512", and their numbers 1 to 3. */
const char *mf_key_details_hash_name(enum digest_alg alg);
MF_MUST_USE bool mf_key_details_hash_from_name(struct span name, enum digest_alg *out,
                                               struct err *err);
MF_MUST_USE bool mf_key_details_hash_from_number(int64_t number, enum digest_alg *out,
                                                 struct err *err);

/* A member with one of them, by name or by number as proto3 JSON allows. */
MF_MUST_USE bool mf_key_details_hash_member(const struct json_node *object, const char *name,
                                            enum digest_alg *out, struct err *err);

#endif
