#include "transparency/log/ct_chain.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/codec/base64.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/x509/oid.h"
#include "common/x509/precert.h"
#include "transparency/log/ct_roots.h"
#include "transparency/sct/ct_leaf.h"
#include "transparency/storage/public_tree.h"

struct chain {
    struct buf ders[MF_CT_CHAIN_MAX + 1];
    struct cert certs[MF_CT_CHAIN_MAX + 1];
    size_t count;
};

static void chain_free(struct chain **chain)
{
    for (size_t i = 0; *chain != NULL && i < MF_LEN((*chain)->ders); i++)
        mf_buf_done(&(*chain)->ders[i]);
    free(*chain);
    *chain = NULL;
}

static bool parse_certificates(const struct json_node *list, struct chain *chain, struct err *err)
{
    for (const struct json_node *n = mf_json_next(list, NULL); n != NULL;
         n = mf_json_next(list, n)) {
        struct buf *der = &chain->ders[chain->count];
        struct span text;
        der->max = MF_CERT_MAX;
        if (!mf_json_string(n, &text, err) || !mf_base64_decode(text, MF_BASE64_STD, der, err) ||
            !mf_cert_parse(mf_buf_span(der), &chain->certs[chain->count], err))
            return mf_err_at(err, "chain[%zu]", chain->count);
        chain->count++;
    }
    return true;
}

static bool parse_chain(struct span body, struct chain *chain, struct err *err)
{
    static const struct json_limits limits = {
        .bytes = MF_LOG_BODY_MAX, .depth = 4, .nodes = MF_CT_CHAIN_MAX + 8};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    const struct json_node *list = NULL;

    if (!mf_json_parse(body, &limits, &doc, err) ||
        !mf_json_member_array(mf_json_root(doc), "chain", &list, err))
        return false;
    if (mf_json_size(list) == 0 || mf_json_size(list) > MF_CT_CHAIN_MAX + 1)
        return mf_err_set(err, MF_ERR_FORMAT, "chain has %zu certificates; 1 to %d are allowed",
                          mf_json_size(list), MF_CT_CHAIN_MAX + 1);
    return parse_certificates(list, chain, err);
}

static bool check_links(const struct chain *chain, const struct ct_roots *roots, struct crypto *c,
                        const struct cert **root, struct err *err)
{
    for (size_t i = 0; i + 1 < chain->count; i++) {
        MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
        /* Or whoever holds an end certificate could fill the log. */
        if (!chain->certs[i + 1].is_ca) {
            mf_err_set(err, MF_ERR_REJECTED, "its issuer is not a certificate authority");
            return mf_err_at(err, "chain[%zu]", i);
        }
        if (!mf_public_key_from_spki(c, chain->certs[i + 1].spki, &key, err) ||
            !mf_cert_signed_by(c, &chain->certs[i], &chain->certs[i + 1], key, err))
            return mf_err_at(err, "chain[%zu]", i);
    }
    *root = mf_ct_roots_find(c, roots, &chain->certs[chain->count - 1]);
    return *root != NULL ||
           mf_err_set(err, MF_ERR_REJECTED, "the chain does not end in an accepted root");
}

static bool check_poison(const struct cert *leaf, bool is_precert, struct err *err)
{
    static const uint8_t null[] = {0x05, 0x00};
    const struct cert_extension *poison = mf_cert_extension(leaf, mf_oid_precert_poison);

    if (!is_precert)
        return poison == NULL ||
               mf_err_set(err, MF_ERR_REJECTED, "a precertificate belongs to add-pre-chain");
    if (poison == NULL || !poison->critical || !mf_span_eq(poison->value, MF_SPAN_OF(null)))
        return mf_err_set(err, MF_ERR_REJECTED,
                          "the precertificate poison is missing or malformed");
    return mf_cert_extension(leaf, mf_oid_sct_list) == NULL ||
           mf_err_set(err, MF_ERR_REJECTED, "a precertificate has no SCT list");
}

static bool publish_issuer(struct submission *s, struct crypto *c, struct span der,
                           struct buf *hashes, struct err *err)
{
    uint8_t hash[32];
    char hex[65];
    char path[80];

    mf_sha256(c, der, hash);
    mf_hex_encode(MF_SPAN_OF(hash), hex);
    return snprintf(path, sizeof path, "issuer/%s", hex) > 0 &&
           mf_public_tree_add_file(mf_engine_public_tree(s->service->engine), path, der, err) &&
           mf_buf_append(hashes, MF_SPAN_OF(hash), err);
}

/* Room for everything that the entry's spans point to, kept in one buffer that does not move. */
static bool keep(struct buf *out, struct span bytes, struct span *kept, struct err *err)
{
    size_t at = out->n;

    if (!mf_buf_append(out, bytes, err))
        return false;
    *kept = (struct span){out->p + at, bytes.n};
    return true;
}

static bool make_entry(struct submission *s, struct crypto *c, const struct chain *chain,
                       const struct cert *root, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf tbs = {.max = MF_CERT_MAX};
    MF_SCOPED(mf_buf_done) struct buf hashes = {.max = 32 * MF_CT_CHAIN_MAX};
    const struct cert *leaf = &chain->certs[0];
    const struct cert *issuer = chain->count > 1 ? &chain->certs[1] : root;
    bool root_inside = mf_span_eq(chain->certs[chain->count - 1].der, root->der);
    size_t issuers = chain->count - (root_inside ? 1 : 0);

    if (issuers > MF_CT_CHAIN_MAX) /* said here: in the commit it would refuse the neighbours too */
        return mf_err_set(err, MF_ERR_LIMIT, "chain has %zu issuers with its root, more than %d",
                          issuers, MF_CT_CHAIN_MAX);
    for (size_t i = 1; i < chain->count; i++)
        if (!publish_issuer(s, c, chain->certs[i].der, &hashes, err))
            return false;
    if (!root_inside && !publish_issuer(s, c, root->der, &hashes, err))
        return false;
    if (s->is_precert && !mf_precert_tbs(leaf, mf_oid_precert_poison, &tbs, err))
        return false;
    s->entry.max = (size_t)4 * MF_CERT_MAX;
    s->ct.is_precert = s->is_precert;
    mf_sha256(c, issuer->spki, s->ct.issuer_key_hash);
    return mf_buf_reserve(&s->entry, tbs.n + leaf->der.n + hashes.n, err) &&
           keep(&s->entry, s->is_precert ? mf_buf_span(&tbs) : leaf->der, &s->ct.der, err) &&
           (!s->is_precert || keep(&s->entry, leaf->der, &s->precert, err)) &&
           keep(&s->entry, mf_buf_span(&hashes), &s->issuers, err);
}

bool mf_ct_chain_read(struct submission *s, struct crypto *c, struct err *err)
{
    MF_SCOPED(chain_free) struct chain *chain = mf_array_new(1, sizeof *chain);
    const struct cert *root = NULL;

    if (chain == NULL)
        return mf_err_set(err, MF_ERR_UNAVAILABLE, "no memory for a chain");
    return parse_chain(mf_buf_span(&s->request), chain, err) &&
           check_poison(&chain->certs[0], s->is_precert, err) &&
           check_links(chain, s->service->roots, c, &root, err) &&
           make_entry(s, c, chain, root, err);
}

void mf_ct_entry_key(struct crypto *c, const struct ct_entry *entry, uint8_t key[static 32])
{
    const uint8_t type = entry->is_precert ? 1 : 0;
    const struct span parts[] = {
        {&type, 1},
        {entry->issuer_key_hash, entry->is_precert ? 32 : 0},
        entry->der,
    };

    mf_sha256_parts(c, parts, MF_LEN(parts), key);
}
