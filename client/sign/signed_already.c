#include "client/sign/signed_already.h"

#include "client/sign/token_match.h"
#include "client/verify/bundle_verifier.h"

bool mf_signed_already(struct crypto *c, const struct signed_question *ask, int64_t *log_index,
                       struct err *err)
{
    MF_SCOPED(mf_bundle_free) struct bundle *bundle = NULL;
    struct artifact artifact = *ask->artifact;
    struct verification result;
    struct signer_identity who;
    struct cert cert;

    if (!mf_bundle_read(ask->bundle_path, &bundle, err) ||
        !mf_cert_parse(mf_buf_span(&bundle->certificate), &cert, err) ||
        !mf_signer_identity_read(&cert, &who, err) || !mf_token_match(ask->token, &who, err))
        return false;
    unsigned digests = mf_bundle_digests(c, bundle, NULL);
    if (digests != 1U << MF_SHA256 && !mf_artifact_read(c, ask->file, digests, &artifact, err))
        return false;
    const struct demand row = mf_demand_exactly(who.san.value, who.issuer);
    const struct identity_demand demand = {&row, 1};
    const struct verify_params params = {
        .root = ask->root,
        .demand = &demand,
        .require = MF_NEED_LOG | MF_NEED_SCT,
        .artifact = &artifact,
    };
    if (!mf_bundle_verify(c, bundle, &params, &result, err))
        return false;
    *log_index = result.entries[0].index;
    return true;
}
