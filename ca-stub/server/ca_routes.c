#include "ca-stub/server/ca_routes.h"

static void health(const struct ca_routes *routes, struct http_request *request)
{
    bool ok = mf_audit_log_is_healthy(routes->audit);
    struct http_reply reply = {.status = ok ? 200 : 503, .content_type = "application/json"};
    struct err err = {0};

    reply.body.max = 64;
    if (!mf_buf_append_str(&reply.body,
                           ok ? "{\"status\":\"SERVING\"}" : "{\"status\":\"NOT_SERVING\"}", &err))
        reply.status = 500;
    mf_http_reply(request, &reply);
}

enum route {
    ROUTE_ISSUE_V1,
    ROUTE_ISSUE_V2,
    ROUTE_TIMESTAMP,
    ROUTE_BUNDLE,
    ROUTE_CONFIGURATION,
    ROUTE_ROOT,
    ROUTE_CHAIN,
    ROUTE_HEALTH
};

static const struct {
    const char *path;
    enum route route;
    bool post; /* else GET and HEAD */
} table[] = {
    {"/api/v2/signingCert", ROUTE_ISSUE_V2, true},
    {"/api/v1/timestamp", ROUTE_TIMESTAMP, true},
    {"/api/v2/trustBundle", ROUTE_BUNDLE, false},
    {"/api/v2/configuration", ROUTE_CONFIGURATION, false},
    {"/api/v1/timestamp/certchain", ROUTE_CHAIN, false},
    {"/healthz", ROUTE_HEALTH, false},
    {"/api/v1/signingCert", ROUTE_ISSUE_V1, true},
    {"/api/v1/rootCert", ROUTE_ROOT, false},
};

static void run(const struct ca_routes *routes, enum route route, struct http_request *request)
{
    switch (route) {
    case ROUTE_ISSUE_V1:
        mf_signing_cert_pool_handle(routes->issuing, MF_SIGNING_CERT_V1, request);
        return;
    case ROUTE_ISSUE_V2:
        mf_signing_cert_pool_handle(routes->issuing, MF_SIGNING_CERT_V2, request);
        return;
    case ROUTE_TIMESTAMP:
        mf_timestamp_pool_handle(routes->timestamps, request);
        return;
    case ROUTE_BUNDLE:
        mf_trust_bundle_reply(routes->trust, MF_TRUST_BUNDLE, request);
        return;
    case ROUTE_CONFIGURATION:
        mf_trust_bundle_reply(routes->trust, MF_TRUST_CONFIGURATION, request);
        return;
    case ROUTE_ROOT:
        mf_trust_bundle_reply(routes->trust, MF_TRUST_ROOT_CERT, request);
        return;
    case ROUTE_CHAIN:
        mf_trust_bundle_reply(routes->trust, MF_TRUST_TIMESTAMP_CHAIN, request);
        return;
    case ROUTE_HEALTH:
        health(routes, request);
        return;
    }
}

void mf_ca_routes_handle(struct http_request *request, void *state)
{
    struct ca_routes *routes = state;
    struct span path = mf_http_path(request);
    const char *method = mf_http_method(request);

    if (!atomic_load(&routes->ready)) {
        mf_http_reply_status(request, 503, MF_SPAN("starting"));
        return;
    }
    for (size_t i = 0; i < MF_LEN(table); i++) {
        if (!mf_span_is(path, table[i].path))
            continue;
        bool fits = table[i].post ? strcmp(method, "POST") == 0
                                  : strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
        if (fits)
            run(routes, table[i].route, request);
        else /* gRPC gateways say 501, not 405 */
            mf_http_reply_status(request, 501, MF_SPAN("Method Not Allowed"));
        return;
    }
    mf_http_reply_status(request, 404, MF_SPAN("Not Found"));
}
