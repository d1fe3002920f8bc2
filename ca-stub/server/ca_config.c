#include "ca-stub/server/ca_config.h"

#include "ca-stub/server/signing_cert_api.h"
#include "ca-stub/server/timestamp_api.h"
#include "common/codec/base64.h"
#include "common/codec/der.h"
#include "common/codec/url.h"

static const char *const top_names[] = {"format",  "listen",     "directory",  "passphrase_file",
                                        "ct_log",  "issuers",    "audit",      "timestamp",
                                        "workers", "io_threads", "dev_issuer", "require_clock_sync",
                                        NULL};

static bool copy_text(const struct json_node *section, const char *name, char *out, size_t cap,
                      struct err *err)
{
    struct span text;

    if (!mf_json_member_string(section, name, &text, err))
        return false;
    if (text.n >= cap) {
        mf_err_set(err, MF_ERR_LIMIT, "is longer than %zu bytes", cap - 1);
        return mf_err_at(err, "%s", name);
    }
    if (text.n > 0)
        memcpy(out, text.p, text.n);
    out[text.n] = '\0';
    return true;
}

static bool read_number(const struct json_node *section, const char *name, unsigned max,
                        unsigned *out, struct err *err)
{
    int64_t number = 0;

    if (mf_json_get(section, name) == NULL)
        return true;
    if (!mf_json_member_int64(section, name, &number, err))
        return false;
    if (number < 1 || number > (int64_t)max) {
        mf_err_set(err, MF_ERR_LIMIT, "is not within 1 .. %u", max);
        return mf_err_at(err, "%s", name);
    }
    *out = (unsigned)number;
    return true;
}

/* The key itself, or the file that holds it. No path is the base64 of a DER SEQUENCE by accident.
 */
static bool read_ct_key(const char *path, const struct json_node *ct, struct ca_config *config,
                        struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf der = {.max = 4096};
    struct span text;
    struct err ignored = {0};

    if (!mf_json_member_string(ct, "public_key", &text, err))
        return false;
    if (!mf_base64_decode(text, MF_BASE64_STD, &der, &ignored) ||
        mf_der_peek(mf_buf_span(&der)) != MF_DER_SEQUENCE)
        return mf_config_path(path, ct, "public_key", config->ct_key_file,
                              sizeof config->ct_key_file, err);
    config->ct_key = der;
    der = (struct buf){0}; /* moved */
    return true;
}

static bool read_ct_log(const char *path, const struct json_node *root, struct ca_config *config,
                        struct err *err)
{
    static const char *const names[] = {"url", "public_key", NULL};
    const struct json_node *ct = NULL;
    struct url url;

    if (!mf_json_member_object(root, "ct_log", &ct, err))
        return false;
    if (!mf_json_known_members(ct, names, err) ||
        !copy_text(ct, "url", config->ct_url, sizeof config->ct_url, err) ||
        !read_ct_key(path, ct, config, err))
        return mf_err_at(err, "ct_log");
    size_t n = strlen(config->ct_url);
    while (n > 0 && config->ct_url[n - 1] == '/')
        config->ct_url[--n] = '\0';
    if (!mf_url_parse(mf_span_str(config->ct_url), &url, err)) {
        mf_err_at(err, "url");
        return mf_err_at(err, "ct_log");
    }
    return true;
}

static bool read_dev_paths(const struct json_node *dev, struct ca_config *config, struct err *err)
{
    const struct json_node *paths = mf_json_get(dev, "paths");
    struct span text;

    if (paths == NULL)
        return true;
    if (!mf_json_is_array(paths) || mf_json_size(paths) > MF_DEV_ISSUER_PATHS_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "paths is not an array of at most %d strings",
                          MF_DEV_ISSUER_PATHS_MAX);
    for (size_t i = 0; i < mf_json_size(paths); i++) {
        if (!mf_json_string(mf_json_at(paths, i), &text, err))
            return mf_err_at(err, "paths[%zu]", i);
        if (text.n >= sizeof config->dev_paths[i])
            return mf_err_set(err, MF_ERR_LIMIT, "paths[%zu] is too long", i);
        if (text.n > 0)
            memcpy(config->dev_paths[i], text.p, text.n);
    }
    config->dev_path_count = mf_json_size(paths);
    return true;
}

static bool read_dev_directory(const char *path, const struct json_node *dev,
                               struct ca_config *config, struct err *err)
{
    if (mf_json_get(dev, "directory") != NULL)
        return mf_config_path(path, dev, "directory", config->dev_directory,
                              sizeof config->dev_directory, err);
    memcpy(config->dev_directory, config->directory, sizeof config->dev_directory);
    return true;
}

/* Its tokens are worth what its secret file is worth, so it listens to this machine alone. */
static bool read_dev_issuer(const char *path, const struct json_node *root,
                            struct ca_config *config, struct err *err)
{
    static const char *const names[] = {"listen", "directory", "audience", "paths", NULL};
    const struct json_node *dev = NULL;

    if (mf_json_get(root, "dev_issuer") == NULL)
        return true;
    if (!mf_json_member_object(root, "dev_issuer", &dev, err))
        return false;
    snprintf(config->dev_audience, sizeof config->dev_audience, "sigstore");
    if (!mf_json_known_members(dev, names, err) ||
        !mf_config_listen(dev, &config->dev_listen, err) ||
        !read_dev_directory(path, dev, config, err) ||
        (mf_json_get(dev, "audience") != NULL &&
         !copy_text(dev, "audience", config->dev_audience, sizeof config->dev_audience, err)) ||
        !read_dev_paths(dev, config, err))
        return mf_err_at(err, "dev_issuer");
    if (strncmp(config->dev_listen.host, "127.", 4) != 0 &&
        strcmp(config->dev_listen.host, "::1") != 0)
        return mf_err_set(err, MF_ERR_USAGE, "dev_issuer: listen is not a loopback address");
    if (config->dev_listen.port == 0)
        return mf_err_set(err, MF_ERR_USAGE,
                          "dev_issuer: listen needs a port, which is a part of "
                          "the issuer's name");
    config->has_dev_issuer = true;
    return true;
}

static bool read_audit(const char *path, const struct json_node *root, struct ca_config *config,
                       struct err *err)
{
    static const char *const names[] = {"file", NULL};
    const struct json_node *audit = NULL;

    if (!mf_json_member_object(root, "audit", &audit, err))
        return false;
    return (mf_json_known_members(audit, names, err) &&
            mf_config_path(path, audit, "file", config->audit_file, sizeof config->audit_file,
                           err)) ||
           mf_err_at(err, "audit");
}

static bool read_timestamp(const struct json_node *root, struct ca_config *config, struct err *err)
{
    static const char *const names[] = {"workers", NULL};
    const struct json_node *timestamp = NULL;

    if (mf_json_get(root, "timestamp") == NULL)
        return true;
    if (!mf_json_member_object(root, "timestamp", &timestamp, err))
        return false;
    return (mf_json_known_members(timestamp, names, err) &&
            read_number(timestamp, "workers", MF_TIMESTAMP_WORKERS_MAX, &config->timestamp_workers,
                        err)) ||
           mf_err_at(err, "timestamp");
}

static bool read_sections(const char *path, const struct json_node *root, struct ca_config *config,
                          struct err *err)
{
    if (!mf_json_known_members(root, top_names, err) ||
        !mf_config_listen(root, &config->listen, err) ||
        !mf_config_path(path, root, "directory", config->directory, sizeof config->directory, err))
        return false;
    if (mf_json_get(root, "passphrase_file") != NULL &&
        !mf_config_path(path, root, "passphrase_file", config->passphrase_file,
                        sizeof config->passphrase_file, err))
        return false;
    if (!read_ct_log(path, root, config, err) ||
        !mf_json_member_array(root, "issuers", &config->issuers, err) ||
        !read_audit(path, root, config, err) || !read_timestamp(root, config, err) ||
        !read_dev_issuer(path, root, config, err))
        return false;
    if (mf_json_get(root, "require_clock_sync") != NULL &&
        !mf_json_member_bool(root, "require_clock_sync", &config->require_clock_sync, err))
        return false;
    return read_number(root, "workers", MF_ISSUE_WORKERS_MAX, &config->workers, err) &&
           read_number(root, "io_threads", 16, &config->io_threads, err);
}

bool mf_ca_config_read(const char *path, struct ca_config *out, struct err *err)
{
    struct ca_config config = {.path = path,
                               .require_clock_sync = true,
                               .workers = 16,
                               .timestamp_workers = 2,
                               .io_threads = 2};

    if (!mf_config_read(path, &config.doc, err))
        return false;
    if (!read_sections(path, mf_json_root(config.doc), &config, err)) {
        mf_ca_config_done(&config);
        return mf_err_at(err, "%s", path);
    }
    *out = config;
    return true;
}

void mf_ca_config_done(struct ca_config *config)
{
    mf_json_free(&config->doc);
    mf_buf_done(&config->ct_key);
    *config = (struct ca_config){0};
}
