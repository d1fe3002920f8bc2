#include "common/codec/timestamp.h"
#include "tests/support/suite.h"

enum form { RFC3339, UTC, GENERALIZED };

static bool parse(enum form form, struct span text, struct instant *out, struct err *err)
{
    switch (form) {
    case RFC3339:
        return mf_rfc3339_parse(text, out, err);
    case UTC:
        return mf_utc_time_parse(text, out, err);
    case GENERALIZED:
    default:
        return mf_generalized_time_parse(text, out, err);
    }
}

static const struct {
    enum form form;
    const char *text;
    int64_t s;
    uint32_t ns;
} good[] = {
    {RFC3339, "1970-01-01T00:00:00Z", 0, 0},
    {RFC3339, "2026-11-24T13:56:00Z", 1795528560, 0},
    {RFC3339, "2000-02-29T23:59:59.5Z", 951868799, 500000000},
    {RFC3339, "1969-12-31T23:59:59.999999999Z", -1, 999999999},
    {RFC3339, "2026-11-24T13:56:00+01:30", 1795523160, 0},
    {RFC3339, "2026-11-24T13:56:00-23:59", 1795614900, 0},
    {RFC3339, "2026-11-24T13:56:00-00:00", 1795528560, 0},
    {RFC3339, "0001-01-01T00:00:00Z", INT64_C(-62135596800), 0},
    {RFC3339, "9999-12-31T23:59:59Z", INT64_C(253402300799), 0},
    {UTC, "700101000000Z", 0, 0},
    {UTC, "491231235959Z", 2524607999, 0},
    {UTC, "500101000000Z", -631152000, 0},
    {GENERALIZED, "20500101000000Z", 2524608000, 0},
    {GENERALIZED, "20261124135600.25Z", 1795528560, 250000000},
    {GENERALIZED, "20261124135600.000000001Z", 1795528560, 1},
};

START_TEST(reads_the_three_forms)
{
    struct instant t = {0};
    struct err err = {0};

    mf_ck_ok(parse(good[_i].form, mf_span_str(good[_i].text), &t, &err), err);
    ck_assert_int_eq(t.s, good[_i].s);
    ck_assert_uint_eq(t.ns, good[_i].ns);
}
END_TEST

static const struct {
    enum form form;
    struct span text;
    const char *message;
} refused[] = {
    {RFC3339, MF_SPAN_INIT(""), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-11-24"), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-11-24T13:56:00"), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-11-24t13:56:00Z"), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-11-24T13:56:00z"), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-11-24 13:56:00Z"), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-11-24T13:56:00Z "), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-11-24T13:56:00Z\0"), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-11-24T13:56:00.Z"), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-11-24T13:56:00.1234567890Z"), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-11-24T13:56:00,5Z"), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-11-24T13:56:00+24:00"), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-11-24T13:56:00+01:60"), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-11-24T13:56:00+0100"), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-11-24T13:56Z"), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("+026-11-24T13:56:00Z"), "is no RFC 3339 time"},
    {RFC3339, MF_SPAN_INIT("2026-02-29T00:00:00Z"), "is no time of the calendar"},
    {RFC3339, MF_SPAN_INIT("1900-02-29T00:00:00Z"), "is no time of the calendar"},
    {RFC3339, MF_SPAN_INIT("2026-13-01T00:00:00Z"), "is no time of the calendar"},
    {RFC3339, MF_SPAN_INIT("2026-00-01T00:00:00Z"), "is no time of the calendar"},
    {RFC3339, MF_SPAN_INIT("2026-04-31T00:00:00Z"), "is no time of the calendar"},
    {RFC3339, MF_SPAN_INIT("2026-04-00T00:00:00Z"), "is no time of the calendar"},
    {RFC3339, MF_SPAN_INIT("2026-04-30T24:00:00Z"), "is no time of the calendar"},
    {RFC3339, MF_SPAN_INIT("2026-04-30T23:60:00Z"), "is no time of the calendar"},
    {RFC3339, MF_SPAN_INIT("2016-12-31T23:59:60Z"), "is no time of the calendar"},
    {RFC3339, MF_SPAN_INIT("0000-04-30T00:00:00Z"), "is no time of the calendar"},
    {RFC3339, MF_SPAN_INIT("0001-01-01T00:00:00+00:01"), "is outside the years"},
    {RFC3339, MF_SPAN_INIT("9999-12-31T23:59:59-00:01"), "is outside the years"},
    {UTC, MF_SPAN_INIT("7001010000Z"), "is no UTCTime"},
    {UTC, MF_SPAN_INIT("700101000000"), "is no UTCTime"},
    {UTC, MF_SPAN_INIT("700101000000+0000"), "is no UTCTime"},
    {UTC, MF_SPAN_INIT("700101000000.5Z"), "is no UTCTime"},
    {UTC, MF_SPAN_INIT("19700101000000Z"), "is no UTCTime"},
    {UTC, MF_SPAN_INIT("700230000000Z"), "is no time of the calendar"},
    {GENERALIZED, MF_SPAN_INIT("20261124135600"), "is no GeneralizedTime"},
    {GENERALIZED, MF_SPAN_INIT("20261124135600.Z"), "is no GeneralizedTime"},
    {GENERALIZED, MF_SPAN_INIT("20261124135600.50Z"), "is no GeneralizedTime"},
    {GENERALIZED, MF_SPAN_INIT("20261124135600.0Z"), "is no GeneralizedTime"},
    {GENERALIZED, MF_SPAN_INIT("20261124135600+0100"), "is no GeneralizedTime"},
    {GENERALIZED, MF_SPAN_INIT("202611241356Z"), "is no GeneralizedTime"},
    {GENERALIZED, MF_SPAN_INIT("20261324135600Z"), "is no time of the calendar"},
};

START_TEST(refuses_other_spellings_and_impossible_times)
{
    struct instant t = {.s = 42};
    struct err err = {0};

    mf_ck_refused(parse(refused[_i].form, refused[_i].text, &t, &err), err, refused[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert_int_eq(t.s, 42);
}
END_TEST

static const struct {
    struct instant t;
    const char *text;
} written[] = {
    {{0, 0}, "1970-01-01T00:00:00Z"},           {{951868799, 0}, "2000-02-29T23:59:59Z"},
    {{0, 5000000}, "1970-01-01T00:00:00.005Z"}, {{0, 5000}, "1970-01-01T00:00:00.000005Z"},
    {{0, 5}, "1970-01-01T00:00:00.000000005Z"}, {{INT64_MIN, 0}, "0001-01-01T00:00:00Z"},
    {{INT64_MAX, 0}, "9999-12-31T23:59:59Z"},
};

START_TEST(writes_rfc3339)
{
    char text[MF_RFC3339_MAX];

    mf_rfc3339_write(written[_i].t, text);
    ck_assert_str_eq(text, written[_i].text);
}
END_TEST

START_TEST(written_days_read_back_over_the_centuries)
{
    struct err err = {0};

    /* Steps that are no multiple of a day reach every month, leap years included. */
    for (int64_t s = INT64_C(-62135596800); s <= INT64_C(253402300799); s += 86400 * 17 + 12345) {
        struct instant t = {0};
        char rfc[MF_RFC3339_MAX], generalized[16], utc[14];

        mf_rfc3339_write((struct instant){.s = s}, rfc);
        mf_ck_ok(mf_rfc3339_parse(mf_span_str(rfc), &t, &err), err);
        ck_assert_int_eq(t.s, s);
        mf_generalized_time_write(s, generalized);
        mf_ck_ok(mf_generalized_time_parse(mf_span_str(generalized), &t, &err), err);
        ck_assert_int_eq(t.s, s);
        if (s < -631152000 || s >= 2524608000)
            continue;
        mf_utc_time_write(s, utc);
        mf_ck_ok(mf_utc_time_parse(mf_span_str(utc), &t, &err), err);
        ck_assert_int_eq(t.s, s);
        struct tm parts = {0};
        char theirs[32];
        time_t their_s = (time_t)s;
        strftime(theirs, sizeof theirs, "%Y%m%d%H%M%SZ", gmtime_r(&their_s, &parts));
        ck_assert_str_eq(utc, theirs + 2);
    }
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("timestamp");
    TCase *all = tcase_create("timestamp");

    tcase_add_loop_test(all, reads_the_three_forms, 0, MF_LEN(good));
    tcase_add_loop_test(all, refuses_other_spellings_and_impossible_times, 0, MF_LEN(refused));
    tcase_add_loop_test(all, writes_rfc3339, 0, MF_LEN(written));
    tcase_add_test(all, written_days_read_back_over_the_centuries);
    suite_add_tcase(suite, all);
    return suite;
}
