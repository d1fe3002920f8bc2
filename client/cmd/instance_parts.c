#include "client/cmd/instance_parts.h"

#include <limits.h>

#include "common/base/file.h"

enum { CHAIN_FILE_MAX = 256 * 1024 };

static bool read_pem(const char *dir, const char *name, struct buf *out, struct err *err)
{
    char path[PATH_MAX];

    return mf_path_join(dir, name, path, sizeof path, err) &&
           mf_file_read(path, CHAIN_FILE_MAX, out, err);
}

bool mf_instance_parts_read(const char *dir, struct instance_parts *out, struct err *err)
{
    return mf_log_identity_read(dir, MF_INSTANCE_LOG, "entries", &out->log, err) &&
           mf_log_identity_read(dir, MF_INSTANCE_CT, "ct", &out->ct, err) &&
           read_pem(dir, MF_INSTANCE_CA_CHAIN, &out->ca_chain, err) &&
           read_pem(dir, MF_INSTANCE_TSA_CHAIN, &out->tsa_chain, err);
}

void mf_instance_parts_done(struct instance_parts *parts)
{
    mf_log_identity_done(&parts->log);
    mf_log_identity_done(&parts->ct);
    mf_buf_done(&parts->ca_chain);
    mf_buf_done(&parts->tsa_chain);
}
