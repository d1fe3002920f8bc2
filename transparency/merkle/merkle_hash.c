#include "transparency/merkle/merkle_hash.h"

const uint8_t mf_merkle_hash_empty[MF_MERKLE_HASH_LEN] = {
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
};

void mf_merkle_hash_leaf(struct crypto *c, struct span entry, uint8_t out[static 32])
{
    /* RFC 6962 section 2.1: leaf prefix 00 keeps a leaf from posing as a node. */
    const struct span parts[] = {MF_SPAN("\x00"), entry};

    mf_sha256_parts(c, parts, MF_LEN(parts), out);
}

void mf_merkle_hash_node(struct crypto *c, const uint8_t left[static 32],
                         const uint8_t right[static 32], uint8_t out[static 32])
{
    uint8_t input[1 + 2 * MF_MERKLE_HASH_LEN] = {0x01};

    memcpy(input + 1, left, MF_MERKLE_HASH_LEN);
    memcpy(input + 1 + MF_MERKLE_HASH_LEN, right, MF_MERKLE_HASH_LEN);
    mf_sha256(c, MF_SPAN_OF(input), out);
}
