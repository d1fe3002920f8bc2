#include "client/verify/tst_info.h"
#include "common/codec/der.h"
#include "tests/support/suite.h"

/* In their order; each may be replaced or put in. */
enum piece {
    NONE,
    TST_VERSION,
    TST_POLICY,
    TST_IMPRINT,
    TST_SERIAL,
    TST_TIME,
    TST_ACCURACY,
    TST_ORDERING,
    TST_NONCE,
    TST_TSA,
    TST_EXTENSIONS,
    TST_END,
    BEHIND
};

#define D(literal)                                      \
    {                                                   \
        (const uint8_t *)(literal), sizeof(literal) - 1 \
    }
#define ALG(last)           "\x30\x0B\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" last
#define H32                 "0123456789abcdef0123456789abcdef"
#define IMPRINT             "\x30\x2F" ALG("\x01") "\x04\x20" H32
#define EXTENSION(critical) "\xA1\x0C\x30\x0A\x06\x03\x2A\x03\x04" critical "\x04\x00"

static const struct span whole[] = {
    [TST_VERSION] = D("\x02\x01\x01"),
    [TST_POLICY] = D("\x06\x02\x2A\x03"),
    [TST_IMPRINT] = D(IMPRINT),
    [TST_SERIAL] = D("\x02\x01\x05"),
    [TST_TIME] = D("\x18\x0F"
                   "20261124190018Z"),
    [BEHIND] = {NULL, 0},
};

static void put(struct buf *out, enum piece piece, enum piece changed, struct span change)
{
    struct err err = {0};

    mf_ck_ok(mf_buf_append(out, piece == changed ? change : whole[piece], &err), err);
}

/* A whole TSTInfo but for one piece. */
static struct buf tst_info(enum piece changed, struct span change)
{
    struct buf out = {.max = 4096};
    struct err err = {0};
    size_t mark = 0;

    mf_ck_ok(mf_der_begin(&out, MF_DER_SEQUENCE, &mark, &err), err);
    for (int piece = TST_VERSION; piece <= TST_END; piece++)
        put(&out, (enum piece)piece, changed, change);
    mf_ck_ok(mf_der_finish(&out, mark, &err), err);
    put(&out, BEHIND, changed, change);
    return out;
}

static const struct {
    enum piece piece;
    struct span bytes;
    const char *message;
} refusals[] = {
    {BEHIND, D("\x05\x00"), "2 bytes follow the DER value"},
    {TST_VERSION, D("\x02\x01\x02"), "version is 2, not 1"},
    {TST_VERSION, D("\x02\x01\x80"), ""},
    {TST_VERSION, D(""), "DER tag is 0x06, not 0x02"},
    {TST_POLICY, D(""), "DER tag is 0x30, not 0x06"},
    {TST_IMPRINT, D("\x30\x00"), "message imprint: DER value with tag 0x30 is missing"},
    {TST_IMPRINT,
     D("\x30\x2E" ALG("\x01") "\x04\x1F"
                              "123456789abcdef0123456789abcdef"),
     "message imprint has 31 bytes"},
    {TST_IMPRINT, D("\x30\x2F" ALG("\x03") "\x04\x20" H32), "message imprint has 32 bytes"},
    {TST_IMPRINT, D("\x30\x2F" ALG("\x04") "\x04\x20" H32),
     "message imprint: digest 2.16.840.1.101.3.4.2.4 is not SHA-256, SHA-384 or SHA-512"},
    {TST_IMPRINT, D("\x30\x31" ALG("\x01") "\x04\x20" H32 "\x05\x00"), "message imprint: 2 bytes"},
    {TST_IMPRINT, D("\x30\x31\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x01"),
     "message imprint: "},
    {TST_IMPRINT,
     D("\x30\x32\x30\x0E\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x02\x01\x01\x04\x20" H32),
     "message imprint: 3 bytes follow the DER value"},
    {TST_SERIAL, D(""), "DER tag is 0x18, not 0x02"},
    {TST_TIME, D(""), "DER value with tag 0x18 is missing"},
    {TST_TIME,
     D("\x17\x0D"
       "261124190018Z"),
     "DER tag is 0x17, not 0x18"},
    {TST_TIME,
     D("\x18\x0F"
       "20261324190018Z"),
     "genTime: "},
    {TST_TIME,
     D("\x18\x11"
       "20261124190018.0Z"),
     "genTime: "},
    {TST_ACCURACY, D("\x30\x7F"), "DER length 127 is past the end"},
    {TST_ORDERING, D("\x01\x01\x01"), ""},
    {TST_ORDERING, D("\x01\x02\xFF\xFF"), ""},
    {TST_NONCE, D("\x02\x01\xFF"), "nonce: "},
    {TST_NONCE, D("\x02\x02\x00\x01"), "nonce: "},
    {TST_NONCE, D("\x02\x7F"), "DER length 127 is past the end"},
    {TST_TSA, D("\xA0\x7F"), "DER length 127 is past the end"},
    {TST_EXTENSIONS, D("\xA1\x7F"), "DER length 127 is past the end"},
    {TST_EXTENSIONS, D(EXTENSION("\x01\x01\xFF")), "critical extension 1.2.3.4 is not known"},
    {TST_EXTENSIONS, D(EXTENSION("\x01\x01\x02")), ""},
    {TST_EXTENSIONS, D("\xA1\x02\x05\x00"), "DER tag is 0x05, not 0x30"},
    {TST_EXTENSIONS, D("\xA1\x02\x30\x00"), "DER value with tag 0x06 is missing"},
    {TST_EXTENSIONS, D("\xA1\x07\x30\x05\x06\x01\x2A\x01\x05"), "DER length 5"},
    {TST_END, D("\x05\x00"), "2 bytes follow the DER value"},
    {TST_END, D("\x02\x01\x01\x01\x01\xFF"), "3 bytes follow the DER value"},
};

START_TEST(refuses_one_fault)
{
    MF_SCOPED(mf_buf_done) struct buf der = tst_info(refusals[_i].piece, refusals[_i].bytes);
    struct tsr t = {.tst_info = mf_buf_span(&der)};
    struct err err = {0};

    mf_ck_refused(mf_tst_info_parse(&t, &err), err, refusals[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
}
END_TEST

static const struct {
    enum piece piece;
    struct span bytes;
    struct span nonce;
} accepted[] = {
    {NONE, {NULL, 0}, {NULL, 0}},
    {TST_ACCURACY, D("\x30\x03\x02\x01\x01"), {NULL, 0}},
    {TST_ORDERING, D("\x01\x01\xFF"), {NULL, 0}},
    {TST_NONCE, D("\x02\x01\x00"), D("\0")},
    {TST_NONCE, D("\x02\x02\x00\x80"), D("\x80")},
    {TST_TSA, D("\xA0\x02\x05\x00"), {NULL, 0}},
    {TST_EXTENSIONS, D(EXTENSION("\x01\x01\x00")), {NULL, 0}},
    {TST_EXTENSIONS, D("\xA1\x09\x30\x07\x06\x03\x2A\x03\x04\x04\x00"), {NULL, 0}},
    {TST_IMPRINT,
     D("\x30\x31\x30\x0D\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
       "\x04\x20" H32),
     {NULL, 0}},
};

START_TEST(takes_what_may_be_there)
{
    MF_SCOPED(mf_buf_done) struct buf der = tst_info(accepted[_i].piece, accepted[_i].bytes);
    struct tsr t = {.tst_info = mf_buf_span(&der)};
    struct err err = {0};

    mf_ck_ok(mf_tst_info_parse(&t, &err), err);
    ck_assert_int_eq(t.has_nonce, accepted[_i].nonce.n > 0);
    ck_assert(mf_span_eq(t.nonce, accepted[_i].nonce));
    ck_assert(mf_span_eq(t.imprint, MF_SPAN(H32)) && t.imprint_alg == MF_SHA256);
    ck_assert_int_eq(t.gen_time.s, 1795546818);
}
END_TEST

START_TEST(reads_a_fraction_and_a_longer_digest)
{
    MF_SCOPED(mf_buf_done)
    struct buf der = tst_info(TST_TIME, MF_SPAN("\x18\x13"
                                                "20261124190018.125Z"));
    MF_SCOPED(mf_buf_done)
    struct buf other = tst_info(TST_IMPRINT, MF_SPAN("\x30\x4F" ALG("\x03") "\x04\x40" H32 H32));
    struct tsr t = {.tst_info = mf_buf_span(&der)};
    struct err err = {0};

    mf_ck_ok(mf_tst_info_parse(&t, &err), err);
    ck_assert_uint_eq(t.gen_time.ns, 125000000);
    t = (struct tsr){.tst_info = mf_buf_span(&other)};
    mf_ck_ok(mf_tst_info_parse(&t, &err), err);
    ck_assert_int_eq(t.imprint_alg, MF_SHA512);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("tst_info");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, refuses_one_fault, 0, MF_LEN(refusals));
    tcase_add_loop_test(all, takes_what_may_be_there, 0, MF_LEN(accepted));
    tcase_add_test(all, reads_a_fraction_and_a_longer_digest);
    suite_add_tcase(suite, all);
    return suite;
}
