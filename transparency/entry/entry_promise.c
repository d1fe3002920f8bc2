#include "transparency/entry/entry_promise.h"

#include <inttypes.h>

#include "common/codec/base64.h"
#include "common/codec/hex.h"

static bool is_exact(int64_t number, const char *name, struct err *err)
{
    if (number >= 0 && number < INT64_C(1) << 53)
        return true;
    mf_err_set(err, MF_ERR_FORMAT, "has no exact form in canonical JSON");
    return mf_err_at(err, "%s", name);
}

bool mf_entry_promise_print(const struct tlog_entry *e, struct buf *out, struct err *err)
{
    return is_exact(e->integrated_time, "integratedTime", err) &&
           is_exact(e->log_index, "logIndex", err) && mf_buf_append_str(out, "{\"body\":\"", err) &&
           mf_base64_append(out, e->body, err) &&
           mf_buf_printf(out, err, "\",\"integratedTime\":%" PRId64 ",\"logID\":\"",
                         e->integrated_time) &&
           mf_hex_append(out, e->log_id, err) &&
           mf_buf_printf(out, err, "\",\"logIndex\":%" PRId64 "}", e->log_index);
}
