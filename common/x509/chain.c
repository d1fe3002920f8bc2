#include "common/x509/chain.h"

#include "common/codec/der.h"
#include "common/codec/timestamp.h"
#include "common/x509/oid.h"

/* Pools hold trusted material, yet issuers of one name could make the search long. */
enum { SIGNATURE_CHECKS_MAX = 32 };

struct search {
    struct crypto *crypto;
    const struct chain_params *params;
    size_t path[MF_CHAIN_MAX]; /* indexes in pool, the leaf's issuer first */
    size_t length;
    unsigned checks; /* signatures looked at so far */
    struct err why;  /* of the last candidate refused */
};

static bool reject(struct err *err, const char *what)
{
    return mf_err_set(err, MF_ERR_REJECTED, "%s", what);
}

static bool check_time(const struct cert *cert, struct instant at, struct err *err)
{
    char text[MF_RFC3339_MAX], end[MF_RFC3339_MAX];

    if (mf_cert_is_valid_at(cert, at))
        return true;
    bool early = mf_instant_cmp(at, cert->not_before) < 0;
    mf_rfc3339_write(at, text);
    mf_rfc3339_write(early ? cert->not_before : cert->not_after, end);
    return mf_err_set(err, MF_ERR_REJECTED, "not valid at %s: its validity %s %s", text,
                      early ? "begins" : "ended", end);
}

static bool check_times(const struct chain_params *p, const struct cert *cert, struct err *err)
{
    for (size_t i = 0; i < p->time_count; i++)
        if (!check_time(cert, p->times[i], err))
            return false;
    return true;
}

static bool check_critical(const struct cert *cert, struct span also, struct err *err)
{
    const struct span known[] = {mf_oid_key_usage,         mf_oid_ext_key_usage,
                                 mf_oid_basic_constraints, mf_oid_subject_alt_name,
                                 mf_oid_subject_key_id,    mf_oid_authority_key_id};
    char text[64];

    for (size_t i = 0; i < cert->extension_count; i++) {
        const struct cert_extension *e = &cert->extensions[i];
        bool understood = !e->critical || (also.n > 0 && mf_span_eq(e->oid, also));
        for (size_t k = 0; k < MF_LEN(known); k++)
            understood = understood || mf_span_eq(e->oid, known[k]);
        if (understood)
            continue;
        mf_der_oid_text(e->oid, text, sizeof text);
        return mf_err_set(err, MF_ERR_REJECTED, "critical extension %s is not known", text);
    }
    return true;
}

static bool check_leaf(const struct chain_params *p, struct err *err)
{
    if (p->leaf->version != 3)
        return reject(err, "not a version 3 certificate");
    if (!mf_cert_has_eku(p->leaf, p->purpose, NULL))
        return reject(err, "extended key usage does not list the purpose");
    return check_times(p, p->leaf, err) && check_critical(p->leaf, p->leaf_critical, err);
}

/* below: issuers under this one in the path that are not self-issued (RFC 5280 6.1.4 l, m). */
static bool check_issuer(const struct chain_params *p, const struct cert *cert, uint64_t below,
                         struct err *err)
{
    bool anchor = cert == &p->pool[p->pool_count - 1];

    /* Before the critical extensions: a constraint that is not critical binds all the same. */
    if (mf_cert_extension(cert, mf_oid_name_constraints) != NULL)
        return reject(err, "name constraints are not supported");
    if (!check_critical(cert, (struct span){0}, err))
        return false;
    if (cert->version != 3 && !anchor)
        return reject(err, "not a version 3 certificate");
    if (cert->version == 3 && !cert->is_ca)
        return reject(err, "not a CA certificate");
    if (cert->has_key_usage && (cert->key_usage & MF_KU_KEY_CERT_SIGN) == 0)
        return reject(err, "key usage does not allow signing certificates");
    if (cert->has_path_len && below > cert->path_len)
        return mf_err_set(err, MF_ERR_REJECTED, "path length %llu allows no %llu issuers below",
                          (unsigned long long)cert->path_len, (unsigned long long)below);
    if (cert->has_eku && !mf_cert_has_eku(cert, p->purpose, NULL) &&
        !mf_cert_has_eku(cert, mf_oid_eku_any, NULL))
        return reject(err, "extended key usage does not list the purpose");
    return check_times(p, cert, err);
}

bool mf_chain_may_have_issued(const struct cert *issuer, const struct cert *cert)
{
    return mf_span_eq(cert->issuer, issuer->subject) &&
           (cert->aki.n == 0 || issuer->ski.n == 0 || mf_span_eq(cert->aki, issuer->ski));
}

static bool check_signature(struct search *s, const struct cert *cert, const struct cert *issuer,
                            struct err *err)
{
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;

    if (++s->checks > SIGNATURE_CHECKS_MAX)
        return mf_err_set(err, MF_ERR_REJECTED, "more than %d signatures to check",
                          SIGNATURE_CHECKS_MAX);
    return mf_public_key_from_spki(s->crypto, issuer->spki, &key, err) &&
           mf_cert_signed_by(s->crypto, cert, issuer, key, err);
}

/* Issuers on the path so far that count for a path length. */
static uint64_t counted_issuers(const struct search *s)
{
    uint64_t n = 0;

    for (size_t i = 0; i < s->length; i++) {
        const struct cert *cert = &s->params->pool[s->path[i]];
        n += !mf_span_eq(cert->subject, cert->issuer);
    }
    return n;
}

static bool is_on_path(const struct search *s, size_t index)
{
    for (size_t i = 0; i < s->length; i++)
        if (s->path[i] == index)
            return true;
    return false;
}

/* Tries the pool's certificates from `from` on as issuer of cert. Returns the index, or pool_count
 * when none fits; s->why then holds the last refusal. */
static size_t next_issuer(struct search *s, const struct cert *cert, size_t from)
{
    const struct chain_params *p = s->params;

    for (size_t i = from; i < p->pool_count; i++) {
        struct err err = {0};
        if (is_on_path(s, i) || !mf_chain_may_have_issued(&p->pool[i], cert))
            continue;
        if (check_issuer(p, &p->pool[i], counted_issuers(s), &err) &&
            check_signature(s, cert, &p->pool[i], &err))
            return i;
        mf_err_at(&err, "issuer %zu", i + 1);
        s->why = err;
    }
    return p->pool_count;
}

/* Depth first, with the path as the stack: an issuer that leads nowhere is taken back. */
static bool find_path(struct search *s)
{
    const struct chain_params *p = s->params;
    size_t from = 0;

    for (;;) {
        const struct cert *top = s->length == 0 ? p->leaf : &p->pool[s->path[s->length - 1]];
        size_t next = next_issuer(s, top, from);
        if (next < p->pool_count) {
            s->path[s->length++] = next;
            if (next == p->pool_count - 1)
                return true;
            from = 0;
        } else if (s->length == 0) {
            return false;
        } else {
            from = s->path[--s->length] + 1;
        }
    }
}

bool mf_chain_verify(struct crypto *c, const struct chain_params *params, size_t *issuer,
                     struct err *err)
{
    struct search s = {.crypto = c, .params = params};

    if (params->pool_count == 0 || params->pool_count > MF_CHAIN_MAX || params->time_count == 0 ||
        params->purpose.n == 0)
        return mf_err_set(err, MF_ERR_INTERNAL, "chain needs 1 to %d issuers, a time and a purpose",
                          MF_CHAIN_MAX);
    if (!check_leaf(params, err))
        return mf_err_at(err, "certificate");
    if (find_path(&s)) {
        if (issuer != NULL)
            *issuer = s.path[0];
        return true;
    }
    if (s.why.code == MF_OK)
        return reject(err, "no trusted certificate has the issuer's name and key identifier");
    *err = s.why;
    return mf_err_as(err, MF_ERR_REJECTED); /* a key that does not parse is evidence, too */
}
