#include "ca-stub/identity/refusal.h"

#include <stdarg.h>

static void put_reason(struct refusal *why, const char *reason)
{
    /* Codes are ours and short; a claim's name is cut. */
    snprintf(why->reason, sizeof why->reason, "%s", reason);
}

bool mf_refusal_set(struct refusal *why, const char *reason, const char *fmt, ...)
{
    char text[sizeof why->err->what];
    va_list arguments;

    va_start(arguments, fmt);
    vsnprintf(text, sizeof text, fmt, arguments); /* a cut message is still the message */
    va_end(arguments);
    put_reason(why, reason);
    return mf_err_set(why->err, MF_ERR_DENIED, "%s", text);
}

bool mf_refusal_claim(struct refusal *why, const char *reason, const char *claim, const char *what)
{
    snprintf(why->reason, sizeof why->reason, "%s:%s", reason, claim);
    mf_err_set(why->err, MF_ERR_DENIED, "%s", what);
    return mf_err_at(why->err, "%s claim", claim);
}

bool mf_refusal_take(struct refusal *why, const char *reason)
{
    enum err_code code = why->err->code;

    if (code == MF_ERR_SYSTEM || code == MF_ERR_INTERNAL || code == MF_ERR_UNAVAILABLE) {
        put_reason(why, "INTERNAL");
        return false;
    }
    put_reason(why, reason);
    return mf_err_as(why->err, MF_ERR_DENIED);
}
