#include "ca-stub/identity/key_fetch_http.h"

#include "common/codec/url.h"
#include "common/net/http_client.h"

enum { CONNECT_MS = 3000, ATTEMPT_MS = 5000 };

static bool http_get(void *state, const char *url, const char *ca_file, size_t answer_max,
                     struct buf *body, struct key_life *life, struct err *err)
{
    MF_SCOPED(mf_http_client_free) struct http_client *client = NULL;
    MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};
    const struct http_client_params params = {
        .user_agent = "mayfly-ca", .ca_file = ca_file, .connect_ms = CONNECT_MS};
    const struct http_call call = {.method = "GET",
                                   .url = url,
                                   .accept = "application/json",
                                   .answer_max = answer_max,
                                   .attempt_ms = ATTEMPT_MS,
                                   .total_ms = ATTEMPT_MS,
                                   .tries = 1};
    (void)state;

    if (!mf_http_client_new(&params, &client, err) || !mf_http_call(client, &call, &answer, err))
        return false;
    if (answer.status != 200)
        return mf_err_set(err, MF_ERR_UNAVAILABLE, "%.*s answered with status %u",
                          MF_SPAN_ARG(mf_url_shown(url)), answer.status);
    *life = (struct key_life){answer.max_age_said, answer.max_age_s};
    return mf_buf_append(body, mf_buf_span(&answer.body), err);
}

const struct key_fetch mf_key_fetch_http = {.get = http_get, .state = NULL};
