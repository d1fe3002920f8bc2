/* Asks an instance's development issuer for a token. */
#include "client/token/token_source.h"
#include "common/base/file.h"
#include "common/codec/json.h"
#include "common/codec/url.h"
#include "common/net/service_answer.h"

enum { SECRET_MAX = 256, CLAIMS_MAX = 16 * 1024, ANSWER_MAX = 64 * 1024 };

static bool write_request(const struct dev_token *ask, struct buf *body, struct err *err)
{
    struct json_writer w = mf_json_writer(body, err);

    mf_json_begin_object(&w);
    mf_json_member_put(&w, "sub", ask->subject);
    mf_json_member_put(&w, "aud", ask->audience);
    if (ask->alg != NULL)
        mf_json_member_put_cstr(&w, "alg", ask->alg);
    if (ask->claims.n > 0) {
        mf_json_key(&w, "claims");
        mf_json_put_raw(&w, ask->claims);
    }
    mf_json_end_object(&w);
    return mf_json_written(&w);
}

static bool read_answer(struct span body, struct secret *out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct span token;

    if (!mf_json_parse(body, &mf_json_request_limits, &doc, err))
        return false;
    mf_json_wipe_on_free(doc);
    return mf_json_member_string(mf_json_root(doc), "token", &token, err) &&
           mf_secret_copy(token, out, err);
}

static bool ask_for_token(struct http_client *http, const char *url, struct span body,
                          const struct secret *secret, struct secret *out, struct err *err)
{
    const struct http_call call = {
        .method = "POST",
        .url = url,
        .content_type = "application/json",
        .body = body,
        .bearer = secret,
        .answer_max = ANSWER_MAX,
        .attempt_ms = 10000,
        .total_ms = 10000,
        .tries = 1,
    };
    struct http_answer answer = {0};

    if (!mf_http_call(http, &call, &answer, err))
        return false;
    bool ok = mf_service_answer_check(&answer, secret, err) &&
              (read_answer(mf_buf_span(&answer.body), out, err) ||
               mf_err_as(err, MF_ERR_UNAVAILABLE)); /* it gave us nothing that we can use */
    if (!ok)
        mf_err_at(err, "%.*s", MF_SPAN_ARG(mf_url_shown(url)));
    mf_http_answer_done(&answer);
    return ok;
}

bool mf_token_from_dev_issuer(struct http_client *http, const struct dev_token *ask,
                              struct secret *out, struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret secret = {0};
    MF_SCOPED(mf_buf_done) struct buf body = {.max = CLAIMS_MAX * 2};
    MF_SCOPED(mf_buf_done) struct buf url = {.max = 2048};

    if (!mf_secret_read_file(ask->secret_path, SECRET_MAX, &secret, err))
        return mf_err_at(err, "development issuer");
    mf_secret_trim(&secret);
    if (!write_request(ask, &body, err) || !mf_buf_printf(&url, err, "%s/token%c", ask->url, 0) ||
        !ask_for_token(http, (const char *)url.p, mf_buf_span(&body), &secret, out, err)) {
        if (err->code == MF_ERR_UNAVAILABLE)
            mf_err_hint(err, "see that the instance runs (mayfly status), then try again");
        return mf_err_at(err, "development issuer");
    }
    return true;
}
