/* Any bytes are refused with a reason, or are a root within its limits whose every entry is whole.
 */
#include "client/trust/trusted_root.h"
#include "tests/support/fuzz.h"

static size_t check_logs(const struct trusted_log *logs, size_t count)
{
    size_t unusable = 0;

    mf_require(count <= MF_TRUST_ENTRIES_MAX);
    for (size_t i = 0; i < count; i++) {
        mf_require(logs[i].valid.has_start);
        mf_require(logs[i].usable || logs[i].spki.n == 0);
        unusable += !logs[i].usable;
    }
    return unusable;
}

static void check_chains(const struct trusted_chain *chains, size_t count)
{
    mf_require(count <= MF_TRUST_ENTRIES_MAX);
    for (size_t i = 0; i < count; i++) {
        mf_require(chains[i].count >= 1 && chains[i].count <= MF_CHAIN_MAX);
        for (size_t k = 0; k < chains[i].count; k++)
            mf_require(mf_span_eq(chains[i].certs[k].der, mf_buf_span(&chains[i].ders[k])));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *r = NULL;
    struct err err = {0};

    if (!mf_trusted_root_parse((struct span){data, size}, &r, &err)) {
        mf_require(err.code == MF_ERR_TRUST && err.what[0] != '\0' && r == NULL);
        return 0;
    }
    size_t unusable = check_logs(r->tlogs, r->tlog_count) + check_logs(r->ctlogs, r->ctlog_count);
    mf_require(unusable == r->skipped_keys);
    check_chains(r->cas, r->ca_count);
    check_chains(r->tsas, r->tsa_count);
    for (size_t i = 0; i < r->tlog_count; i++) {
        const struct trusted_log *found = mf_trusted_root_tlog(r, r->tlogs[i].log_id);
        mf_require(found == NULL ? !r->tlogs[i].usable : found->usable);
        mf_require(found == NULL || memcmp(found->log_id, r->tlogs[i].log_id, 32) == 0);
    }
    return 0;
}
