/* Reads: checkpoint, tiles, bundles. Source: C2SP tlog-tiles, static-ct-api. Served under / and
 * under /api/v2/, where clients of either convention look. */
#include <stdio.h>

#include "transparency/log/submission.h"
#include "transparency/storage/public_tree.h"
#include "transparency/tile/entry_bundle.h"

enum { HEALTH_MAX = 16 * 1024 }; /* bytes */
static const char immutable[] = "public, max-age=604800, immutable";

static struct span strip_prefix(struct span path)
{
    static const struct span prefix = MF_SPAN_INIT("/api/v2/");

    if (mf_span_starts(path, prefix))
        return mf_span_from(path, prefix.n);
    return path.n > 0 ? mf_span_from(path, 1) : path;
}

static void send_file(struct http_request *request, struct buf *body, const char *type,
                      const char *cache)
{
    struct http_reply reply = {
        .status = 200, .content_type = type, .body = *body, .headers = {{"Cache-Control", cache}}};

    *body = (struct buf){0};
    mf_http_reply(request, &reply);
}

static void send_error(struct log_service *service, struct http_request *request,
                       const struct err *err)
{
    struct http_reply reply;

    mf_submission_refusal(service, err, &reply);
    mf_http_reply(request, &reply);
}

static void get_checkpoint(struct log_service *service, struct http_request *request)
{
    MF_SCOPED(mf_buf_done) struct buf body = {0};
    struct err err = {0};

    if (mf_public_tree_get_path(mf_engine_public_tree(mf_log_opening_engine(service->opening)),
                                "checkpoint", MF_ENGINE_NOTE_MAX, &body, &err))
        send_file(request, &body, "text/plain; charset=utf-8", "no-cache");
    else
        send_error(service, request, &err);
}

/* Only what the signed head covers exists. */
static void get_tile(struct log_service *service, struct http_request *request, struct span path)
{
    MF_SCOPED(mf_buf_done) struct buf body = {0};
    struct err err = {0};
    struct tile_id tile;
    struct merkle_head head;
    enum tile_kind records = service->dir.type == MF_LOG_CT ? MF_TILE_DATA : MF_TILE_ENTRIES;

    if (!mf_tile_path_parse(path, &tile, &err)) {
        mf_err_as(&err, MF_ERR_NOT_FOUND);
        send_error(service, request, &err);
        return;
    }
    struct engine *engine = mf_log_opening_engine(service->opening);
    mf_engine_head(engine, &head, NULL);
    if ((tile.kind != MF_TILE_HASHES && tile.kind != records) ||
        tile.width > mf_tile_path_width(head.size, tile.level, tile.index)) {
        mf_err_set(&err, MF_ERR_NOT_FOUND, "the log has no such tile");
        send_error(service, request, &err);
        return;
    }
    if (mf_engine_tile(engine, &tile, &body, &err))
        send_file(request, &body, "application/octet-stream", immutable);
    else
        send_error(service, request, &err);
}

/* static-ct-api: issuer/ and the fingerprint in lower-case hex; nothing else may reach the disk. */
static bool is_issuer(const struct log_service *service, struct span path)
{
    if (service->dir.type != MF_LOG_CT || path.n != 7 + 64 ||
        !mf_span_starts(path, MF_SPAN("issuer/")))
        return false;
    for (size_t i = 7; i < path.n; i++)
        if (memchr("0123456789abcdef", path.p[i], 16) == NULL)
            return false;
    return true;
}

static void get_issuer(struct log_service *service, struct http_request *request, struct span path)
{
    MF_SCOPED(mf_buf_done) struct buf body = {0};
    struct err err = {0};
    char name[80];

    if (snprintf(name, sizeof name, "%.*s", MF_SPAN_ARG(path)) > 0 &&
        mf_public_tree_get_path(mf_engine_public_tree(mf_log_opening_engine(service->opening)),
                                name, 64 * 1024, &body, &err))
        send_file(request, &body, "application/pkix-cert", immutable);
    else
        send_error(service, request, &err);
}

static void get_health(struct log_service *service, struct http_request *request, bool only_ready)
{
    struct http_reply reply = {.content_type = "application/json",
                               .headers = {{"Cache-Control", "no-store"}}};
    struct err err = {0};
    bool well = false;

    reply.body.max = HEALTH_MAX;
    bool ok = only_ready ? mf_log_health_ready(service->health, &reply.body, &well, &err)
                         : mf_log_health_report(service->health, &reply.body, &well, &err);
    reply.status = well ? 200 : 503;
    if (ok) {
        mf_http_reply(request, &reply);
        return;
    }
    mf_buf_done(&reply.body);
    send_error(service, request, &err);
}

bool mf_reads_route(struct log_service *service, struct http_request *request)
{
    struct span path = mf_http_path(request);
    bool is_read = strcmp(mf_http_method(request), "GET") == 0 ||
                   strcmp(mf_http_method(request), "HEAD") == 0;
    struct span file = strip_prefix(path);
    bool healthz = mf_span_is(path, "/healthz");
    bool known = healthz || mf_span_is(path, "/readyz") || mf_span_is(file, "checkpoint") ||
                 mf_span_starts(file, MF_SPAN("tile/")) || is_issuer(service, file);

    if (!known)
        return false;
    if (!is_read) {
        mf_submission_wrong_method(request);
        return true;
    }
    if (healthz || mf_span_is(path, "/readyz")) {
        get_health(service, request, !healthz);
    } else if (mf_span_is(file, "checkpoint")) {
        get_checkpoint(service, request);
    } else if (is_issuer(service, file)) {
        get_issuer(service, request, file);
    } else {
        get_tile(service, request, file);
    }
    return true;
}
