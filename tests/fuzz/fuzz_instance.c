/* Any bytes are refused with a reason, or name every service of an instance. */
#include "client/cmd/instance.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_instance_done) struct instance i = {0};
    struct err err = {0};

    if (!mf_instance_parse((struct span){data, size}, &i, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && i.doc == NULL);
        return 0;
    }
    const struct span members[] = {i.fulcio, i.rekor,  i.tsa,      i.ct,
                                   i.oidc,   i.issuer, i.audience, i.identity};
    for (size_t k = 0; k < MF_LEN(members); k++)
        mf_require(members[k].p != NULL && memchr(members[k].p, 0, members[k].n) == NULL);
    return 0;
}
