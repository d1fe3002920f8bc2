/* A status, then a body: success, or a refusal with a reason that no body can forge into success.
 * The log's answers are read by the same rules. */
#include "common/net/service_answer.h"
#include "tests/support/fuzz.h"
#include "transparency/submit/log_submit.h"

static void check_log_answer(const struct http_answer *answer)
{
    MF_SCOPED(mf_tlog_entry_done) struct tlog_entry entry = {0};
    struct err err = {0};

    if (!mf_log_submit_answer(answer, &entry, &err)) {
        mf_require(err.code == MF_ERR_UNAVAILABLE || err.code == MF_ERR_DENIED);
        mf_require(err.what[0] != '\0' && entry.owned.p == NULL);
        return;
    }
    mf_require(answer->status / 100 == 2 && entry.has_proof && entry.checkpoint.n > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_http_answer_done)
    struct http_answer answer = {.body = {.max = MF_LOG_SUBMIT_ANSWER_MAX}};
    struct err err = {0};

    if (size < 2 || !mf_buf_append(&answer.body, (struct span){data + 2, size - 2}, &err))
        return 0;
    answer.status = 100 + mf_be16(data) % 500U;
    check_log_answer(&answer);
    if (mf_service_answer_check(&answer, NULL, &err)) {
        mf_require(answer.status / 100 == 2);
        return 0;
    }
    mf_require(answer.status / 100 != 2);
    mf_require(err.code == MF_ERR_UNAVAILABLE || err.code == MF_ERR_DENIED);
    mf_require(answer.status < 500 || err.code == MF_ERR_UNAVAILABLE);
    mf_require(strncmp(err.what, "answered ", 9) == 0);
    return 0;
}
