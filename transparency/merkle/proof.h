/* Inclusion and consistency proofs: verifying and building.
 * Sources: RFC 9162 sections 2.1.3 and 2.1.4 (the shapes are those of RFC 6962). */
#ifndef MF_TRANSPARENCY_MERKLE_PROOF_H
#define MF_TRANSPARENCY_MERKLE_PROOF_H

#include "transparency/merkle/merkle_hash.h"

enum { MF_PROOF_MAX = 64 }; /* hashes; a tree below 2^63 leaves never needs more */

struct merkle_proof {
    size_t count;
    uint8_t hashes[MF_PROOF_MAX][MF_MERKLE_HASH_LEN]; /* leaf to root */
};

/* Verifies that the leaf with this hash stands at index in the tree. MF_ERR_REJECTED says whether
 * the index, the length or the root does not fit. */
MF_MUST_USE bool mf_proof_verify_inclusion(struct crypto *c, const struct merkle_proof *proof,
                                           uint64_t index, const uint8_t leaf_hash[static 32],
                                           const struct merkle_head *head, struct err *err);
/* Verifies that the later tree begins with the earlier one. Equal sizes need equal roots and an
 * empty proof. An earlier size of 0 is refused: the empty tree proves nothing, so who starts from
 * nothing must say so. MF_ERR_REJECTED. */
MF_MUST_USE bool mf_proof_verify_consistency(struct crypto *c, const struct merkle_proof *proof,
                                             const struct merkle_head *earlier,
                                             const struct merkle_head *later, struct err *err);

/* Builds the proof of leaf `index` (below size). Each complete node is fetched once; the ragged
 * right edge is computed from its peaks. Fails only as the source fails, or with MF_ERR_NOT_FOUND
 * when the index is outside. */
MF_MUST_USE bool mf_proof_build_inclusion(struct crypto *c, const struct node_source *source,
                                          uint64_t index, uint64_t size, struct merkle_proof *out,
                                          struct err *err);
/* earlier <= later, else MF_ERR_NOT_FOUND; empty when earlier is 0 or they are equal. */
MF_MUST_USE bool mf_proof_build_consistency(struct crypto *c, const struct node_source *source,
                                            uint64_t earlier, uint64_t later,
                                            struct merkle_proof *out, struct err *err);

#endif
