/* Bodies of Rekor v1 entries against a bundle: each value that differs, by itself. */
#include <stdio.h>

#include "client/verify/body_check.h"
#include "common/codec/base64.h"
#include "common/codec/hex.h"
#include "common/codec/pem.h"
#include "tests/support/suite.h"

static struct crypto *crypto;

static const uint8_t verifier[] = {0x30, 0x03, 0x02, 0x01,
                                   0x05}; /* what PEM wraps; not parsed here */
static const char payload[] = "{}";
static const char file[] = "a file";

static void set_up(void)
{
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
}

static void tear_down(void)
{
    mf_crypto_free(&crypto);
}

struct entry_texts { /* of which the body is made; null: what the bundle holds */
    const char *kind, *version, *digest_of, *algorithm, *signature, *label, *payload_type;
    bool other_verifier;
};

static const char *or_else(const char *text, const char *otherwise)
{
    return text != NULL ? text : otherwise;
}

static void append_base64(struct buf *out, struct span bytes, unsigned times)
{
    MF_SCOPED(mf_buf_done) struct buf inner = {.max = 4096};
    struct err err = {0};

    if (times == 1) {
        mf_ck_ok(mf_base64_append(out, bytes, &err), err);
        return;
    }
    append_base64(&inner, bytes, times - 1);
    append_base64(out, mf_buf_span(&inner), 1);
}

static void append_pem(struct buf *out, const struct entry_texts *t)
{
    MF_SCOPED(mf_buf_done) struct buf pem = {.max = 4096};
    struct span der = MF_SPAN_OF(verifier);
    struct err err = {0};

    if (t->other_verifier)
        der = mf_span_from(der, 2);
    mf_ck_ok(mf_pem_append(&pem, or_else(t->label, "CERTIFICATE"), der, &err), err);
    append_base64(out, mf_buf_span(&pem), 1);
}

static void append_hash(struct buf *out, const struct entry_texts *t, const char *what)
{
    bool is_512 = t->algorithm != NULL;
    uint8_t digest[MF_DIGEST_MAX];
    char hex[2 * MF_DIGEST_MAX + 1];
    struct err err = {0};

    mf_digest(crypto, is_512 ? MF_SHA512 : MF_SHA256, mf_span_str(or_else(t->digest_of, what)),
              digest);
    mf_hex_encode((struct span){digest, is_512 ? 64 : 32}, hex);
    mf_ck_ok(mf_buf_printf(out, &err, "{\"algorithm\":\"%s\",\"value\":\"%s\"}",
                           or_else(t->algorithm, "sha256"), hex),
             err);
}

/* Pieces of a body: text, and for some what comes after it. */
enum piece { TEXT, FILE_HASH, PAYLOAD_HASH, SIG, SIG_TWICE, PEM };

struct template
{
    const char *text;
    enum piece then;
};

static const struct template hashedrekord[] = {
    {"{\"apiVersion\":\"0.0.1\",\"kind\":\"hashedrekord\",\"spec\":{\"data\":{\"hash\":",
     FILE_HASH},
    {"},\"signature\":{\"content\":\"", SIG},
    {"\",\"publicKey\":{\"content\":\"", PEM},
    {"\"}}}}", TEXT},
};
static const struct template dsse[] = {
    {"{\"apiVersion\":\"0.0.1\",\"kind\":\"dsse\",\"spec\":{\"payloadHash\":", PAYLOAD_HASH},
    {",\"signatures\":[{\"signature\":\"", SIG},
    {"\",\"verifier\":\"", PEM},
    {"\"}]}}", TEXT},
};
static const struct template intoto[] = {
    {"{\"apiVersion\":\"0.0.2\",\"kind\":\"intoto\",\"spec\":{\"content\":{\"payloadHash\":",
     PAYLOAD_HASH},
    {",\"envelope\":{\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"", SIG_TWICE},
    {"\",\"publicKey\":\"", PEM},
    {"\"}]}}}}", TEXT},
};

static struct buf body_of(const struct template *pieces, const struct entry_texts *t)
{
    struct span signature = mf_span_str(or_else(t->signature, "a signature"));
    struct buf out = {.max = 8192};
    struct err err = {0};

    for (size_t i = 0;; i++) {
        mf_ck_ok(mf_buf_append_str(&out, pieces[i].text, &err), err);
        if (pieces[i].then == TEXT)
            return out;
        if (pieces[i].then == FILE_HASH || pieces[i].then == PAYLOAD_HASH)
            append_hash(&out, t, pieces[i].then == FILE_HASH ? file : payload);
        else if (pieces[i].then == PEM)
            append_pem(&out, t);
        else
            append_base64(&out, signature, pieces[i].then == SIG ? 1 : 2);
    }
}

static const struct {
    const struct template *body;
    const char *kind, *version; /* as kindVersion says */
    bool is_dsse, has_key;      /* of the bundle */
    struct entry_texts texts;
    const char *message; /* null: bound */
} rows[] = {
    {hashedrekord, "hashedrekord", "0.0.1", false, false, {0}, NULL},
    {hashedrekord, "hashedrekord", "0.0.1", false, true, {.label = "PUBLIC KEY"}, NULL},
    {dsse, "dsse", "0.0.1", true, false, {0}, NULL},
    {dsse, "dsse", "0.0.1", true, false, {.algorithm = "sha512"}, NULL},
    {intoto, "intoto", "0.0.2", true, false, {0}, NULL},
    /* another kind than the bundle's content, or than kindVersion says */
    {hashedrekord, "hashedrekord", "0.0.1", true, false, {0}, "is of a message signature, the"},
    {dsse, "dsse", "0.0.1", false, false, {0}, "is of an envelope, the bundle holds a message"},
    {intoto, "intoto", "0.0.2", false, false, {0}, "is of an envelope, the bundle holds a message"},
    {dsse, "intoto", "0.0.2", true, false, {0}, "of another kind than kindVersion says"},
    {intoto, "dsse", "0.0.1", true, false, {0}, "of another kind than kindVersion says"},
    /* one value differs */
    {hashedrekord,
     "hashedrekord",
     "0.0.1",
     false,
     false,
     {.signature = "another"},
     "of another signature"},
    {hashedrekord,
     "hashedrekord",
     "0.0.1",
     false,
     false,
     {.other_verifier = true},
     "of another certificate"},
    {hashedrekord,
     "hashedrekord",
     "0.0.1",
     false,
     false,
     {.label = "PUBLIC KEY"},
     "of another certificate"},
    {hashedrekord, "hashedrekord", "0.0.1", false, true, {0}, "of another key"},
    {hashedrekord,
     "hashedrekord",
     "0.0.1",
     false,
     false,
     {.digest_of = "another file"},
     "of another file, or this one changed"},
    {hashedrekord,
     "hashedrekord",
     "0.0.1",
     false,
     false,
     {.algorithm = "sha512"},
     "of another file, or this one changed"},
    {dsse, "dsse", "0.0.1", true, false, {.signature = "another"}, "of another signature"},
    {dsse, "dsse", "0.0.1", true, false, {.other_verifier = true}, "of another certificate"},
    {dsse, "dsse", "0.0.1", true, false, {.digest_of = "{ }"}, "of another payload"},
    {intoto, "intoto", "0.0.2", true, false, {.signature = "another"}, "of another signature"},
    {intoto, "intoto", "0.0.2", true, false, {.other_verifier = true}, "of another certificate"},
    {intoto, "intoto", "0.0.2", true, false, {.digest_of = "{ }"}, "of another payload"},
    {intoto, "intoto", "0.0.2", true, false, {.payload_type = "u"}, "of another payload type"},
};

START_TEST(binds_a_body_to_its_bundle_alone)
{
    MF_SCOPED(mf_buf_done) struct buf body = body_of(rows[_i].body, &rows[_i].texts);
    const struct tlog_entry entry = {.kind = mf_span_str(rows[_i].kind),
                                     .version = mf_span_str(rows[_i].version),
                                     .body = mf_buf_span(&body)};
    uint8_t digest[32], leaf[32], expected[32];
    struct err err = {0};

    mf_sha256(crypto, MF_SPAN("a file"), digest);
    const struct logged_content content = {
        .record = {.key_details = MF_KD_PKIX_ECDSA_P256_SHA_256,
                   .digest = MF_SPAN_OF(digest),
                   .signature = MF_SPAN("a signature"),
                   .is_certificate = !rows[_i].has_key,
                   .verifier = MF_SPAN_OF(verifier)},
        .is_dsse = rows[_i].is_dsse,
        .payload_type = mf_span_str(or_else(rows[_i].texts.payload_type, "t")),
        .payload = MF_SPAN("{}"),
    };
    bool ok = mf_body_check(crypto, &entry, &content, true, leaf, &err);
    if (rows[_i].message != NULL) {
        mf_ck_refused(ok, err, rows[_i].message);
        ck_assert_int_eq(err.code, MF_ERR_REJECTED);
        return;
    }
    mf_ck_ok(ok, err);
    mf_merkle_hash_leaf(crypto, mf_buf_span(&body), expected);
    ck_assert_mem_eq(leaf, expected, sizeof leaf);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("body_check");
    TCase *v1 = tcase_create("v1");

    tcase_add_checked_fixture(v1, set_up, tear_down);
    tcase_add_loop_test(v1, binds_a_body_to_its_bundle_alone, 0, MF_LEN(rows));
    suite_add_tcase(suite, v1);
    return suite;
}
