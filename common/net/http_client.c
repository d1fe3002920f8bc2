#include "common/net/http_client.h"

#include <stdlib.h>

#include "common/base/clock.h"
#include "common/net/curl.h"
#include "common/net/http_transfer.h"

enum {
    CONNECT_DEFAULT_MS = 5000,
    POOL_MAX = 16, /* idle handles kept */
    CONNECTIONS_KEPT = 32,
    NEVER_MS = 3600000,
};

struct http_client {
    CURLM *multi;
    struct http_client_params params; /* its texts are our copies */
    char *user_agent;
    char *ca_file;
    CURL *idle[POOL_MAX];
    size_t idle_count;
    uint64_t end_ms; /* of all calls */
};

static uint64_t now_ms(void)
{
    struct clock clock = mf_clock_system();

    return mf_clock_monotonic_ns(&clock) / 1000000;
}

bool mf_http_client_prepare(struct err *err)
{
    return mf_curl_load(err);
}

bool mf_http_client_new(const struct http_client_params *params, struct http_client **out,
                        struct err *err)
{
    MF_SCOPED(mf_http_client_free) struct http_client *c = NULL;

    if (!mf_curl_load(err))
        return false;
    c = mf_array_new(1, sizeof *c);
    if (c == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for an HTTP client");
    c->user_agent = mf_span_dup(mf_span_str(params->user_agent ? params->user_agent : "mayfly"));
    c->ca_file = params->ca_file != NULL ? mf_span_dup(mf_span_str(params->ca_file)) : NULL;
    c->multi = mf_curl()->multi_init();
    if (c->user_agent == NULL || c->multi == NULL ||
        (params->ca_file != NULL && c->ca_file == NULL))
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for an HTTP client");
    c->params = *params;
    c->params.user_agent = c->user_agent;
    c->params.ca_file = c->ca_file;
    if (params->connect_ms == 0)
        c->params.connect_ms = CONNECT_DEFAULT_MS;
    mf_curl()->multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    c->end_ms = params->budget_ms > 0 ? now_ms() + params->budget_ms : UINT64_MAX;
    *out = MF_MOVE(c);
    return true;
}

void mf_http_client_free(struct http_client **client)
{
    struct http_client *c = *client;

    *client = NULL;
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->idle_count; i++)
        mf_curl()->easy_cleanup(c->idle[i]);
    if (c->multi != NULL)
        mf_curl()->multi_cleanup(c->multi);
    free(c->user_agent);
    free(c->ca_file);
    free(c);
}

void mf_http_answer_done(struct http_answer *answer)
{
    mf_buf_done(&answer->body);
    *answer = (struct http_answer){0};
}

static CURL *take_handle(struct http_client *c)
{
    return c->idle_count > 0 ? c->idle[--c->idle_count] : mf_curl()->easy_init();
}

static void give_back(struct http_client *c, CURL *easy)
{
    mf_curl()->easy_reset(easy); /* drops the pointers to our memory */
    if (c->idle_count < POOL_MAX)
        c->idle[c->idle_count++] = easy;
    else
        mf_curl()->easy_cleanup(easy);
}

static void collect(struct http_client *c)
{
    struct CURLMsg *message = NULL;
    int left = 0;

    while ((message = mf_curl()->multi_info_read(c->multi, &left)) != NULL) {
        CURL *easy = message->easy_handle;
        CURLcode code = message->data.result;
        char *t = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        if (mf_curl()->easy_getinfo(easy, CURLINFO_PRIVATE, &t) == CURLE_OK && t != NULL)
            mf_transfer_settle((struct transfer *)(void *)t, code, now_ms());
        mf_curl()->multi_remove_handle(c->multi, easy);
        give_back(c, easy);
    }
}

static void start(struct http_client *c, struct transfer *t, uint64_t now)
{
    CURL *easy = take_handle(c);

    if (easy == NULL) {
        mf_transfer_no_memory(t);
        return;
    }
    mf_transfer_start(t, easy, now);
    if (mf_curl()->multi_add_handle(c->multi, easy) != CURLM_OK) {
        give_back(c, easy);
        mf_transfer_no_memory(t);
    }
}

/* Starts what is due; returns how long until the next one is, or UINT64_MAX when all are done. */
static uint64_t start_due(struct http_client *c, struct transfer *transfers, size_t count)
{
    uint64_t now = now_ms();
    uint64_t wait = UINT64_MAX;

    for (size_t i = 0; i < count; i++) {
        struct transfer *t = &transfers[i];
        if (t->state == MF_TRANSFER_WAITING && t->due_ms <= now)
            start(c, t, now);
        uint64_t until = t->state == MF_TRANSFER_WAITING ? t->due_ms - now : NEVER_MS;
        if (t->state != MF_TRANSFER_DONE && until < wait)
            wait = until;
    }
    return wait;
}

/* libcurl itself has failed: nothing more would come. */
static void give_up(struct http_client *c, struct transfer *transfers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct transfer *t = &transfers[i];
        if (t->state == MF_TRANSFER_DONE)
            continue;
        if (t->state == MF_TRANSFER_RUNNING) {
            mf_curl()->multi_remove_handle(c->multi, t->easy);
            give_back(c, t->easy);
        }
        mf_transfer_no_memory(t);
    }
}

static void run(struct http_client *c, struct transfer *transfers, size_t count)
{
    for (;;) {
        int running = 0;
        if (start_due(c, transfers, count) == UINT64_MAX)
            return;
        if (mf_curl()->multi_perform(c->multi, &running) != CURLM_OK)
            break;
        collect(c);
        uint64_t wait = start_due(c, transfers, count);
        if (wait == UINT64_MAX)
            return;
        if (mf_curl()->multi_poll(c->multi, NULL, 0, (int)wait, NULL) != CURLM_OK)
            break;
    }
    give_up(c, transfers, count);
}

void mf_http_call_all(struct http_client *client, const struct http_call *calls, size_t count,
                      struct http_result *results)
{
    struct transfer *transfers = mf_array_new(count, sizeof *transfers);
    uint64_t now = now_ms();

    for (size_t i = 0; i < count && transfers == NULL; i++) {
        results[i] = (struct http_result){0};
        mf_err_set(&results[i].err, MF_ERR_SYSTEM, "no memory for a request");
    }
    if (transfers == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        mf_transfer_begin(&transfers[i], &client->params, &calls[i], &results[i], now);
        if (transfers[i].end_ms > client->end_ms)
            transfers[i].end_ms = client->end_ms;
    }
    run(client, transfers, count);
    for (size_t i = 0; i < count; i++)
        mf_transfer_end(&transfers[i]);
    free(transfers);
}

bool mf_http_call(struct http_client *client, const struct http_call *call, struct http_answer *out,
                  struct err *err)
{
    struct http_result result;

    mf_http_call_all(client, call, 1, &result);
    if (!result.ok) {
        *err = result.err;
        return false;
    }
    *out = result.answer;
    return true;
}
