/* Real certificates are rebuilt from what they say: proof of order and encoding, byte for byte. */
#include <dirent.h>
#include <stdio.h>

#include "ca-stub/certificate/profile.h"
#include "common/base/file.h"
#include "common/codec/json.h"
#include "common/x509/oid.h"
#include "tests/support/suite.h"

static bool kind_of_issuer(const struct cert *cert, enum key_kind *out)
{
    enum sig_scheme scheme;
    struct err err = {0};

    if (!mf_cert_scheme(cert, &scheme, &err))
        return false;
    for (*out = MF_KEY_P256; *out < MF_KEY_ED25519; (*out)++)
        if (mf_sig_scheme_of(*out) == scheme)
            return true;
    return mf_sig_scheme_of(*out) == scheme;
}

static void read_identity(const struct cert *cert, struct verified_identity *out)
{
    struct san san;
    struct err err = {0};

    mf_ck_ok(mf_cert_only_san(cert, &san, &err), err);
    out->san_kind = san.kind;
    out->san = san.value;
    for (size_t i = 0; i < cert->extension_count; i++) {
        const struct cert_extension *e = &cert->extensions[i];
        struct fulcio_value *value = &out->extensions[out->extension_count];
        value->number = mf_fulcio_number_of_oid(e->oid);
        if (value->number == 0)
            continue;
        mf_ck_ok(mf_fulcio_value_read(value->number, e->value, &value->value, &err), err);
        out->extension_count++;
    }
}

static void check_rebuilt(struct span der, const char *name)
{
    struct cert cert;
    struct verified_identity identity = {0};
    enum key_kind kind;
    MF_SCOPED(mf_buf_done) struct buf tbs = {.max = MF_LEAF_MAX};
    struct err err = {0};

    mf_ck_ok(mf_cert_parse(der, &cert, &err), err);
    const struct cert_extension *scts = mf_cert_extension(&cert, mf_oid_sct_list);
    ck_assert_msg(scts != NULL && kind_of_issuer(&cert, &kind), "%s", name);
    read_identity(&cert, &identity);
    const struct leaf leaf = {
        .serial = cert.serial,
        .issuer = cert.issuer,
        .issuer_key_id = cert.aki,
        .issuer_kind = kind,
        .not_before_s = cert.not_before.s,
        .not_after_s = cert.not_after.s,
        .spki = cert.spki,
        .key_id = cert.ski,
        .identity = &identity,
    };
    mf_ck_ok(mf_leaf_write_tbs(&leaf, scts->value, &tbs, &err), err);
    ck_assert_msg(mf_span_eq(mf_buf_span(&tbs), cert.tbs), "%s: differs", name);
}

/* True when the bundle holds a leaf that has the shape of this profile. */
static bool find_leaf(const struct json_node *root, struct buf *der)
{
    const struct json_node *material = mf_json_get(root, "verificationMaterial");
    const struct json_node *cert = mf_json_get(material, "certificate");
    const struct json_node *chain = mf_json_get(material, "x509CertificateChain");
    struct err err = {0};

    if (cert == NULL)
        cert = mf_json_at(mf_json_get(chain, "certificates"), 0);
    return cert != NULL && mf_json_member_bytes(cert, "rawBytes", der, &err);
}

static bool rebuild_file(const char *path)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 1 << 20};
    MF_SCOPED(mf_buf_done) struct buf der = {.max = 1 << 16};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct cert cert;
    struct err err = {0};

    if (!mf_file_read(path, 1 << 20, &text, &err) ||
        !mf_json_parse(mf_buf_span(&text), &mf_json_file_limits, &doc, &err) ||
        !find_leaf(mf_json_root(doc), &der) || !mf_cert_parse(mf_buf_span(&der), &cert, &err) ||
        mf_cert_extension(&cert, mf_oid_sct_list) == NULL)
        return false;
    check_rebuilt(mf_buf_span(&der), path);
    return true;
}

START_TEST(rebuilds_real_certificates_byte_for_byte)
{
    const char *fixtures = mf_fixtures();
    char dir[512], path[1024];
    int rebuilt = 0;

    snprintf(dir, sizeof dir, "%s/conformance/bundle-verify", fixtures);
    DIR *d = opendir(dir);
    ck_assert_ptr_nonnull(d);
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        /* the custom one was not made by Fulcio: its extensions stand in another order */
        if (strstr(entry->d_name, "_fail") != NULL || strstr(entry->d_name, "custom") != NULL)
            continue;
        snprintf(path, sizeof path, "%s/%s/bundle.sigstore.json", dir, entry->d_name);
        rebuilt += rebuild_file(path);
    }
    closedir(d);
    ck_assert_int_ge(rebuilt, 5);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("real_leaf");
    TCase *tc = tcase_create("leaf");

    tcase_add_test(tc, rebuilds_real_certificates_byte_for_byte);
    suite_add_tcase(suite, tc);
    return suite;
}
