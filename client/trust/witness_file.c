#include "client/trust/witness_file.h"

#include "common/base/file.h"

bool mf_witness_file_read(struct crypto *c, const char *path, struct witness_policy **out,
                          struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};

    if (!mf_file_read(path, MF_WITNESS_POLICY_MAX, &text, err))
        return mf_err_as(err, MF_ERR_TRUST);
    if (mf_witness_policy_parse(c, mf_buf_span(&text), out, err))
        return true;
    mf_err_at(err, "%s", path);
    return mf_err_as(err, MF_ERR_TRUST);
}
