#include "client/trust/trusted_root.h"

#include <stdlib.h>

#include "client/trust/trust_file.h"
#include "client/trust/trusted_key.h"
#include "common/base/file.h"
#include "transparency/entry/key_details.h"

static const char *const media_types[] = {
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
    NULL,
};

static bool parse_key_id(const struct json_node *node, const char *name, uint8_t *out, size_t n,
                         struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf id = {.max = 64};
    const struct json_node *object = NULL;

    if (!mf_json_member_object(node, name, &object, err))
        return false;
    if (!mf_json_member_bytes(object, "keyId", &id, err))
        return mf_err_at(err, "%s", name);
    if (id.n != n) {
        mf_err_set(err, MF_ERR_FORMAT, "key ID has %zu bytes, not %zu", id.n, n);
        return mf_err_at(err, "%s", name);
    }
    memcpy(out, id.p, n);
    return true;
}

static bool parse_log_ids(const struct json_node *node, struct trusted_log *log, struct err *err)
{
    if (!parse_key_id(node, "logId", log->log_id, sizeof log->log_id, err))
        return false;
    memcpy(log->checkpoint_key_id, log->log_id, sizeof log->checkpoint_key_id);
    return mf_json_get(node, "checkpointKeyId") == NULL ||
           parse_key_id(node, "checkpointKeyId", log->checkpoint_key_id,
                        sizeof log->checkpoint_key_id, err);
}

/* A log without a start of validity makes the whole root unusable: its maker forgot to say since
 * when the key may be believed. */
static bool parse_log_key(const struct json_node *node, struct trusted_log *log, struct err *err)
{
    const struct json_node *key = NULL;

    if (!mf_json_member_object(node, "publicKey", &key, err))
        return false;
    if (!mf_trusted_key_parse(key, &log->spki, &log->usable, err) ||
        !mf_validity_parse(mf_json_get(key, "validFor"), &log->valid, err))
        return mf_err_at(err, "publicKey");
    if (!log->valid.has_start) {
        mf_err_set(err, MF_ERR_FORMAT, "start is missing");
        return mf_err_at(err, "publicKey: validFor");
    }
    return true;
}

static bool parse_log(const struct json_node *node, struct trusted_root *root, void *entry,
                      struct err *err)
{
    struct trusted_log *log = entry;
    enum digest_alg algorithm;

    if (mf_json_get(node, "baseUrl") != NULL &&
        !mf_json_member_string(node, "baseUrl", &log->base_url, err))
        return false;
    if (!mf_key_details_hash_member(node, "hashAlgorithm", &algorithm, err))
        return false;
    if (algorithm != MF_SHA256) {
        mf_err_set(err, MF_ERR_FORMAT, "%s is not SHA2_256", mf_key_details_hash_name(algorithm));
        return mf_err_at(err, "hashAlgorithm");
    }
    if (!parse_log_key(node, log, err) || !parse_log_ids(node, log, err))
        return false;
    if (!log->usable)
        root->skipped_keys++;
    return true;
}

static bool parse_certificate(const struct json_node *node, struct trusted_chain *chain,
                              struct err *err)
{
    struct buf *der = &chain->ders[chain->count];

    *der = (struct buf){.max = MF_CERT_MAX};
    if (!mf_json_member_bytes(node, "rawBytes", der, err) ||
        !mf_cert_parse(mf_buf_span(der), &chain->certs[chain->count], err)) {
        mf_buf_done(der);
        return mf_err_at(err, "certificates[%zu]", chain->count);
    }
    chain->count++;
    return true;
}

static bool parse_certificates(const struct json_node *list, struct trusted_chain *chain,
                               struct err *err)
{
    size_t count = mf_json_size(list);

    if (count == 0 || count > MF_CHAIN_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "%zu certificates; 1 to %d are allowed", count,
                          MF_CHAIN_MAX);
    chain->certs = mf_array_new(count, sizeof *chain->certs);
    if (chain->certs == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a certificate chain");
    for (const struct json_node *c = mf_json_next(list, NULL); c != NULL; c = mf_json_next(list, c))
        if (!parse_certificate(c, chain, err))
            return false;
    return true;
}

static bool parse_chain(const struct json_node *node, struct trusted_root *root, void *entry,
                        struct err *err)
{
    struct trusted_chain *chain = entry;
    const struct json_node *holder = NULL;
    const struct json_node *list = NULL;

    (void)root;
    if (mf_json_get(node, "uri") != NULL && !mf_json_member_string(node, "uri", &chain->uri, err))
        return false;
    if (!mf_json_member_object(node, "certChain", &holder, err))
        return false;
    if (!mf_json_member_array(holder, "certificates", &list, err) ||
        !parse_certificates(list, chain, err))
        return mf_err_at(err, "certChain");
    return mf_validity_parse(mf_json_get(node, "validFor"), &chain->valid, err);
}

/* One of the root's four lists: its name, entries of one size, and who reads an entry. */
struct kind {
    const char *name;
    size_t entry_size;
    void *entries;
    size_t *count;
    bool (*parse)(const struct json_node *node, struct trusted_root *root, void *entry,
                  struct err *err);
};

static bool parse_list(const struct json_node *object, const struct kind *kind,
                       struct trusted_root *root, struct err *err)
{
    const struct json_node *list = mf_json_get(object, kind->name);
    size_t at = 0;

    for (const struct json_node *n = mf_json_next(list, NULL); n != NULL;
         n = mf_json_next(list, n), at++) {
        void *entry = (uint8_t *)kind->entries + at * kind->entry_size;
        *kind->count = at + 1; /* before parsing: a half-parsed entry is released as well */
        if (!kind->parse(n, root, entry, err))
            return mf_err_at(err, "%s[%zu]", kind->name, at);
    }
    return true;
}

/* Room for the entries of one list; an absent list has none. */
static void *list_room(const struct json_node *object, const char *name, size_t entry_size,
                       struct err *err)
{
    const struct json_node *list = NULL;
    size_t count = 0;

    if (mf_json_get(object, name) != NULL) {
        if (!mf_json_member_array(object, name, &list, err))
            return NULL;
        count = mf_json_size(list);
    }
    if (count > MF_TRUST_ENTRIES_MAX) {
        mf_err_set(err, MF_ERR_LIMIT, "%zu entries; %d are the most", count, MF_TRUST_ENTRIES_MAX);
        mf_err_at(err, "%s", name);
        return NULL;
    }
    void *room = mf_array_new(count, entry_size);
    if (room == NULL)
        mf_err_set(err, MF_ERR_SYSTEM, "no memory for the trusted root");
    return room;
}

static bool parse_all(struct span text, struct trusted_root *r, struct err *err)
{
    const struct json_node *object = NULL;

    if (!mf_trust_file_parse(text, "trustedRoot", media_types, "trusted root", &r->doc, &object,
                             err) ||
        (r->tlogs = list_room(object, "tlogs", sizeof *r->tlogs, err)) == NULL ||
        (r->ctlogs = list_room(object, "ctlogs", sizeof *r->ctlogs, err)) == NULL ||
        (r->cas = list_room(object, "certificateAuthorities", sizeof *r->cas, err)) == NULL ||
        (r->tsas = list_room(object, "timestampAuthorities", sizeof *r->tsas, err)) == NULL)
        return false;
    const struct kind kinds[] = {
        {"tlogs", sizeof *r->tlogs, r->tlogs, &r->tlog_count, parse_log},
        {"ctlogs", sizeof *r->ctlogs, r->ctlogs, &r->ctlog_count, parse_log},
        {"certificateAuthorities", sizeof *r->cas, r->cas, &r->ca_count, parse_chain},
        {"timestampAuthorities", sizeof *r->tsas, r->tsas, &r->tsa_count, parse_chain},
    };
    for (size_t i = 0; i < MF_LEN(kinds); i++)
        if (!parse_list(object, &kinds[i], r, err))
            return false;
    r->no_tlogs = r->tlog_count == 0 && mf_json_get(object, "tlogs") != NULL;
    r->no_ctlogs = r->ctlog_count == 0 && mf_json_get(object, "ctlogs") != NULL;
    return true;
}

bool mf_trusted_root_parse(struct span text, struct trusted_root **out, struct err *err)
{
    MF_SCOPED(mf_trusted_root_free) struct trusted_root *root = mf_array_new(1, sizeof *root);

    if (root == NULL) {
        mf_err_set(err, MF_ERR_SYSTEM, "no memory for the trusted root");
        return mf_err_as(err, MF_ERR_TRUST);
    }
    if (!parse_all(text, root, err))
        return mf_err_as(err, MF_ERR_TRUST);
    *out = MF_MOVE(root);
    return true;
}

bool mf_trusted_root_read(const char *path, struct trusted_root **out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};

    if (!mf_file_read(path, MF_TRUST_FILE_MAX, &text, err))
        return mf_err_as(err, MF_ERR_TRUST);
    if (!mf_trusted_root_parse(mf_buf_span(&text), out, err))
        return mf_err_at(err, "%s", path);
    return true;
}

static void free_logs(struct trusted_log *logs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mf_buf_done(&logs[i].spki);
    free(logs);
}

static void free_chains(struct trusted_chain *chains, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < chains[i].count; j++)
            mf_buf_done(&chains[i].ders[j]);
        free(chains[i].certs);
    }
    free(chains);
}

void mf_trusted_root_free(struct trusted_root **root)
{
    struct trusted_root *r = *root;

    if (r == NULL)
        return;
    free_logs(r->tlogs, r->tlog_count);
    free_logs(r->ctlogs, r->ctlog_count);
    free_chains(r->cas, r->ca_count);
    free_chains(r->tsas, r->tsa_count);
    mf_json_free(&r->doc);
    free(r);
    *root = NULL;
}

static const struct trusted_log *find_log(const struct trusted_log *logs, size_t count,
                                          const uint8_t log_id[static 32])
{
    for (size_t i = 0; i < count; i++)
        if (logs[i].usable && memcmp(logs[i].log_id, log_id, 32) == 0)
            return &logs[i];
    return NULL;
}

const struct trusted_log *mf_trusted_root_tlog(const struct trusted_root *root,
                                               const uint8_t log_id[static 32])
{
    return find_log(root->tlogs, root->tlog_count, log_id);
}

const struct trusted_log *mf_trusted_root_ctlog(const struct trusted_root *root,
                                                const uint8_t log_id[static 32])
{
    return find_log(root->ctlogs, root->ctlog_count, log_id);
}

/* With the same address as well: a key that serves two logs makes them no single one. */
static bool is_same_log(const struct trusted_log *a, const struct trusted_log *b)
{
    return a->usable && b->usable && memcmp(a->log_id, b->log_id, sizeof a->log_id) == 0 &&
           mf_span_eq(mf_buf_span(&a->spki), mf_buf_span(&b->spki)) &&
           mf_span_eq(a->base_url, b->base_url);
}

static bool holds(const struct trusted_log *logs, size_t count, const struct trusted_log *log,
                  struct instant at)
{
    for (size_t i = 0; i < count; i++)
        if (is_same_log(&logs[i], log) && mf_validity_holds(&logs[i].valid, at))
            return true;
    return false;
}

bool mf_trusted_root_tlog_holds(const struct trusted_root *root, const struct trusted_log *log,
                                struct instant at)
{
    return holds(root->tlogs, root->tlog_count, log, at);
}

bool mf_trusted_root_ctlog_holds(const struct trusted_root *root, const struct trusted_log *log,
                                 struct instant at)
{
    return holds(root->ctlogs, root->ctlog_count, log, at);
}
