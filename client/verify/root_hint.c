#include "client/verify/root_hint.h"

static bool began_after(const struct validity *valid, struct instant when)
{
    return valid->has_start && mf_instant_cmp(valid->start, when) > 0;
}

static bool is_newer_than_all(const struct trusted_root *root, struct instant when)
{
    for (size_t i = 0; i < root->tlog_count; i++)
        if (began_after(&root->tlogs[i].valid, when))
            return false;
    for (size_t i = 0; i < root->ctlog_count; i++)
        if (began_after(&root->ctlogs[i].valid, when))
            return false;
    for (size_t i = 0; i < root->ca_count; i++)
        if (began_after(&root->cas[i].valid, when))
            return false;
    for (size_t i = 0; i < root->tsa_count; i++)
        if (began_after(&root->tsas[i].valid, when))
            return false;
    return true;
}

bool mf_root_hint(const struct trusted_root *root, struct instant when, struct err *err)
{
    if (is_newer_than_all(root, when))
        return mf_err_hint(err, "check that this trusted root is the signer's; the bundle is newer "
                                "than every key in it, so a newer root may be needed");
    return mf_err_hint(err, "check that this trusted root belongs to the signer's instance");
}
