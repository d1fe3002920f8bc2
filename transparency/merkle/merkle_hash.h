/* Merkle hashes: leaves, nodes, the empty tree. Sources: RFC 6962 section 2.1, RFC 9162
 * section 2.1.
 */
#ifndef MF_TRANSPARENCY_MERKLE_MERKLE_HASH_H
#define MF_TRANSPARENCY_MERKLE_MERKLE_HASH_H

#include "common/crypto/digest.h"

enum { MF_MERKLE_HASH_LEN = 32 }; /* bytes, SHA-256 */

/* A tree at one size. Sizes are 0 .. INT64_MAX everywhere in this room. */
struct merkle_head {
    uint64_t size;
    uint8_t root[MF_MERKLE_HASH_LEN];
};

/* SHA-256 of nothing: the root of the empty tree. */
extern const uint8_t mf_merkle_hash_empty[MF_MERKLE_HASH_LEN];

/* H(00 || entry). */
void mf_merkle_hash_leaf(struct crypto *c, struct span entry, uint8_t out[static 32]);
/* H(01 || left || right); out may be left or right. */
void mf_merkle_hash_node(struct crypto *c, const uint8_t left[static 32],
                         const uint8_t right[static 32], uint8_t out[static 32]);

/* Where complete nodes come from. Node (level, index) covers the 2^level leaves from
 * index * 2^level on; only nodes wholly inside the tree in question are asked for. */
struct node_source {
    bool (*node)(void *state, unsigned level, uint64_t index, uint8_t out[static 32],
                 struct err *err);
    void *state; /* borrowed */
};

/* Where complete nodes go as a tree grows. */
struct node_sink {
    void (*node)(void *state, unsigned level, uint64_t index, const uint8_t hash[static 32]);
    void *state; /* borrowed */
};

#endif
