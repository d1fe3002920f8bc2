#include "ca-stub/certificate/ca_keys.h"

#include <stdlib.h>
#include <unistd.h>

#include "ca-stub/certificate/authority.h"
#include "common/base/file.h"
#include "common/codec/pem.h"
#include "common/keys/key_file.h"
#include "common/x509/chain.h"
#include "common/x509/oid.h"

static const int64_t day_s = 86400;

struct maker { /* what every step of one init needs */
    struct crypto *c;
    const struct ca_init *init;
    struct private_key *root_key;
    struct buf root; /* DER */
};

static void maker_done(struct maker *m)
{
    mf_private_key_free(&m->root_key);
    mf_buf_done(&m->root);
}

/* Nothing is made when anything is there: half a directory would be taken for a whole one. */
static bool check_absent(const char *directory, struct err *err)
{
    static const char *const names[] = {MF_CA_ROOT_KEY, MF_CA_KEY, MF_CA_CHAIN, MF_CA_TIMESTAMP_KEY,
                                        MF_CA_TIMESTAMP_CHAIN};
    char path[PATH_MAX];

    for (size_t i = 0; i < MF_LEN(names); i++) {
        if (!mf_path_join(directory, names[i], path, sizeof path, err))
            return false;
        if (access(path, F_OK) == 0) {
            mf_err_set(err, MF_ERR_EXISTS, "is there already");
            mf_err_at(err, "%s", path);
            return mf_err_hint(err, "give another --directory; keys are never overwritten");
        }
    }
    return true;
}

static bool write_key(struct maker *m, const char *name, const struct private_key *key,
                      const struct secret *passphrase, struct err *err)
{
    char path[PATH_MAX];

    return mf_path_join(m->init->directory, name, path, sizeof path, err) &&
           mf_key_file_create(m->c, path, key, passphrase, err);
}

static bool write_chain(struct maker *m, const char *name, struct span first, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_CA_CHAIN_FILE_MAX};
    char path[PATH_MAX];

    return mf_path_join(m->init->directory, name, path, sizeof path, err) &&
           mf_pem_append(&text, "CERTIFICATE", first, err) &&
           mf_pem_append(&text, "CERTIFICATE", mf_buf_span(&m->root), err) &&
           mf_file_write(path, mf_buf_span(&text), 0644, MF_FILE_CREATE, err);
}

static bool make_root(struct maker *m, struct err *err)
{
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;

    m->root.max = MF_AUTHORITY_MAX;
    if (!mf_private_key_generate(m->c, m->init->kind, &m->root_key, err) ||
        !mf_private_key_public(m->c, m->root_key, &key, err))
        return false;
    const struct authority root = {
        .kind = MF_AUTHORITY_ROOT,
        .organization = m->init->organization,
        .common_name = "mayfly root",
        .not_before_s = m->init->now_s,
        .not_after_s = m->init->now_s + 3650 * day_s,
        .key = key,
    };
    const struct authority_issuer self = {.key = m->root_key};
    return mf_authority_write(m->c, &root, &self, &m->root, err) &&
           write_key(m, MF_CA_ROOT_KEY, m->root_key, m->init->root_passphrase, err);
}

struct child {
    enum authority_kind kind;
    const char *common_name, *key_name, *chain_name;
    int64_t days;
};

static bool make_child(struct maker *m, const struct child *child, struct err *err)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *public = NULL;
    MF_SCOPED(mf_buf_done) struct buf der = {.max = MF_AUTHORITY_MAX};

    if (!mf_private_key_generate(m->c, m->init->kind, &key, err) ||
        !mf_private_key_public(m->c, key, &public, err))
        return false;
    const struct authority authority = {
        .kind = child->kind,
        .organization = m->init->organization,
        .common_name = child->common_name,
        .not_before_s = m->init->now_s,
        .not_after_s = m->init->now_s + child->days * day_s,
        .key = public,
    };
    const struct authority_issuer issuer = {mf_buf_span(&m->root), m->root_key};
    return mf_authority_write(m->c, &authority, &issuer, &der, err) &&
           write_key(m, child->key_name, key, m->init->passphrase, err) &&
           write_chain(m, child->chain_name, mf_buf_span(&der), err);
}

bool mf_ca_keys_init(struct crypto *c, const struct ca_init *init, struct err *err)
{
    /* The timestamp certificate lives as long as the root: it is named in trust files, and a token
     * must be verifiable for long. */
    static const struct child children[] = {
        {MF_AUTHORITY_ISSUING, "mayfly issuing CA", MF_CA_KEY, MF_CA_CHAIN, 1095},
        {MF_AUTHORITY_TIMESTAMP, "mayfly timestamp authority", MF_CA_TIMESTAMP_KEY,
         MF_CA_TIMESTAMP_CHAIN, 3650},
    };
    MF_SCOPED(maker_done) struct maker m = {.c = c, .init = init};

    if (init->kind != MF_KEY_P256 && init->kind != MF_KEY_P384)
        return mf_err_set(err, MF_ERR_USAGE, "keys of a CA are ECDSA P-256 or P-384");
    if (!mf_dir_make(init->directory, 0700, err) || !check_absent(init->directory, err) ||
        !make_root(&m, err))
        return false;
    for (size_t i = 0; i < MF_LEN(children); i++)
        if (!make_child(&m, &children[i], err))
            return false;
    return true;
}

static bool read_one(struct crypto *c, struct span *rest, struct ca_chain *chain, size_t i,
                     struct err *err)
{
    struct span label;

    chain->der[i].max = MF_CERT_MAX;
    if (!mf_pem_next(rest, &label, &chain->der[i], err))
        return false;
    if (!mf_span_is(label, "CERTIFICATE"))
        return mf_err_set(err, MF_ERR_FORMAT, "PEM holds a '%.*s', not a certificate",
                          MF_SPAN_ARG(label));
    return mf_cert_parse(mf_buf_span(&chain->der[i]), &chain->cert[i], err) &&
           mf_public_key_from_spki(c, chain->cert[i].spki, &chain->key[i], err) &&
           mf_pem_append(&chain->pem, "CERTIFICATE", mf_buf_span(&chain->der[i]), err);
}

static bool read_chain(struct crypto *c, struct span text, struct ca_chain *chain, struct err *err)
{
    struct span label;
    MF_SCOPED(mf_buf_done) struct buf more = {.max = MF_CERT_MAX};

    chain->pem.max = MF_CA_CHAIN_FILE_MAX;
    for (size_t i = 0; i < MF_LEN(chain->der); i++)
        if (!read_one(c, &text, chain, i, err))
            return mf_err_at(err, "certificate %zu", i + 1);
    if (mf_pem_next(&text, &label, &more, err))
        return mf_err_set(err, MF_ERR_FORMAT, "holds more than two certificates");
    if (err->code != MF_ERR_NOT_FOUND)
        return false;
    mf_err_clear(err);
    return true;
}

/* The chain of a CA has no leaf yet, so signatures and dates are checked here. */
static bool check_chain(struct crypto *c, const struct ca_chain *chain, struct span purpose,
                        struct instant now, struct err *err)
{
    const struct cert *first = &chain->cert[0], *root = &chain->cert[1];

    if (!mf_cert_has_eku(first, purpose, NULL))
        return mf_err_set(err, MF_ERR_TRUST, "first certificate is for another purpose");
    if (!root->is_ca)
        return mf_err_set(err, MF_ERR_TRUST, "second certificate is not a CA");
    if (mf_span_eq(purpose, mf_oid_eku_code_signing)) { /* it issues; a timestamper's does not */
        if (!first->is_ca || (first->key_usage & MF_KU_KEY_CERT_SIGN) == 0)
            return mf_err_set(err, MF_ERR_TRUST, "first certificate may not issue others");
        if (first->ski.n == 0)
            return mf_err_set(err, MF_ERR_TRUST, "first certificate has no subject key identifier");
    }
    if (!mf_cert_signed_by(c, first, root, chain->key[1], err) ||
        !mf_cert_signed_by(c, root, root, chain->key[1], err))
        return false;
    if (!mf_cert_is_valid_at(first, now) || !mf_cert_is_valid_at(root, now))
        return mf_err_set(err, MF_ERR_TRUST, "a certificate is not valid now");
    return true;
}

bool mf_ca_chain_read(struct crypto *c, const char *path, struct span purpose, struct instant now,
                      struct ca_chain *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_CA_CHAIN_FILE_MAX};
    struct ca_chain chain = {0};

    if (!mf_file_read(path, MF_CA_CHAIN_FILE_MAX, &text, err))
        return mf_err_as(err, MF_ERR_TRUST);
    if (!read_chain(c, mf_buf_span(&text), &chain, err) ||
        !check_chain(c, &chain, purpose, now, err)) {
        mf_ca_chain_done(&chain);
        mf_err_as(err, MF_ERR_TRUST);
        return mf_err_at(err, "%s", path);
    }
    *out = chain; /* the views borrow from heap memory, which does not move */
    return true;
}

void mf_ca_chain_done(struct ca_chain *chain)
{
    for (size_t i = 0; i < MF_LEN(chain->der); i++) {
        mf_buf_done(&chain->der[i]);
        mf_public_key_free(&chain->key[i]);
    }
    mf_buf_done(&chain->pem);
    *chain = (struct ca_chain){0};
}
