#include "transparency/log/ct_chain.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/codec/base64.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/x509/oid.h"
#include "common/x509/precert.h"
#include "transparency/log/ct_issuers.h"
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
        .bytes = MF_CT_BODY_MAX, .depth = 4, .nodes = MF_CT_CHAIN_MAX + 8};
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

/* Number i is signed by the next one. */
static bool check_link(const struct chain *chain, size_t i, struct crypto *c, struct err *err)
{
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    const struct cert *issuer = &chain->certs[i + 1];

    /* Or whoever holds an end certificate could fill the log. */
    if (!issuer->is_ca)
        mf_err_set(err, MF_ERR_REJECTED, "its issuer is not a certificate authority");
    else if (mf_public_key_from_spki(c, issuer->spki, &key, err) &&
             mf_cert_signed_by(c, &chain->certs[i], issuer, key, err))
        return true;
    return mf_err_at(err, "chain[%zu]", i);
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

/* RFC 6962 section 3.1: such an issuer is not the one of the certificate to come, so its key and
 * name would be promised instead of the real ones. static-ct-api lets a log refuse it. */
static bool check_issuer_kind(const struct chain *chain, struct err *err)
{
    if (chain->count == 1 || !mf_cert_has_eku(&chain->certs[1], mf_oid_eku_precert_signing, NULL))
        return true;
    mf_err_set(err, MF_ERR_REJECTED, "precertificate signing certificates are not taken");
    return mf_err_at(err, "chain[1]");
}

static bool publish_issuer(struct submission *s, struct crypto *c, struct span der,
                           struct issuer_chain *out, struct err *err)
{
    char hex[65];
    char path[80];

    if (out->count == MF_CT_CHAIN_MAX) /* said here: in the commit it would refuse its neighbours */
        return mf_err_set(err, MF_ERR_LIMIT, "chain has more than %d issuers with its root",
                          MF_CT_CHAIN_MAX);
    uint8_t *hash = out->fingerprints[out->count++];
    mf_sha256(c, der, hash);
    mf_hex_encode((struct span){hash, 32}, hex);
    return snprintf(path, sizeof path, "issuer/%s", hex) > 0 &&
           mf_engine_add_file(mf_log_opening_engine(s->service->opening), path, der, err);
}

/* Signature by signature up to an accepted root; then all of them can be read. */
static bool check_issuers(struct submission *s, struct crypto *c, const struct chain *chain,
                          struct issuer_chain *out, struct err *err)
{
    const struct cert *last = &chain->certs[chain->count - 1];

    for (size_t i = 1; i + 1 < chain->count; i++)
        if (!check_link(chain, i, c, err))
            return false;
    out->root = mf_ct_roots_find(c, s->service->roots, last);
    if (out->root == NULL)
        return mf_err_set(err, MF_ERR_REJECTED, "the chain does not end in an accepted root");
    for (size_t i = 1; i < chain->count; i++)
        if (!publish_issuer(s, c, chain->certs[i].der, out, err))
            return false;
    return mf_span_eq(last->der, out->root->der) || publish_issuer(s, c, out->root->der, out, err);
}

static bool find_issuers(struct submission *s, struct crypto *c, const struct chain *chain,
                         struct issuer_chain *out, struct err *err)
{
    struct span ders[MF_CT_CHAIN_MAX];
    uint8_t key[32];

    *out = (struct issuer_chain){.count = 0};
    if (chain->count == 1)
        return check_issuers(s, c, chain, out, err);
    for (size_t i = 1; i < chain->count; i++)
        ders[i - 1] = chain->certs[i].der; /* DER says its own length */
    mf_sha256_parts(c, ders, chain->count - 1, key);
    if (mf_ct_issuers_find(s->service->issuers, key, out))
        return true;
    if (!check_issuers(s, c, chain, out, err))
        return false;
    mf_ct_issuers_remember(s->service->issuers, key, out);
    return true;
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
                       const struct issuer_chain *issuers, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf tbs = {.max = MF_CERT_MAX};
    const struct cert *leaf = &chain->certs[0];
    const struct cert *issuer = chain->count > 1 ? &chain->certs[1] : issuers->root;
    const struct span hashes = {issuers->fingerprints[0], issuers->count * 32};

    if (s->is_precert && !mf_precert_tbs(leaf, mf_oid_precert_poison, &tbs, err))
        return false;
    s->entry.max = (size_t)4 * MF_CERT_MAX;
    s->ct.is_precert = s->is_precert;
    mf_sha256(c, issuer->spki, s->ct.issuer_key_hash);
    return mf_buf_reserve(&s->entry, tbs.n + leaf->der.n + hashes.n, err) &&
           keep(&s->entry, s->is_precert ? mf_buf_span(&tbs) : leaf->der, &s->ct.der, err) &&
           (!s->is_precert || keep(&s->entry, leaf->der, &s->precert, err)) &&
           keep(&s->entry, hashes, &s->issuers, err);
}

bool mf_ct_chain_read(struct submission *s, struct crypto *c, struct err *err)
{
    MF_SCOPED(chain_free) struct chain *chain = mf_array_new(1, sizeof *chain);
    struct issuer_chain issuers;

    if (chain == NULL)
        return mf_err_set(err, MF_ERR_UNAVAILABLE, "no memory for a chain");
    return parse_chain(mf_buf_span(&s->request), chain, err) &&
           check_poison(&chain->certs[0], s->is_precert, err) && check_issuer_kind(chain, err) &&
           (chain->count == 1 || check_link(chain, 0, c, err)) &&
           find_issuers(s, c, chain, &issuers, err) && make_entry(s, c, chain, &issuers, err);
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
