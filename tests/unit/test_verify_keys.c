/* Bundles made here, by keys of every kind, in logs of both versions: what no fixture has. */
#include <stdio.h>

#include "client/verify/bundle_verifier.h"
#include "common/codec/hex.h"
#include "common/codec/pem.h"
#include "tests/support/suite.h"
#include "transparency/entry/entry_promise.h"
#include "transparency/entry/hashedrekord.h"
#include "transparency/note/checkpoint.h"
#include "transparency/note/note_write.h"

#define ARTIFACT "a file\n"
#define STATEMENT \
    "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":{\"sha256\":\""

enum { TEXT_MAX = 64 * 1024, MADE_AT = 1700000000 };

static struct crypto *crypto;
static struct private_key *log_key;
static struct public_key *log_half;
static uint8_t log_id[32];
static const char *window; /* for which the trusted root names the log */

static void set_up(void)
{
    struct err err = {0};

    window = "{\"start\":\"2020-01-01T00:00:00Z\"}";
    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
    mf_ck_ok(mf_private_key_generate(crypto, MF_KEY_P256, &log_key, &err), err);
    mf_ck_ok(mf_private_key_public(crypto, log_key, &log_half, &err), err);
    mf_sha256(crypto, mf_public_key_spki(log_half), log_id);
}

static void tear_down(void)
{
    mf_public_key_free(&log_half);
    mf_private_key_free(&log_key);
    mf_crypto_free(&crypto);
}

/* A bundle being made: owned parts, and what they say. */
struct making {
    bool is_v1, is_dsse;
    struct private_key *key;
    struct public_key *half;
    enum key_details details;
    enum sig_scheme scheme; /* of the log's copy */
    struct buf payload, pae, signature, body, note, promise;
    uint8_t digest[MF_DIGEST_MAX]; /* of what was signed, by the scheme's hash */
};

static void making_done(struct making *m)
{
    struct buf *parts[] = {&m->payload, &m->pae, &m->signature, &m->body, &m->note, &m->promise};

    for (size_t i = 0; i < MF_LEN(parts); i++)
        mf_buf_done(parts[i]);
    mf_private_key_free(&m->key);
    mf_public_key_free(&m->half);
}

static struct span content_digest(const struct making *m)
{
    return (struct span){m->digest, mf_digest_length(mf_sig_digest(m->scheme))};
}

static void append_hex(struct buf *out, enum digest_alg alg, struct span bytes)
{
    uint8_t digest[MF_DIGEST_MAX];
    struct err err = {0};

    mf_digest(crypto, alg, bytes, digest);
    mf_ck_ok(mf_hex_append(out, (struct span){digest, mf_digest_length(alg)}, &err), err);
}

/* Message or envelope, signed as each kind of key signs it. */
static void make_signature(struct making *m)
{
    struct span content = MF_SPAN(ARTIFACT);
    struct err err = {0};

    m->payload.max = m->pae.max = TEXT_MAX;
    m->signature.max = MF_SIGNATURE_MAX;
    if (m->is_dsse) {
        mf_ck_ok(mf_buf_append_str(&m->payload, STATEMENT, &err), err);
        append_hex(&m->payload, MF_SHA256, MF_SPAN(ARTIFACT));
        mf_ck_ok(mf_buf_append_str(&m->payload, "\"}}]}", &err), err);
        mf_ck_ok(mf_hashedrekord_pae(MF_SPAN("application/vnd.in-toto+json"),
                                     mf_buf_span(&m->payload), &m->pae, &err),
                 err);
        content = mf_buf_span(&m->pae);
    }
    enum sig_scheme scheme = m->is_dsse ? mf_sig_scheme_of(mf_public_key_kind(m->half)) : m->scheme;
    mf_ck_ok(mf_sign(crypto, m->key, scheme, content, &m->signature, &err), err);
    mf_digest(crypto, mf_sig_digest(m->scheme), content, m->digest);
}

static void make_body_v1(struct making *m)
{
    MF_SCOPED(mf_buf_done) struct buf pem = {.max = TEXT_MAX};
    struct json_writer w;
    struct err err = {0};
    char hex[2 * MF_DIGEST_MAX + 1];
    uint8_t payload_hash[32];

    mf_ck_ok(mf_pem_append(&pem, "PUBLIC KEY", mf_public_key_spki(m->half), &err), err);
    mf_sha256(crypto, mf_buf_span(&m->payload), payload_hash);
    mf_hex_encode(m->is_dsse ? MF_SPAN_OF(payload_hash) : content_digest(m), hex);
    mf_ck_ok(mf_buf_printf(&m->body, &err,
                           "{\"apiVersion\":\"0.0.1\",\"kind\":\"%s\",\"spec\":{"
                           "\"%s\":{\"algorithm\":\"%s\",\"value\":\"%s\"}",
                           m->is_dsse ? "dsse" : "hashedrekord",
                           m->is_dsse ? "payloadHash" : "data\":{\"hash",
                           mf_digest_name(m->is_dsse ? MF_SHA256 : mf_sig_digest(m->scheme)), hex),
             err);
    mf_ck_ok(mf_buf_append_str(&m->body,
                               m->is_dsse ? ",\"signatures\":[{\"signature\":"
                                          : "},\"signature\":{\"content\":",
                               &err),
             err);
    w = mf_json_writer(&m->body, &err);
    mf_json_put_base64(&w, mf_buf_span(&m->signature));
    mf_ck_ok(mf_buf_append_str(
                 &m->body, m->is_dsse ? ",\"verifier\":" : ",\"publicKey\":{\"content\":", &err),
             err);
    w = mf_json_writer(&m->body, &err);
    mf_json_put_base64(&w, mf_buf_span(&pem));
    mf_ck_ok(mf_buf_append_str(&m->body, m->is_dsse ? "}]}}" : "}}}}", &err), err);
}

static void make_body(struct making *m)
{
    const struct hashedrekord record = {
        .key_details = m->details,
        .digest = content_digest(m),
        .signature = mf_buf_span(&m->signature),
        .verifier = mf_public_key_spki(m->half),
    };
    struct err err = {0};

    m->body.max = TEXT_MAX;
    if (m->is_v1)
        make_body_v1(m);
    else
        mf_ck_ok(mf_hashedrekord_print(&record, &m->body, &err), err);
}

/* A log of this one entry: its leaf is the root. */
static void make_note(struct making *m, struct checkpoint *head)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_CHECKPOINT_TEXT_MAX};
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    struct err err = {0};

    *head = (struct checkpoint){
        .origin = m->is_v1 ? MF_SPAN("log.example - 7") : MF_SPAN("log.example"), .size = 1};
    mf_merkle_hash_leaf(crypto, mf_buf_span(&m->body), head->root);
    mf_ck_ok(mf_checkpoint_format(head, &text, &err), err);
    m->note.max = TEXT_MAX;
    mf_ck_ok(mf_note_write_text(&m->note, mf_buf_span(&text), &err), err);
    mf_ck_ok(mf_sign(crypto, log_key, MF_SIG_ECDSA_SHA256, mf_buf_span(&text), &signature, &err),
             err);
    mf_ck_ok(mf_note_write_line(&m->note, MF_SPAN("log.example"), mf_be32(log_id),
                                mf_buf_span(&signature), &err),
             err);
}

static void make_promise(struct making *m, struct tlog_entry *e)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 2 * TEXT_MAX};
    struct err err = {0};

    m->promise.max = MF_SIGNATURE_MAX;
    e->integrated_time = MADE_AT;
    e->log_index = 1000; /* over all the log's trees */
    mf_ck_ok(mf_entry_promise_print(e, &text, &err), err);
    mf_ck_ok(mf_sign(crypto, log_key, MF_SIG_ECDSA_SHA256, mf_buf_span(&text), &m->promise, &err),
             err);
    e->promise = mf_buf_span(&m->promise);
}

static void put_content(struct json_writer *w, const struct making *m)
{
    mf_json_key(w, m->is_dsse ? "dsseEnvelope" : "messageSignature");
    mf_json_begin_object(w);
    if (m->is_dsse) {
        mf_json_member_put_base64(w, "payload", mf_buf_span(&m->payload));
        mf_json_member_put_cstr(w, "payloadType", "application/vnd.in-toto+json");
        mf_json_key(w, "signatures");
        mf_json_begin_array(w);
        mf_json_begin_object(w);
        mf_json_member_put_base64(w, "sig", mf_buf_span(&m->signature));
        mf_json_end_object(w);
        mf_json_end_array(w);
    } else {
        mf_json_member_put_base64(w, "signature", mf_buf_span(&m->signature));
    }
    mf_json_end_object(w);
}

static struct bundle *make_bundle(struct making *m)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 4 * TEXT_MAX};
    struct bundle *bundle = NULL;
    struct checkpoint head;
    struct err err = {0};

    make_signature(m);
    make_body(m);
    make_note(m, &head);
    struct tlog_entry e = {
        .log_id = MF_SPAN_OF(log_id),
        .kind = m->is_v1 && m->is_dsse ? MF_SPAN("dsse") : MF_SPAN("hashedrekord"),
        .version = m->is_v1 ? MF_SPAN("0.0.1") : MF_SPAN("0.0.2"),
        .has_proof = true,
        .root = MF_SPAN_OF(head.root),
        .tree_size = 1,
        .checkpoint = mf_buf_span(&m->note),
        .body = mf_buf_span(&m->body),
    };
    if (m->is_v1)
        make_promise(m, &e);
    struct json_writer w = mf_json_writer(&text, &err);
    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "mediaType", mf_bundle_media_type);
    mf_json_key(&w, "verificationMaterial");
    mf_json_begin_object(&w);
    mf_json_key(&w, "publicKey");
    mf_json_begin_object(&w);
    mf_json_end_object(&w);
    mf_json_key(&w, "tlogEntries");
    mf_json_begin_array(&w);
    mf_tlog_entry_put(&w, &e);
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    put_content(&w, m);
    mf_json_end_object(&w);
    mf_ck_ok(mf_json_written(&w), err);
    mf_ck_ok(mf_bundle_parse(mf_buf_span(&text), &bundle, &err), err);
    return bundle;
}

static struct trusted_root *make_root(void)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = TEXT_MAX};
    struct trusted_root *root = NULL;
    struct err err = {0};
    struct json_writer w = mf_json_writer(&text, &err);

    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "mediaType",
                            "application/vnd.dev.sigstore.trustedroot+json;version=0.1");
    mf_json_key(&w, "tlogs");
    mf_json_begin_array(&w);
    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "baseUrl", "https://log.example");
    mf_json_member_put_cstr(&w, "hashAlgorithm", "SHA2_256");
    mf_json_key(&w, "publicKey");
    mf_json_begin_object(&w);
    mf_json_member_put_base64(&w, "rawBytes", mf_public_key_spki(log_half));
    mf_json_member_put_cstr(&w, "keyDetails", "PKIX_ECDSA_P256_SHA_256");
    mf_json_key(&w, "validFor");
    mf_json_put_raw(&w, mf_span_str(window));
    mf_json_end_object(&w);
    mf_json_key(&w, "logId");
    mf_json_begin_object(&w);
    mf_json_member_put_base64(&w, "keyId", MF_SPAN_OF(log_id));
    mf_json_end_object(&w);
    mf_json_end_object(&w);
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    mf_ck_ok(mf_json_written(&w), err);
    mf_ck_ok(mf_trusted_root_parse(mf_buf_span(&text), &root, &err), err);
    return root;
}

static bool verify(const struct bundle *bundle, const struct public_key *half, const char *content,
                   struct verification *result, struct err *err)
{
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = make_root();
    MF_SCOPED(mf_managed_key_done) struct managed_key key = {0};
    struct artifact artifact;

    mf_ck_ok(mf_managed_key_parse(crypto, mf_public_key_spki(half), &key, err), *err);
    mf_ck_ok(mf_artifact_of(crypto, mf_span_str(content), mf_bundle_digests(crypto, bundle, &key),
                            &artifact, err),
             *err);
    const struct verify_params params = {.root = root, .key = &key, .artifact = &artifact};
    return mf_bundle_verify(crypto, bundle, &params, result, err);
}

/* Ed25519 keys sign envelopes only: messages would need Ed25519ph, which OpenSSL 3.0 lacks. */
static const struct {
    enum key_kind kind;
    bool is_v1, is_dsse;
} rows[] = {
    {MF_KEY_P256, false, false}, {MF_KEY_P256, false, true},   {MF_KEY_P256, true, false},
    {MF_KEY_P256, true, true},   {MF_KEY_P384, false, false},  {MF_KEY_P384, false, true},
    {MF_KEY_P384, true, false},  {MF_KEY_P384, true, true},    {MF_KEY_P521, false, false},
    {MF_KEY_P521, false, true},  {MF_KEY_P521, true, false},   {MF_KEY_P521, true, true},
    {MF_KEY_RSA, false, false},  {MF_KEY_RSA, false, true},    {MF_KEY_RSA, true, false},
    {MF_KEY_RSA, true, true},    {MF_KEY_ED25519, true, true},
};

START_TEST(verifies_what_a_key_of_each_kind_signed)
{
    MF_SCOPED(making_done)
    struct making m = {.is_v1 = rows[_i].is_v1, .is_dsse = rows[_i].is_dsse};
    struct verification result;
    struct err err = {0};

    mf_ck_ok(mf_private_key_generate(crypto, rows[_i].kind, &m.key, &err), err);
    mf_ck_ok(mf_private_key_public(crypto, m.key, &m.half, &err), err);
    mf_ck_ok(mf_key_details_default(m.half, &m.details, &err), err);
    mf_ck_ok(mf_key_details_scheme(m.details, &m.scheme, &err), err);
    MF_SCOPED(mf_bundle_free) struct bundle *bundle = make_bundle(&m);
    mf_ck_ok(verify(bundle, m.half, ARTIFACT, &result, &err), err);
    ck_assert_int_eq(result.entries[0].index, m.is_v1 ? 1000 : 0);
    ck_assert_uint_eq(result.time_count, m.is_v1 ? 1 : 0);
    mf_ck_refused(verify(bundle, m.half, "another file", &result, &err), err,
                  m.is_dsse ? "artifact: no subject of the statement is this file"
                            : "log_entry: body: the entry is ");
    mf_err_clear(&err);
    mf_ck_refused(verify(bundle, log_half, ARTIFACT, &result, &err), err,
                  "log_entry: body: the entry is ");
    bundle->signature.p[bundle->signature.n / 2] ^= 1;
    mf_err_clear(&err);
    mf_ck_refused(verify(bundle, m.half, ARTIFACT, &result, &err), err,
                  "log_entry: body: the entry is ");
}
END_TEST

/* The log took it, and it is no signature of this key: another key's over the same file. */
/* An entry of Rekor v1 has a time, MADE_AT, in November 2023; one of v2 has none. */
static const struct {
    const char *end, *message;
    bool is_v1;
} retired[] = {
    {"2030-01-01T00:00:00Z", "timestamp: there is no timestamp, so no time of signing", false},
    {"2022-01-01T00:00:00Z", "timestamp: there is no timestamp, so no time of signing", false},
    {"2030-01-01T00:00:00Z", NULL, true},
    {"2022-01-01T00:00:00Z", "timestamp: the time of signing is outside the window", true},
};

START_TEST(a_retired_log_needs_a_time)
{
    MF_SCOPED(making_done) struct making m = {.is_v1 = retired[_i].is_v1};
    struct verification result;
    struct err err = {0};
    char text[128];

    mf_ck_ok(mf_private_key_generate(crypto, MF_KEY_P256, &m.key, &err), err);
    mf_ck_ok(mf_private_key_public(crypto, m.key, &m.half, &err), err);
    mf_ck_ok(mf_key_details_default(m.half, &m.details, &err), err);
    mf_ck_ok(mf_key_details_scheme(m.details, &m.scheme, &err), err);
    MF_SCOPED(mf_bundle_free) struct bundle *bundle = make_bundle(&m);
    mf_ck_ok(verify(bundle, m.half, ARTIFACT, &result, &err), err); /* while it is in use */
    snprintf(text, sizeof text, "{\"start\":\"2020-01-01T00:00:00Z\",\"end\":\"%s\"}",
             retired[_i].end);
    window = text;
    bool ok = verify(bundle, m.half, ARTIFACT, &result, &err);
    if (retired[_i].message == NULL)
        mf_ck_ok(ok, err);
    else
        mf_ck_refused(ok, err, retired[_i].message);
}
END_TEST

START_TEST(does_not_take_the_logs_word_for_a_signature)
{
    MF_SCOPED(making_done) struct making m = {.is_v1 = _i % 2 == 0, .is_dsse = _i / 2 == 0};
    struct verification result;
    struct err err = {0};

    mf_ck_ok(mf_private_key_generate(crypto, MF_KEY_P256, &m.key, &err), err);
    mf_ck_ok(mf_private_key_public(crypto, log_key, &m.half, &err), err);
    mf_ck_ok(mf_key_details_default(m.half, &m.details, &err), err);
    mf_ck_ok(mf_key_details_scheme(m.details, &m.scheme, &err), err);
    MF_SCOPED(mf_bundle_free) struct bundle *bundle = make_bundle(&m);
    mf_ck_refused(verify(bundle, m.half, ARTIFACT, &result, &err), err,
                  "signature: signature does not verify");
    ck_assert_int_eq(result.steps[MF_STEP_LOG], MF_STEP_PASSED);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("verify_keys");
    TCase *keys = tcase_create("keys");

    tcase_add_checked_fixture(keys, set_up, tear_down);
    tcase_set_timeout(keys, 60);
    tcase_add_loop_test(keys, verifies_what_a_key_of_each_kind_signed, 0, MF_LEN(rows));
    tcase_add_loop_test(keys, a_retired_log_needs_a_time, 0, MF_LEN(retired));
    tcase_add_loop_test(keys, does_not_take_the_logs_word_for_a_signature, 0, 4);
    suite_add_tcase(suite, keys);
    return suite;
}
