#include "tests/support/witness_case.h"

#include <inttypes.h>

#include "common/codec/base64.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/suite.h"
#include "transparency/note/note_write.h"
#include "transparency/sct/ct_head.h"

enum { SAME = 3, TIMESTAMP_MS = 1000 };

void mf_case_log_add_key(struct crypto *c, enum note_key_type type, struct case_log *log)
{
    enum key_kind kind = type == MF_NOTE_KEY_ED25519 ? MF_KEY_ED25519 : MF_KEY_P256;
    size_t i = log->whom.key_count++;
    struct err err = {0};

    log->keys[i] = fresh_key(c, kind);
    MF_SCOPED(mf_public_key_free) struct public_key *half = public_of(c, log->keys[i]);
    mf_ck_ok(mf_note_key_init(c, type, mf_span_str(log->whom.origin), mf_public_key_spki(half),
                              &log->whom.keys[i], &err),
             err);
}

void mf_case_log_init(struct crypto *c, const char *origin, enum note_key_type type,
                      struct case_log *out)
{
    *out = (struct case_log){0};
    ck_assert_int_gt(snprintf(out->whom.origin, sizeof out->whom.origin, "%s", origin), 0);
    mf_case_log_add_key(c, type, out);
}

void mf_case_log_done(struct case_log *log)
{
    for (size_t i = 0; i < log->whom.key_count; i++) {
        mf_private_key_free(&log->keys[i]);
        mf_note_key_done(&log->whom.keys[i]);
    }
    log->whom.key_count = 0;
}

/* RFC 6962 section 2.1, as it is written there. */
static void hash_range(struct crypto *c, enum case_tree tree, uint64_t from, uint64_t n,
                       uint8_t out[static 32])
{
    uint64_t half = 1;
    uint8_t left[32], right[32];

    if (n == 1) {
        const uint8_t leaf[] = {(uint8_t)from, (uint8_t)(from < SAME ? TREE : tree)};
        mf_merkle_hash_leaf(c, MF_SPAN_OF(leaf), out);
        return;
    }
    while (half * 2 < n)
        half *= 2;
    hash_range(c, tree, from, half, left);
    hash_range(c, tree, from + half, n - half, right);
    mf_merkle_hash_node(c, left, right, out);
}

void mf_case_root(struct crypto *c, enum case_tree tree, uint64_t size, uint8_t out[static 32])
{
    if (size == 0)
        memcpy(out, mf_merkle_hash_empty, 32);
    else
        hash_range(c, tree, 0, size, out);
}

struct nodes {
    struct crypto *crypto;
    enum case_tree tree;
};

static bool node(void *state, unsigned level, uint64_t index, uint8_t out[static 32],
                 struct err *err)
{
    const struct nodes *nodes = state;

    (void)err;
    hash_range(nodes->crypto, nodes->tree, index << level, (uint64_t)1 << level, out);
    return true;
}

static void sign(struct crypto *c, const struct case_log *log, size_t i, bool bad, struct span text,
                 const struct merkle_head *head, struct buf *note)
{
    const struct note_key *key = &log->whom.keys[i];
    bool is_ct = key->type == MF_NOTE_KEY_RFC6962;
    MF_SCOPED(mf_buf_done) struct buf plain = {.max = MF_SIGNATURE_MAX};
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX + 16};
    uint8_t ct[MF_CT_HEAD_SIGNED_LEN];
    struct err err = {0};

    mf_ct_head_signed(head, TIMESTAMP_MS, ct);
    mf_ck_ok(mf_sign(c, log->keys[i],
                     key->type == MF_NOTE_KEY_ED25519 ? MF_SIG_ED25519 : MF_SIG_ECDSA_SHA256,
                     is_ct ? MF_SPAN_OF(ct)
                     : bad ? MF_SPAN("another text")
                           : text,
                     &plain, &err),
             err);
    mf_ck_ok(is_ct ? mf_ct_head_signature(TIMESTAMP_MS, mf_buf_span(&plain), &signature, &err)
                   : mf_buf_append(&signature, mf_buf_span(&plain), &err),
             err);
    mf_ck_ok(
        mf_note_write_line(note, mf_note_key_name(key), key->id, mf_buf_span(&signature), &err),
        err);
}

void mf_case_note(struct crypto *c, const struct case_log *log, const struct case_request *request,
                  struct buf *out)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_CHECKPOINT_TEXT_MAX};
    struct merkle_head head = {.size = request->size};
    struct err err = {0};

    mf_case_root(c, request->tree, request->size, head.root);
    head.root[0] ^= request->wrong_root;
    struct checkpoint checkpoint = {.origin = mf_span_str(log->whom.origin), .size = head.size};
    memcpy(checkpoint.root, head.root, 32);
    if (request->extensions != NULL)
        checkpoint.extensions = mf_span_str(request->extensions);
    mf_ck_ok(mf_checkpoint_format(&checkpoint, &text, &err) &&
                 mf_note_write_text(out, mf_buf_span(&text), &err),
             err);
    for (size_t i = 0; i < log->whom.key_count; i++)
        if (request->unsigned_by != i + 1)
            sign(c, log, i, request->bad_line_of == i + 1, mf_buf_span(&text), &head, out);
    mf_ck_ok(mf_buf_append(out, request->more, &err), err);
}

void mf_case_body(struct crypto *c, const struct case_log *log, const struct case_request *request,
                  struct buf *out)
{
    struct nodes nodes = {c, request->tree};
    const struct node_source source = {node, &nodes};
    struct merkle_proof proof;
    struct err err = {0};

    mf_ck_ok(
        mf_proof_build_consistency(c, &source, request->proof_from, request->size, &proof, &err),
        err);
    if (request->wrong_proof)
        proof.hashes[proof.count - 1][31] ^= 1;
    mf_ck_ok(mf_buf_printf(out, &err, "old %" PRIu64 "\n", request->old_size), err);
    for (size_t i = 0; i < proof.count; i++)
        mf_ck_ok(mf_base64_append(out, MF_SPAN_OF(proof.hashes[i]), &err) &&
                     mf_buf_append_byte(out, '\n', &err),
                 err);
    mf_ck_ok(mf_buf_append_byte(out, '\n', &err), err);
    mf_case_note(c, log, request, out);
}
