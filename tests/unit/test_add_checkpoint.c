/* What a witness takes for a request, whom it believes, and what it judges. */
#include "tests/support/fresh_crypto.h"
#include "tests/support/suite.h"
#include "tests/support/witness_case.h"
#include "transparency/witness/add_checkpoint.h"

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define NOTE "log.example\n7\n" ROOT "\n\xE2\x80\x94 log.example AAAAAAE=\n"

static struct crypto *crypto;

static void setup(void)
{
    crypto = fresh_crypto();
}

static void teardown(void)
{
    mf_crypto_free(&crypto);
}

static const struct {
    struct span body;
    const char *message; /* null: taken */
    enum err_code code;
} bodies[] = {
    {MF_SPAN_INIT("old 0\n\n" NOTE), NULL, MF_OK},
    {MF_SPAN_INIT("old 9223372036854775807\n" ROOT ROOT "\n" NOTE), NULL, MF_OK},
    {MF_SPAN_INIT(""), "line 1: is not 'old' and a tree size", MF_ERR_FORMAT},
    {MF_SPAN_INIT("old 0"), "line 1: is not 'old' and a tree size", MF_ERR_FORMAT},
    {MF_SPAN_INIT("old\n\n" NOTE), "line 1: is not 'old' and a tree size", MF_ERR_FORMAT},
    {MF_SPAN_INIT("old 01\n\n" NOTE), "line 1: is not 'old' and a tree size", MF_ERR_FORMAT},
    {MF_SPAN_INIT("old  1\n\n" NOTE), "line 1: is not 'old' and a tree size", MF_ERR_FORMAT},
    {MF_SPAN_INIT("old -1\n\n" NOTE), "line 1: is not 'old' and a tree size", MF_ERR_FORMAT},
    {MF_SPAN_INIT("old 9223372036854775808\n\n" NOTE), "line 1: is not", MF_ERR_FORMAT},
    {MF_SPAN_INIT("old 1\r\n\n" NOTE), "line 1: is not 'old' and a tree size", MF_ERR_FORMAT},
    {MF_SPAN_INIT("Old 1\n\n" NOTE), "line 1: is not 'old' and a tree size", MF_ERR_FORMAT},
    {MF_SPAN_INIT("old 1\n"), "no empty line parts proof and checkpoint", MF_ERR_FORMAT},
    {MF_SPAN_INIT("old 1\n" ROOT), "no empty line parts proof and checkpoint", MF_ERR_FORMAT},
    {MF_SPAN_INIT("old 1\n" ROOT "AAAA\n\n" NOTE), "line 3: ", MF_ERR_FORMAT},
    {MF_SPAN_INIT("old 1\n*\n\n" NOTE), "line 2: ", MF_ERR_FORMAT},
    {MF_SPAN_INIT("old 1\n\n"), "checkpoint: no blank line parts text", MF_ERR_FORMAT},
    {MF_SPAN_INIT("old 1\n\nlog.example\n7\n" ROOT), "checkpoint: no blank line", MF_ERR_FORMAT},
    {MF_SPAN_INIT("old 1\n\n\nx\n\n\xE2\x80\x94 a AAAAAAE=\n"), "checkpoint: origin is missing",
     MF_ERR_FORMAT},
    {MF_SPAN_INIT("old 1\n\n" NOTE "x\n"), "checkpoint: signature line 2", MF_ERR_FORMAT},
};

START_TEST(takes_only_requests_of_the_form)
{
    struct add_checkpoint request = {.old_size = 42};
    struct err err = {0};

    if (bodies[_i].message == NULL) {
        mf_ck_ok(mf_add_checkpoint_parse(bodies[_i].body, &request, &err), err);
        ck_assert(mf_span_is(request.origin, "log.example"));
        mf_add_checkpoint_done(&request);
        return;
    }
    mf_ck_refused(mf_add_checkpoint_parse(bodies[_i].body, &request, &err), err,
                  bodies[_i].message);
    ck_assert_int_eq(err.code, bodies[_i].code);
    ck_assert_uint_eq(request.old_size, 42);
}
END_TEST

START_TEST(takes_sixty_three_lines_of_proof)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = MF_ADD_CHECKPOINT_MAX};
    struct add_checkpoint request;
    struct err err = {0};

    mf_ck_ok(mf_buf_append_str(&body, "old 1\n", &err), err);
    for (size_t i = 0; i < (size_t)MF_ADD_CHECKPOINT_PROOF_MAX + (size_t)_i; i++)
        mf_ck_ok(mf_buf_append_str(&body, ROOT, &err), err);
    mf_ck_ok(mf_buf_append_str(&body, "\n" NOTE, &err), err);
    if (_i == 0) {
        mf_ck_ok(mf_add_checkpoint_parse(mf_buf_span(&body), &request, &err), err);
        ck_assert_uint_eq(request.proof.count, MF_ADD_CHECKPOINT_PROOF_MAX);
        mf_add_checkpoint_done(&request);
    } else {
        mf_ck_refused(mf_add_checkpoint_parse(mf_buf_span(&body), &request, &err), err,
                      "more than 63 lines of proof");
    }
}
END_TEST

#define ED25519 MF_NOTE_KEY_ED25519
#define ECDSA   MF_NOTE_KEY_ECDSA
#define CT      MF_NOTE_KEY_RFC6962

static const struct {
    enum note_key_type type, second; /* second: NONE when there is one key */
    struct case_request request;
    const char *message; /* null: believed */
} notes[] = {
    {ED25519, MF_NOTE_KEY_NONE, {.size = 7}, NULL},
    {ED25519, MF_NOTE_KEY_NONE, {.size = 7, .extensions = "frozen\n"}, NULL},
    {ED25519,
     MF_NOTE_KEY_NONE,
     {.size = 7, .unsigned_by = 1, .more = MF_SPAN_INIT("\xE2\x80\x94 other AAAAAAE=\n")},
     "no signature by a key of the log log.example"},
    {ED25519, MF_NOTE_KEY_NONE, {.size = 7, .bad_line_of = 1}, "signature does not verify"},
    {ED25519,
     MF_NOTE_KEY_NONE,
     {.size = 7, .more = MF_SPAN_INIT("\xE2\x80\x94 other AAAAAAE=\n")},
     NULL},
    {ECDSA, MF_NOTE_KEY_NONE, {.size = 7}, NULL},
    {ECDSA, MF_NOTE_KEY_NONE, {.size = 7, .bad_line_of = 1}, "signature does not verify"},
    {ED25519, ECDSA, {.size = 7}, NULL},
    {ED25519, ECDSA, {.size = 7, .unsigned_by = 1}, NULL},
    {ED25519, ECDSA, {.size = 7, .unsigned_by = 2}, NULL},
    {ED25519, ECDSA, {.size = 7, .bad_line_of = 1}, "signature does not verify"},
    {ED25519, ECDSA, {.size = 7, .bad_line_of = 2}, "signature does not verify"},
    {CT, MF_NOTE_KEY_NONE, {.size = 7}, NULL},
    {CT, MF_NOTE_KEY_NONE, {.size = 7, .extensions = "not signed\n"}, "extension"},
    {CT, ED25519, {.size = 7}, NULL},
};

START_TEST(believes_every_key_of_the_log_and_no_other)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = MF_ADD_CHECKPOINT_MAX};
    MF_SCOPED(mf_buf_done) struct buf kept = {.max = MF_NOTE_MAX};
    struct add_checkpoint request;
    struct checkpoint checkpoint;
    struct case_log log;
    struct err err = {0};

    mf_case_log_init(crypto, "log.example", notes[_i].type, &log);
    if (notes[_i].second != MF_NOTE_KEY_NONE)
        mf_case_log_add_key(crypto, notes[_i].second, &log);
    mf_case_body(crypto, &log, &notes[_i].request, &body);
    mf_ck_ok(mf_add_checkpoint_parse(mf_buf_span(&body), &request, &err), err);
    bool good = mf_add_checkpoint_authenticate(crypto, &log.whom, &request, &checkpoint, &err);
    if (notes[_i].message == NULL) {
        mf_ck_ok(good, err);
        ck_assert_uint_eq(checkpoint.size, 7);
        mf_ck_ok(mf_add_checkpoint_signed(&log.whom, &request, &kept, &err), err);
        ck_assert(memmem(kept.p, kept.n, " other ", 7) == NULL);
    } else {
        mf_ck_refused(good, err, notes[_i].message);
        ck_assert_int_eq(err.code, MF_ERR_DENIED);
    }
    mf_add_checkpoint_done(&request);
    mf_case_log_done(&log);
}
END_TEST

START_TEST(a_key_of_another_log_is_nobody)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = MF_ADD_CHECKPOINT_MAX};
    const struct case_request plain = {.size = 7};
    struct add_checkpoint request;
    struct checkpoint checkpoint;
    struct case_log log, imitation;
    struct err err = {0};

    mf_case_log_init(crypto, "log.example", ED25519, &log);
    mf_case_log_init(crypto, "log.example", ED25519, &imitation);
    mf_case_body(crypto, &imitation, &plain, &body);
    mf_ck_ok(mf_add_checkpoint_parse(mf_buf_span(&body), &request, &err), err);
    mf_ck_refused(mf_add_checkpoint_authenticate(crypto, &log.whom, &request, &checkpoint, &err),
                  err, "no signature by a key of the log");
    ck_assert_int_eq(err.code, MF_ERR_DENIED);
    mf_add_checkpoint_done(&request);
    mf_case_log_done(&log);
    mf_case_log_done(&imitation);
}
END_TEST

static const struct {
    uint64_t last; /* of TREE */
    struct case_request request;
    const char *message; /* null: may be cosigned */
    enum err_code code;
} judgements[] = {
    {0, {.old_size = 0, .size = 0}, NULL, MF_OK},
    {0,
     {.old_size = 0, .size = 0, .wrong_root = true},
     "root of size 0 is not that of the empty",
     MF_ERR_REJECTED},
    {0, {.old_size = 0, .size = 1}, NULL, MF_OK},
    {0, {.old_size = 0, .size = 7}, NULL, MF_OK},
    {0,
     {.old_size = 0, .size = 7, .proof_from = 4},
     "a proof from size 0 has no hashes",
     MF_ERR_REJECTED},
    {0,
     {.old_size = 3, .size = 7, .proof_from = 3},
     "old size is 3, the last cosigned one 0",
     MF_ERR_EXISTS},
    {7, {.old_size = 0, .size = 9}, "old size is 0, the last cosigned one 7", MF_ERR_EXISTS},
    {7,
     {.old_size = 6, .size = 9, .proof_from = 6},
     "old size is 6, the last cosigned one 7",
     MF_ERR_EXISTS},
    {7,
     {.old_size = 8, .size = 9, .proof_from = 8},
     "old size is 8, the last cosigned one 7",
     MF_ERR_EXISTS},
    {7, {.old_size = 5, .size = 5}, "old size is 5, the last cosigned one 7", MF_ERR_EXISTS},
    {7, {.old_size = 7, .size = 6}, "old size 7 is above the checkpoint's, 6", MF_ERR_FORMAT},
    {7, {.old_size = 9, .size = 0}, "old size 9 is above the checkpoint's, 0", MF_ERR_FORMAT},
    {7, {.old_size = 7, .size = 7}, NULL, MF_OK},
    {7,
     {.old_size = 7, .size = 7, .tree = FORK},
     "two trees of one size have different roots",
     MF_ERR_REJECTED},
    {7,
     {.old_size = 7, .size = 7, .proof_from = 3},
     "proof of equal sizes is not empty",
     MF_ERR_REJECTED},
    {7, {.old_size = 7, .size = 9, .proof_from = 7}, NULL, MF_OK},
    {7, {.old_size = 7, .size = 64, .proof_from = 7}, NULL, MF_OK},
    {7, {.old_size = 7, .size = 9}, "consistency proof has 0 hashes", MF_ERR_REJECTED},
    {7,
     {.old_size = 7, .size = 9, .proof_from = 6},
     "consistency proof has 4 hashes, not 5",
     MF_ERR_REJECTED},
    {7,
     {.old_size = 7, .size = 9, .proof_from = 7, .wrong_proof = true},
     "does not lead to the later root",
     MF_ERR_REJECTED},
    {7,
     {.old_size = 7, .size = 9, .proof_from = 7, .wrong_root = true},
     "does not lead to the later root",
     MF_ERR_REJECTED},
    {7,
     {.old_size = 7, .size = 9, .proof_from = 7, .tree = FORK},
     "does not lead to the earlier root",
     MF_ERR_REJECTED},
    {3,
     {.old_size = 3, .size = 9, .proof_from = 3, .tree = FORK},
     NULL,
     MF_OK}, /* not yet parted */
    {8, {.old_size = 8, .size = 9, .proof_from = 8}, NULL, MF_OK},
    {8,
     {.old_size = 8, .size = 9, .proof_from = 8, .tree = FORK},
     "does not lead to the later root",
     MF_ERR_REJECTED},
};

START_TEST(lets_a_tree_only_grow)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = MF_ADD_CHECKPOINT_MAX};
    struct merkle_head last = {.size = judgements[_i].last};
    struct add_checkpoint request;
    struct checkpoint checkpoint;
    struct case_log log;
    struct err err = {0};

    mf_case_root(crypto, TREE, last.size, last.root);
    mf_case_log_init(crypto, "log.example", ED25519, &log);
    mf_case_body(crypto, &log, &judgements[_i].request, &body);
    mf_ck_ok(mf_add_checkpoint_parse(mf_buf_span(&body), &request, &err) &&
                 mf_add_checkpoint_authenticate(crypto, &log.whom, &request, &checkpoint, &err),
             err);
    bool good = mf_add_checkpoint_judge(crypto, &last, &request, &checkpoint, &err);
    if (judgements[_i].message == NULL) {
        mf_ck_ok(good, err);
    } else {
        mf_ck_refused(good, err, judgements[_i].message);
        ck_assert_int_eq(err.code, judgements[_i].code);
    }
    mf_add_checkpoint_done(&request);
    mf_case_log_done(&log);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("add_checkpoint");
    TCase *tc = tcase_create("add_checkpoint");

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, takes_only_requests_of_the_form, 0, MF_LEN(bodies));
    tcase_add_loop_test(tc, takes_sixty_three_lines_of_proof, 0, 2);
    tcase_add_loop_test(tc, believes_every_key_of_the_log_and_no_other, 0, MF_LEN(notes));
    tcase_add_test(tc, a_key_of_another_log_is_nobody);
    tcase_add_loop_test(tc, lets_a_tree_only_grow, 0, MF_LEN(judgements));
    suite_add_tcase(suite, tc);
    return suite;
}
