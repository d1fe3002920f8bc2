#include "client/cmd/service_config.h"

#include <limits.h>
#include <stdio.h>

#include "client/cmd/log_identity.h"
#include "common/base/file.h"
#include "common/codec/json.h"
#include "common/run/config.h"

enum { CONFIG_MAX = 64 * 1024 };

static bool write_file(const char *dir, const char *name, const struct buf *text, struct err *err)
{
    char path[PATH_MAX];

    return mf_path_join(dir, name, path, sizeof path, err) &&
           mf_file_write(path, mf_buf_span(text), 0600, MF_FILE_REPLACE, err);
}

static void put_listen(struct json_writer *w, uint16_t port_base, int which)
{
    char text[32];

    if (snprintf(text, sizeof text, "127.0.0.1:%d", port_base + which) > 0)
        mf_json_member_put_cstr(w, "listen", text);
}

static void put_log(struct json_writer *w, const char *directory, uint16_t port_base, int which,
                    const char *roots)
{
    mf_json_begin_object(w);
    mf_json_member_put_cstr(w, "directory", directory);
    put_listen(w, port_base, which);
    if (roots != NULL)
        mf_json_member_put_cstr(w, "roots", roots);
    mf_json_end_object(w);
}

static bool write_log_config(const char *dir, uint16_t port_base, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = CONFIG_MAX};
    struct json_writer w = mf_json_pretty_writer(&text, err);

    mf_json_begin_object(&w);
    mf_json_member_put_int(&w, "format", 1);
    mf_json_key(&w, "logs");
    mf_json_begin_array(&w);
    put_log(&w, "log", port_base, MF_PORT_REKOR, NULL);
    put_log(&w, "ct", port_base, MF_PORT_CT, "ca/ca-chain.pem");
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    return mf_json_written(&w) && write_file(dir, "log.json", &text, err);
}

static void put_issuer(struct json_writer *w, uint16_t port_base, const char *path,
                       const char *type)
{
    char url[64];

    if (snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port_base + MF_PORT_OIDC, path) < 0)
        return;
    mf_json_begin_object(w);
    mf_json_member_put_cstr(w, "issuer", url);
    mf_json_member_put_cstr(w, "audience", MF_DEV_AUDIENCE);
    mf_json_member_put_cstr(w, "type", type);
    mf_json_member_put_bool(w, "allow_loopback_http", true);
    mf_json_end_object(w);
}

static void put_dev_issuer(struct json_writer *w, uint16_t port_base)
{
    mf_json_key(w, "issuers");
    mf_json_begin_array(w);
    put_issuer(w, port_base, "", "email");
    put_issuer(w, port_base, "/github", "github-workflow");
    put_issuer(w, port_base, "/gitlab", "gitlab-pipeline");
    mf_json_end_array(w);
    mf_json_key(w, "dev_issuer");
    mf_json_begin_object(w);
    put_listen(w, port_base, MF_PORT_OIDC);
    mf_json_member_put_cstr(w, "audience", MF_DEV_AUDIENCE);
    mf_json_key(w, "paths");
    mf_json_begin_array(w);
    mf_json_put_cstr(w, "");
    mf_json_put_cstr(w, "/github");
    mf_json_put_cstr(w, "/gitlab");
    mf_json_end_array(w);
    mf_json_end_object(w);
}

static bool write_ca_config(const char *dir, uint16_t port_base, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = CONFIG_MAX};
    MF_SCOPED(mf_log_identity_done) struct log_identity ct = {0};
    struct json_writer w = mf_json_pretty_writer(&text, err);
    char url[64];

    if (!mf_log_identity_read(dir, "ct", "ct", &ct, err) ||
        snprintf(url, sizeof url, "http://127.0.0.1:%d", port_base + MF_PORT_CT) < 0)
        return false;
    mf_json_begin_object(&w);
    mf_json_member_put_int(&w, "format", 1);
    put_listen(&w, port_base, MF_PORT_FULCIO);
    mf_json_member_put_cstr(&w, "directory", "ca");
    mf_json_key(&w, "ct_log");
    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "url", url);
    mf_json_member_put_base64(&w, "public_key", mf_buf_span(&ct.spki));
    mf_json_end_object(&w);
    put_dev_issuer(&w, port_base);
    mf_json_key(&w, "audit");
    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "file", "audit.jsonl");
    mf_json_end_object(&w);
    /* A laptop or a container may have no time service; a written configuration demands one. */
    mf_json_member_put_bool(&w, "require_clock_sync", false);
    mf_json_end_object(&w);
    return mf_json_written(&w) && write_file(dir, "ca.json", &text, err);
}

bool mf_service_config_write(const char *dir, uint16_t port_base, struct err *err)
{
    return write_log_config(dir, port_base, err) && write_ca_config(dir, port_base, err);
}

static bool read_remembered(const char *path, uint64_t *out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    int64_t v = 0;

    if (!mf_config_read(path, &doc, err))
        return false;
    if (!mf_json_member_int64(mf_json_root(doc), "port_base", &v, err))
        return mf_err_at(err, "%s", path);
    if (v < 1 || v > 65532)
        return mf_err_set(err, MF_ERR_FORMAT, "%s: port_base is not a port", path);
    *out = (uint64_t)v;
    return true;
}

bool mf_instance_port_base(const char *dir, uint64_t asked, uint16_t *out, struct err *err)
{
    char path[PATH_MAX];
    uint64_t port = MF_PORT_BASE_DEFAULT;

    if (!mf_path_join(dir, "up.json", path, sizeof path, err))
        return false;
    if (asked != 0) {
        port = asked;
    } else if (!read_remembered(path, &port, err)) {
        if (err->code != MF_ERR_NOT_FOUND)
            return false;
        mf_err_clear(err);
    }
    *out = (uint16_t)port;
    return true;
}

bool mf_instance_port_base_keep(const char *dir, uint16_t port_base, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 256};

    return mf_buf_printf(&text, err, "{\"format\": 1, \"port_base\": %u}\n", (unsigned)port_base) &&
           write_file(dir, "up.json", &text, err);
}
