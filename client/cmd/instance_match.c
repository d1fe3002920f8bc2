#include "client/cmd/instance_match.h"

#include <limits.h>
#include <unistd.h>

#include "client/cmd/log_identity.h"
#include "client/trust/trusted_root.h"
#include "common/base/file.h"
#include "common/codec/pem.h"

enum { CHAIN_FILE_MAX = 256 * 1024 };

static bool is_stranger(const char *dir, const char *part, struct err *err)
{
    mf_err_set(err, MF_ERR_EXISTS, "is not of this instance: its trusted_root.json names another");
    return mf_err_at(err, "%s/%s", dir, part);
}

static bool match_log(const char *dir, const char *folder, const struct trusted_log *logs,
                      size_t count, struct err *err)
{
    MF_SCOPED(mf_log_identity_done) struct log_identity log = {0};

    if (!mf_log_identity_read(dir, folder, &log, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (mf_span_eq(mf_buf_span(&log.log_id), MF_SPAN_OF(logs[i].log_id)) &&
            mf_span_eq(mf_buf_span(&log.spki), mf_buf_span(&logs[i].spki)))
            return true;
    return is_stranger(dir, folder, err);
}

static bool match_authority(const char *dir, const char *file, const struct trusted_chain *chains,
                            size_t count, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf pem = {0};
    MF_SCOPED(mf_buf_done) struct buf der = {.max = MF_CERT_MAX};
    char path[PATH_MAX];
    struct span label;

    if (!mf_path_join(dir, file, path, sizeof path, err) ||
        !mf_file_read(path, CHAIN_FILE_MAX, &pem, err))
        return false;
    struct span rest = mf_buf_span(&pem);
    if (!mf_pem_next(&rest, &label, &der, err))
        return mf_err_at(err, "%s", path);
    for (size_t i = 0; i < count; i++)
        if (mf_span_eq(mf_buf_span(&der), chains[i].certs[0].der))
            return true;
    return is_stranger(dir, file, err);
}

bool mf_instance_match(const char *dir, struct err *err)
{
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = NULL;
    char path[PATH_MAX];

    if (!mf_path_join(dir, "trusted_root.json", path, sizeof path, err))
        return false;
    if (access(path, F_OK) != 0)
        return true;
    if (mf_trusted_root_read(path, &root, err) &&
        match_log(dir, "log", root->tlogs, root->tlog_count, err) &&
        match_log(dir, "ct", root->ctlogs, root->ctlog_count, err) &&
        match_authority(dir, "ca/ca-chain.pem", root->cas, root->ca_count, err) &&
        match_authority(dir, "ca/timestamp-chain.pem", root->tsas, root->tsa_count, err))
        return true;
    return mf_err_hint(err, "put back what was there, or use another folder with --dir");
}
