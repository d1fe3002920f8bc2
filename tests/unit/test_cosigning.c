/* From a request to a cosignature and what is remembered of it, with a real signer and real files.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/keys/key_file.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/suite.h"
#include "tests/support/witness_case.h"
#include "transparency/note/cosignature.h"
#include "transparency/witness/cosigning.h"

#define NAME "witness.example"

enum { LOGS = 2 };

static struct crypto *crypto;
static char folder[] = "/tmp/mayfly-cosigning-XXXXXX";
static struct case_log logs[LOGS];
static struct witness_config config;
static struct witness witness;
static int64_t seconds = 1000;

static struct instant now(void *state)
{
    (void)state;
    return (struct instant){.s = seconds};
}

static void setup(void)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *half = NULL;
    MF_SCOPED(mf_note_key_done) struct note_key note_key = {0};
    struct err err = {0};
    char file[128];

    crypto = fresh_crypto();
    ck_assert_ptr_nonnull(mkdtemp(folder));
    key = fresh_key(crypto, MF_KEY_ED25519);
    half = public_of(crypto, key);
    ck_assert_int_gt(snprintf(file, sizeof file, "%s/key.pem", folder), 0);
    mf_ck_ok(mf_key_file_create(crypto, file, key, NULL, &err) &&
                 mf_note_key_init(crypto, MF_NOTE_KEY_COSIGNER, MF_SPAN(NAME),
                                  mf_public_key_spki(half), &note_key, &err) &&
                 mf_witness_dir_create(folder, &note_key, (struct instant){.s = 1}, &err),
             err);
    mf_case_log_init(crypto, "log.example", MF_NOTE_KEY_ED25519, &logs[0]);
    mf_case_log_init(crypto, "other.example/log", MF_NOTE_KEY_ECDSA, &logs[1]);
    config.logs = mf_array_new(LOGS, sizeof *config.logs);
    ck_assert_ptr_nonnull(config.logs);
    config.log_count = LOGS;
    for (size_t i = 0; i < LOGS; i++)
        config.logs[i] = logs[i].whom;
    memcpy(config.directory, folder, sizeof folder);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void teardown(void)
{
    free(config.logs);
    for (size_t i = 0; i < LOGS; i++)
        mf_case_log_done(&logs[i]);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    mf_crypto_free(&crypto);
}

static bool open_witness(struct err *err)
{
    const struct clock clock = {.now = now};

    return mf_witness_open(crypto, &config, clock, &witness, err);
}

static void must_open(void)
{
    struct err err = {0};

    mf_ck_ok(open_witness(&err), err);
}

static void must_not_open(const char *message)
{
    struct err err = {0};

    mf_ck_refused(open_witness(&err), err, message);
    mf_witness_close(&witness);
}

/* One request from its bytes on; the line is empty when it is refused. */
static bool ask(size_t log, const struct case_request *request, struct buf *line, struct err *err)
{
    struct witness_task task = {.body = {.max = MF_ADD_CHECKPOINT_MAX}};
    struct witness_log *found = NULL;

    mf_case_body(crypto, &logs[log], request, &task.body);
    bool ok = mf_witness_receive(&witness, crypto, &task, &found, err) &&
              mf_witness_cosign(&witness, crypto, found, &task, line, err);
    mf_add_checkpoint_done(&task.request);
    mf_buf_done(&task.body);
    return ok;
}

static void refuses(size_t log, struct case_request request, enum err_code code,
                    const char *message)
{
    MF_SCOPED(mf_buf_done) struct buf line = {.max = 1024};
    struct err err = {0};

    mf_ck_refused(ask(log, &request, &line, &err), err, message);
    ck_assert_int_eq(err.code, code);
}

/* The line verifies for the checkpoint that was sent, and bears the time. */
static void cosigns(size_t log, struct case_request request, struct buf *kept)
{
    MF_SCOPED(mf_buf_done) struct buf line = {.max = 1024};
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_NOTE_MAX};
    MF_SCOPED(mf_note_done) struct note note = {0};
    struct err err = {0};
    bool signed_by = false;

    mf_ck_ok(ask(log, &request, &line, &err), err);
    request.more = (struct span){0};
    mf_case_note(crypto, &logs[log], &request, &text);
    mf_ck_ok(mf_buf_append(&text, mf_buf_span(&line), &err) &&
                 mf_note_parse(mf_buf_span(&text), &note, &err) &&
                 mf_cosignature_verify(crypto, &witness.dir.key, &note, &signed_by, &err),
             err);
    ck_assert(signed_by);
    ck_assert_uint_eq(mf_be64(note.lines[note.line_count - 1].signature.p), (uint64_t)seconds);
    if (kept != NULL)
        mf_ck_ok(mf_buf_append(kept, mf_buf_span(&line), &err), err);
}

static void last_is(size_t log, uint64_t size)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_NOTE_MAX};
    MF_SCOPED(mf_note_done) struct note note = {0};
    struct checkpoint checkpoint;
    struct err err = {0};

    mf_ck_ok(mf_witness_last(&witness, mf_span_str(witness.logs[log].memory.hex), &text, &err) &&
                 mf_note_parse(mf_buf_span(&text), &note, &err) &&
                 mf_checkpoint_parse(note.text, &checkpoint, &err),
             err);
    ck_assert_uint_eq(checkpoint.size, size);
    ck_assert_uint_eq(note.line_count, 2);
}

static void state_file(size_t log, const char *ending, char out[static 256])
{
    ck_assert_int_gt(
        snprintf(out, 256, "%s/state/%s%s", folder, witness.logs[log].memory.hex, ending), 0);
}

START_TEST(cosigns_what_grows_and_remembers_it)
{
    struct err err = {0};

    must_open();
    ck_assert(!mf_witness_last(&witness, mf_span_str(witness.logs[0].memory.hex),
                               &(struct buf){.max = 10}, &err));
    ck_assert_int_eq(err.code, MF_ERR_NOT_FOUND);
    cosigns(0, (struct case_request){.size = 0}, NULL);
    last_is(0, 0);
    cosigns(0, (struct case_request){.size = 5}, NULL);
    refuses(0, (struct case_request){.size = 9}, MF_ERR_EXISTS, "the last cosigned one 5");
    refuses(0, (struct case_request){.old_size = 5, .size = 9, .proof_from = 5, .tree = FORK},
            MF_ERR_REJECTED, "does not lead to the earlier root");
    seconds = 900; /* the clock was put right */
    cosigns(0, (struct case_request){.old_size = 5, .size = 5, .extensions = "a\nb\n"}, NULL);
    cosigns(1, (struct case_request){.size = 3}, NULL);
    cosigns(0, (struct case_request){.old_size = 5, .size = 9, .proof_from = 5}, NULL);
    mf_witness_close(&witness);

    must_open(); /* nothing is forgotten */
    last_is(0, 9);
    last_is(1, 3);
    refuses(0, (struct case_request){.size = 5}, MF_ERR_EXISTS, "the last cosigned one 9");
    refuses(0, (struct case_request){.old_size = 9, .size = 9, .tree = FORK}, MF_ERR_REJECTED,
            "two trees of one size");
    cosigns(0, (struct case_request){.old_size = 9, .size = 9}, NULL);
    mf_witness_close(&witness);
}
END_TEST

START_TEST(keeps_the_proof_of_a_fork)
{
    MF_SCOPED(mf_buf_done) struct buf kept = {0};
    char file[256];
    struct err err = {0};

    must_open();
    cosigns(0, (struct case_request){.size = 7}, NULL);
    state_file(0, ".fork", file);
    for (int i = 0; i < 2; i++)
        refuses(0, (struct case_request){.old_size = 7, .size = 7, .tree = FORK}, MF_ERR_REJECTED,
                "two trees of one size");
    mf_ck_ok(mf_file_read(file, MF_NOTE_MAX, &kept, &err), err);
    const uint8_t *second = memmem(kept.p, kept.n, "\n\nlog.example\n7\n", 16);
    ck_assert_ptr_nonnull(second);
    size_t first_n = (size_t)(second - kept.p) + 1;
    const struct span notes[] = {{kept.p, first_n}, {second + 2, kept.n - first_n - 1}};
    uint8_t roots[2][32];
    for (size_t i = 0; i < 2; i++) {
        MF_SCOPED(mf_note_done) struct note note = {0};
        struct checkpoint checkpoint;
        mf_ck_ok(mf_note_parse(notes[i], &note, &err) &&
                     mf_note_key_verify(crypto, &logs[0].whom.keys[0], &note, &err) &&
                     mf_checkpoint_parse(note.text, &checkpoint, &err),
                 err);
        memcpy(roots[i], checkpoint.root, 32);
    }
    ck_assert_mem_ne(roots[0], roots[1], 32);
    mf_witness_close(&witness);
}
END_TEST

static void cosign_and_close(char file[static 256])
{
    must_open();
    cosigns(0, (struct case_request){.size = 7}, NULL);
    state_file(0, "", file);
    mf_witness_close(&witness);
}

START_TEST(does_not_start_without_what_it_wrote)
{
    char file[256], known[128];

    cosign_and_close(file);
    ck_assert_int_eq(unlink(file), 0);
    must_not_open("No such file");
    ck_assert_int_gt(snprintf(known, sizeof known, "%s/known", folder), 0);
    ck_assert_int_eq(unlink(known), 0);
    must_not_open("known: cannot open");
}
END_TEST

static const struct {
    const char *from, *to; /* in the state file; from null: cut the last bytes */
    const char *message;
} damages[] = {
    {"state 1", "state 2", "line 1: is not 'mayfly-witness state 1'"},
    {"origin log", "origin lag", "is of the log lag.example"},
    {"cosigning", "cosigninG", "line 3: is neither"},
    {"\n7\n", "\n6\n", "signature does not verify"},
    {"witness.example ", "witness.exomple ", "no cosignature by witness.example"},
    {NULL, NULL, "does not end in LF"},
};

START_TEST(does_not_start_on_a_damaged_memory)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    char file[256];
    struct err err = {0};

    cosign_and_close(file);
    mf_ck_ok(mf_file_read(file, MF_WITNESS_RECORD_MAX, &text, &err), err);
    if (damages[_i].from == NULL) {
        text.n -= 5;
    } else {
        size_t n = strlen(damages[_i].from);
        uint8_t *at = memmem(text.p, text.n, damages[_i].from, n);
        ck_assert_ptr_nonnull(at);
        memcpy(at, damages[_i].to, n);
    }
    mf_ck_ok(mf_file_write(file, mf_buf_span(&text), 0600, MF_FILE_REPLACE, &err), err);
    must_not_open(damages[_i].message);
}
END_TEST

START_TEST(is_opened_once)
{
    struct witness_dir second = {.lock_fd = -1};
    struct err err = {0};

    must_open();
    mf_ck_refused(mf_witness_dir_open(crypto, folder, "", &second, &err), err,
                  "another process has this witness open");
    mf_witness_close(&witness);
}
END_TEST

/* An older copy of the state is as good as it ever was, but for what others kept of it. */
START_TEST(finds_out_that_its_memory_was_rolled_back)
{
    MF_SCOPED(mf_buf_done) struct buf old = {0};
    MF_SCOPED(mf_buf_done) struct buf line = {.max = 1024};
    char file[256];
    struct err err = {0};

    cosign_and_close(file);
    mf_ck_ok(mf_file_read(file, MF_WITNESS_RECORD_MAX, &old, &err), err);
    must_open();
    cosigns(0, (struct case_request){.old_size = 7, .size = 9, .proof_from = 7}, &line);
    mf_witness_close(&witness);
    mf_ck_ok(mf_file_write(file, mf_buf_span(&old), 0600, MF_FILE_REPLACE, &err), err);

    must_open();
    struct case_request shown = {
        .old_size = 7, .size = 9, .proof_from = 7, .more = mf_buf_span(&line)};
    for (int i = 0; i < 2; i++) {
        refuses(0, shown, MF_ERR_UNAVAILABLE, "cosigned what it does not remember");
        /* Nor any other tree, and not after a start either. */
        refuses(0, (struct case_request){.old_size = 7, .size = 8, .proof_from = 7},
                MF_ERR_UNAVAILABLE, "cosigns log.example no more");
        cosigns(1, (struct case_request){.old_size = i == 0 ? 0 : 3, .size = 3}, NULL);
        last_is(0, 7);
        mf_witness_close(&witness);
        must_open();
    }
    mf_witness_close(&witness);
}
END_TEST

/* A line that only bears our name is nothing: anybody can write one. */
START_TEST(is_not_halted_by_a_forged_line)
{
    MF_SCOPED(mf_buf_done) struct buf line = {.max = 1024};

    must_open();
    cosigns(0, (struct case_request){.size = 7}, &line);
    struct case_request shown = {
        .old_size = 7, .size = 9, .proof_from = 7, .more = mf_buf_span(&line)};
    cosigns(0, shown, NULL); /* the line is good for another checkpoint only */
    mf_witness_close(&witness);
}
END_TEST

/* The signer is the last guard: it refuses what our own memory would allow. */
START_TEST(a_signer_that_refuses_is_the_witness_own_fault)
{
    must_open();
    cosigns(0, (struct case_request){.size = 7}, NULL);
    memset(&witness.logs[0].memory.last, 0, sizeof witness.logs[0].memory.last);
    refuses(0, (struct case_request){.size = 5}, MF_ERR_INTERNAL, "size 5 is below 7");
    refuses(0, (struct case_request){.size = 7, .tree = FORK}, MF_ERR_INTERNAL,
            "another root was signed for size 7");
    mf_witness_close(&witness);
}
END_TEST

START_TEST(gives_nothing_away_that_it_cannot_remember)
{
    char state[128], aside[128];

    must_open();
    cosigns(0, (struct case_request){.size = 7}, NULL);
    ck_assert_int_gt(snprintf(state, sizeof state, "%s/state", folder), 0);
    ck_assert_int_gt(snprintf(aside, sizeof aside, "%s/aside", folder), 0);
    ck_assert_int_eq(rename(state, aside), 0);
    refuses(0, (struct case_request){.old_size = 7, .size = 9, .proof_from = 7}, MF_ERR_UNAVAILABLE,
            "cosigning: ");
    last_is(0, 7);
    ck_assert_int_eq(rename(aside, state), 0);
    cosigns(0, (struct case_request){.old_size = 7, .size = 9, .proof_from = 7}, NULL);
    mf_witness_close(&witness);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("cosigning");
    TCase *tc = tcase_create("cosigning");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, cosigns_what_grows_and_remembers_it);
    tcase_add_test(tc, keeps_the_proof_of_a_fork);
    tcase_add_test(tc, does_not_start_without_what_it_wrote);
    tcase_add_loop_test(tc, does_not_start_on_a_damaged_memory, 0, MF_LEN(damages));
    tcase_add_test(tc, is_opened_once);
    tcase_add_test(tc, finds_out_that_its_memory_was_rolled_back);
    tcase_add_test(tc, is_not_halted_by_a_forged_line);
    tcase_add_test(tc, a_signer_that_refuses_is_the_witness_own_fault);
    tcase_add_test(tc, gives_nothing_away_that_it_cannot_remember);
    suite_add_tcase(suite, tc);
    return suite;
}
