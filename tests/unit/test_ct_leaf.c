/* Leaves and heads of CT logs. */
#include "tests/support/suite.h"
#include "transparency/note/note_write.h"
#include "transparency/sct/ct_head.h"
#include "transparency/sct/ct_leaf.h"

#define HASH "HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH" /* 32 bytes */
#define TIME "\x00\x00\x00\x00\x00\x00\x00\x07"
#define X509                    \
    TIME "\x00\x00\x00\x00\x04" \
         "cert\x00\x01"         \
         "e"
#define PRE                             \
    TIME "\x00\x01" HASH "\x00\x00\x03" \
         "tbs\x00\x01"                  \
         "e\x00\x00\x03"                \
         "pre"

static const struct {
    struct span record;
    struct span merkle;
    bool is_precert;
    size_t issuers;
} records[] = {
    {MF_SPAN_INIT(X509 "\x00\x00"), MF_SPAN_INIT("\x00\x00" X509), false, 0},
    {MF_SPAN_INIT(X509 "\x00\x20" HASH), MF_SPAN_INIT("\x00\x00" X509), false, 1},
    {MF_SPAN_INIT(PRE "\x00\x40" HASH HASH),
     MF_SPAN_INIT("\x00\x00" TIME "\x00\x01" HASH "\x00\x00\x03"
                  "tbs\x00\x01"
                  "e"),
     true, 2},
};

START_TEST(reads_and_writes_records_and_leaves)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 4096};
    MF_SCOPED(mf_buf_done) struct buf merkle = {.max = 4096};
    struct ct_leaf leaf = {0};
    struct span rest = records[_i].record;
    struct err err = {0};

    mf_ck_ok(mf_ct_leaf_next(&rest, &leaf, &err), err);
    ck_assert_uint_eq(rest.n, 0);
    ck_assert_uint_eq(leaf.timestamp_ms, 7);
    ck_assert(leaf.entry.is_precert == records[_i].is_precert);
    ck_assert_uint_eq(leaf.issuers.n, records[_i].issuers * 32);
    mf_ck_ok(mf_ct_leaf_merkle(&leaf, &merkle, &err), err);
    ck_assert(mf_span_eq(mf_buf_span(&merkle), records[_i].merkle));
    mf_ck_ok(mf_ct_leaf_write(&leaf, mf_buf_span(&merkle), &b, &err), err);
    ck_assert(mf_span_eq(mf_buf_span(&b), records[_i].record));
}
END_TEST

static const struct {
    struct span record;
    const char *message;
} refused[] = {
    {MF_SPAN_INIT(""), "damaged or cut short"},
    {MF_SPAN_INIT(TIME "\x00\x02\x00\x00\x01x\x00\x00\x00\x00"), "damaged or cut short"},
    {MF_SPAN_INIT(TIME "\x00\x00\x00\x00\x00\x00\x00\x00\x00"), "damaged or cut short"},
    {MF_SPAN_INIT(TIME "\x00\x00\x00\x00\x02x"), "damaged or cut short"},
    {MF_SPAN_INIT(TIME "\x00\x01" HASH "\x00\x00\x03"
                       "tbs\x00\x01"
                       "e\x00\x00\x04"
                       "pre"),
     "precertificate is cut short"},
    {MF_SPAN_INIT(TIME "\x00\x01" HASH "\x00\x00\x03"
                       "tbs\x00\x01"
                       "e\x00\x00\x00\x00\x00"),
     "do not agree"},
    {MF_SPAN_INIT(X509), "issuers are cut short"},
    {MF_SPAN_INIT(X509 "\x00\x20"
                       "x"),
     "issuers are cut short"},
    {MF_SPAN_INIT(X509 "\x00\x01"
                       "x"),
     "no whole fingerprints"},
};

START_TEST(refuses_a_record_that_is_not_whole)
{
    struct ct_leaf leaf = {.timestamp_ms = 42};
    struct span rest = refused[_i].record;
    struct err err = {0};

    mf_ck_refused(mf_ct_leaf_next(&rest, &leaf, &err), err, refused[_i].message);
    ck_assert_uint_eq(leaf.timestamp_ms, 42);
    ck_assert_uint_eq(rest.n, refused[_i].record.n);
}
END_TEST

START_TEST(writes_no_record_that_is_too_large)
{
    static uint8_t large[MF_CT_RECORD_MAX];
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 1 << 20};
    MF_SCOPED(mf_buf_done) struct buf merkle = {.max = 1 << 20};
    struct ct_leaf leaf = {.entry = {.der = MF_SPAN_OF(large)}};
    struct err err = {0};

    mf_ck_ok(mf_ct_leaf_merkle(&leaf, &merkle, &err), err);
    mf_ck_refused(mf_ct_leaf_write(&leaf, mf_buf_span(&merkle), &b, &err), err,
                  "larger than 262144");
    ck_assert_uint_eq(b.n, 0);
}
END_TEST

/* A CT log's checkpoint, made and then changed in one place each time. */
static struct crypto *crypto;
static struct note_key key;
static struct private_key *secret;

static void set_up(void)
{
    MF_SCOPED(mf_public_key_free) struct public_key *public = NULL;
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
    mf_ck_ok(mf_private_key_generate(crypto, MF_KEY_P256, &secret, &err), err);
    mf_ck_ok(mf_private_key_public(crypto, secret, &public, &err), err);
    mf_ck_ok(mf_note_key_init(crypto, MF_NOTE_KEY_RFC6962, MF_SPAN("ct.example"),
                              mf_public_key_spki(public), &key, &err),
             err);
}

static void tear_down(void)
{
    mf_note_key_done(&key);
    mf_private_key_free(&secret);
    mf_crypto_free(&crypto);
}

enum { TIME_MS = 1700000000 };

/* Signs (size, root of zeros, TIME_MS) and puts it under a note that may say something else. */
static void make_note(const struct checkpoint *said, uint64_t signed_size, struct span line_name,
                      struct buf *note)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 4096}, der = {.max = 256}, sig = {.max = 512};
    struct merkle_head head = {.size = signed_size};
    uint8_t data[MF_CT_HEAD_SIGNED_LEN];
    struct err err = {0};

    mf_ct_head_signed(&head, TIME_MS, data);
    mf_ck_ok(mf_sign(crypto, secret, MF_SIG_ECDSA_SHA256, MF_SPAN_OF(data), &der, &err), err);
    mf_ck_ok(mf_ct_head_signature(TIME_MS, mf_buf_span(&der), &sig, &err), err);
    mf_ck_ok(mf_checkpoint_format(said, &text, &err), err);
    mf_ck_ok(mf_note_write_text(note, mf_buf_span(&text), &err), err);
    mf_ck_ok(mf_note_write_line(note, line_name, key.id, mf_buf_span(&sig), &err), err);
}

static const struct {
    struct checkpoint said;
    uint64_t signed_size;
    const char *line_name;
    const char *message; /* null: verifies */
} heads[] = {
    {{.origin = MF_SPAN_INIT("ct.example"), .size = 9}, 9, "ct.example", NULL},
    {{.origin = MF_SPAN_INIT("ct.example"), .size = 9}, 8, "ct.example", "does not verify"},
    {{.origin = MF_SPAN_INIT("ct.example"), .size = 9, .root = {1}},
     9,
     "ct.example",
     "signature by ct.example+"},
    {{.origin = MF_SPAN_INIT("ct.other"), .size = 9}, 9, "ct.example", "origin is \"ct.other\""},
    {{.origin = MF_SPAN_INIT("ct.example"), .size = 9},
     9,
     "ct.other",
     "no signature by ct.example"},
    {{.origin = MF_SPAN_INIT("ct.example"), .size = 9, .extensions = MF_SPAN_INIT("x\n")},
     9,
     "ct.example",
     "extension lines"},
};

START_TEST(verifies_a_ct_logs_checkpoint)
{
    MF_SCOPED(mf_buf_done) struct buf bytes = {.max = 8192};
    MF_SCOPED(mf_note_done) struct note note = {0};
    struct checkpoint c = {.size = 42};
    uint64_t time = 0;
    struct err err = {0};

    make_note(&heads[_i].said, heads[_i].signed_size, mf_span_str(heads[_i].line_name), &bytes);
    mf_ck_ok(mf_note_parse(mf_buf_span(&bytes), &note, &err), err);
    if (heads[_i].message == NULL) {
        mf_ck_ok(mf_ct_head_verify(crypto, &key, &note, &c, &time, &err), err);
        ck_assert_uint_eq(c.size, 9);
        ck_assert_uint_eq(time, TIME_MS);
        mf_ck_refused(mf_note_key_verify(crypto, &key, &note, &err), err, "not over the text");
        return;
    }
    mf_ck_refused(mf_ct_head_verify(crypto, &key, &note, &c, &time, &err), err, heads[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_REJECTED);
    ck_assert_uint_eq(c.size, 42);
}
END_TEST

START_TEST(signs_the_bytes_of_the_rfc)
{
    struct merkle_head head = {.size = 0x0102, .root = {0xaa}};
    uint8_t data[MF_CT_HEAD_SIGNED_LEN];

    mf_ct_head_signed(&head, 7, data);
    ck_assert_mem_eq(data, "\x00\x01" TIME "\x00\x00\x00\x00\x00\x00\x01\x02\xaa\x00", 20);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("ct_leaf");
    TCase *leaves = tcase_create("leaves"), *checkpoints = tcase_create("heads");

    tcase_add_loop_test(leaves, reads_and_writes_records_and_leaves, 0, (int)MF_LEN(records));
    tcase_add_loop_test(leaves, refuses_a_record_that_is_not_whole, 0, (int)MF_LEN(refused));
    tcase_add_test(leaves, writes_no_record_that_is_too_large);
    tcase_add_test(leaves, signs_the_bytes_of_the_rfc);
    suite_add_tcase(suite, leaves);
    tcase_add_checked_fixture(checkpoints, set_up, tear_down);
    tcase_add_loop_test(checkpoints, verifies_a_ct_logs_checkpoint, 0, (int)MF_LEN(heads));
    suite_add_tcase(suite, checkpoints);
    return suite;
}
