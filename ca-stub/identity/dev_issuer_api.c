/* The development issuer over HTTP. */
#include "ca-stub/identity/dev_issuer_parts.h"
#include "common/codec/json.h"
#include "common/codec/url.h"
#include "common/net/http_server.h"
#include "common/net/http_status.h"

enum { DOCUMENT_MAX = 4096 };

static void refuse(struct http_request *r, unsigned status, const char *what)
{
    mf_http_reply_status(r, status, mf_span_str(what));
}

static void refuse_err(struct http_request *r, const struct err *err)
{
    char text[700];

    mf_err_render(err, text, sizeof text);
    refuse(r, mf_http_status_of(err->code), text);
}

static void answer(struct http_request *r, struct buf *body, struct http_header cache)
{
    struct http_reply reply = {
        .status = 200, .content_type = "application/json", .body = *body, .headers = {cache}};

    *body = (struct buf){0}; /* moved: the server takes it */
    mf_http_reply(r, &reply);
}

static const struct http_header keep = {"Cache-Control", "max-age=300"};
static const struct http_header no_store = {"Cache-Control", "no-store"};

static bool write_document(const struct dev_issuer *issuer, const char *path, struct buf *out,
                           struct err *err)
{
    struct json_writer w = mf_json_writer(out, err);
    char text[sizeof issuer->base_url + MF_DEV_ISSUER_PATH_MAX + 16];

    mf_json_begin_object(&w);
    snprintf(text, sizeof text, "%s%s", issuer->base_url, path);
    mf_json_member_put_cstr(&w, "issuer", text);
    snprintf(text, sizeof text, "%s%s/keys", issuer->base_url, path);
    mf_json_member_put_cstr(&w, "jwks_uri", text);
    snprintf(text, sizeof text, "%s%s/token", issuer->base_url, path);
    mf_json_member_put_cstr(&w, "token_endpoint", text);
    mf_json_key(&w, "id_token_signing_alg_values_supported");
    mf_json_begin_array(&w);
    mf_json_put_cstr(&w, "ES256");
    if (issuer->rsa.pem.n > 0)
        mf_json_put_cstr(&w, "RS256");
    mf_json_end_array(&w);
    mf_json_key(&w, "subject_types_supported");
    mf_json_begin_array(&w);
    mf_json_put_cstr(&w, "public");
    mf_json_end_array(&w);
    mf_json_key(&w, "response_types_supported");
    mf_json_begin_array(&w);
    mf_json_put_cstr(&w, "id_token");
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    return mf_json_written(&w);
}

static bool is_get(const struct http_request *r)
{
    return strcmp(mf_http_method(r), "GET") == 0 || strcmp(mf_http_method(r), "HEAD") == 0;
}

static void on_document(const struct dev_issuer *issuer, const char *path, struct http_request *r)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = DOCUMENT_MAX};
    struct err err = {0};

    if (!is_get(r))
        refuse(r, 405, "only GET is answered here");
    else if (!write_document(issuer, path, &body, &err))
        refuse_err(r, &err);
    else
        answer(r, &body, keep);
}

static void on_keys(const struct dev_issuer *issuer, struct http_request *r)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = issuer->jwks.max};
    struct err err = {0};

    if (!is_get(r))
        refuse(r, 405, "only GET is answered here");
    else if (!mf_buf_append(&body, mf_buf_span(&issuer->jwks), &err))
        refuse_err(r, &err);
    else
        answer(r, &body, keep);
}

/* A web page on another site can make a browser ask 127.0.0.1 under a name of its own. */
static bool is_from_here(const struct http_request *r)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 300};
    struct err err = {0};
    struct url url;

    return mf_http_header(r, "Origin").n == 0 && mf_buf_append_str(&text, "http://", &err) &&
           mf_buf_append(&text, mf_http_header(r, "Host"), &err) &&
           mf_url_parse(mf_buf_span(&text), &url, &err) && url.path.n == 0 && url.query.n == 0 &&
           mf_url_is_loopback(&url);
}

static bool has_secret(const struct dev_issuer *issuer, const struct http_request *r)
{
    static const struct span scheme = MF_SPAN_INIT("Bearer ");
    struct span value = mf_http_header(r, "Authorization");

    return mf_span_starts(value, scheme) &&
           mf_secret_equal(mf_span_from(value, scheme.n), mf_secret_span(&issuer->secret));
}

static bool write_token(const struct secret *token, struct buf *out, struct err *err)
{
    struct json_writer w = mf_json_writer(out, err);

    mf_json_begin_object(&w);
    mf_json_member_put(&w, "token", mf_secret_span(token));
    mf_json_end_object(&w);
    return mf_json_written(&w);
}

static void on_token(struct dev_issuer *issuer, const char *path, struct http_request *r)
{
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    MF_SCOPED(mf_buf_done) struct buf body = {.max = MF_TOKEN_MAX * 3, .secret = true};
    struct err err = {0};

    if (strcmp(mf_http_method(r), "POST") != 0)
        refuse(r, 405, "only POST is answered here");
    else if (!is_from_here(r))
        refuse(r, 403, "tokens are given to this machine only");
    else if (!has_secret(issuer, r))
        refuse(r, 401, "the secret of this instance is missing or wrong");
    else if (!mf_dev_issuer_mint(issuer, mf_span_str(path), mf_http_body(r), &token, &err) ||
             !write_token(&token, &body, &err))
        refuse_err(r, &err);
    else
        answer(r, &body, no_store);
}

bool mf_dev_issuer_handle(struct dev_issuer *issuer, struct http_request *request)
{
    struct span path = mf_http_path(request);

    for (size_t i = 0; i < issuer->path_count; i++) {
        const char *own = issuer->paths[i];
        if (!mf_span_starts(path, mf_span_str(own)))
            continue;
        struct span rest = mf_span_from(path, strlen(own));
        if (mf_span_is(rest, "/.well-known/openid-configuration"))
            on_document(issuer, own, request);
        else if (mf_span_is(rest, "/keys"))
            on_keys(issuer, request);
        else if (mf_span_is(rest, "/token"))
            on_token(issuer, own, request);
        else
            continue;
        return true;
    }
    return false;
}
