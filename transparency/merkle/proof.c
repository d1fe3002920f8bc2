#include "transparency/merkle/proof.h"

static bool rejected(struct err *err, const char *what)
{
    return mf_err_set(err, MF_ERR_REJECTED, "%s", what);
}

static bool same(const uint8_t a[static 32], const uint8_t b[static 32])
{
    return memcmp(a, b, MF_MERKLE_HASH_LEN) == 0;
}

static unsigned bit_length(uint64_t v)
{
    return v == 0 ? 0 : 64 - (unsigned)__builtin_clzll(v);
}

/* Shape of the path from leaf `index` to the root of a tree of `size` leaves: `inner` steps inside
 * the largest part that the leaf shares with the right edge, then `border` steps with left siblings
 * only. RFC 9162 section 2.1.3.2 walks the same path bit by bit. */
struct path {
    unsigned inner, border;
};

static struct path path_of(uint64_t index, uint64_t size)
{
    unsigned inner = bit_length(index ^ (size - 1));

    return (struct path){inner, (unsigned)__builtin_popcountll(inner < 64 ? index >> inner : 0)};
}

bool mf_proof_verify_inclusion(struct crypto *c, const struct merkle_proof *proof, uint64_t index,
                               const uint8_t leaf_hash[static 32], const struct merkle_head *head,
                               struct err *err)
{
    uint8_t hash[MF_MERKLE_HASH_LEN];

    if (head->size > INT64_MAX || index >= head->size)
        return rejected(err, "leaf index lies outside the tree");
    struct path path = path_of(index, head->size);
    if (proof->count != path.inner + path.border)
        return mf_err_set(err, MF_ERR_REJECTED, "inclusion proof has %zu hashes, not %u",
                          proof->count, path.inner + path.border);
    memcpy(hash, leaf_hash, sizeof hash);
    for (unsigned i = 0; i < proof->count; i++) {
        if (i < path.inner && (index >> i & 1) == 0)
            mf_merkle_hash_node(c, hash, proof->hashes[i], hash);
        else
            mf_merkle_hash_node(c, proof->hashes[i], hash, hash);
    }
    if (!same(hash, head->root))
        return rejected(err, "inclusion proof does not lead to the tree's root");
    return true;
}

/* Both roots from one list of hashes: the earlier one takes only left siblings, the later one all
 * of them. RFC 9162 section 2.1.4.2. */
static bool roots_follow(struct crypto *c, const struct merkle_proof *proof,
                         const struct merkle_head *earlier, const struct merkle_head *later,
                         struct err *err)
{
    unsigned shift = (unsigned)__builtin_ctzll(earlier->size);
    struct path path = path_of(earlier->size - 1, later->size);
    /* An earlier tree that is perfect is itself the node to start from. */
    bool perfect = (earlier->size & (earlier->size - 1)) == 0;
    size_t start = perfect ? 0 : 1;
    uint64_t mask = (earlier->size - 1) >> shift;
    uint8_t before[MF_MERKLE_HASH_LEN], after[MF_MERKLE_HASH_LEN];

    /* The sizes differ above the earlier one's lowest bit, so the walk begins at that bit. */
    path.inner -= shift;
    if (proof->count != start + path.inner + path.border)
        return mf_err_set(err, MF_ERR_REJECTED, "consistency proof has %zu hashes, not %zu",
                          proof->count, start + path.inner + path.border);
    memcpy(before, perfect ? earlier->root : proof->hashes[0], sizeof before);
    memcpy(after, before, sizeof after);
    for (unsigned i = 0; i < path.inner + path.border; i++) {
        const uint8_t *sibling = proof->hashes[start + i];
        if (i < path.inner && (mask >> i & 1) == 0) {
            mf_merkle_hash_node(c, after, sibling, after);
            continue;
        }
        mf_merkle_hash_node(c, sibling, before, before);
        mf_merkle_hash_node(c, sibling, after, after);
    }
    if (!same(before, earlier->root))
        return rejected(err, "consistency proof does not lead to the earlier root");
    if (!same(after, later->root))
        return rejected(err, "consistency proof does not lead to the later root");
    return true;
}

bool mf_proof_verify_consistency(struct crypto *c, const struct merkle_proof *proof,
                                 const struct merkle_head *earlier, const struct merkle_head *later,
                                 struct err *err)
{
    if (later->size > INT64_MAX || earlier->size > later->size)
        return rejected(err, "tree is smaller than the earlier one");
    if (earlier->size == 0)
        return rejected(err, "the empty tree proves nothing of a later one");
    if (earlier->size < later->size)
        return roots_follow(c, proof, earlier, later, err);
    if (proof->count != 0)
        return rejected(err, "consistency proof of equal sizes is not empty");
    if (!same(earlier->root, later->root))
        return rejected(err, "two trees of one size have different roots");
    return true;
}
