/* Building proofs: which nodes a proof needs, and the ragged right edge out of its peaks. */
#include "transparency/merkle/proof.h"

/* Largest power of two below n, as an exponent; n is 2 or more. RFC 9162 section 2.1.1. */
static unsigned split_level(uint64_t n)
{
    return 63 - (unsigned)__builtin_clzll(n - 1);
}

/* Hash of the leaves [begin, end), not none, where begin is a multiple of the largest power of two
 * that fits between them: a complete node, or the right edge folded from its peaks. */
static bool range_hash(struct crypto *c, const struct node_source *source, uint64_t begin,
                       uint64_t end, uint8_t out[static 32], struct err *err)
{
    uint8_t peaks[63][MF_MERKLE_HASH_LEN];
    unsigned count = 0;
    uint64_t at = begin;

    do {
        unsigned level = 63 - (unsigned)__builtin_clzll(end - at);
        if (!source->node(source->state, level, at >> level, peaks[count++], err))
            return false;
        at += UINT64_C(1) << level;
    } while (at < end);
    memcpy(out, peaks[count - 1], MF_MERKLE_HASH_LEN);
    for (unsigned i = count - 1; i-- > 0;)
        mf_merkle_hash_node(c, peaks[i], out, out);
    return true;
}

struct range {
    uint64_t begin, end;
};

/* From the root down: at each split keep the half that holds the target and note the other. */
struct descent {
    struct range siblings[MF_PROOF_MAX];
    size_t count;
    struct range at;
};

/* Splits d->at, going right when `target` (an index in the whole tree) lies there. */
static void descend(struct descent *d, uint64_t target)
{
    uint64_t middle = d->at.begin + (UINT64_C(1) << split_level(d->at.end - d->at.begin));
    struct range left = {d->at.begin, middle}, right = {middle, d->at.end};
    bool go_right = target >= middle;

    d->siblings[d->count++] = go_right ? left : right;
    d->at = go_right ? right : left;
}

/* Appends the hashes of the siblings, those nearest to the leaf first. */
static bool fetch_siblings(struct crypto *c, const struct node_source *source,
                           const struct descent *d, struct merkle_proof *proof, struct err *err)
{
    for (size_t i = d->count; i-- > 0;) {
        if (!range_hash(c, source, d->siblings[i].begin, d->siblings[i].end,
                        proof->hashes[proof->count], err))
            return false;
        proof->count++;
    }
    return true;
}

bool mf_proof_build_inclusion(struct crypto *c, const struct node_source *source, uint64_t index,
                              uint64_t size, struct merkle_proof *out, struct err *err)
{
    struct merkle_proof proof = {.count = 0};
    struct descent d = {.count = 0, .at = {0, size}};

    if (size > INT64_MAX || index >= size)
        return mf_err_set(err, MF_ERR_NOT_FOUND, "leaf index lies outside the tree");
    while (d.at.end - d.at.begin > 1)
        descend(&d, index);
    if (!fetch_siblings(c, source, &d, &proof, err))
        return false;
    *out = proof;
    return true;
}

bool mf_proof_build_consistency(struct crypto *c, const struct node_source *source,
                                uint64_t earlier, uint64_t later, struct merkle_proof *out,
                                struct err *err)
{
    struct merkle_proof proof = {.count = 0};
    struct descent d = {.count = 0, .at = {0, later}};

    if (later > INT64_MAX || earlier > later)
        return mf_err_set(err, MF_ERR_NOT_FOUND, "earlier size lies outside the tree");
    if (earlier == 0 || earlier == later) {
        *out = proof;
        return true;
    }
    /* Down to the subtree that ends where the earlier tree ended. */
    while (d.at.end != earlier)
        descend(&d, earlier - 1);
    /* Unless that subtree is the whole earlier tree, the verifier needs its hash to start from. */
    if (d.at.begin != 0) {
        if (!range_hash(c, source, d.at.begin, d.at.end, proof.hashes[0], err))
            return false;
        proof.count = 1;
    }
    if (!fetch_siblings(c, source, &d, &proof, err))
        return false;
    *out = proof;
    return true;
}
