#include "tests/support/fixture_bundle.h"

#include "common/base/file.h"
#include "tests/support/suite.h"

struct json *mf_fixture_json(const char *name, const char *file)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    struct json *doc = NULL;
    struct err err = {0};
    char path[1024];

    snprintf(path, sizeof path, "%s/conformance/bundle-verify/%s/%s", mf_fixtures(), name, file);
    mf_ck_ok(mf_file_read(path, 1 << 20, &text, &err), err);
    mf_ck_ok(mf_json_parse(mf_buf_span(&text), &mf_json_file_limits, &doc, &err), err);
    return doc;
}

struct buf mf_fixture_cert(const char *name)
{
    MF_SCOPED(mf_json_free) struct json *doc = mf_fixture_json(name, "bundle.sigstore.json");
    struct buf der = {.max = 1 << 16};
    const struct json_node *material;
    struct err err = {0};

    mf_ck_ok(mf_json_member_object(mf_json_root(doc), "verificationMaterial", &material, &err),
             err);
    mf_ck_ok(mf_json_member_object(material, "certificate", &material, &err), err);
    mf_ck_ok(mf_json_member_bytes(material, "rawBytes", &der, &err), err);
    return der;
}
