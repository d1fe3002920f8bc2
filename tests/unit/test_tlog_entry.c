/* Log entries as JSON: what a log answers, what bundles hold, and a real one followed to its root.
 */
#include "common/base/file.h"
#include "common/codec/base64.h"
#include "tests/support/fixture_bundle.h"
#include "tests/support/suite.h"
#include "transparency/entry/tlog_entry.h"
#include "transparency/note/checkpoint.h"
#include "transparency/note/note_key.h"

#define ID   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
#define ANSWER                                                                                    \
    "{\"logIndex\":\"12\",\"logId\":{\"keyId\":\"" ID "\"},\"kindVersion\":{\"kind\":"            \
    "\"hashedrekord\",\"version\":\"0.0.2\"},\"integratedTime\":\"0\",\"inclusionPromise\":null," \
    "\"inclusionProof\":{\"logIndex\":\"12\",\"rootHash\":\"" ROOT "\",\"treeSize\":\"13\","      \
    "\"hashes\":[\"" ID "\",\"" ROOT "\"],\"checkpoint\":{\"envelope\":\"a\\nb\\n\"}},"           \
    "\"canonicalizedBody\":\"Ym9keQ==\"}"

static bool parse(struct span json, struct tlog_entry *out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;

    mf_ck_ok(mf_json_parse(json, &mf_json_file_limits, &doc, err), *err);
    return mf_tlog_entry_parse(mf_json_root(doc), out, err);
}

START_TEST(reads_and_writes_a_logs_answer)
{
    MF_SCOPED(mf_tlog_entry_done) struct tlog_entry e = {0};
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 65536};
    struct err err = {0};

    mf_ck_ok(parse(MF_SPAN(ANSWER), &e, &err), err);
    ck_assert_int_eq(e.log_index, 12);
    ck_assert_uint_eq(e.log_id.n, 32);
    ck_assert(mf_span_is(e.kind, "hashedrekord") && mf_span_is(e.version, "0.0.2"));
    ck_assert(e.has_proof && e.promise.n == 0);
    ck_assert_int_eq(e.proof_log_index, 12);
    ck_assert_int_eq(e.tree_size, 13);
    ck_assert_uint_eq(e.proof.count, 2);
    ck_assert(mf_span_is(e.checkpoint, "a\nb\n"));
    ck_assert(mf_span_is(e.body, "body"));
    mf_ck_ok(mf_tlog_entry_write(&e, &b, &err), err);
    ck_assert(mf_span_is(mf_buf_span(&b), ANSWER));
}
END_TEST

START_TEST(writes_every_field_of_a_log_of_one)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 65536};
    struct tlog_entry e = {.log_id = MF_SPAN_OF(mf_merkle_hash_empty),
                           .kind = MF_SPAN("hashedrekord"),
                           .version = MF_SPAN("0.0.2"),
                           .has_proof = true,
                           .root = MF_SPAN_OF(mf_merkle_hash_empty),
                           .tree_size = 1,
                           .checkpoint = MF_SPAN("\xE2\x80\x94 n\n"),
                           .body = MF_SPAN("x")};
    struct err err = {0};

    mf_ck_ok(mf_tlog_entry_write(&e, &b, &err), err);
    ck_assert(mf_span_is(
        mf_buf_span(&b),
        "{\"logIndex\":\"0\",\"logId\":{\"keyId\":\"" ROOT "\"},\"kindVersion\":{\"kind\":"
        "\"hashedrekord\",\"version\":\"0.0.2\"},\"integratedTime\":\"0\","
        "\"inclusionPromise\":null,\"inclusionProof\":{\"logIndex\":\"0\",\"rootHash\":\"" ROOT
        "\",\"treeSize\":\"1\",\"hashes\":[],\"checkpoint\":{\"envelope\":\"\xE2\x80\x94 n\\n\"}},"
        "\"canonicalizedBody\":\"eA==\"}"));
}
END_TEST

START_TEST(reads_what_bundles_leave_out)
{
    MF_SCOPED(mf_tlog_entry_done) struct tlog_entry e = {0};
    struct err err = {0};

    mf_ck_ok(parse(MF_SPAN("{\"log_id\":{\"key_id\":\"" ID "\"},\"integrated_time\":5,"
                           "\"inclusion_promise\":{\"signed_entry_timestamp\":\"YQ==\"}}"),
                   &e, &err),
             err);
    ck_assert(!e.has_proof && e.log_index == 0 && e.integrated_time == 5);
    ck_assert(mf_span_is(e.promise, "a"));
    ck_assert(e.checkpoint.n == 0 && e.body.n == 0 && e.root.n == 0 && e.proof.count == 0);
}
END_TEST

START_TEST(leaves_out_of_bundles_what_is_absent)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 65536};
    struct tlog_entry e = {.kind = MF_SPAN("k"), .version = MF_SPAN("v"), .promise = MF_SPAN("a")};
    struct err err = {0};
    struct json_writer w = mf_json_writer(&b, &err);

    mf_tlog_entry_put(&w, &e);
    mf_ck_ok(mf_json_written(&w), err);
    ck_assert(mf_span_is(mf_buf_span(&b),
                         "{\"logIndex\":\"0\",\"logId\":{\"keyId\":\"\"},\"kindVersion\":{\"kind\":"
                         "\"k\",\"version\":\"v\"},\"integratedTime\":\"0\",\"inclusionPromise\":"
                         "{\"signedEntryTimestamp\":\"YQ==\"}}"));
}
END_TEST

static const struct {
    struct span json;
    const char *message;
} refused[] = {
    {MF_SPAN_INIT("[]"), "is not an object"},
    {MF_SPAN_INIT("{\"logIndex\":\"1\",\"log_index\":\"1\"}"), "under both its names"},
    {MF_SPAN_INIT("{\"logIndex\":\"-1\"}"), "logIndex: is negative"},
    {MF_SPAN_INIT("{\"logIndex\":1.5}"), "logIndex: is no plain integer"},
    {MF_SPAN_INIT("{\"logIndex\":\"9223372036854775808\"}"), "logIndex: is no plain integer"},
    {MF_SPAN_INIT("{\"integratedTime\":-5}"), "integratedTime: is negative"},
    {MF_SPAN_INIT("{\"logId\":{\"keyId\":\"YQ==\"}}"), "logId: keyId: has 1 bytes, not 32"},
    {MF_SPAN_INIT("{\"logId\":{\"keyId\":\"YQ=!\"}}"), "logId: keyId: "},
    {MF_SPAN_INIT("{\"logId\":\"x\"}"), "logId: is not an object"},
    {MF_SPAN_INIT("{\"kindVersion\":{\"kind\":1}}"), "kind: is a number"},
    {MF_SPAN_INIT("{\"inclusionProof\":{\"treeSize\":\"-1\"}}"),
     "inclusionProof: treeSize: is neg"},
    {MF_SPAN_INIT("{\"inclusionProof\":{\"rootHash\":\"YQ==\"}}"),
     "inclusionProof: rootHash: has 1"},
    {MF_SPAN_INIT("{\"inclusionProof\":{\"hashes\":{}}}"),
     "inclusionProof: hashes: is not an array"},
    {MF_SPAN_INIT("{\"inclusionProof\":{\"hashes\":[\"" ID "\",\"YQ==\"]}}"),
     "inclusionProof: hashes: hash 1 has 1 bytes"},
    {MF_SPAN_INIT("{\"inclusionProof\":{\"hashes\":[null]}}"), "hashes: [0]: "},
    {MF_SPAN_INIT("{\"inclusionPromise\":{\"signedEntryTimestamp\":\"?\"}}"),
     "inclusionPromise: signedEntryTimestamp: "},
    {MF_SPAN_INIT("{\"canonicalizedBody\":\"?\"}"), "canonicalizedBody: "},
};

/* What a later log may add, at each depth; the fields that are known are read all the same. */
START_TEST(passes_over_members_that_a_newer_writer_added)
{
    MF_SCOPED(mf_tlog_entry_done) struct tlog_entry e = {0};
    struct err err = {0};

    mf_ck_ok(parse(MF_SPAN("{\"logIndex\":\"7\",\"shard\":{\"name\":[1]},\"logId\":{\"keyId\":\"" ID
                           "\",\"kind\":1},\"kindVersion\":{\"kind\":\"k\",\"since\":null},"
                           "\"inclusionProof\":{\"treeSize\":\"9\",\"cosigned\":true,"
                           "\"checkpoint\":{\"envelope\":\"note\",\"witnesses\":3}}}"),
                   &e, &err),
             err);
    ck_assert_int_eq(e.log_index, 7);
    ck_assert_uint_eq(e.log_id.n, 32);
    ck_assert(mf_span_is(e.kind, "k") && mf_span_is(e.checkpoint, "note"));
    ck_assert_int_eq(e.tree_size, 9);
}
END_TEST

START_TEST(refuses_what_is_no_entry)
{
    struct tlog_entry e = {.log_index = 42};
    struct err err = {0};

    mf_ck_refused(parse(refused[_i].json, &e, &err), err, refused[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert_int_eq(e.log_index, 42);
}
END_TEST

START_TEST(refuses_more_hashes_than_a_tree_can_need)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = 65536};
    struct tlog_entry e = {0};
    struct err err = {0};

    mf_ck_ok(mf_buf_append_str(&b, "{\"inclusionProof\":{\"hashes\":[\"" ID "\"", &err), err);
    for (int i = 0; i < MF_PROOF_MAX; i++)
        mf_ck_ok(mf_buf_append_str(&b, ",\"" ID "\"", &err), err);
    mf_ck_ok(mf_buf_append_str(&b, "]}}", &err), err);
    mf_ck_refused(parse(mf_buf_span(&b), &e, &err), err, "has more than 64 hashes");
}
END_TEST

/* The key of the log with this ID, under the host name of its URL. */
static void find_key(struct crypto *c, const struct json_node *trusted, struct span log_id,
                     struct note_key *out)
{
    const struct json_node *each = NULL;
    struct err err = {0};

    while ((each = mf_json_next(mf_json_get(trusted, "tlogs"), each)) != NULL) {
        MF_SCOPED(mf_buf_done) struct buf id = {.max = 64}, spki = {.max = MF_SPKI_MAX};
        struct span url;
        mf_ck_ok(mf_json_member_bytes(mf_json_get(each, "logId"), "keyId", &id, &err), err);
        if (!mf_span_eq(mf_buf_span(&id), log_id))
            continue;
        mf_ck_ok(mf_json_member_bytes(mf_json_get(each, "publicKey"), "rawBytes", &spki, &err),
                 err);
        mf_ck_ok(mf_json_member_string(each, "baseUrl", &url, &err), err);
        url = mf_span_from(url, sizeof "https://" - 1);
        mf_ck_ok(mf_note_key_init(c, MF_NOTE_KEY_ED25519, url, mf_buf_span(&spki), out, &err), err);
        return;
    }
    ck_abort_msg("no such log");
}

static const char *const real[] = {
    "rekor2-happy-path",
    "rekor2-dsse-happy-path",
    "rekor2-checkpoint-cosigned",
    "rekor2-checkpoint-multiple-cosigs",
    "rekor2-checkpoint-origin-not-first",
    "rekor2-checkpoint-two-sigs-cosigned",
    "rekor2-checkpoint-two-sigs-from-origin",
};

START_TEST(follows_a_real_entry_to_its_signed_root)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    MF_SCOPED(mf_json_free) struct json *bundle = mf_fixture_json(real[_i], "bundle.sigstore.json");
    MF_SCOPED(mf_json_free) struct json *trusted = mf_fixture_json(real[_i], "trusted_root.json");
    MF_SCOPED(mf_tlog_entry_done) struct tlog_entry e = {0};
    MF_SCOPED(mf_note_key_done) struct note_key key = {0};
    MF_SCOPED(mf_note_done) struct note note = {0};
    struct checkpoint checkpoint;
    uint8_t leaf[32];
    struct err err = {0};
    const struct json_node *material = mf_json_get(mf_json_root(bundle), "verificationMaterial");

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err), err);
    mf_ck_ok(mf_tlog_entry_parse(mf_json_at(mf_json_get(material, "tlogEntries"), 0), &e, &err),
             err);
    find_key(c, mf_json_root(trusted), e.log_id, &key);
    ck_assert_mem_eq(key.log_id, e.log_id.p, 32);
    mf_ck_ok(mf_note_parse(e.checkpoint, &note, &err), err);
    mf_ck_ok(mf_note_key_verify(c, &key, &note, &err), err);
    mf_ck_ok(mf_checkpoint_parse(note.text, &checkpoint, &err), err);
    ck_assert(mf_span_eq(checkpoint.origin, mf_note_key_name(&key)));
    struct merkle_head head = {.size = checkpoint.size};
    memcpy(head.root, checkpoint.root, 32);
    mf_merkle_hash_leaf(c, e.body, leaf);
    mf_ck_ok(mf_proof_verify_inclusion(c, &e.proof, (uint64_t)e.log_index, leaf, &head, &err), err);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("tlog_entry");
    TCase *json = tcase_create("json");

    tcase_add_test(json, reads_and_writes_a_logs_answer);
    tcase_add_test(json, writes_every_field_of_a_log_of_one);
    tcase_add_test(json, reads_what_bundles_leave_out);
    tcase_add_test(json, leaves_out_of_bundles_what_is_absent);
    tcase_add_test(json, passes_over_members_that_a_newer_writer_added);
    tcase_add_loop_test(json, refuses_what_is_no_entry, 0, (int)MF_LEN(refused));
    tcase_add_test(json, refuses_more_hashes_than_a_tree_can_need);
    tcase_add_loop_test(json, follows_a_real_entry_to_its_signed_root, 0, (int)MF_LEN(real));
    suite_add_tcase(suite, json);
    return suite;
}
