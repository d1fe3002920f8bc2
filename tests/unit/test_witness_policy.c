/* Witness policies and cosignatures: what is read, what is refused, and when a quorum is met. The
 * checkpoint with its three witnesses is a real one, of a public log. */
#include "common/codec/base64.h"
#include "common/crypto/key.h"
#include "tests/support/suite.h"
#include "transparency/note/cosignature.h"
#include "transparency/note/note_write.h"
#include "transparency/note/witness_policy.h"

#define DASH "\xe2\x80\x94 "
#define LOG                                           \
    "log log2025-alpha3.rekor.sigstage.dev+d3d3a70c+" \
    "AZQ93VXPMmj9uZj7U/7CefQ9yy8RgYFv6mKzOseipjqp\n"
#define MOLE_KEY "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv"
#define GEOMYS_KEY                                  \
    "witness.navigli.sunlight.geomys.org+a3e00fe2+" \
    "BNy/co4C1Hn1p+INwJrfUlgz7W55dSZReusH/GhUhJ/G"
#define BELLS_KEY                                                \
    "staging.witness.transparency.goog/ring-any-bells+2e1a8dc9+" \
    "BG5JTpLc3FJtwzgh1Uv+Qelz9qeOH2bfWjS1s0s+y4rL"
#define LITTLE_KEY                                         \
    "transparency.dev/DEV:witness-little-garden+d8042a87+" \
    "BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM"
#define MOLE   "witness mole " MOLE_KEY "\n"
#define GEOMYS "witness geomys " GEOMYS_KEY " https://geomys.example/\n"
#define BELLS  "witness bells " BELLS_KEY "\n"
#define LITTLE "witness little " LITTLE_KEY "\n" /* has not cosigned */

#define TEXT                              \
    "log2025-alpha3.rekor.sigstage.dev\n" \
    "4026479\n"                           \
    "5iaX4xK6PMnp4ZFTP4iywMcwLgaTjzgRTkrTOUFIrfY=\n"
#define MOLE_LINE                                                                           \
    DASH "witness.stagemole.eu Z/euoAAAAABqBM+21mV7JbHwWmLP20ZSpNWneHMkITOPopt+Vj1MoJSILqO" \
         "IPpx93pbRfA0U+Eq5IiJjEUhG1JwGhPCJEUT5yDcFDg==\n"
#define BELLS_LINE                                                                       \
    DASH "staging.witness.transparency.goog/ring-any-bells LhqNyQAAAABqBM+2Ob9EtpF9h6IU" \
         "MXc/LTRkkXiNAgbbohBxHekby1oASdDtPLkgZLmBHH73DF25f2L8xGgp/qVwoZK5thKXc6XnCw==\n"
#define GEOMYS_LINE                                                                     \
    DASH "witness.navigli.sunlight.geomys.org o+AP4gAAAABqBM+2NoYlK4g3lkC5QltDB6f2F9U8" \
         "yF6+8kXKjLKHAYvSDJ3u5dZufSU3bz+AtJMdOoMixoFJBkQ397WY/mE0i9tlCg==\n"
/* Another time in it: the signature is not over that. */
#define OTHER_TIME                                                                          \
    DASH "witness.stagemole.eu Z/euoAAAAABqBM+31mV7JbHwWmLP20ZSpNWneHMkITOPopt+Vj1MoJSILqO" \
         "IPpx93pbRfA0U+Eq5IiJjEUhG1JwGhPCJEUT5yDcFDg==\n"
#define SHORT_LINE DASH "witness.stagemole.eu Z/euoAAAAABqBM+2\n"
#define NOTE       TEXT "\n" MOLE_LINE BELLS_LINE GEOMYS_LINE

static struct crypto *crypto;

static void set_up(void)
{
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
}

static void tear_down(void)
{
    mf_crypto_free(&crypto);
}

static const struct {
    const char *policy, *note;
    const char *message; /* null: a quorum */
} quorums[] = {
    {MOLE "quorum mole\n", NOTE, NULL},
    {LOG "\n# a comment\n \t# another\n\t" MOLE "quorum \t mole \n", NOTE, NULL},
    {LITTLE MOLE GEOMYS "group g any little mole geomys\nquorum g\n", NOTE, NULL},
    {LITTLE MOLE GEOMYS "group g 2 little mole geomys\nquorum g\n", NOTE, NULL},
    {MOLE BELLS GEOMYS "group g all mole geomys bells\nquorum g\n", NOTE, NULL},
    {MOLE BELLS LITTLE GEOMYS
     "group a any mole little\ngroup b all bells geomys\ngroup both all a b\nquorum both\n",
     NOTE, NULL},
    {MOLE "quorum mole\n" LITTLE "group later all little\n", NOTE, NULL},
    {"quorum none\n", NOTE, NULL},
    {LITTLE "quorum none\n", NOTE, NULL},
    {MOLE BELLS "group g all mole bells\nquorum mole\n", TEXT "\n" MOLE_LINE, NULL},
    {MOLE "quorum mole\n", TEXT "\n" MOLE_LINE MOLE_LINE, NULL},
    /* no quorum */
    {LITTLE "quorum little\n", NOTE, "witness little has not cosigned the checkpoint"},
    {MOLE LITTLE "group g all mole little\nquorum g\n", NOTE,
     "the quorum g needs 2 of its 2 members and has 1 (without: little)"},
    {MOLE BELLS GEOMYS "group g 2 mole bells geomys\nquorum g\n", TEXT "\n" BELLS_LINE,
     "the quorum g needs 2 of its 3 members and has 1 (without: mole, geomys)"},
    {MOLE BELLS LITTLE GEOMYS
     "group a any little\ngroup b all bells geomys mole\ngroup both all a b\nquorum both\n",
     NOTE, "the quorum both needs 2 of its 2 members and has 1 (without: a)"},
    /* twice the same witness is one */
    {MOLE BELLS "group g 2 mole bells\nquorum g\n", TEXT "\n" MOLE_LINE MOLE_LINE,
     "has 1 (without: bells)"},
    /* a named witness's line that does not verify condemns the note, needed or not */
    {MOLE "quorum mole\n", TEXT "\n" OTHER_TIME, "cosignature by witness.stagemole.eu+67f7aea0: "},
    {MOLE "quorum mole\n", TEXT "\n" MOLE_LINE OTHER_TIME, "does not verify"},
    {MOLE "quorum none\n", TEXT "\n" OTHER_TIME, "does not verify"},
    {MOLE "quorum mole\n", TEXT "\n" SHORT_LINE, "a cosignature is 72 bytes, not 8"},
    {MOLE "quorum mole\n",
     "another.example\n4026479\n5iaX4xK6PMnp4ZFTP4iywMcwLgaTjzgRTkrTOUFIrfY=\n\n" MOLE_LINE,
     "does not verify"},
    /* one that is not named is passed over */
    {BELLS "quorum bells\n", TEXT "\n" OTHER_TIME BELLS_LINE, NULL},
};

START_TEST(counts_the_witnesses_of_a_real_checkpoint)
{
    MF_SCOPED(mf_witness_policy_free) struct witness_policy *policy = NULL;
    MF_SCOPED(mf_note_done) struct note note = {0};
    bool signed_by[MF_POLICY_WITNESSES_MAX];
    struct err err = {0};

    mf_ck_ok(mf_witness_policy_parse(crypto, mf_span_str(quorums[_i].policy), &policy, &err), err);
    mf_ck_ok(mf_note_parse(mf_span_str(quorums[_i].note), &note, &err), err);
    bool ok = mf_witness_policy_check(crypto, policy, &note, signed_by, &err);
    if (quorums[_i].message == NULL) {
        mf_ck_ok(ok, err);
        return;
    }
    mf_ck_refused(ok, err, quorums[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_REJECTED);
}
END_TEST

START_TEST(says_which_witnesses_cosigned)
{
    MF_SCOPED(mf_witness_policy_free) struct witness_policy *policy = NULL;
    MF_SCOPED(mf_note_done) struct note note = {0};
    bool signed_by[MF_POLICY_WITNESSES_MAX];
    struct err err = {0};

    mf_ck_ok(mf_witness_policy_parse(
                 crypto, MF_SPAN(LOG MOLE LITTLE GEOMYS "group g any mole geomys\nquorum g\n"),
                 &policy, &err),
             err);
    ck_assert_uint_eq(policy->log_count, 1);
    ck_assert(mf_span_is(policy->witnesses[2].url, "https://geomys.example/"));
    ck_assert_uint_eq(policy->witnesses[0].url.n, 0);
    mf_ck_ok(mf_note_parse(MF_SPAN(NOTE), &note, &err), err);
    mf_ck_ok(mf_witness_policy_check(crypto, policy, &note, signed_by, &err), err);
    ck_assert(signed_by[0] && !signed_by[1] && signed_by[2] && !signed_by[3]);
}
END_TEST

static const struct {
    struct span text;
    const char *message;
} bad[] = {
    {MF_SPAN_INIT(""), "there is no quorum line"},
    {MF_SPAN_INIT(MOLE), "there is no quorum line"},
    {MF_SPAN_INIT(MOLE "quorum mole"), "the last line has no end"},
    {MF_SPAN_INIT("quorum none\nquorum none\n"), "line 2: there is a quorum line already"},
    {MF_SPAN_INIT("quorum mole\n" MOLE), "line 1: no witness or group 'mole' stands before"},
    {MF_SPAN_INIT("quorum\n"), "line 1: a quorum is"},
    {MF_SPAN_INIT(MOLE "quorum mole bells\n"), "line 2: a quorum is"},
    {MF_SPAN_INIT("log\nquorum none\n"), "line 1: a log is"},
    {MF_SPAN_INIT("log a b c\nquorum none\n"), "line 1: a log is"},
    {MF_SPAN_INIT("log abc\nquorum none\n"), "line 1: is not name+id+key"},
    {MF_SPAN_INIT(LOG LOG "quorum none\n"), "line 2: this log's key stands twice"},
    {MF_SPAN_INIT("log " MOLE_KEY "\nquorum none\n"), "a witness's key cannot be a log's"},
    {MF_SPAN_INIT("witness mole\nquorum none\n"), "line 1: a witness is"},
    {MF_SPAN_INIT("witness a b c d\nquorum none\n"), "line 1: a witness is"},
    {MF_SPAN_INIT("witness none " MOLE_KEY "\nquorum none\n"), "'none' means no witness"},
    {MF_SPAN_INIT(MOLE "witness mole " BELLS_KEY "\nquorum none\n"), "line 2: the name 'mole' is"},
    {MF_SPAN_INIT(MOLE "witness other " MOLE_KEY "\nquorum none\n"),
     "line 2: this witness's key stands twice"},
    {MF_SPAN_INIT("witness x log2025-alpha3.rekor.sigstage.dev+d3d3a70c+"
                  "AZQ93VXPMmj9uZj7U/7CefQ9yy8RgYFv6mKzOseipjqp\nquorum x\n"),
     "key of type 01 is no witness's"},
    {MF_SPAN_INIT("witness x witness.stagemole.eu+67f7aea1+"
                  "BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv\nquorum x\n"),
     "key ID is 67f7aea1, name and key give 67f7aea0"},
    {MF_SPAN_INIT("witness x witness.stagemole.eu+67f7aea0+\nquorum x\n"), "key is empty"},
    {MF_SPAN_INIT("witness x a+00000000+BgAA\nquorum x\n"),
     "an ML-DSA-44 key is 1312 bytes, not 2"},
    {MF_SPAN_INIT(MOLE "group g any\nquorum g\n"), "line 2: a group is"},
    {MF_SPAN_INIT(MOLE "group g some mole\nquorum g\n"), "'some' is not how many of 1 members"},
    {MF_SPAN_INIT(MOLE "group g 0 mole\nquorum g\n"), "'0' is not how many"},
    {MF_SPAN_INIT(MOLE "group g 2 mole\nquorum g\n"), "'2' is not how many"},
    {MF_SPAN_INIT(MOLE "group g 01 mole\nquorum g\n"), "'01' is not how many"},
    {MF_SPAN_INIT(MOLE "group g -1 mole\nquorum g\n"), "'-1' is not how many"},
    {MF_SPAN_INIT(MOLE "group g any none\nquorum g\n"), "no witness or group 'none'"},
    {MF_SPAN_INIT(MOLE "group g any g\nquorum g\n"), "no witness or group 'g' stands before"},
    {MF_SPAN_INIT(MOLE "group mole any mole\nquorum mole\n"), "the name 'mole' is taken"},
    {MF_SPAN_INIT(MOLE "group g 2 mole mole\nquorum g\n"), "'mole' is a member already"},
    {MF_SPAN_INIT(MOLE "group g any mole\ngroup h any mole\nquorum h\n"),
     "line 3: 'mole' is a member already"},
    {MF_SPAN_INIT("Quorum none\n"), "'Quorum' is none of log, witness, group, quorum"},
    {MF_SPAN_INIT("quorum none\r\n"), "holds the control character 0d"},
    {MF_SPAN_INIT("# \x7f\nquorum none\n"), "line 1: holds the control character 7f"},
    {MF_SPAN_INIT("quorum none\0\n"), "holds the control character 00"},
};

START_TEST(refuses_what_is_no_policy)
{
    struct witness_policy *policy = NULL;
    struct err err = {0};

    mf_ck_refused(mf_witness_policy_parse(crypto, bad[_i].text, &policy, &err), err,
                  bad[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert_ptr_null(policy);
}
END_TEST

/* OpenSSL 3.0 has no ML-DSA: such a witness is known, and counts as absent. */
START_TEST(counts_a_witness_of_an_unknown_kind_as_absent)
{
    MF_SCOPED(mf_witness_policy_free) struct witness_policy *policy = NULL;
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 8192};
    MF_SCOPED(mf_note_done) struct note note = {0};
    static const char name[] = "mldsa.example";
    bool signed_by[MF_POLICY_WITNESSES_MAX];
    uint8_t material[1 + 1312] = {6, 1, 2, 3};
    uint8_t hash[MF_SHA256_LEN];
    struct err err = {0};

    const struct span parts[] = {mf_span_str(name), MF_SPAN("\n"), MF_SPAN_OF(material)};
    mf_sha256_parts(crypto, parts, MF_LEN(parts), hash);
    mf_ck_ok(mf_buf_printf(&text, &err, "%switness new %s+%08x+", MOLE, name, mf_be32(hash)) &&
                 mf_base64_append(&text, MF_SPAN_OF(material), &err) &&
                 mf_buf_append_str(&text, "\ngroup g all mole new\nquorum g\n", &err),
             err);
    mf_ck_ok(mf_witness_policy_parse(crypto, mf_buf_span(&text), &policy, &err), err);
    ck_assert_uint_eq(policy->unusable_count, 1);
    mf_ck_ok(mf_note_parse(MF_SPAN(NOTE), &note, &err), err);
    mf_ck_refused(mf_witness_policy_check(crypto, policy, &note, signed_by, &err), err,
                  "has 1 (without: new)");
}
END_TEST

/* As many as there may be, each a key of its own, and then one more. */
START_TEST(holds_as_many_witnesses_as_it_says)
{
    MF_SCOPED(mf_witness_policy_free) struct witness_policy *policy = NULL;
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_WITNESS_POLICY_MAX};
    MF_SCOPED(mf_buf_done) struct buf group = {.max = MF_WITNESS_POLICY_MAX};
    struct err err = {0};

    mf_ck_ok(mf_buf_append_str(&group, "group g all", &err), err);
    for (int i = 0; i <= MF_POLICY_WITNESSES_MAX; i++) {
        MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
        MF_SCOPED(mf_public_key_free) struct public_key *half = NULL;
        MF_SCOPED(mf_note_key_done) struct note_key note_key = {0};
        mf_ck_ok(mf_private_key_generate(crypto, MF_KEY_ED25519, &key, &err) &&
                     mf_private_key_public(crypto, key, &half, &err) &&
                     mf_note_key_init(crypto, MF_NOTE_KEY_COSIGNER, MF_SPAN("w.example"),
                                      mf_public_key_spki(half), &note_key, &err),
                 err);
        if (i == MF_POLICY_WITNESSES_MAX) {
            size_t whole = text.n;
            mf_ck_ok(mf_buf_append(&text, mf_buf_span(&group), &err) &&
                         mf_buf_append_str(&text, "\nquorum g\n", &err),
                     err);
            mf_ck_ok(mf_witness_policy_parse(crypto, mf_buf_span(&text), &policy, &err), err);
            ck_assert_uint_eq(policy->nodes[policy->quorum].threshold, MF_POLICY_WITNESSES_MAX);
            mf_witness_policy_free(&policy);
            text.n = whole;
        }
        mf_ck_ok(mf_buf_printf(&text, &err, "witness w%d ", i) &&
                     mf_note_key_format(&note_key, &text, &err) &&
                     mf_buf_append_str(&text, "\n", &err) && mf_buf_printf(&group, &err, " w%d", i),
                 err);
    }
    mf_ck_ok(mf_buf_append_str(&text, "quorum w0\n", &err), err);
    mf_ck_refused(mf_witness_policy_parse(crypto, mf_buf_span(&text), &policy, &err), err,
                  "line 129: more than 128 witnesses");
    ck_assert_int_eq(err.code, MF_ERR_LIMIT);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("witness_policy");
    TCase *tcase = tcase_create("policy");

    tcase_add_checked_fixture(tcase, set_up, tear_down);
    tcase_add_loop_test(tcase, counts_the_witnesses_of_a_real_checkpoint, 0, MF_LEN(quorums));
    tcase_add_test(tcase, says_which_witnesses_cosigned);
    tcase_add_loop_test(tcase, refuses_what_is_no_policy, 0, MF_LEN(bad));
    tcase_add_test(tcase, counts_a_witness_of_an_unknown_kind_as_absent);
    tcase_add_test(tcase, holds_as_many_witnesses_as_it_says);
    suite_add_tcase(suite, tcase);
    return suite;
}
