#include "common/base/err.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/utf8.h"

static const char *const code_names[] = {
    "ok",     "rejected", "usage",       "format", "limit", "not_found",
    "exists", "system",   "unavailable", "denied", "trust", "internal",
};
_Static_assert(MF_LEN(code_names) == MF_ERR_COUNT_, "a name per code");

enum { SCRATCH = 1024 }; /* bytes; messages are far shorter, the rest is cut */

static void format_escaped(char *out, size_t cap, const char *fmt, va_list args) MF_PRINTF(3, 0);

static void format_escaped(char *out, size_t cap, const char *fmt, va_list args)
{
    char scratch[SCRATCH];
    int n = vsnprintf(scratch, sizeof scratch, fmt, args);
    size_t len = n < 0 ? 0 : (size_t)n;

    if (len >= sizeof scratch)
        len = sizeof scratch - 1;
    mf_utf8_escape((struct span){(const uint8_t *)scratch, len}, out, cap);
}

bool mf_err_set(struct err *err, enum err_code code, const char *fmt, ...)
{
    va_list args;

    assert(err->code == MF_OK && code != MF_OK);
    err->code = code;
    err->where[0] = '\0';
    err->hint[0] = '\0';
    va_start(args, fmt);
    format_escaped(err->what, sizeof err->what, fmt, args);
    va_end(args);
    return false;
}

static enum err_code code_of(int number)
{
    switch (number) {
    case ENOENT:
        return MF_ERR_NOT_FOUND;
    case EEXIST:
        return MF_ERR_EXISTS;
    case EMFILE: /* nothing was opened, so nothing has happened; others give descriptors back */
    case ENFILE:
        return MF_ERR_UNAVAILABLE;
    default:
        return MF_ERR_SYSTEM;
    }
}

bool mf_err_sys(struct err *err, const char *fmt, ...)
{
    int number = errno;
    char text[160];
    char reason[80] = "";
    va_list args;

    va_start(args, fmt);
    format_escaped(text, sizeof text, fmt, args);
    va_end(args);
    const char *said = strerror_r(number, reason, sizeof reason);
    return mf_err_set(err, code_of(number), "%s: %s", text, said);
}

bool mf_err_at(struct err *err, const char *fmt, ...)
{
    char place[sizeof err->where];
    char rest[sizeof err->where];
    va_list args;

    va_start(args, fmt);
    format_escaped(place, sizeof place, fmt, args);
    va_end(args);
    memcpy(rest, err->where, sizeof rest);
    /* The cut is harmless: the outermost places stay, which is where a reader starts. */
    int n = snprintf(err->where, sizeof err->where, "%s%s%s", place, rest[0] ? ": " : "", rest);
    if (n < 0)
        err->where[0] = '\0';
    return false;
}

bool mf_err_hint(struct err *err, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    format_escaped(err->hint, sizeof err->hint, fmt, args);
    va_end(args);
    return false;
}

bool mf_err_as(struct err *err, enum err_code code)
{
    assert(err->code != MF_OK && code != MF_OK);
    err->code = code;
    return false;
}

void mf_err_clear(struct err *err)
{
    *err = (struct err){0};
}

size_t mf_err_render(const struct err *err, char *out, size_t cap)
{
    int n = snprintf(out, cap, "%s%s%s%s%s", err->where, err->where[0] ? ": " : "", err->what,
                     err->hint[0] ? ": " : "", err->hint);

    if (n < 0 || cap == 0)
        return 0;
    return (size_t)n < cap ? (size_t)n : cap - 1;
}

const char *mf_err_name(enum err_code code)
{
    return (unsigned)code < MF_ERR_COUNT_ ? code_names[code] : "unknown";
}
