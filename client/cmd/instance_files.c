#include "client/cmd/instance_files.h"

#include <limits.h>
#include <stdio.h>

#include "client/cmd/instance_parts.h"
#include "client/cmd/service_config.h"
#include "common/base/file.h"
#include "common/codec/json.h"
#include "common/codec/pem.h"
#include "common/codec/timestamp.h"
#include "common/x509/chain.h"

enum { FILE_MAX = 256 * 1024 };

struct parts { /* what the files are made of */
    const char *dir;
    uint16_t port_base;
    const struct instance_parts *made;
};

static void url_of(const struct parts *p, int which, const char *path, char out[static 128])
{
    if (snprintf(out, 128, "http://127.0.0.1:%d%s", p->port_base + which, path) < 0)
        out[0] = '\0';
}

static void put_window(struct json_writer *w, struct span start)
{
    mf_json_key(w, "validFor");
    mf_json_begin_object(w);
    mf_json_member_put(w, "start", start);
    mf_json_end_object(w);
}

static void put_log(struct json_writer *w, const char *base_url, const struct log_identity *log,
                    const char *details)
{
    mf_json_begin_object(w);
    mf_json_member_put_cstr(w, "baseUrl", base_url);
    mf_json_member_put_cstr(w, "hashAlgorithm", "SHA2_256");
    mf_json_key(w, "publicKey");
    mf_json_begin_object(w);
    mf_json_member_put_base64(w, "rawBytes", mf_buf_span(&log->spki));
    mf_json_member_put_cstr(w, "keyDetails", details);
    put_window(w, mf_buf_span(&log->created));
    mf_json_end_object(w);
    mf_json_key(w, "logId");
    mf_json_begin_object(w);
    mf_json_member_put_base64(w, "keyId", mf_buf_span(&log->log_id));
    mf_json_end_object(w);
    mf_json_end_object(w);
}

/* An authority is believed from the moment that its first certificate begins. */
static bool put_chain(struct json_writer *w, const char *name, const char *uri, struct span pem,
                      struct err *err)
{
    struct instant start = {0};
    char when[MF_RFC3339_MAX];
    struct span label;

    mf_json_begin_object(w);
    mf_json_key(w, "subject");
    mf_json_begin_object(w);
    mf_json_member_put_cstr(w, "organization", "mayfly");
    mf_json_member_put_cstr(w, "commonName", name);
    mf_json_end_object(w);
    mf_json_member_put_cstr(w, "uri", uri);
    mf_json_key(w, "certChain");
    mf_json_begin_object(w);
    mf_json_key(w, "certificates");
    mf_json_begin_array(w);
    for (size_t i = 0; i < MF_CHAIN_MAX; i++) {
        MF_SCOPED(mf_buf_done) struct buf der = {.max = MF_CERT_MAX};
        struct cert cert;
        if (!mf_pem_next(&pem, &label, &der, err)) {
            if (err->code != MF_ERR_NOT_FOUND)
                return false;
            mf_err_clear(err);
            break;
        }
        if (!mf_cert_parse(mf_buf_span(&der), &cert, err))
            return mf_err_at(err, "certificate %zu", i + 1);
        if (i == 0)
            start = cert.not_before;
        mf_json_begin_object(w);
        mf_json_member_put_base64(w, "rawBytes", mf_buf_span(&der));
        mf_json_end_object(w);
    }
    mf_json_end_array(w);
    mf_json_end_object(w);
    mf_rfc3339_write(start, when);
    put_window(w, mf_span_str(when));
    mf_json_end_object(w);
    return true;
}

static bool write_file(const struct parts *p, const char *name, struct buf *text, struct err *err)
{
    char path[PATH_MAX];

    return mf_buf_append_byte(text, '\n', err) &&
           mf_path_join(p->dir, name, path, sizeof path, err) &&
           mf_file_write(path, mf_buf_span(text), 0644, MF_FILE_REPLACE, err);
}

static bool write_trusted_root(const struct parts *p, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = FILE_MAX};
    struct json_writer w = mf_json_pretty_writer(&text, err);
    char url[128];

    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "mediaType",
                            "application/vnd.dev.sigstore.trustedroot+json;version=0.1");
    mf_json_key(&w, "tlogs");
    mf_json_begin_array(&w);
    /* The log's name, not its address: verifiers compare it with the origin in checkpoints. */
    put_log(&w, "http://" MF_LOG_ORIGIN, &p->made->log, "PKIX_ED25519");
    mf_json_end_array(&w);
    mf_json_key(&w, "certificateAuthorities");
    mf_json_begin_array(&w);
    url_of(p, MF_PORT_FULCIO, "", url);
    if (!put_chain(&w, "mayfly", url, mf_buf_span(&p->made->ca_chain), err))
        return mf_err_at(err, MF_INSTANCE_CA_CHAIN);
    mf_json_end_array(&w);
    mf_json_key(&w, "ctlogs");
    mf_json_begin_array(&w);
    put_log(&w, "http://" MF_CT_ORIGIN, &p->made->ct, "PKIX_ECDSA_P256_SHA_256");
    mf_json_end_array(&w);
    mf_json_key(&w, "timestampAuthorities");
    mf_json_begin_array(&w);
    url_of(p, MF_PORT_FULCIO, "/api/v1/timestamp", url);
    if (!put_chain(&w, "mayfly timestamps", url, mf_buf_span(&p->made->tsa_chain), err))
        return mf_err_at(err, MF_INSTANCE_TSA_CHAIN);
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    return mf_json_written(&w) && write_file(p, "trusted_root.json", &text, err);
}

static void put_service(struct json_writer *w, const struct parts *p, const char *list, int which,
                        const char *path, int version)
{
    char url[128];

    url_of(p, which, path, url);
    mf_json_key(w, list);
    mf_json_begin_array(w);
    mf_json_begin_object(w);
    mf_json_member_put_cstr(w, "url", url);
    mf_json_member_put_int(w, "majorApiVersion", version);
    put_window(w, mf_buf_span(&p->made->log.created));
    mf_json_member_put_cstr(w, "operator", "mayfly");
    mf_json_end_object(w);
    mf_json_end_array(w);
}

static void put_any(struct json_writer *w, const char *name)
{
    mf_json_key(w, name);
    mf_json_begin_object(w);
    mf_json_member_put_cstr(w, "selector", "ANY");
    mf_json_end_object(w);
}

static bool write_signing_config(const struct parts *p, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = FILE_MAX};
    struct json_writer w = mf_json_pretty_writer(&text, err);

    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "mediaType",
                            "application/vnd.dev.sigstore.signingconfig.v0.2+json");
    put_service(&w, p, "caUrls", MF_PORT_FULCIO, "", 1);
    put_service(&w, p, "oidcUrls", MF_PORT_OIDC, "", 1);
    put_service(&w, p, "rekorTlogUrls", MF_PORT_REKOR, "", 2);
    put_any(&w, "rekorTlogConfig");
    put_service(&w, p, "tsaUrls", MF_PORT_FULCIO, "/api/v1/timestamp", 1);
    put_any(&w, "tsaConfig");
    mf_json_end_object(&w);
    return mf_json_written(&w) && write_file(p, "signing_config.json", &text, err);
}

static bool write_instance(const struct parts *p, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = FILE_MAX};
    struct json_writer w = mf_json_pretty_writer(&text, err);
    const struct {
        const char *name;
        int which;
        const char *path;
    } services[] = {
        {"fulcio", MF_PORT_FULCIO, ""},
        {"rekor", MF_PORT_REKOR, ""},
        {"tsa", MF_PORT_FULCIO, "/api/v1/timestamp"},
        {"ct", MF_PORT_CT, ""},
        {"oidc", MF_PORT_OIDC, ""},
        {"issuer", MF_PORT_OIDC, ""},
    };
    char url[128];

    mf_json_begin_object(&w);
    mf_json_member_put_int(&w, "format", 1);
    for (size_t i = 0; i < MF_LEN(services); i++) {
        url_of(p, services[i].which, services[i].path, url);
        mf_json_member_put_cstr(&w, services[i].name, url);
    }
    mf_json_member_put_cstr(&w, "audience", MF_DEV_AUDIENCE);
    mf_json_member_put_cstr(&w, "identity", MF_DEV_IDENTITY);
    mf_json_end_object(&w);
    return mf_json_written(&w) && write_file(p, "instance.json", &text, err);
}

bool mf_instance_files_write(const char *dir, uint16_t port_base, struct err *err)
{
    MF_SCOPED(mf_instance_parts_done) struct instance_parts made = {0};

    if (!mf_instance_parts_read(dir, &made, err))
        return false;
    const struct parts p = {.dir = dir, .port_base = port_base, .made = &made};
    return write_trusted_root(&p, err) && write_signing_config(&p, err) && write_instance(&p, err);
}
