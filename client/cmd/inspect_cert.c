/* Certificates: whose, by whom, for how long, with which key, and what they say of a workload. */
#include <stdio.h>

#include "client/cmd/inspect_kinds.h"
#include "client/identity/signer_identity.h"
#include "common/codec/der.h"
#include "common/codec/pem.h"
#include "common/x509/oid.h"
#include "transparency/sct/sct.h"

enum { NAME_MAX_SHOWN = 1024, CERTIFICATES_MAX = 256 };

void mf_inspect_identity(struct inspect_view *v, const struct cert *cert)
{
    struct signer_identity who;
    struct err ignored = {0};

    if (!mf_signer_identity_read(cert, &who, &ignored))
        return;
    mf_view_text(v, "identity", who.san.value);
    mf_view_text(v, "issuer", who.issuer);
    for (unsigned n = MF_FULCIO_ISSUER + 1; n <= MF_FULCIO_LAST; n++)
        if (who.values[n].n > 0)
            mf_view_text(v, mf_fulcio_name(n), who.values[n]);
}

/* The short names of RFC 4519; an attribute of another type goes by none. */
static const char *attribute_name(struct span oid)
{
    static const struct {
        uint8_t last; /* of 2.5.4.N */
        const char *name;
    } names[] = {{3, "CN"}, {5, "serialNumber"}, {6, "C"},  {7, "L"},
                 {8, "ST"}, {10, "O"},           {11, "OU"}};

    for (size_t i = 0; oid.n == 3 && oid.p[0] == 0x55 && oid.p[1] == 4 && i < MF_LEN(names); i++)
        if (oid.p[2] == names[i].last)
            return names[i].name;
    return "?";
}

static bool append_attribute(struct span *relative, struct buf *out, struct err *err)
{
    struct span attribute, oid;
    struct der_value value;

    return mf_der_take(relative, MF_DER_SEQUENCE, &attribute, err) &&
           mf_oid_take(&attribute, &oid, err) && mf_der_next(&attribute, &value, err) &&
           mf_buf_printf(out, err, "%s%s=%.*s", out->n > 0 ? ", " : "", attribute_name(oid),
                         MF_SPAN_ARG(value.content));
}

/* As they stand: most general first. What does not fit is cut. */
static void show_name(struct inspect_view *v, const char *title, struct span name)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = NAME_MAX_SHOWN};
    struct span rest = {0}, relative;
    struct err ignored = {0};
    bool ok = mf_der_take(&name, MF_DER_SEQUENCE, &rest, &ignored);

    while (ok && rest.n > 0) {
        ok = mf_der_take(&rest, MF_DER_SET, &relative, &ignored);
        while (ok && relative.n > 0)
            ok = append_attribute(&relative, &text, &ignored);
    }
    mf_view_text(v, title, mf_buf_span(&text));
}

static void show_key(struct inspect_view *v, struct crypto *c, struct span spki)
{
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    struct err ignored = {0};
    bool known = mf_public_key_from_spki(c, spki, &key, &ignored);

    mf_view_word(v, "key",
                 known ? mf_key_kind_name(mf_public_key_kind(key)) : "of a kind not known here");
}

static bool show_scts(struct inspect_view *v, const struct cert *cert, struct err *err)
{
    const struct cert_extension *e = mf_cert_extension(cert, mf_oid_sct_list);
    struct sct_list list;

    if (e == NULL)
        return true;
    if (!mf_sct_list_from_extension(e->value, &list, err))
        return mf_err_at(err, "SCT list");
    mf_view_begin_list(v, "scts");
    for (size_t i = 0; i < list.count; i++) {
        if (v->json)
            mf_json_begin_object(&v->writer);
        mf_view_hex(v, "sct_log_id", MF_SPAN_OF(list.scts[i].log_id));
        mf_view_time(v, "sct_timestamp", mf_instant_of_ms(list.scts[i].timestamp_ms));
        mf_view_end_item(v);
    }
    mf_view_end_list(v);
    return true;
}

bool mf_inspect_certificate(struct inspect_view *v, struct crypto *c, const struct cert *cert,
                            struct err *err)
{
    uint8_t fingerprint[MF_SHA256_LEN];

    mf_sha256(c, cert->der, fingerprint);
    show_name(v, "subject_name", cert->subject);
    show_name(v, "issuer_name", cert->issuer);
    mf_inspect_identity(v, cert);
    mf_view_time(v, "not_before", cert->not_before);
    mf_view_time(v, "not_after", cert->not_after);
    mf_view_hex(v, "serial", cert->serial);
    show_key(v, c, cert->spki);
    mf_view_word(v, "authority", cert->is_ca ? "yes" : "no");
    mf_view_hex(v, "fingerprint_sha256", MF_SPAN_OF(fingerprint));
    return show_scts(v, cert, err);
}

static bool show_one(struct inspect_view *v, struct crypto *c, struct span der, struct err *err)
{
    struct cert cert;

    if (!mf_cert_parse(der, &cert, err))
        return false;
    mf_view_begin_item(v, "certificate");
    bool ok = mf_inspect_certificate(v, c, &cert, err);
    mf_view_end_item(v);
    return ok;
}

static bool show_pem(struct inspect_view *v, struct crypto *c, struct span text, struct err *err)
{
    struct span label;

    for (size_t i = 0; i < CERTIFICATES_MAX; i++) {
        MF_SCOPED(mf_buf_done) struct buf der = {.max = MF_CERT_MAX};
        if (!mf_pem_next(&text, &label, &der, err)) {
            if (err->code != MF_ERR_NOT_FOUND || i == 0)
                return false;
            mf_err_clear(err);
            return true;
        }
        if (!mf_span_is(label, "CERTIFICATE"))
            return mf_err_set(err, MF_ERR_FORMAT, "PEM block %zu is \"%.*s\", not \"CERTIFICATE\"",
                              i + 1, MF_SPAN_ARG(label));
        if (!show_one(v, c, mf_buf_span(&der), err))
            return mf_err_at(err, "certificate %zu", i + 1);
    }
    return mf_err_set(err, MF_ERR_LIMIT, "more than %d certificates", CERTIFICATES_MAX);
}

bool mf_inspect_certificates(struct inspect_view *v, struct span text, struct err *err)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;

    if (!mf_crypto_new(MF_CRYPTO_DEFAULT, &c, err))
        return false;
    mf_view_begin_list(v, "certificates");
    bool ok = text.p[0] == MF_DER_SEQUENCE ? show_one(v, c, text, err) : show_pem(v, c, text, err);
    mf_view_end_list(v);
    return ok;
}
