#include "common/codec/base64.h"
#include "common/keys/signer_service.h"
#include "tests/support/suite.h"

static struct crypto *crypto;

static void setup(void)
{
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
}

static void teardown(void)
{
    mf_crypto_free(&crypto);
}

static bool make(enum key_kind kind, enum signer_use use, const char *origin,
                 struct signer_service **out, struct err *err)
{
    struct private_key *key = NULL;

    return mf_private_key_generate(crypto, kind, &key, err) &&
           mf_signer_service_new_take(crypto, &key, use, mf_span_str(origin), out, err);
}

static struct signer_service *service_for(enum key_kind kind, enum signer_use use)
{
    struct signer_service *service = NULL;
    struct err err = {0};

    mf_ck_ok(make(kind, use, "log.example.org", &service, &err), err);
    return service;
}

/* Asks for one thing; "" when it is done, else the refusal's text. */
static const char *ask(struct signer_service *service, uint8_t op, uint16_t count, struct span body)
{
    static char said[256];
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = MF_SIGNER_HEADER + MF_SIGNER_ANSWER_MAX};
    const struct signer_header request = {.kind = op, .count = count, .length = (uint32_t)body.n};
    struct signer_header header;
    struct err err = {0};
    struct span what;

    mf_ck_ok(mf_signer_service_answer(service, &request, body, &answer, &err), err);
    mf_ck_ok(mf_signer_wire_header(answer.p, MF_SIGNER_ANSWER_MAX, &header, &err), err);
    ck_assert_uint_eq(header.length, answer.n - MF_SIGNER_HEADER);
    said[0] = '\0';
    if (header.kind != MF_OK) {
        struct span rest = mf_span_from(mf_buf_span(&answer), MF_SIGNER_HEADER);
        mf_ck_ok(mf_signer_wire_take(&rest, &what, &err), err);
        ck_assert_int_gt(snprintf(said, sizeof said, "%.*s", MF_SPAN_ARG(what)), 0);
    }
    return said;
}

static const char *ask_head(struct signer_service *service, enum signer_op op, uint64_t size,
                            uint8_t root, uint64_t timestamp_ms)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = MF_SIGNER_HEAD};
    struct tree_head head = {.size = size, .timestamp_ms = timestamp_ms};
    struct err err = {0};

    memset(head.root, root, sizeof head.root);
    mf_ck_ok(mf_signer_wire_put_head(&body, &head, &err), err);
    return ask(service, (uint8_t)op, 1, mf_buf_span(&body));
}

struct step {
    enum signer_op op;
    uint64_t size;
    uint8_t root;
    uint64_t timestamp_ms;
    const char *message; /* "" done */
};

#define SIGN   MF_SIGNER_OP_SIGN_HEAD
#define RECALL MF_SIGNER_OP_RECALL

/* One after another, on one signer. */
static const struct step log_steps[] = {
    {SIGN, 0, 'a', 0, ""},
    {SIGN, 5, 'b', 0, ""},
    {SIGN, 5, 'b', 0, ""}, /* signing again is no new promise */
    {SIGN, 5, 'c', 0, "another root was signed for size 5"},
    {SIGN, 4, 'b', 0, "size 4 is below 5, signed before"},
    {SIGN, 0, 'a', 0, "size 0 is below 5, signed before"},
    {RECALL, 3, 'z', 0, ""}, /* smaller: nothing new */
    {SIGN, 4, 'b', 0, "size 4 is below 5, signed before"},
    {RECALL, 5, 'c', 0, "another root was signed for size 5"},
    {RECALL, 9, 'd', 0, ""},
    {SIGN, 8, 'd', 0, "size 8 is below 9, signed before"},
    {SIGN, 9, 'e', 0, "another root was signed for size 9"},
    {SIGN, 9, 'd', 0, ""},
    {SIGN, INT64_MAX, 'f', 0, ""},
    {SIGN, (uint64_t)INT64_MAX + 1, 'f', 0, "size is not below 2^63"},
    {RECALL, (uint64_t)INT64_MAX + 1, 'f', 0, "size is not below 2^63"},
};

static const struct step ct_steps[] = {
    {RECALL, 5, 'b', 1000, ""},
    {SIGN, 5, 'b', 999, "timestamp 999 is before 1000, signed before"},
    {SIGN, 6, 'c', 999, "timestamp 999 is before 1000, signed before"},
    {SIGN, 5, 'b', 1000, ""},
    {SIGN, 5, 'b', 2000, ""},
    {SIGN, 6, 'c', 1999, "timestamp 1999 is before 2000, signed before"},
    {SIGN, 4, 'c', 3000, "size 4 is below 5, signed before"},
    {SIGN, 5, 'c', 3000, "another root was signed for size 5"},
    {RECALL, 4, 'x', 4000, ""}, /* an earlier size seen later: its time still counts */
    {SIGN, 6, 'c', 3999, "timestamp 3999 is before 4000, signed before"},
    {RECALL, 7, 'd', 100, ""},
    {SIGN, 7, 'd', 3999, "timestamp 3999 is before 4000, signed before"},
    {SIGN, 7, 'd', 4000, ""},
};

static void run_steps(struct signer_service *service, const struct step *steps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *said = ask_head(service, steps[i].op, steps[i].size, steps[i].root,
                                    steps[i].timestamp_ms);
        ck_assert_msg(strcmp(said, steps[i].message) == 0, "step %zu said '%s'", i, said);
    }
}

START_TEST(a_log_never_goes_back)
{
    static const enum key_kind kinds[] = {MF_KEY_ED25519, MF_KEY_P256};
    MF_SCOPED(mf_signer_service_free)
    struct signer_service *service = service_for(kinds[_i], MF_SIGNER_LOG);

    run_steps(service, log_steps, MF_LEN(log_steps));
}
END_TEST

START_TEST(a_ct_log_never_goes_back_in_size_or_time)
{
    MF_SCOPED(mf_signer_service_free)
    struct signer_service *service = service_for(MF_KEY_P256, MF_SIGNER_CT);

    run_steps(service, ct_steps, MF_LEN(ct_steps));
}
END_TEST

#define LOG   "log.example"
#define OTHER "other.example/log"

struct witness_step {
    enum signer_op op;
    const char *origin;
    uint64_t size;
    uint8_t root;
    uint64_t seconds;
    struct span extensions;
    const char *message; /* "" done */
};

#define COSIGN MF_SIGNER_OP_COSIGN
#define KNOW   MF_SIGNER_OP_RECALL_ORIGIN

/* One after another, on one signer. */
static const struct witness_step witness_steps[] = {
    {COSIGN, LOG, 1, 'a', 1, {0}, "this witness does not know the log log.example"},
    {KNOW, "", 0, 'a', 0, {0}, "origin is not 1 to 255 bytes"},
    {KNOW, "two\nlines", 0, 'a', 0, {0}, "origin has control characters"},
    {KNOW, LOG, (uint64_t)INT64_MAX + 1, 'a', 0, {0}, "size is not below 2^63"},
    {KNOW, LOG, 0, '0', 0, {0}, ""},
    {KNOW, OTHER, 7, 'o', 0, {0}, ""},
    {KNOW, OTHER, 7, 'p', 0, {0}, "another root was signed for size 7"},
    {KNOW, OTHER, 6, 'p', 0, {0}, ""}, /* smaller: nothing new */
    {COSIGN, LOG, 0, 'x', 1, {0}, "another root was signed for size 0"},
    {COSIGN, LOG, 0, '0', 1, {0}, ""},
    {KNOW, "new.example", 0, '0', 0, {0}, "a new log after the first cosignature"},
    {COSIGN, LOG, 5, 'b', 0, {0}, "time is not 1 to 2^63 - 1"},
    {COSIGN, LOG, 5, 'b', (uint64_t)INT64_MAX + 1, {0}, "time is not 1 to 2^63 - 1"},
    {COSIGN, LOG, 5, 'b', 9, {0}, ""},
    {COSIGN, LOG, 5, 'b', 8, {0}, ""}, /* the clock is the server's matter */
    {COSIGN, LOG, 5, 'c', 9, {0}, "another root was signed for size 5"},
    {COSIGN, LOG, 4, 'b', 9, {0}, "size 4 is below 5, signed before"},
    {COSIGN, OTHER, 5, 'c', 9, {0}, "size 5 is below 7, signed before"}, /* each by itself */
    {COSIGN, OTHER, 8, 'q', 9, {0}, ""},
    {COSIGN, LOG, 6, 'd', 9, MF_SPAN_INIT("one\ntwo\n"), ""},
    {COSIGN, LOG, 7, 'e', 9, MF_SPAN_INIT("one\n\n"), "extension line is empty or has no LF"},
    {COSIGN, LOG, 7, 'e', 9, MF_SPAN_INIT("one"), "extension line is empty or has no LF"},
    {COSIGN, LOG, 7, 'e', 9, MF_SPAN_INIT("o\tne\n"), "extension line has control characters"},
    {COSIGN, LOG, 7, 'e', 9, MF_SPAN_INIT("\xFF\n"), "extension lines are not up to 4096 bytes"},
    {COSIGN, LOG, 7, 'f', 9, {0}, ""}, /* what was refused left no trace */
    {COSIGN, LOG, (uint64_t)INT64_MAX + 1, 'f', 9, {0}, "size is not below 2^63"},
};

static const char *ask_witness(struct signer_service *service, const struct witness_step *step)
{
    MF_SCOPED(mf_buf_done) struct buf body = {.max = 4096};
    struct tree_head head = {.size = step->size, .timestamp_ms = step->seconds};
    struct err err = {0};

    memset(head.root, step->root, sizeof head.root);
    mf_ck_ok(mf_signer_wire_put_head(&body, &head, &err) &&
                 mf_signer_wire_put(&body, mf_span_str(step->origin), &err) &&
                 (step->op != COSIGN || mf_signer_wire_put(&body, step->extensions, &err)),
             err);
    return ask(service, (uint8_t)step->op, 1, mf_buf_span(&body));
}

START_TEST(a_witness_never_goes_back_with_any_log)
{
    MF_SCOPED(mf_signer_service_free)
    struct signer_service *service = service_for(MF_KEY_ED25519, MF_SIGNER_WITNESS);

    for (size_t i = 0; i < MF_LEN(witness_steps); i++) {
        const char *said = ask_witness(service, &witness_steps[i]);
        bool good = witness_steps[i].message[0] == '\0'
                        ? said[0] == '\0'
                        : strstr(said, witness_steps[i].message) != NULL;
        ck_assert_msg(good, "step %zu said '%s'", i, said);
    }
}
END_TEST

START_TEST(a_witness_has_so_many_logs)
{
    MF_SCOPED(mf_signer_service_free)
    struct signer_service *service = service_for(MF_KEY_ED25519, MF_SIGNER_WITNESS);
    char origin[16];

    for (int i = 0; i <= MF_SIGNER_ORIGINS_MAX; i++) {
        const struct witness_step step = {.op = KNOW, .origin = origin};
        ck_assert_int_gt(snprintf(origin, sizeof origin, "log%d", i), 0);
        ck_assert_str_eq(ask_witness(service, &step),
                         i < MF_SIGNER_ORIGINS_MAX ? "" : "more than 1024 logs");
    }
}
END_TEST

#define ITEM "\0\0\0\x04"

static const struct {
    enum signer_use use;
    uint8_t op;
    uint16_t count;
    struct span body;
    const char *message;
} requests[] = {
    {MF_SIGNER_BYTES, MF_SIGNER_OP_SIGN, 1, MF_SPAN_INIT(ITEM "text"), ""},
    {MF_SIGNER_BYTES, MF_SIGNER_OP_SIGN, 2, MF_SPAN_INIT(ITEM "text\0\0\0\0"), ""},
    {MF_SIGNER_BYTES, MF_SIGNER_OP_SIGN, 0, MF_SPAN_INIT(""), "batch of 0 messages"},
    {MF_SIGNER_BYTES, MF_SIGNER_OP_SIGN, 1025, MF_SPAN_INIT(""), "batch of 1025 messages"},
    {MF_SIGNER_BYTES, MF_SIGNER_OP_SIGN, 1, MF_SPAN_INIT(ITEM "tex"), "message is cut short"},
    {MF_SIGNER_BYTES, MF_SIGNER_OP_SIGN, 1, MF_SPAN_INIT("\xFF\xFF\xFF\xFF"), "is cut short"},
    {MF_SIGNER_BYTES, MF_SIGNER_OP_SIGN, 2, MF_SPAN_INIT(ITEM "text"), "message is cut short"},
    {MF_SIGNER_BYTES, MF_SIGNER_OP_SIGN, 1, MF_SPAN_INIT(ITEM "texts"), "1 bytes follow"},
    {MF_SIGNER_BYTES, MF_SIGNER_OP_SIGN_HEAD, 1, MF_SPAN_INIT(""), "this key signs no tree heads"},
    {MF_SIGNER_BYTES, MF_SIGNER_OP_RECALL, 1, MF_SPAN_INIT(""), "this key signs no tree heads"},
    {MF_SIGNER_BYTES, MF_SIGNER_OP_OPEN, 3, MF_SPAN_INIT(""), "signer has no operation 1"},
    {MF_SIGNER_BYTES, 0, 1, MF_SPAN_INIT(""), "signer has no operation 0"},
    {MF_SIGNER_BYTES, 7, 1, MF_SPAN_INIT(""), "signer has no operation 7"},
    {MF_SIGNER_BYTES, MF_SIGNER_OP_COSIGN, 1, MF_SPAN_INIT(""), "this key is not a witness's"},
    {MF_SIGNER_LOG, MF_SIGNER_OP_COSIGN, 1, MF_SPAN_INIT(""), "this key is not a witness's"},
    {MF_SIGNER_LOG, MF_SIGNER_OP_RECALL_ORIGIN, 1, MF_SPAN_INIT(""), "not a witness's"},
    {MF_SIGNER_LOG, MF_SIGNER_OP_SIGN, 1, MF_SPAN_INIT(ITEM "text"), "signs checkpoints only"},
    {MF_SIGNER_LOG, MF_SIGNER_OP_SIGN_HEAD, 1, MF_SPAN_INIT("short"), "tree head of 5 bytes"},
    {MF_SIGNER_CT, MF_SIGNER_OP_SIGN, 1, MF_SPAN_INIT(ITEM "\0\0ts"), ""},
    {MF_SIGNER_CT, MF_SIGNER_OP_SIGN, 1, MF_SPAN_INIT(ITEM "\0\1ts"), "timestamps and tree heads"},
    {MF_SIGNER_CT, MF_SIGNER_OP_SIGN, 2, MF_SPAN_INIT(ITEM "\0\0ts" ITEM "text"),
     "timestamps and tree heads"},
    {MF_SIGNER_CT, MF_SIGNER_OP_SIGN, 1, MF_SPAN_INIT("\0\0\0\1\0"), "timestamps and tree heads"},
    {MF_SIGNER_WITNESS, MF_SIGNER_OP_SIGN, 1, MF_SPAN_INIT(ITEM "text"),
     "cosigns checkpoints only"},
    {MF_SIGNER_WITNESS, MF_SIGNER_OP_SIGN_HEAD, 1, MF_SPAN_INIT(""), "signs no tree heads"},
    {MF_SIGNER_WITNESS, MF_SIGNER_OP_RECALL, 1, MF_SPAN_INIT(""), "signs no tree heads"},
    {MF_SIGNER_WITNESS, MF_SIGNER_OP_COSIGN, 1, MF_SPAN_INIT("short"), "tree head of 5 bytes"},
};

START_TEST(signs_only_what_its_use_allows)
{
    MF_SCOPED(mf_signer_service_free)
    struct signer_service *service = service_for(
        requests[_i].use == MF_SIGNER_WITNESS ? MF_KEY_ED25519 : MF_KEY_P256, requests[_i].use);
    const char *said = ask(service, requests[_i].op, requests[_i].count, requests[_i].body);

    if (requests[_i].message[0] == '\0')
        ck_assert_str_eq(said, "");
    else
        ck_assert_msg(strstr(said, requests[_i].message) != NULL, "row %d said '%s'", _i, said);
}
END_TEST

static const struct {
    enum key_kind kind;
    enum signer_use use;
    const char *origin;
    const char *message; /* null: accepted */
} births[] = {
    {MF_KEY_ED25519, MF_SIGNER_LOG, "log.example.org/2026", NULL},
    {MF_KEY_P384, MF_SIGNER_LOG, "log", NULL},
    {MF_KEY_RSA, MF_SIGNER_LOG, "log", "a log signs with Ed25519 or ECDSA, not RSA"},
    {MF_KEY_ED25519, MF_SIGNER_CT, "log", "a CT log signs with ECDSA P-256 or RSA, not Ed25519"},
    {MF_KEY_P384, MF_SIGNER_CT, "log", "a CT log signs with ECDSA P-256 or RSA"},
    {MF_KEY_P256, MF_SIGNER_LOG, "", "origin is not 1 to 255 bytes"},
    {MF_KEY_P256, MF_SIGNER_LOG, "two\nlines", "origin has control characters"},
    {MF_KEY_P256, MF_SIGNER_CT, "\xFF", "origin is not 1 to 255 bytes of UTF-8"},
    {MF_KEY_P256, MF_SIGNER_BYTES, "", NULL},
    {MF_KEY_ED25519, MF_SIGNER_WITNESS, "", NULL}, /* its logs come later */
    {MF_KEY_P256, MF_SIGNER_WITNESS, "", "a witness signs with Ed25519, not "},
};

START_TEST(takes_keys_that_fit_the_use)
{
    MF_SCOPED(mf_signer_service_free) struct signer_service *service = NULL;
    struct err err = {0};

    if (births[_i].message == NULL)
        mf_ck_ok(make(births[_i].kind, births[_i].use, births[_i].origin, &service, &err), err);
    else
        mf_ck_refused(make(births[_i].kind, births[_i].use, births[_i].origin, &service, &err), err,
                      births[_i].message);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("signer_service");
    TCase *tc = tcase_create("service");

    tcase_set_timeout(tc, 30);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_log_never_goes_back, 0, 2);
    tcase_add_test(tc, a_ct_log_never_goes_back_in_size_or_time);
    tcase_add_test(tc, a_witness_never_goes_back_with_any_log);
    tcase_add_test(tc, a_witness_has_so_many_logs);
    tcase_add_loop_test(tc, signs_only_what_its_use_allows, 0, MF_LEN(requests));
    tcase_add_loop_test(tc, takes_keys_that_fit_the_use, 0, MF_LEN(births));
    suite_add_tcase(suite, tc);
    return suite;
}
