/* Checkpoints of logs by their names: which a key may sign under, and which origins go with them.
 */
#include "client/verify/checkpoint_check.h"
#include "common/crypto/key.h"
#include "common/crypto/verifier.h"
#include "tests/support/suite.h"
#include "transparency/note/checkpoint.h"
#include "transparency/note/note.h"
#include "transparency/note/note_write.h"

static struct crypto *crypto;
static struct private_key *key, *other_key;
static struct trusted_log log_entry;

static void set_up(void)
{
    MF_SCOPED(mf_public_key_free) struct public_key *half = NULL;
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
    mf_ck_ok(mf_private_key_generate(crypto, MF_KEY_P256, &key, &err), err);
    mf_ck_ok(mf_private_key_generate(crypto, MF_KEY_P256, &other_key, &err), err);
    mf_ck_ok(mf_private_key_public(crypto, key, &half, &err), err);
    log_entry = (struct trusted_log){.spki = {.max = MF_SPKI_MAX}, .usable = true};
    mf_ck_ok(mf_buf_append(&log_entry.spki, mf_public_key_spki(half), &err), err);
    mf_sha256(crypto, mf_buf_span(&log_entry.spki), log_entry.log_id);
    memcpy(log_entry.checkpoint_key_id, log_entry.log_id, 4);
}

static void tear_down(void)
{
    mf_buf_done(&log_entry.spki);
    mf_private_key_free(&key);
    mf_private_key_free(&other_key);
    mf_crypto_free(&crypto);
}

static void sign_line(struct buf *note, struct span text, const char *name, uint32_t id,
                      const struct private_key *by)
{
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    struct err err = {0};

    mf_ck_ok(mf_sign(crypto, by, MF_SIG_ECDSA_SHA256, text, &signature, &err), err);
    mf_ck_ok(mf_note_write_line(note, mf_span_str(name), id, mf_buf_span(&signature), &err), err);
}

struct checkpoint_case {
    bool is_v1;
    const char *base_url, *name, *origin;
    const char *message; /* null: holds */
    unsigned id_differs; /* 1: key ID of another key */
    bool by_other_key;
    const char *first; /* a line of this name by another key before the log's */
};

static const struct checkpoint_case cases[] = {
    {false, "https://log.example", "log.example", "log.example", NULL, 0, false, NULL},
    {false, "log.example", "log.example", "log.example", NULL, 0, false, NULL},
    {false, "https://log.example", "log.example", "log.example", NULL, 0, false, "w.example"},
    {true, "https://log.example", "log.example", "log.example - 12", NULL, 0, false, NULL},
    {true, "http://log.example:8000", "log.example", "log.example - 12", NULL, 0, false, NULL},
    {true, "http://log.example:8000", "log.example:8000", "log.example:8000 - 12", NULL, 0, false,
     NULL},
    {true, "", "anything.example", "anything.example - 12", NULL, 0, false, "w.example"},
    /* the log's own name */
    {false, "https://log.example:8000", "log.example:8000", "log.example:8000",
     "no signature by log.example+", 0, false, NULL},
    {false, "", "log.example", "log.example", "gives the log no baseUrl", 0, false, NULL},
    {true, "https://log.example", "log.example:8000", "log.example:8000 - 12",
     "no signature by log.example+", 0, false, NULL},
    {true, "https://log.example:8000", "log.example:8001", "log.example:8001 - 12",
     "no signature by log.example+", 0, false, NULL},
    {true, "https://log.example", "other.example", "other.example - 12",
     "no signature by log.example+", 0, false, NULL},
    {true, "ftp:", "log.example", "log.example - 12", "baseUrl: ", 0, false, NULL},
    /* its origin: each version's and no other's */
    {false, "https://log.example", "log.example", "log.example - 12",
     "origin is 'log.example - 12', not 'log.example'", 0, false, NULL},
    {false, "https://log.example", "log.example", "other.example", "origin is 'other.example'", 0,
     false, NULL},
    {true, "https://log.example", "log.example", "log.example", "and a tree's number", 0, false,
     NULL},
    {true, "https://log.example", "log.example", "log.example - ", "and a tree's number", 0, false,
     NULL},
    {true, "https://log.example", "log.example", "log.example - 12x", "and a tree's number", 0,
     false, NULL},
    {true, "https://log.example", "log.example", "log.example - 012", "and a tree's number", 0,
     false, NULL},
    {true, "https://log.example", "log.example", "log.example.org - 12", "and a tree's number", 0,
     false, NULL},
    {true, "", "anything.example", "other.example - 12", "and a tree's number", 0, false, NULL},
    /* its key */
    {true, "https://log.example", "log.example", "log.example - 12", "no signature by", 1, false,
     NULL},
    {true, "https://log.example", "log.example", "log.example - 12", "does not verify", 0, true,
     NULL},
    {true, "", "log.example", "log.example - 12", "no signature by the log's key", 1, false, NULL},
};

static void write_note(const struct checkpoint_case *one, struct buf *out)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_CHECKPOINT_TEXT_MAX};
    const struct checkpoint checkpoint = {
        .origin = mf_span_str(one->origin), .size = 7, .root = {1, 2, 3}};
    uint32_t id = mf_be32(log_entry.checkpoint_key_id) + one->id_differs;
    struct err err = {0};

    mf_ck_ok(mf_checkpoint_format(&checkpoint, &text, &err), err);
    mf_ck_ok(mf_note_write_text(out, mf_buf_span(&text), &err), err);
    if (one->first != NULL)
        sign_line(out, mf_buf_span(&text), one->first, 0x01020304, other_key);
    sign_line(out, mf_buf_span(&text), one->name, id, one->by_other_key ? other_key : key);
}

START_TEST(takes_a_checkpoint_under_the_logs_name_alone)
{
    MF_SCOPED(mf_buf_done) struct buf note = {.max = MF_NOTE_MAX};
    const struct checkpoint_case *one = &cases[_i];
    struct merkle_head head = {.size = 99};
    struct err err = {0};

    write_note(one, &note);
    log_entry.base_url = mf_span_str(one->base_url);
    bool ok = mf_checkpoint_check(crypto, mf_buf_span(&note), &log_entry, one->is_v1, &head, &err);
    if (one->message != NULL) {
        mf_ck_refused(ok, err, one->message);
        ck_assert_int_eq(err.code, MF_ERR_REJECTED);
        ck_assert_uint_eq(head.size, 99);
        return;
    }
    mf_ck_ok(ok, err);
    ck_assert_uint_eq(head.size, 7);
    ck_assert_uint_eq(head.root[2], 3);
}
END_TEST

/* A root may say that the key signs checkpoints under another ID than the log's own. */
START_TEST(goes_by_the_key_id_that_the_root_names)
{
    MF_SCOPED(mf_buf_done) struct buf note = {.max = MF_NOTE_MAX};
    const struct checkpoint_case one = {
        .is_v1 = true, .name = "log.example", .origin = "log.example - 12"};
    struct merkle_head head;
    struct err err = {0};

    log_entry.base_url = MF_SPAN("https://log.example");
    log_entry.checkpoint_key_id[0] ^= 1;
    write_note(&one, &note);
    mf_ck_ok(mf_checkpoint_check(crypto, mf_buf_span(&note), &log_entry, true, &head, &err), err);
    log_entry.checkpoint_key_id[0] ^= 1;
    mf_ck_refused(mf_checkpoint_check(crypto, mf_buf_span(&note), &log_entry, true, &head, &err),
                  err, "no signature by log.example+");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("checkpoint_check");
    TCase *names = tcase_create("names");

    tcase_add_checked_fixture(names, set_up, tear_down);
    tcase_add_loop_test(names, takes_a_checkpoint_under_the_logs_name_alone, 0, MF_LEN(cases));
    tcase_add_test(names, goes_by_the_key_id_that_the_root_names);
    suite_add_tcase(suite, names);
    return suite;
}
