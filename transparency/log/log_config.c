#include "transparency/log/log_config.h"

#include <unistd.h>

#include "common/run/config.h"

static const char *const top_members[] = {"format", "logs", NULL};
static const char *const log_members[] = {"directory",         "listen",  "roots",
                                          "public_cadence_ms", "threads", "workers",
                                          "disk_reserve_mb",   NULL};
enum { DISK_RESERVE_MB = 32 }; /* two segments of the journal */

static bool read_log(const char *path, const struct json_node *node, struct log_settings *out,
                     struct err *err)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    out->public_cadence_ms = 1000;
    out->disk_reserve_mb = DISK_RESERVE_MB;
    out->threads = 1;
    out->workers = cores > 0 && cores < 64 ? (uint64_t)cores : 2;
    return mf_json_known_members(node, log_members, err) &&
           mf_config_path(path, node, "directory", out->directory, sizeof out->directory, err) &&
           mf_config_listen(node, &out->listen, err) &&
           (mf_json_get(node, "roots") == NULL ||
            mf_config_path(path, node, "roots", out->roots, sizeof out->roots, err)) &&
           mf_config_number(node, "public_cadence_ms", 10, 60000, &out->public_cadence_ms, err) &&
           mf_config_number(node, "threads", 1, 16, &out->threads, err) &&
           mf_config_number(node, "workers", 1, 64, &out->workers, err) &&
           mf_config_number(node, "disk_reserve_mb", 0, 1 << 20, &out->disk_reserve_mb, err);
}

static bool read_all(const char *path, const struct json_node *root, struct log_config *out,
                     struct err *err)
{
    const struct json_node *list = NULL;

    if (!mf_json_known_members(root, top_members, err) ||
        !mf_json_member_array(root, "logs", &list, err))
        return false;
    if (mf_json_size(list) == 0 || mf_json_size(list) > MF_LOGS_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "logs: %zu are named; 1 to %d are allowed",
                          mf_json_size(list), MF_LOGS_MAX);
    for (const struct json_node *n = mf_json_next(list, NULL); n != NULL;
         n = mf_json_next(list, n)) {
        out->logs[out->count].logs = (unsigned)mf_json_size(list);
        if (!read_log(path, n, &out->logs[out->count], err))
            return mf_err_at(err, "logs[%zu]", out->count);
        out->count++;
    }
    return true;
}

bool mf_log_config_read(const char *path, struct log_config *out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;

    *out = (struct log_config){.count = 0};
    return mf_config_read(path, &doc, err) &&
           (read_all(path, mf_json_root(doc), out, err) || mf_err_at(err, "%s", path));
}
