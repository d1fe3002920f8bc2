#include "client/identity/identity_match.h"

/* Both names must find room in one message. */
static struct span shown(struct span text)
{
    return text.n > 90 ? mf_span_first(text, 90) : text;
}

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
        return mf_err_set(err, MF_ERR_REJECTED, "signed by \"%.*s\", not by \"%.*s\"%s",
                          MF_SPAN_ARG(shown(who->san.value)), MF_SPAN_ARG(shown(demand->identity)),
                          same_issuer ? "" : "; token issuers differ as well");
    return mf_err_set(err, MF_ERR_REJECTED, "token is from issuer \"%.*s\", not \"%.*s\"",
                      MF_SPAN_ARG(shown(who->issuer)), MF_SPAN_ARG(shown(demand->issuer)));
}
