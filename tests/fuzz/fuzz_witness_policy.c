/* A witness policy that is read holds what its bounds say, and evaluates on any note. */
#include "tests/support/fuzz.h"
#include "transparency/note/witness_policy.h"

static void require_order(const struct witness_policy *p)
{
    for (size_t i = 0; i < p->node_count; i++) {
        const struct policy_node *node = &p->nodes[i];
        if (!node->is_group) {
            mf_require(node->witness < p->witness_count);
            continue;
        }
        mf_require(node->threshold >= 1 && node->threshold <= node->count);
        mf_require(node->first + node->count <= p->member_count);
        for (size_t k = 0; k < node->count; k++)
            mf_require(p->members[node->first + k] < i);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct span text = MF_SPAN_INIT(
        "log.example\n1\nMDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n\n\xe2\x80\x94 "
        "a AAAAAAE=\n");
    static struct crypto *c;
    MF_SCOPED(mf_witness_policy_free) struct witness_policy *policy = NULL;
    MF_SCOPED(mf_note_done) struct note note = {0};
    bool signed_by[MF_POLICY_WITNESSES_MAX];
    struct err err = {0};

    if (c == NULL)
        mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err));
    if (!mf_witness_policy_parse(c, (struct span){data, size}, &policy, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && policy == NULL);
        return 0;
    }
    require_order(policy);
    mf_require(mf_note_parse(text, &note, &err));
    if (!mf_witness_policy_check(c, policy, &note, signed_by, &err))
        mf_require(err.code == MF_ERR_REJECTED && policy->has_quorum);
    return 0;
}
