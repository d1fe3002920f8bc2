#include "client/identity/signer_identity.h"

#include "common/base/utf8.h"
#include "common/x509/oid.h"

static bool bad_name(struct err *err, const char *what)
{
    mf_err_set(err, MF_ERR_FORMAT, "%s", what);
    return mf_err_at(err, "subject alternative name");
}

static bool read_name(const struct cert *cert, struct san *out, struct err *err)
{
    struct san san = {0};

    if (!mf_cert_only_san(cert, &san, err))
        return false;
    if (san.kind != MF_SAN_EMAIL && san.kind != MF_SAN_URI && san.kind != MF_SAN_OTHER_NAME)
        return bad_name(err, "is no email address, URI or user name");
    if (san.value.n == 0)
        return bad_name(err, "is empty");
    if (mf_span_find(san.value, 0) < san.value.n)
        return bad_name(err, "has a NUL byte");
    if (!mf_utf8_is_valid(san.value))
        return bad_name(err, "is not UTF-8");
    *out = san;
    return true;
}

static bool read_extensions(const struct cert *cert, struct span values[static MF_FULCIO_LAST + 1],
                            struct err *err)
{
    for (size_t i = 0; i < cert->extension_count; i++) {
        const struct cert_extension *extension = &cert->extensions[i];
        unsigned number = mf_fulcio_number_of_oid(extension->oid);
        if (number == 0)
            continue;
        /* The certificate's reader refuses an OID that is there twice; rely on it no further. */
        if (values[number].n > 0) {
            mf_err_set(err, MF_ERR_FORMAT, "is there twice");
            return mf_err_at(err, "extension .1.%u", number);
        }
        if (extension->critical) {
            mf_err_set(err, MF_ERR_FORMAT, "is marked critical");
            return mf_err_at(err, "extension .1.%u (%s)", number, mf_fulcio_title(number));
        }
        if (!mf_fulcio_value_read(number, extension->value, &values[number], err))
            return false;
    }
    return true;
}

bool mf_signer_identity_read(const struct cert *cert, struct signer_identity *out, struct err *err)
{
    struct signer_identity who = {0};

    if (!read_name(cert, &who.san, err) || !read_extensions(cert, who.values, err))
        return false;

    struct span old = who.values[MF_FULCIO_ISSUER_V1];
    struct span now = who.values[MF_FULCIO_ISSUER];
    if (old.n == 0 && now.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "certificate names no token issuer");
    /* Verifiers of both kinds are about: they must not read two issuers from one certificate. */
    if (old.n > 0 && now.n > 0 && !mf_span_eq(old, now))
        return mf_err_set(err, MF_ERR_FORMAT,
                          "token issuers in .1.1 and .1.8 differ: \"%.*s\" and \"%.*s\"",
                          MF_SPAN_ARG(old), MF_SPAN_ARG(now));
    who.issuer = now.n > 0 ? now : old;
    *out = who;
    return true;
}

const char *mf_signer_identity_kind(const struct signer_identity *who)
{
    switch (who->san.kind) {
    case MF_SAN_EMAIL:
        return "email";
    case MF_SAN_URI:
        return "uri";
    case MF_SAN_OTHER_NAME:
        return "username";
    case MF_SAN_DNS:
    case MF_SAN_UNKNOWN:
        break;
    }
    return "unknown";
}
