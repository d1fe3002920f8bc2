/* A certificate that our reader accepts, OpenSSL accepts too, and both see the same parts. */
#include <openssl/err.h>
#include <openssl/x509.h>

#include "common/codec/der.h"
#include "common/x509/oid.h"
#include "common/x509/precert.h"
#include "tests/support/fuzz.h"

static void lies_inside(struct span part, struct span whole)
{
    if (part.n > 0)
        mf_require(part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void check_fields(const struct cert *cert)
{
    lies_inside(cert->tbs, cert->der);
    lies_inside(cert->serial, cert->tbs);
    lies_inside(cert->issuer, cert->tbs);
    lies_inside(cert->subject, cert->tbs);
    lies_inside(cert->spki, cert->tbs);
    lies_inside(cert->signature, cert->der);
    lies_inside(cert->ski, cert->tbs);
    lies_inside(cert->aki, cert->tbs);
    for (size_t i = 0; i < cert->extension_count; i++) {
        lies_inside(cert->extensions[i].whole, cert->tbs);
        mf_require(mf_cert_extension(cert, cert->extensions[i].oid) == &cert->extensions[i]);
    }
}

static void check_openssl(const struct cert *cert)
{
    const unsigned char *p = cert->der.p;
    X509 *x = d2i_X509(NULL, &p, (long)cert->der.n);

    mf_require(x != NULL && p == cert->der.p + cert->der.n);
    mf_require(X509_get_ext_count(x) == (int)cert->extension_count);
    mf_require(X509_get_version(x) + 1 == (long)cert->version);
    for (size_t i = 0; i < cert->extension_count; i++) {
        const ASN1_OCTET_STRING *value = X509_EXTENSION_get_data(X509_get_ext(x, (int)i));
        struct span theirs = {ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value)};
        mf_require(mf_span_eq(cert->extensions[i].value, theirs));
    }
    X509_free(x);
    ERR_clear_error();
}

/* Without any one of its extensions it is a TBSCertificate that is shorter by that and by what the
 * lengths around it shrink. */
static void check_cut(const struct cert *cert)
{
    for (size_t i = 0; i < cert->extension_count; i++) {
        MF_SCOPED(mf_buf_done) struct buf out = {.max = MF_CERT_MAX};
        struct err err = {0};
        struct der_value value;
        if (!mf_precert_tbs(cert, cert->extensions[i].oid, &out, &err)) {
            mf_require(cert->extension_count == 1);
            continue;
        }
        struct span rest = mf_buf_span(&out);
        mf_require(mf_der_next(&rest, &value, &err) && rest.n == 0);
        size_t gone = cert->tbs.n - out.n;
        mf_require(gone >= cert->extensions[i].whole.n && gone <= cert->extensions[i].whole.n + 6);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cert cert;
    struct san san;
    enum sig_scheme scheme;
    struct err err = {0}, name = {0}, alg = {0};

    if (!mf_cert_parse((struct span){data, size}, &cert, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0');
        return 0;
    }
    check_fields(&cert);
    check_openssl(&cert);
    check_cut(&cert);
    if (mf_cert_only_san(&cert, &san, &name))
        lies_inside(san.value, cert.tbs);
    else
        mf_require(name.code == MF_ERR_FORMAT);
    mf_require(mf_cert_scheme(&cert, &scheme, &alg) || alg.code == MF_ERR_FORMAT);
    return 0;
}
