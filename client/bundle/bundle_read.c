/* Reads bundles strictly. */
#include <stdio.h>
#include <stdlib.h>

#include "client/bundle/bundle.h"
#include "common/base/file.h"
#include "common/x509/cert.h"
#include "common/x509/chain.h"
#include "transparency/entry/key_details.h"

enum { SIGNATURE_MAX = 1024, PAYLOAD_MAX = 8 * 1024 * 1024, TIMESTAMP_MAX = 64 * 1024 };

/* Everything in a bundle is its maker's choice: the version decides how it is spelled, never which
 * checks are made. */
static bool check_media_type(const struct json_node *root, struct bundle *b, struct err *err)
{
    static const struct {
        const char *type;
        unsigned minor;
    } versions[] = {
        {mf_bundle_media_type, 3},
        {"application/vnd.dev.sigstore.bundle+json;version=0.3", 3},
        {"application/vnd.dev.sigstore.bundle+json;version=0.2", 2},
        {"application/vnd.dev.sigstore.bundle.v0.2+json", 2},
        {"application/vnd.dev.sigstore.bundle+json;version=0.1", 1},
        {"application/vnd.dev.sigstore.bundle.v0.1+json", 1},
    };
    struct span type;

    if (!mf_json_member_string(root, "mediaType", &type, err))
        return false;
    for (size_t i = 0; i < MF_LEN(versions) && b->minor_version == 0; i++)
        if (mf_span_is(type, versions[i].type))
            b->minor_version = versions[i].minor;
    if (b->minor_version > 0)
        return true;
    mf_err_set(err, MF_ERR_FORMAT, "'%.*s' is not a Sigstore bundle that we know",
               MF_SPAN_ARG(type));
    return mf_err_at(err, "mediaType");
}

/* Exactly one of the alternatives may be there. */
static bool pick_one(const struct json_node *object, const char *const *names, size_t count,
                     size_t *which, struct err *err)
{
    char list[128] = "";
    size_t found = 0;

    for (size_t i = 0, at = 0; i < count; i++) {
        int n = snprintf(list + at, sizeof list - at, "%s%s", i > 0 ? ", " : "", names[i]);
        at += n > 0 && (size_t)n < sizeof list - at ? (size_t)n : 0;
        if (mf_json_get(object, names[i]) == NULL)
            continue;
        *which = i;
        found++;
    }
    if (found == 1)
        return true;
    return mf_err_set(err, MF_ERR_FORMAT, "%zu of %s are there; it must be exactly one", found,
                      list);
}

/* Any certificate but the leaf is read only to be refused: what is trusted comes from the trusted
 * root alone, and a root that comes along with a bundle has no business there. */
static bool check_issuer(const struct json_node *node, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf der = {.max = MF_CERT_MAX};
    struct cert cert;

    if (!mf_json_member_bytes(node, "rawBytes", &der, err) ||
        !mf_cert_parse(mf_buf_span(&der), &cert, err))
        return false;
    if (mf_span_eq(cert.issuer, cert.subject))
        return mf_err_set(err, MF_ERR_FORMAT, "a root certificate must not be in a bundle");
    return true;
}

/* Before 0.3 the leaf came with a chain. */
static bool read_chain(const struct json_node *material, struct bundle *b, struct err *err)
{
    const struct json_node *chain = NULL;
    const struct json_node *list = NULL;

    if (!mf_json_member_object(material, "x509CertificateChain", &chain, err) ||
        !mf_json_member_array(chain, "certificates", &list, err))
        return false;
    if (mf_json_size(list) == 0 || mf_json_size(list) > MF_CHAIN_MAX)
        return mf_err_set(err, MF_ERR_FORMAT,
                          "x509CertificateChain has %zu certificates; 1 to %d are allowed",
                          mf_json_size(list), MF_CHAIN_MAX);
    if (!mf_json_member_bytes(mf_json_at(list, 0), "rawBytes", &b->certificate, err))
        return mf_err_at(err, "x509CertificateChain: certificates[0]");
    for (size_t i = 1; i < mf_json_size(list); i++)
        if (!check_issuer(mf_json_at(list, i), err))
            return mf_err_at(err, "x509CertificateChain: certificates[%zu]", i);
    return true;
}

static bool read_key_hint(const struct json_node *material, struct bundle *b, struct err *err)
{
    const struct json_node *key = NULL;

    b->has_key = true;
    if (!mf_json_member_object(material, "publicKey", &key, err))
        return false;
    return mf_json_get(key, "hint") == NULL ||
           mf_json_member_string(key, "hint", &b->key_hint, err) || mf_err_at(err, "publicKey");
}

static bool read_certificate(const struct json_node *material, struct bundle *b, struct err *err)
{
    static const char *const kinds[] = {"certificate", "publicKey", "x509CertificateChain"};
    const struct json_node *object = NULL;
    size_t which = 0;

    if (!pick_one(material, kinds, MF_LEN(kinds), &which, err))
        return false;
    if (which == 1)
        return read_key_hint(material, b, err);
    b->certificate.max = MF_CERT_MAX;
    if (which == 2 && b->minor_version < 3)
        return read_chain(material, b, err);
    if (which == 2)
        return mf_err_set(err, MF_ERR_FORMAT, "version 0.3 has no certificate chain");
    if (b->minor_version < 3)
        return mf_err_set(err, MF_ERR_FORMAT, "version 0.%u has a chain, not a certificate alone",
                          b->minor_version);
    if (!mf_json_member_object(material, "certificate", &object, err))
        return false;
    return mf_json_member_bytes(object, "rawBytes", &b->certificate, err) ||
           mf_err_at(err, "certificate");
}

/* Version 0.1 promised the log's own time. Proof and checkpoint are the verifier's to demand, of
 * every version: who strips them off can change the version as well. */
static bool check_promise(const struct bundle *b, const struct tlog_entry *e, struct err *err)
{
    if (b->minor_version > 1 || e->promise.n > 0)
        return true;
    return mf_err_set(err, MF_ERR_FORMAT, "version 0.1 demands an inclusion promise");
}

static bool read_entries(const struct json_node *material, struct bundle *b, struct err *err)
{
    const struct json_node *list = NULL;

    if (mf_json_get(material, "tlogEntries") == NULL)
        return true; /* the verifier says what is missing */
    if (!mf_json_member_array(material, "tlogEntries", &list, err))
        return false;
    if (mf_json_size(list) > MF_BUNDLE_ENTRIES_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "more than %d log entries", MF_BUNDLE_ENTRIES_MAX);
    b->entries = mf_array_new(mf_json_size(list), sizeof *b->entries);
    if (b->entries == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for log entries");
    for (const struct json_node *n = mf_json_next(list, NULL); n != NULL;
         n = mf_json_next(list, n)) {
        if (!mf_tlog_entry_parse(n, &b->entries[b->entry_count], err))
            return mf_err_at(err, "tlogEntries[%zu]", b->entry_count);
        b->entry_count++; /* from here on the bundle owns it */
        if (!check_promise(b, &b->entries[b->entry_count - 1], err))
            return mf_err_at(err, "tlogEntries[%zu]", b->entry_count - 1);
    }
    return true;
}

static bool read_timestamps(const struct json_node *material, struct bundle *b, struct err *err)
{
    const struct json_node *data = NULL;
    const struct json_node *list = NULL;

    if (mf_json_get(material, "timestampVerificationData") == NULL)
        return true;
    if (!mf_json_member_object(material, "timestampVerificationData", &data, err))
        return false;
    if (mf_json_get(data, "rfc3161Timestamps") == NULL)
        return true;
    if (!mf_json_member_array(data, "rfc3161Timestamps", &list, err))
        return false;
    if (mf_json_size(list) > MF_BUNDLE_TIMESTAMPS_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "more than %d timestamps", MF_BUNDLE_TIMESTAMPS_MAX);
    for (const struct json_node *n = mf_json_next(list, NULL); n != NULL;
         n = mf_json_next(list, n)) {
        struct buf *token = &b->timestamps[b->timestamp_count++];
        token->max = TIMESTAMP_MAX;
        if (!mf_json_member_bytes(n, "signedTimestamp", token, err))
            return mf_err_at(err, "rfc3161Timestamps[%zu]", b->timestamp_count - 1);
    }
    return true;
}

static bool read_digest(const struct json_node *content, struct bundle *b, struct err *err)
{
    const struct json_node *object = NULL;

    if (mf_json_get(content, "messageDigest") == NULL)
        return true;
    if (!mf_json_member_object(content, "messageDigest", &object, err))
        return false;
    if (!mf_key_details_hash_member(object, "algorithm", &b->digest_alg, err) ||
        !mf_json_member_bytes(object, "digest", &b->digest, err))
        return mf_err_at(err, "messageDigest");
    if (b->digest.n != mf_digest_length(b->digest_alg)) {
        mf_err_set(err, MF_ERR_FORMAT, "digest has %zu bytes, not %zu", b->digest.n,
                   mf_digest_length(b->digest_alg));
        return mf_err_at(err, "messageDigest");
    }
    b->has_digest = true;
    return true;
}

static bool read_message(const struct json_node *content, struct bundle *b, struct err *err)
{
    b->digest.max = MF_DIGEST_MAX;
    return read_digest(content, b, err) &&
           mf_json_member_bytes(content, "signature", &b->signature, err);
}

/* Both name the signing key, so they cannot differ; neither proves anything. */
static bool check_key_id(const struct json_node *signature, const struct bundle *b, struct err *err)
{
    struct span id = {0};

    if (mf_json_get(signature, "keyid") != NULL &&
        !mf_json_member_string(signature, "keyid", &id, err))
        return false;
    if (id.n == 0 || b->key_hint.n == 0 || mf_span_eq(id, b->key_hint))
        return true;
    return mf_err_set(err, MF_ERR_FORMAT, "keyid and the public key's hint differ");
}

static bool read_envelope(const struct json_node *content, struct bundle *b, struct err *err)
{
    const struct json_node *signatures = NULL;

    b->is_dsse = true;
    b->payload.max = PAYLOAD_MAX;
    if (!mf_json_member_string(content, "payloadType", &b->payload_type, err) ||
        !mf_json_member_bytes(content, "payload", &b->payload, err) ||
        !mf_json_member_array(content, "signatures", &signatures, err))
        return false;
    if (mf_json_size(signatures) != 1)
        return mf_err_set(err, MF_ERR_FORMAT, "%zu signatures; there must be exactly one",
                          mf_json_size(signatures));
    const struct json_node *only = mf_json_at(signatures, 0);
    return (mf_json_member_bytes(only, "sig", &b->signature, err) && check_key_id(only, b, err)) ||
           mf_err_at(err, "signatures[0]");
}

static bool read_content(const struct json_node *root, struct bundle *b, struct err *err)
{
    static const char *const kinds[] = {"messageSignature", "dsseEnvelope"};
    const struct json_node *content = NULL;
    size_t which = 0;

    if (!pick_one(root, kinds, MF_LEN(kinds), &which, err) ||
        !mf_json_member_object(root, kinds[which], &content, err))
        return false;
    b->signature.max = SIGNATURE_MAX;
    if (!(which == 0 ? read_message : read_envelope)(content, b, err))
        return mf_err_at(err, "%s", kinds[which]);
    if (b->signature.n == 0) {
        mf_err_set(err, MF_ERR_FORMAT, "signature is empty");
        return mf_err_at(err, "%s", kinds[which]);
    }
    return true;
}

static bool read_all(struct bundle *b, struct err *err)
{
    const struct json_node *root = mf_json_root(b->doc);
    const struct json_node *material = NULL;

    if (!mf_json_is_object(root))
        return mf_err_set(err, MF_ERR_FORMAT, "not a JSON object");
    if (!check_media_type(root, b, err) ||
        !mf_json_member_object(root, "verificationMaterial", &material, err))
        return false;
    if (!read_certificate(material, b, err) || !read_entries(material, b, err) ||
        !read_timestamps(material, b, err))
        return mf_err_at(err, "verificationMaterial");
    return read_content(root, b, err);
}

bool mf_bundle_parse(struct span text, struct bundle **out, struct err *err)
{
    MF_SCOPED(mf_bundle_free) struct bundle *b = mf_array_new(1, sizeof *b);

    if (b == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a bundle");
    if (!mf_json_parse(text, &mf_json_file_limits, &b->doc, err) || !read_all(b, err))
        return false;
    *out = MF_MOVE(b);
    return true;
}

bool mf_bundle_read(const char *path, struct bundle **out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};

    if (!mf_file_read(path, MF_BUNDLE_MAX, &text, err))
        return false;
    if (!mf_bundle_parse(mf_buf_span(&text), out, err)) {
        /* The file is there and does not hold: a verdict, not an unreadable input. */
        if (err->code == MF_ERR_FORMAT || err->code == MF_ERR_LIMIT)
            mf_err_as(err, MF_ERR_REJECTED);
        return mf_err_at(err, "%s", path);
    }
    return true;
}

void mf_bundle_free(struct bundle **bundle)
{
    struct bundle *b = *bundle;

    if (b == NULL)
        return;
    for (size_t i = 0; i < b->entry_count; i++)
        mf_tlog_entry_done(&b->entries[i]);
    for (size_t i = 0; i < b->timestamp_count; i++)
        mf_buf_done(&b->timestamps[i]);
    free(b->entries);
    mf_buf_done(&b->certificate);
    mf_buf_done(&b->signature);
    mf_buf_done(&b->digest);
    mf_buf_done(&b->payload);
    mf_json_free(&b->doc);
    free(b);
    *bundle = NULL;
}
