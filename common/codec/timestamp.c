#include "common/codec/timestamp.h"

#include <assert.h>

#define FIRST_S INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define LAST_S  INT64_C(253402300799) /* 9999-12-31T23:59:59Z */

struct civil {
    int64_t year;
    unsigned month, day, hour, minute, second;
};

static bool is_leap(int64_t y)
{
    return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

static unsigned days_in_month(int64_t y, unsigned m)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return m == 2 && is_leap(y) ? 29 : days[m - 1];
}

/* Days of the years 1 .. y-1. */
static int64_t days_before_year(int64_t y)
{
    y--;
    return y * 365 + y / 4 - y / 100 + y / 400;
}

static bool civil_is_good(const struct civil *c)
{
    return c->year >= 1 && c->year <= 9999 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month) && c->hour < 24 && c->minute < 60 &&
           c->second < 60;
}

static int64_t civil_to_s(const struct civil *c)
{
    int64_t days = days_before_year(c->year) - days_before_year(1970) + c->day - 1;

    for (unsigned m = 1; m < c->month; m++)
        days += days_in_month(c->year, m);
    return days * 86400 + c->hour * 3600 + c->minute * 60 + c->second;
}

/* s must lie in FIRST_S .. LAST_S. */
static struct civil civil_from_s(int64_t s)
{
    int64_t since = s - FIRST_S; /* never negative, so division rounds down */
    int64_t days = since / 86400;
    unsigned rest = (unsigned)(since % 86400);
    struct civil c = {.hour = rest / 3600, .minute = rest / 60 % 60, .second = rest % 60};

    c.year = days * 400 / 146097 + 1; /* right, or one too small or too large */
    while (days_before_year(c.year) > days)
        c.year--;
    while (days_before_year(c.year + 1) <= days)
        c.year++;
    days -= days_before_year(c.year);
    for (c.month = 1; days >= days_in_month(c.year, c.month); c.month++)
        days -= days_in_month(c.year, c.month);
    c.day = (unsigned)days + 1;
    return c;
}

/* Takes exactly n digits off the front. */
static bool take_digits(struct span *rest, size_t n, unsigned *out)
{
    unsigned v = 0;

    if (rest->n < n)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (rest->p[i] < '0' || rest->p[i] > '9')
            return false;
        v = v * 10 + (unsigned)(rest->p[i] - '0');
    }
    *rest = mf_span_from(*rest, n);
    *out = v;
    return true;
}

static bool take_char(struct span *rest, uint8_t c)
{
    if (rest->n == 0 || rest->p[0] != c)
        return false;
    *rest = mf_span_from(*rest, 1);
    return true;
}

/* "." and 1 to 9 digits, when there. */
static bool take_fraction(struct span *rest, uint32_t *ns)
{
    uint32_t v = 0;
    size_t n = 0;

    if (!take_char(rest, '.'))
        return true;
    for (; n < rest->n && rest->p[n] >= '0' && rest->p[n] <= '9'; n++) {
        if (n == 9)
            return false;
        v = v * 10 + (uint32_t)(rest->p[n] - '0');
    }
    if (n == 0)
        return false;
    *rest = mf_span_from(*rest, n);
    for (; n < 9; n++)
        v *= 10;
    *ns = v;
    return true;
}

/* "Z" or a numeric offset, in seconds east. */
static bool take_offset(struct span *rest, int64_t *out)
{
    unsigned hours = 0, minutes = 0;

    if (take_char(rest, 'Z'))
        return true;
    bool west = rest->n > 0 && rest->p[0] == '-';
    if (!take_char(rest, west ? '-' : '+') || !take_digits(rest, 2, &hours) ||
        !take_char(rest, ':') || !take_digits(rest, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *out = (int64_t)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

static bool take_month_to_second(struct span *rest, const char *separators, struct civil *c)
{
    unsigned *fields[] = {&c->month, &c->day, &c->hour, &c->minute, &c->second};

    for (size_t i = 0; i < MF_LEN(fields); i++) {
        if (separators != NULL && !take_char(rest, (uint8_t)separators[i]))
            return false;
        if (!take_digits(rest, 2, fields[i]))
            return false;
    }
    return true;
}

bool mf_rfc3339_parse(struct span text, struct instant *out, struct err *err)
{
    struct span rest = text;
    struct civil c = {0};
    unsigned year = 0;
    uint32_t ns = 0;
    int64_t east_s = 0;

    if (!take_digits(&rest, 4, &year) || !take_month_to_second(&rest, "--T::", &c) ||
        !take_fraction(&rest, &ns) || !take_offset(&rest, &east_s) || rest.n > 0)
        return mf_err_set(err, MF_ERR_FORMAT, "\"%.*s\" is no RFC 3339 time", MF_SPAN_ARG(text));
    c.year = year;
    if (!civil_is_good(&c))
        return mf_err_set(err, MF_ERR_FORMAT, "\"%.*s\" is no time of the calendar",
                          MF_SPAN_ARG(text));
    int64_t s = civil_to_s(&c) - east_s;
    if (s < FIRST_S || s > LAST_S)
        return mf_err_set(err, MF_ERR_FORMAT, "\"%.*s\" is outside the years 0001 to 9999",
                          MF_SPAN_ARG(text));
    *out = (struct instant){.s = s, .ns = ns};
    return true;
}

void mf_rfc3339_write(struct instant t, char out[static MF_RFC3339_MAX])
{
    int64_t s = t.s < FIRST_S ? FIRST_S : t.s > LAST_S ? LAST_S : t.s;
    struct civil c = civil_from_s(s);
    char fraction[16] = "";

    if (t.ns % 1000000 == 0 && t.ns > 0)
        snprintf(fraction, sizeof fraction, ".%03u", t.ns / 1000000);
    else if (t.ns % 1000 == 0 && t.ns > 0)
        snprintf(fraction, sizeof fraction, ".%06u", t.ns / 1000);
    else if (t.ns > 0)
        snprintf(fraction, sizeof fraction, ".%09u", t.ns);
    snprintf(out, MF_RFC3339_MAX, "%04u-%02u-%02uT%02u:%02u:%02u%sZ", (unsigned)c.year % 10000,
             c.month % 100, c.day % 100, c.hour % 100, c.minute % 100, c.second % 100, fraction);
}

bool mf_utc_time_parse(struct span text, struct instant *out, struct err *err)
{
    struct span rest = text;
    struct civil c = {0};
    unsigned year = 0;

    if (!take_digits(&rest, 2, &year) || !take_month_to_second(&rest, NULL, &c) ||
        !take_char(&rest, 'Z') || rest.n > 0)
        return mf_err_set(err, MF_ERR_FORMAT, "\"%.*s\" is no UTCTime in seconds and Z",
                          MF_SPAN_ARG(text));
    c.year = year < 50 ? 2000 + year : 1900 + year; /* RFC 5280 4.1.2.5.1 */
    if (!civil_is_good(&c))
        return mf_err_set(err, MF_ERR_FORMAT, "\"%.*s\" is no time of the calendar",
                          MF_SPAN_ARG(text));
    *out = (struct instant){.s = civil_to_s(&c)};
    return true;
}

bool mf_generalized_time_parse(struct span text, struct instant *out, struct err *err)
{
    struct span rest = text;
    struct civil c = {0};
    unsigned year = 0;
    uint32_t ns = 0;

    /* X.690 11.7.3: a fraction has no trailing zero, so each time has one spelling. */
    if (!take_digits(&rest, 4, &year) || !take_month_to_second(&rest, NULL, &c) ||
        !take_fraction(&rest, &ns) || rest.n != 1 || rest.p[0] != 'Z' ||
        (text.n > 15 && text.p[text.n - 2] == '0'))
        return mf_err_set(err, MF_ERR_FORMAT, "\"%.*s\" is no GeneralizedTime in DER",
                          MF_SPAN_ARG(text));
    c.year = year;
    if (!civil_is_good(&c))
        return mf_err_set(err, MF_ERR_FORMAT, "\"%.*s\" is no time of the calendar",
                          MF_SPAN_ARG(text));
    *out = (struct instant){.s = civil_to_s(&c), .ns = ns};
    return true;
}

void mf_generalized_time_write(int64_t s, char out[static 16])
{
    assert(s >= FIRST_S && s <= LAST_S);
    struct civil c = civil_from_s(s);
    snprintf(out, 16, "%04u%02u%02u%02u%02u%02uZ", (unsigned)c.year % 10000, c.month % 100,
             c.day % 100, c.hour % 100, c.minute % 100, c.second % 100);
}

void mf_utc_time_write(int64_t s, char out[static 14])
{
    char whole[16];

    assert(s >= INT64_C(-631152000) && s < INT64_C(2524608000)); /* 1950 .. 2049 */
    mf_generalized_time_write(s, whole);
    memcpy(out, whole + 2, 14);
}
