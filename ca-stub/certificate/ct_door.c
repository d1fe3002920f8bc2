#include "ca-stub/certificate/ct_door.h"

#include <pthread.h>
#include <stdlib.h>

#include "common/codec/url.h"
#include "transparency/submit/ct_submit.h"

struct ct_door {
    char *url;
    const struct public_key *key;
    struct clock clock;
    pthread_mutex_t lock;
    unsigned failures;    /* in a row; under lock */
    uint64_t next_try_ns; /* monotonic; while the breaker is open; under lock */
};

bool mf_ct_door_new(const struct ct_door_params *params, struct ct_door **out, struct err *err)
{
    struct ct_door *door = mf_array_new(1, sizeof *door);
    char *url = mf_span_dup(mf_span_str(params->url));

    if (door == NULL || url == NULL || pthread_mutex_init(&door->lock, NULL) != 0) {
        free(url);
        free(door);
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the way to the CT log");
    }
    door->url = url;
    door->key = params->key;
    door->clock = params->clock;
    *out = door;
    return true;
}

void mf_ct_door_free(struct ct_door **door)
{
    if (*door == NULL)
        return;
    pthread_mutex_destroy(&(*door)->lock);
    free((*door)->url);
    free(*door);
    *door = NULL;
}

bool mf_ct_door_is_open(struct ct_door *door, struct err *err)
{
    uint64_t now = mf_clock_monotonic_ns(&door->clock);

    pthread_mutex_lock(&door->lock);
    bool open = door->failures < MF_CT_BREAK_AFTER || now >= door->next_try_ns;
    if (open && door->failures >= MF_CT_BREAK_AFTER) /* this caller is the one that tries */
        door->next_try_ns = now + MF_CT_BREAK_MS * UINT64_C(1000000);
    pthread_mutex_unlock(&door->lock);
    return open || mf_err_set(err, MF_ERR_UNAVAILABLE, "CT log has not answered lately");
}

static void note_result(struct ct_door *door, bool ok)
{
    uint64_t now = mf_clock_monotonic_ns(&door->clock);

    pthread_mutex_lock(&door->lock);
    if (ok)
        door->failures = 0;
    else if (door->failures < MF_CT_BREAK_AFTER && ++door->failures == MF_CT_BREAK_AFTER)
        door->next_try_ns = now + MF_CT_BREAK_MS * UINT64_C(1000000);
    pthread_mutex_unlock(&door->lock);
}

static bool submit(struct ct_door *door, struct crypto *c, struct http_client *client,
                   const struct ct_submission *submission, struct span issuer_spki,
                   struct ct_promise *promise, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = MF_CT_SUBMIT_BODY_MAX};
    MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};
    char url[MF_CT_SUBMIT_URL_MAX];
    struct http_call call = {0};

    if (!mf_ct_submit_call(door->url, submission, url, &body, &call, err))
        return false;
    call.attempt_ms = MF_CT_ATTEMPT_MS;
    call.total_ms = MF_CT_ATTEMPT_MS;
    call.tries = 1;
    promise->storage.max = MF_SCT_ANSWER_MAX;
    if (!mf_http_call(client, &call, &answer, err))
        return false;
    const struct ct_submit_check check = {submission->chain[0], true, issuer_spki};
    return (mf_ct_submit_answer(&answer, &promise->storage, &promise->sct, err) &&
            mf_ct_submit_verify(c, &promise->sct, door->key, &check, err)) ||
           mf_err_at(err, "%.*s", MF_SPAN_ARG(mf_url_shown(url)));
}

bool mf_ct_door_submit(struct ct_door *door, struct crypto *c, struct http_client *client,
                       const struct span *chain, size_t count, struct span issuer_spki,
                       struct ct_promise *out, struct err *err)
{
    const struct ct_submission submission = {chain, count, true};
    struct ct_promise promise = {0};
    bool ok = submit(door, c, client, &submission, issuer_spki, &promise, err);

    note_result(door, ok);
    if (!ok) {
        mf_buf_done(&promise.storage);
        mf_err_as(err, MF_ERR_UNAVAILABLE);
        return mf_err_at(err, "CT log");
    }
    *out = promise;
    return true;
}
