#include "client/sign/tsa_query.h"
#include "client/verify/tsr.h"
#include "common/codec/der.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/sample.h"
#include "tests/support/suite.h"

/* The sample's token and the nonce that was asked for. */
static struct buf granted(uint8_t nonce[static MF_TSA_NONCE_LEN])
{
    struct buf der = mf_sample("tsr/granted");
    struct err err = {0};
    struct tsr t;

    mf_ck_ok(mf_tsr_parse(mf_buf_span(&der), &t, &err), err);
    ck_assert(t.has_nonce && t.nonce.n <= MF_TSA_NONCE_LEN);
    memset(nonce, 0, MF_TSA_NONCE_LEN);
    memcpy(nonce + MF_TSA_NONCE_LEN - t.nonce.n, t.nonce.p, t.nonce.n);
    return der;
}

static const struct {
    unsigned status;
    int change; /* of the nonce, at its end */
    size_t cut; /* off the answer */
    const char *message;
} rows[] = {
    {200, 0, 0, NULL},
    {201, 0, 0, NULL},
    {200, 1, 0, "the token does not carry our nonce"},
    {200, 0, 1, "DER length"},
    {500, 0, 0, "answered 500: "},
    {400, 0, 0, "answered 400: "},
};

START_TEST(takes_only_a_token_with_our_nonce)
{
    uint8_t nonce[MF_TSA_NONCE_LEN];
    MF_SCOPED(mf_buf_done) struct buf der = granted(nonce);
    MF_SCOPED(mf_buf_done) struct buf token = {.max = MF_TSR_MAX};
    struct http_answer answer = {.status = rows[_i].status, .body = der};
    struct err err = {0};

    answer.body.n -= rows[_i].cut;
    nonce[MF_TSA_NONCE_LEN - 1] ^= (uint8_t)rows[_i].change;
    bool ok = mf_tsa_query_answer(&answer, nonce, &token, &err);
    if (rows[_i].message == NULL) {
        mf_ck_ok(ok, err);
        ck_assert(mf_span_eq(mf_buf_span(&token), mf_buf_span(&der)));
        return;
    }
    mf_ck_refused(ok, err, rows[_i].message);
    ck_assert_int_eq(err.code, rows[_i].status == 400 ? MF_ERR_DENIED : MF_ERR_UNAVAILABLE);
    ck_assert_uint_eq(token.n, 0);
}
END_TEST

/* An INTEGER has no leading zeroes: neither in what is asked nor in what is compared. */
START_TEST(asks_with_a_minimal_nonce)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = fresh_crypto();
    MF_SCOPED(mf_buf_done) struct buf query = {.max = 512};
    const uint8_t nonce[MF_TSA_NONCE_LEN] = {[MF_TSA_NONCE_LEN - 2] = 0x80, 0x01};
    uint8_t digest[MF_SHA256_LEN];
    struct span rest, imprint, algorithm, value;
    struct err err = {0};

    mf_ck_ok(mf_tsa_query_write(c, MF_SPAN("signature"), nonce, &query, &err), err);
    rest = mf_buf_span(&query);
    mf_ck_ok(mf_der_take(&rest, MF_DER_SEQUENCE, &rest, &err), err);
    mf_ck_ok(mf_der_take(&rest, MF_DER_INTEGER, &value, &err), err);
    ck_assert(mf_span_eq(value, MF_SPAN("\x01")));
    mf_ck_ok(mf_der_take(&rest, MF_DER_SEQUENCE, &imprint, &err), err);
    mf_ck_ok(mf_der_take(&imprint, MF_DER_SEQUENCE, &algorithm, &err), err);
    mf_ck_ok(mf_der_take(&imprint, MF_DER_OCTET_STRING, &value, &err), err);
    mf_sha256(c, MF_SPAN("signature"), digest);
    ck_assert(mf_span_eq(value, MF_SPAN_OF(digest)));
    mf_ck_ok(mf_der_take(&rest, MF_DER_INTEGER, &value, &err), err);
    ck_assert(mf_span_eq(value, MF_SPAN("\x00\x80\x01")));
    ck_assert_uint_eq(rest.n, 0);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("tsa_query");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, takes_only_a_token_with_our_nonce, 0, MF_LEN(rows));
    tcase_add_test(all, asks_with_a_minimal_nonce);
    suite_add_tcase(suite, all);
    return suite;
}
