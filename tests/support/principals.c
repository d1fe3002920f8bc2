#include "tests/support/principals.h"

#include "tests/support/suite.h"

bool build_principal(const struct issuer *issuer, const char *payload,
                     struct verified_identity *out, struct refusal *why)
{
    MF_SCOPED(mf_claims_done) struct claims claims = {0};

    return mf_claims_parse(mf_span_str(payload), &claims, why) &&
           mf_principal_build(&claims, issuer, out, why);
}

void list_extensions(const struct verified_identity *id, struct buf *out)
{
    struct err err = {0};

    for (size_t i = 0; i < id->extension_count; i++)
        mf_ck_ok(mf_buf_printf(out, &err, "%u=%.*s\n", id->extensions[i].number,
                               (int)id->extensions[i].value.n,
                               (const char *)id->extensions[i].value.p),
                 err);
    mf_ck_ok(mf_buf_append_byte(out, 0, &err), err);
}
