#include "tests/support/x509_maker.h"

#include <openssl/ec.h>
#include <openssl/x509v3.h>

#include "tests/support/suite.h"

EVP_PKEY *made_key(const char *curve)
{
    EVP_PKEY *key = EVP_EC_gen(curve);

    ck_assert_ptr_nonnull(key);
    return key;
}

static void set_name(X509_NAME *name, const char *text)
{
    if (text != NULL)
        ck_assert_int_eq(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                                    (const unsigned char *)text, -1, -1, 0),
                         1);
}

static void add_extensions(X509 *x, const struct made_cert *want)
{
    X509V3_CTX ctx;

    X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
    for (size_t i = 0; i < MADE_EXTENSIONS_MAX && want->extensions[i].name != NULL; i++) {
        const struct made_extension *e = &want->extensions[i];
        X509_EXTENSION *ext = X509V3_EXT_nconf(NULL, &ctx, e->name, e->value);
        ck_assert_msg(ext != NULL, "cannot make %s = %s", e->name, e->value);
        ck_assert_int_eq(X509_add_ext(x, ext, -1), 1);
        X509_EXTENSION_free(ext);
    }
}

struct buf made_cert(const struct made_cert *want, EVP_PKEY *key, EVP_PKEY *issuer_key)
{
    struct buf out = {.max = 1 << 16};
    struct err err = {0};
    unsigned char *der = NULL;
    X509 *x = X509_new();

    X509_set_version(x, want->version_1 ? X509_VERSION_1 : X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), 0x0123456789ABCDEFU);
    set_name(X509_get_subject_name(x), want->subject);
    X509_NAME *issuer = X509_NAME_new();
    set_name(issuer, want->issuer != NULL ? want->issuer : want->subject);
    X509_set_issuer_name(x, issuer);
    X509_NAME_free(issuer);
    ck_assert_ptr_nonnull(ASN1_TIME_set(X509_getm_notBefore(x), want->not_before));
    ck_assert_ptr_nonnull(ASN1_TIME_set(X509_getm_notAfter(x), want->not_after));
    ck_assert_int_eq(X509_set_pubkey(x, key), 1);
    add_extensions(x, want);
    ck_assert_int_gt(X509_sign(x, issuer_key, EVP_sha256()), 0);
    int n = i2d_X509(x, &der);
    ck_assert_int_gt(n, 0);
    mf_ck_ok(mf_buf_append(&out, (struct span){der, (size_t)n}, &err), err);
    OPENSSL_free(der);
    X509_free(x);
    return out;
}
