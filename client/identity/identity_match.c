#include "client/identity/identity_match.h"

bool mf_identity_match(const struct signer_identity *who, const struct identity_demand *demand,
                       struct err *err)
{
    if (demand->identity.n == 0)
        return mf_err_set(err, MF_ERR_USAGE, "no identity is demanded");
    if (demand->issuer.n == 0)
        return mf_err_set(err, MF_ERR_USAGE, "no token issuer is demanded");

    bool same_name = mf_span_eq(who->san.value, demand->identity);
    bool same_issuer = mf_span_eq(who->issuer, demand->issuer);
    if (same_name && same_issuer)
        return true;
    if (!same_name)
        mf_err_set(err, MF_ERR_REJECTED, "signed by \"%.*s\", not by \"%.*s\"%s",
                   MF_SPAN_ARG(who->san.value), MF_SPAN_ARG(demand->identity),
                   same_issuer ? "" : "; the token issuer differs as well");
    else
        mf_err_set(err, MF_ERR_REJECTED, "signer's token is from issuer \"%.*s\", not \"%.*s\"",
                   MF_SPAN_ARG(who->issuer), MF_SPAN_ARG(demand->issuer));
    return false;
}
