#include "client/verify/promise_check.h"

#include "transparency/entry/entry_promise.h"

static bool check(struct crypto *c, const struct tlog_entry *e, const struct trusted_log *log,
                  struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 2 * MF_TLOG_ENTRY_JSON_MAX};
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;

    if (e->integrated_time <= 0)
        return mf_err_set(err, MF_ERR_REJECTED, "integratedTime is missing");
    return mf_entry_promise_print(e, &text, err) &&
           mf_public_key_from_spki(c, mf_buf_span(&log->spki), &key, err) &&
           mf_verify(c, key, mf_sig_scheme_of(mf_public_key_kind(key)), mf_buf_span(&text),
                     e->promise, err);
}

bool mf_promise_check(struct crypto *c, const struct tlog_entry *entry,
                      const struct trusted_log *log, struct instant *time, struct err *err)
{
    if (!check(c, entry, log, err))
        return mf_err_as(err, MF_ERR_REJECTED);
    *time = (struct instant){.s = entry->integrated_time};
    return true;
}
