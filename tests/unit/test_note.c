/* Signed notes: form of every line, and keys by the worked examples of the specifications. */
#include "common/codec/base64.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/suite.h"
#include "transparency/note/checkpoint.h"
#include "transparency/note/note_key.h"
#include "transparency/note/note_write.h"

static struct crypto *crypto;

static void open_crypto(void)
{
    crypto = fresh_crypto();
}

static void close_crypto(void)
{
    mf_crypto_free(&crypto);
}

#define DASH    "\xE2\x80\x94 "
#define MESSAGE "This is an example message.\n"
#define LINE                                                                                    \
    DASH "example.com/foo "                                                                     \
         "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72" \
         "IneyaQM=\n"
#define VKEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

static const struct {
    struct span note;
    const char *message;
} refused[] = {
    {MF_SPAN_INIT(""), "no blank line"},
    {MF_SPAN_INIT("\n"), "no blank line"},
    {MF_SPAN_INIT("text\n" LINE), "no blank line"},
    {MF_SPAN_INIT("text\n\n"), "has no signature line"},
    {MF_SPAN_INIT("text\r\n\n" LINE), "control character"},
    {MF_SPAN_INIT("te\txt\n\n" LINE), "control character"},
    {MF_SPAN_INIT("te\0xt\n\n" LINE), "control character"},
    {MF_SPAN_INIT("te\xFFxt\n\n" LINE), "not UTF-8"},
    {MF_SPAN_INIT("text\n\n" DASH "a AAAAAAE="), "does not end in LF"},
    {MF_SPAN_INIT("text\n\n- a AAAAAAE=\n"), "signature line 1: does not begin with a dash"},
    {MF_SPAN_INIT("text\n\n" LINE "\xE2\x80\x94"
                  "a AAAAAAE=\n"),
     "signature line 2: does not begin with a dash"},
    {MF_SPAN_INIT("text\n\n" DASH "a\n"), "has no signature behind the key name"},
    {MF_SPAN_INIT("text\n\n" DASH " AAAAAAE=\n"), "key name is empty"},
    {MF_SPAN_INIT("text\n\n" DASH "a+b AAAAAAE=\n"), "key name is empty"},
    {MF_SPAN_INIT("text\n\n" DASH "a\xC2\xA0"
                  "b AAAAAAE=\n"),
     "key name is empty"},
    {MF_SPAN_INIT("text\n\n" DASH "a AAAAAA==\n"), "has no signature behind the key ID"},
    {MF_SPAN_INIT("text\n\n" DASH "a \n"), "has no signature behind the key ID"},
    {MF_SPAN_INIT("text\n\n" DASH "a AAAAAAE\n"), "no multiple of 4"},
    {MF_SPAN_INIT("text\n\n" DASH "a AAAAAAF=\n"), "bits that are not zero"},
    {MF_SPAN_INIT("text\n\n" DASH "a AAAAAAE= \n"), "signature line 1: "},
    {MF_SPAN_INIT("text\n\n" DASH "a  AAAAAAE=\n"), "signature line 1: "},
};

START_TEST(refuses_a_note_that_is_not_well_formed)
{
    struct note note = {.line_count = 42};
    struct err err = {0};

    mf_ck_refused(mf_note_parse(refused[_i].note, &note, &err), err, refused[_i].message);
    ck_assert_uint_eq(note.line_count, 42);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
}
END_TEST

START_TEST(splits_at_the_last_blank_line)
{
    MF_SCOPED(mf_note_done) struct note note = {0};
    struct err err = {0};

    mf_ck_ok(mf_note_parse(MF_SPAN("a\n\nb\n\n" LINE LINE), &note, &err), err);
    ck_assert(mf_span_is(note.text, "a\n\nb\n"));
    ck_assert_uint_eq(note.line_count, 2);
    ck_assert_uint_eq(note.lines[0].key_id, 0x530d903a);
    ck_assert_uint_eq(note.lines[1].signature.n, 64);
}
END_TEST

START_TEST(takes_a_hundred_lines_and_no_more)
{
    MF_SCOPED(mf_note_done) struct note note = {0};
    MF_SCOPED(mf_buf_done) struct buf b = {.max = MF_NOTE_MAX + 1};
    struct err err = {0};

    mf_ck_ok(mf_note_write_text(&b, MF_SPAN(MESSAGE), &err), err);
    for (int i = 0; i < MF_NOTE_LINES_MAX; i++)
        mf_ck_ok(mf_buf_append_str(&b, LINE, &err), err);
    mf_ck_ok(mf_note_parse(mf_buf_span(&b), &note, &err), err);
    ck_assert_uint_eq(note.line_count, MF_NOTE_LINES_MAX);
    mf_note_done(&note);
    mf_ck_ok(mf_buf_append_str(&b, LINE, &err), err);
    mf_ck_refused(mf_note_parse(mf_buf_span(&b), &note, &err), err, "more than 100");
    ck_assert_int_eq(err.code, MF_ERR_LIMIT);
    mf_err_clear(&err);
    while (b.n <= MF_NOTE_MAX)
        mf_ck_ok(mf_buf_append_byte(&b, 'x', &err), err);
    mf_ck_refused(mf_note_parse(mf_buf_span(&b), &note, &err), err, "larger than 131072");
}
END_TEST

/* Ours, the specification's, and two logs in the field. */
static const struct {
    const char *vkey;
    const char *log_id; /* base64, or null */
} vkeys[] = {
    {VKEY, NULL},
    {"log2025-1.rekor.sigstore.dev+cf119915+AbfK5adZJxsI323FwGD2AJJ9F4i89cfDuLdGJBIYntuO",
     "zxGZFVvd0FEmjR8WrFwMdcAJ9vtaY/QXf44Y1wUeP6A="},
    {"rekor-local+d80b4420+AURLycjWRo1+gdwwCLg9wU4PayMFdNBmPF4ORVPiBQ1E",
     "2AtEIMfG6Y41yK0tcwRTBS2tjhOrjKGIpDkHFgp65g0="},
    {"log.example.org+b1db5813+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4",
     "sdtYEz6hIEwKlmY7d6z8L76DNO1idnBvbRifndKG4L0="},
};

START_TEST(gives_the_known_ids_of_keys)
{
    MF_SCOPED(mf_note_key_done) struct note_key key = {0};
    MF_SCOPED(mf_buf_done) struct buf b = {.max = MF_NOTE_VKEY_MAX};
    char log_id[45] = {0};
    struct err err = {0};

    mf_ck_ok(mf_note_key_parse(crypto, mf_span_str(vkeys[_i].vkey), &key, &err), err);
    ck_assert_int_eq(key.type, MF_NOTE_KEY_ED25519);
    mf_ck_ok(mf_note_key_format(&key, &b, &err), err);
    ck_assert(mf_span_is(mf_buf_span(&b), vkeys[_i].vkey));
    mf_base64_encode(MF_SPAN_OF(key.log_id), log_id);
    if (vkeys[_i].log_id != NULL)
        ck_assert_str_eq(log_id, vkeys[_i].log_id);
}
END_TEST

START_TEST(binds_an_ed25519_log_id_to_the_name)
{
    MF_SCOPED(mf_note_key_done) struct note_key key = {0};
    MF_SCOPED(mf_buf_done) struct buf spki = {.max = MF_SPKI_MAX};
    struct err err = {0};

    mf_ck_ok(
        mf_base64_decode(MF_SPAN("MCowBQYDK2VwAyEAt8rlp1knGwjfbcXAYPYAkn0XiLz1x8O4t0YkEhie244="),
                         MF_BASE64_STD, &spki, &err),
        err);
    mf_ck_ok(mf_note_key_init(crypto, MF_NOTE_KEY_ED25519, MF_SPAN("log2025-1.rekor.sigstore.dev"),
                              mf_buf_span(&spki), &key, &err),
             err);
    ck_assert_uint_eq(key.id, 0xcf119915);
    mf_note_key_done(&key);
    mf_ck_ok(mf_note_key_init(crypto, MF_NOTE_KEY_ED25519, MF_SPAN("other"), mf_buf_span(&spki),
                              &key, &err),
             err);
    ck_assert_uint_ne(key.id, 0xcf119915);
}
END_TEST

START_TEST(gives_ecdsa_keys_the_hash_of_the_key_alone)
{
    MF_SCOPED(mf_note_key_done) struct note_key key = {0}, again = {0};
    MF_SCOPED(mf_buf_done) struct buf spki = {.max = MF_SPKI_MAX}, b = {.max = MF_NOTE_VKEY_MAX};
    char log_id[45] = {0};
    struct err err = {0};

    /* Rekor v1's production key */
    mf_ck_ok(
        mf_base64_decode(
            MF_SPAN("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwrkBbmLSGtks4L"
                    "3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw=="),
            MF_BASE64_STD, &spki, &err),
        err);
    mf_ck_ok(mf_note_key_init(crypto, MF_NOTE_KEY_ECDSA, MF_SPAN("rekor.sigstore.dev"),
                              mf_buf_span(&spki), &key, &err),
             err);
    mf_base64_encode(MF_SPAN_OF(key.log_id), log_id);
    ck_assert_str_eq(log_id, "wNI9atQGlz+VWfO6LRygH4QUfY/8W4RFwiT5i5WRgB0=");
    ck_assert_uint_eq(key.id, 0xc0d23d6a);
    mf_ck_ok(mf_note_key_format(&key, &b, &err), err);
    mf_ck_ok(mf_note_key_parse(crypto, mf_buf_span(&b), &again, &err), err);
    ck_assert_int_eq(again.type, MF_NOTE_KEY_ECDSA);
    mf_note_key_done(&key);
    /* The tree head key of the same log: ID bound to the name, log ID not. */
    mf_ck_ok(
        mf_note_key_init(crypto, MF_NOTE_KEY_RFC6962, MF_SPAN("a"), mf_buf_span(&spki), &key, &err),
        err);
    ck_assert_mem_eq(key.log_id, again.log_id, 32);
    ck_assert_uint_ne(key.id, again.id);
}
END_TEST

static const struct {
    const char *vkey;
    const char *message;
} bad_vkeys[] = {
    {"", "is not name+id+key"},
    {"name+530d903a", "is not name+id+key"},
    {"example.com/foo+530D903A+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "lower case"},
    {"example.com/foo+530d903+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "key ID"},
    {"example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
     "key ID is 530d903b, name and key give 530d903a"},
    {"example.com/bar+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "name and key give"},
    {"+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "no key name"},
    {"a b+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "no key name"},
    {"example.com/foo+530d903a+", "key is empty"},
    {"example.com/foo+530d903a+A+kyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
     "unknown key type 03"},
    {"example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U", "key: "},
};

START_TEST(refuses_a_verifier_key_that_is_not_right)
{
    struct note_key key = {.id = 42};
    struct err err = {0};

    mf_ck_refused(mf_note_key_parse(crypto, mf_span_str(bad_vkeys[_i].vkey), &key, &err), err,
                  bad_vkeys[_i].message);
    ck_assert_uint_eq(key.id, 42);
}
END_TEST

/* A forged line of the known key (its last signature byte changed), and a line of a stranger. */
#define FORGED                                                                                  \
    DASH "example.com/foo "                                                                     \
         "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72" \
         "IneyaQI=\n"
#define STRANGER   DASH "example.com/foo AAAAAAE=\n"
#define OTHER_NAME DASH "example.com/bar Uw2QOgE=\n"

static const struct {
    struct span note;
    const char *message; /* null: verifies */
} verified[] = {
    {MF_SPAN_INIT(MESSAGE "\n" LINE), NULL},
    {MF_SPAN_INIT(MESSAGE "\n" STRANGER OTHER_NAME LINE STRANGER), NULL},
    {MF_SPAN_INIT(MESSAGE "\n" LINE LINE), NULL},
    {MF_SPAN_INIT(MESSAGE "\n" STRANGER), "no signature by example.com/foo+530d903a"},
    {MF_SPAN_INIT(MESSAGE "\n" OTHER_NAME), "no signature by example.com/foo+530d903a"},
    {MF_SPAN_INIT(MESSAGE "\n" FORGED), "signature by example.com/foo+530d903a: "},
    {MF_SPAN_INIT(MESSAGE "\n" LINE FORGED), "signature by example.com/foo+530d903a: "},
    {MF_SPAN_INIT("this is an example message.\n\n" LINE), "does not verify"},
    {MF_SPAN_INIT(MESSAGE "x\n\n" LINE), "does not verify"},
    {MF_SPAN_INIT(MESSAGE "\n" DASH "example.com/foo Uw2QOgE=\n"), "signature by"},
};

START_TEST(verifies_by_a_known_key_and_ignores_strangers)
{
    MF_SCOPED(mf_note_done) struct note note = {0};
    MF_SCOPED(mf_note_key_done) struct note_key key = {0};
    struct err err = {0};

    mf_ck_ok(mf_note_key_parse(crypto, MF_SPAN(VKEY), &key, &err), err);
    mf_ck_ok(mf_note_parse(verified[_i].note, &note, &err), err);
    if (verified[_i].message == NULL) {
        mf_ck_ok(mf_note_key_verify(crypto, &key, &note, &err), err);
        return;
    }
    mf_ck_refused(mf_note_key_verify(crypto, &key, &note, &err), err, verified[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_REJECTED);
}
END_TEST

/* The worked example: log seed 00..1f, the tree of one entry. */
#define EXAMPLE_ROOT "n33hgIh8BpGdSj4Uh5mLsEJG1A2wVYn0KH56PseU0lA="
#define EXAMPLE_NOTE                                                                           \
    "log.example.org\n1\n" EXAMPLE_ROOT "\n\n" DASH "log.example.org "                         \
    "sdtYE6CiVugJmwTAJXZ84yPtEM/j66Umomx93QjXLS3cMvpJh6GD+DcJHg2tprnIfRQ30vPSFKNl2UiN7gUYG8Vf" \
    "sgM=\n"

START_TEST(writes_the_worked_example)
{
    MF_SCOPED(mf_secret_done) struct secret pkcs8 = {0};
    MF_SCOPED(mf_private_key_free) struct private_key *private = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *public = NULL;
    MF_SCOPED(mf_buf_done)
    struct buf text = {.max = 4096}, sig = {.max = 1024}, note = {.max = 8192};
    uint8_t der[48] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                       0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
    uint8_t log_id[32];
    uint32_t id = 0;
    struct checkpoint c = {.origin = MF_SPAN("log.example.org"), .size = 1};
    struct err err = {0};

    for (uint8_t i = 0; i < 32; i++)
        der[16 + i] = i;
    mf_ck_ok(mf_secret_copy(MF_SPAN_OF(der), &pkcs8, &err), err);
    mf_ck_ok(mf_private_key_from_pkcs8(crypto, &pkcs8, &private, &err), err);
    mf_ck_ok(mf_private_key_public(crypto, private, &public, &err), err);
    mf_ck_ok(mf_note_key_ids(crypto, MF_NOTE_KEY_ED25519, c.origin, public, &id, log_id, &err),
             err);
    mf_ck_ok(mf_base64_decode_exact(MF_SPAN(EXAMPLE_ROOT), c.root, 32, &err), err);
    mf_ck_ok(mf_checkpoint_format(&c, &text, &err), err);
    mf_ck_ok(mf_sign(crypto, private, MF_SIG_ED25519, mf_buf_span(&text), &sig, &err), err);
    mf_ck_ok(mf_note_write_text(&note, mf_buf_span(&text), &err), err);
    mf_ck_ok(mf_note_write_line(&note, c.origin, id, mf_buf_span(&sig), &err), err);
    ck_assert(mf_span_is(mf_buf_span(&note), EXAMPLE_NOTE));
}
END_TEST

static const struct {
    enum key_kind kind;
    enum note_key_type type;
    enum sig_scheme scheme;
} types[] = {
    {MF_KEY_ED25519, MF_NOTE_KEY_ED25519, MF_SIG_ED25519},
    {MF_KEY_P256, MF_NOTE_KEY_ECDSA, MF_SIG_ECDSA_SHA256},
    {MF_KEY_P384, MF_NOTE_KEY_ECDSA, MF_SIG_ECDSA_SHA256}, /* SHA-256 whatever the curve */
    {MF_KEY_RSA, MF_NOTE_KEY_RSA, MF_SIG_RSA_PKCS1_SHA256},
};

START_TEST(verifies_what_each_type_of_key_signs)
{
    MF_SCOPED(mf_private_key_free) struct private_key *private = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *public = NULL;
    MF_SCOPED(mf_note_key_done) struct note_key key = {0}, read = {0};
    MF_SCOPED(mf_note_done) struct note note = {0};
    MF_SCOPED(mf_buf_done) struct buf sig = {.max = 1024}, b = {.max = 8192}, vkey = {.max = 2048};
    struct err err = {0};

    mf_ck_ok(mf_private_key_generate(crypto, types[_i].kind, &private, &err), err);
    mf_ck_ok(mf_private_key_public(crypto, private, &public, &err), err);
    ck_assert_int_eq(mf_note_key_type_of(types[_i].kind), types[_i].type);
    mf_ck_ok(mf_note_key_init(crypto, types[_i].type, MF_SPAN("n"), mf_public_key_spki(public),
                              &key, &err),
             err);
    mf_ck_ok(mf_note_key_format(&key, &vkey, &err), err);
    mf_ck_ok(mf_note_key_parse(crypto, mf_buf_span(&vkey), &read, &err), err);
    ck_assert_mem_eq(read.log_id, key.log_id, 32);
    mf_ck_ok(mf_sign(crypto, private, types[_i].scheme, MF_SPAN("text\n"), &sig, &err), err);
    mf_ck_ok(mf_note_write_text(&b, MF_SPAN("text\n"), &err), err);
    mf_ck_ok(mf_note_write_line(&b, MF_SPAN("n"), key.id, mf_buf_span(&sig), &err), err);
    mf_ck_ok(mf_note_parse(mf_buf_span(&b), &note, &err), err);
    mf_ck_ok(mf_note_key_verify(crypto, &read, &note, &err), err);
    note.text.n--;
    mf_ck_refused(mf_note_key_verify(crypto, &read, &note, &err), err, "does not verify");
    mf_err_clear(&err);
    mf_note_key_done(&read);
    enum note_key_type wrong = types[_i].type == MF_NOTE_KEY_ECDSA ? MF_NOTE_KEY_RSA
                                                                   : MF_NOTE_KEY_ECDSA;
    mf_ck_refused(
        mf_note_key_init(crypto, wrong, MF_SPAN("n"), mf_public_key_spki(public), &read, &err), err,
        "does not fit note key type");
}
END_TEST

START_TEST(writes_no_line_that_cannot_be_read)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 1024};
    struct err err = {0};

    mf_ck_refused(mf_note_write_text(&b, MF_SPAN("x"), &err), err, "does not end in LF");
    mf_err_clear(&err);
    mf_ck_refused(mf_note_write_line(&b, MF_SPAN("a+b"), 1, MF_SPAN("s"), &err), err,
                  "no key name");
    mf_err_clear(&err);
    mf_ck_refused(mf_note_write_line(&b, MF_SPAN("a"), 1, MF_SPAN(""), &err), err, "is empty");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("note");
    TCase *form = tcase_create("form"), *keys = tcase_create("keys");

    tcase_add_loop_test(form, refuses_a_note_that_is_not_well_formed, 0, (int)MF_LEN(refused));
    tcase_add_test(form, splits_at_the_last_blank_line);
    tcase_add_test(form, takes_a_hundred_lines_and_no_more);
    tcase_add_test(form, writes_no_line_that_cannot_be_read);
    suite_add_tcase(suite, form);
    tcase_add_checked_fixture(keys, open_crypto, close_crypto);
    tcase_add_loop_test(keys, gives_the_known_ids_of_keys, 0, (int)MF_LEN(vkeys));
    tcase_add_test(keys, binds_an_ed25519_log_id_to_the_name);
    tcase_add_test(keys, gives_ecdsa_keys_the_hash_of_the_key_alone);
    tcase_add_loop_test(keys, refuses_a_verifier_key_that_is_not_right, 0, (int)MF_LEN(bad_vkeys));
    tcase_add_loop_test(keys, verifies_by_a_known_key_and_ignores_strangers, 0,
                        (int)MF_LEN(verified));
    tcase_add_test(keys, writes_the_worked_example);
    tcase_set_timeout(keys, 60);
    tcase_add_loop_test(keys, verifies_what_each_type_of_key_signs, 0, (int)MF_LEN(types));
    suite_add_tcase(suite, keys);
    return suite;
}
