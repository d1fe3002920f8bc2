#include "client/cmd/instance_match.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/cmd/instance_parts.h"
#include "client/trust/trusted_root.h"
#include "common/base/file.h"
#include "common/codec/pem.h"

static bool is_stranger(const char *dir, const char *part, struct err *err)
{
    mf_err_set(err, MF_ERR_EXISTS, "is not of this instance: its trusted_root.json names another");
    return mf_err_at(err, "%s/%s", dir, part);
}

static bool match_log(const char *dir, const char *part, const struct log_identity *log,
                      const struct trusted_log *known, size_t count, struct err *err)
{
    for (size_t i = 0; i < count; i++)
        if (mf_span_eq(mf_buf_span(&log->log_id), MF_SPAN_OF(known[i].log_id)) &&
            mf_span_eq(mf_buf_span(&log->spki), mf_buf_span(&known[i].spki)))
            return true;
    return is_stranger(dir, part, err);
}

static bool match_authority(const char *dir, const char *part, const struct buf *pem,
                            const struct trusted_chain *known, size_t count, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf der = {.max = MF_CERT_MAX};
    struct span rest = mf_buf_span(pem);
    struct span label;

    if (!mf_pem_next(&rest, &label, &der, err))
        return mf_err_at(err, "%s/%s", dir, part);
    for (size_t i = 0; i < count; i++)
        if (mf_span_eq(mf_buf_span(&der), known[i].certs[0].der))
            return true;
    return is_stranger(dir, part, err);
}

static bool match_all(const char *dir, const struct trusted_root *root, struct err *err)
{
    MF_SCOPED(mf_instance_parts_done) struct instance_parts made = {0};

    return mf_instance_parts_read(dir, &made, err) &&
           match_log(dir, MF_INSTANCE_LOG, &made.log, root->tlogs, root->tlog_count, err) &&
           match_log(dir, MF_INSTANCE_CT, &made.ct, root->ctlogs, root->ctlog_count, err) &&
           match_authority(dir, MF_INSTANCE_CA_CHAIN, &made.ca_chain, root->cas, root->ca_count,
                           err) &&
           match_authority(dir, MF_INSTANCE_TSA_CHAIN, &made.tsa_chain, root->tsas, root->tsa_count,
                           err);
}

bool mf_instance_match(const char *dir, struct err *err)
{
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = NULL;
    char path[PATH_MAX];
    struct stat st;

    if (!mf_path_join(dir, "trusted_root.json", path, sizeof path, err))
        return false;
    /* A link that leads nowhere is there: whose root it was is not known. */
    if (lstat(path, &st) != 0 && errno == ENOENT)
        return true;
    if (mf_trusted_root_read(path, &root, err) && match_all(dir, root, err))
        return true;
    return mf_err_hint(err, "put back what was there, or use another folder with --dir");
}
