#include "client/bundle/bundle.h"
#include "tests/support/sample.h"
#include "tests/support/suite.h"

static struct bundle_parts parts_of(const struct bundle *b)
{
    return (struct bundle_parts){
        .certificate = mf_buf_span(&b->certificate),
        .signature = mf_buf_span(&b->signature),
        .digest_alg = b->digest_alg,
        .digest = mf_buf_span(&b->digest),
        .entry = &b->entries[0],
        .timestamp = mf_buf_span(&b->timestamps[0]),
    };
}

/* The sample was written by `mayfly sign`: what is read of it is written as the same bytes. */
START_TEST(writes_the_bytes_that_were_read)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("bundle/message");
    MF_SCOPED(mf_bundle_free) struct bundle *b = mf_sample_bundle();
    MF_SCOPED(mf_buf_done) struct buf again = {.max = MF_BUNDLE_MAX};
    const struct bundle_parts parts = parts_of(b);
    struct err err = {0};

    mf_ck_ok(mf_bundle_write(&parts, &again, &err), err);
    ck_assert(mf_span_eq(mf_buf_span(&again), mf_buf_span(&text)));
}
END_TEST

START_TEST(stops_at_the_limit_of_its_room)
{
    MF_SCOPED(mf_bundle_free) struct bundle *b = mf_sample_bundle();
    const struct bundle_parts parts = parts_of(b);

    for (size_t room = 0; room < 4635; room += 103) {
        MF_SCOPED(mf_buf_done) struct buf out = {.max = room};
        struct err err = {0};
        mf_ck_refused(mf_bundle_write(&parts, &out, &err), err, "larger than");
        ck_assert_int_eq(err.code, MF_ERR_LIMIT);
    }
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("bundle_write");
    TCase *all = tcase_create("all");

    tcase_add_test(all, writes_the_bytes_that_were_read);
    tcase_add_test(all, stops_at_the_limit_of_its_room);
    suite_add_tcase(suite, all);
    return suite;
}
