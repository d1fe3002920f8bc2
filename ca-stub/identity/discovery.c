#include "ca-stub/identity/discovery.h"

static const struct json_limits limits = {.bytes = MF_DISCOVERY_MAX, .depth = 8, .nodes = 2048};

bool mf_discovery_url(const struct issuer *issuer, struct buf *out, struct err *err)
{
    struct span base = mf_span_str(issuer->url);

    while (base.n > 0 && base.p[base.n - 1] == '/')
        base.n--;
    return mf_buf_append(out, base, err) &&
           mf_buf_append_str(out, "/.well-known/openid-configuration", err);
}

static bool is_allowed_host(const struct issuer *issuer, const struct url *url)
{
    char with_port[300];
    int n = snprintf(with_port, sizeof with_port, "%.*s:%u", MF_SPAN_ARG(url->host), url->port);
    bool is_default_port = url->port == (url->https ? 443 : 80);

    for (size_t i = 0; i < issuer->jwks_hosts.count; i++) {
        const char *host = issuer->jwks_hosts.items[i];
        if (is_default_port && mf_span_is(url->host, host))
            return true;
        if (n > 0 && (size_t)n < sizeof with_port && strcmp(with_port, host) == 0)
            return true;
    }
    return false;
}

/* A document must not send us to addresses that only this machine can reach. */
static bool check_keys_url(const struct issuer *issuer, struct span text, struct err *err)
{
    struct url own, keys;

    if (!mf_url_parse(mf_span_str(issuer->url), &own, err) ||
        !mf_issuer_may_ask(issuer, text, &keys, err))
        return false;
    if (mf_span_eq(own.host, keys.host) && own.port == keys.port && own.https == keys.https)
        return true;
    if (is_allowed_host(issuer, &keys))
        return true;
    mf_err_set(err, MF_ERR_FORMAT, "\"%.*s\" is not on the issuer's own host", MF_SPAN_ARG(text));
    return mf_err_hint(err, "list the host in jwks_hosts if the issuer keeps its keys there");
}

bool mf_discovery_read(const struct issuer *issuer, struct span text, struct buf *out,
                       struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct span name, keys;

    if (!mf_json_parse(text, &limits, &doc, err))
        return false;
    const struct json_node *root = mf_json_root(doc);
    if (!mf_json_member_string(root, "issuer", &name, err) ||
        !mf_json_member_string(root, "jwks_uri", &keys, err))
        return false;
    if (!mf_span_is(name, issuer->url)) {
        mf_err_set(err, MF_ERR_FORMAT, "is \"%.*s\", not the issuer that was asked",
                   MF_SPAN_ARG(name));
        return mf_err_at(err, "issuer");
    }
    if (!check_keys_url(issuer, keys, err))
        return mf_err_at(err, "jwks_uri");
    return mf_buf_append(out, keys, err);
}
