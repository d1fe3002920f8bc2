#include "tests/support/fixture_cert.h"

#include "common/base/file.h"
#include "common/codec/json.h"
#include "tests/support/suite.h"

struct buf mf_fixture_cert(const char *name)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct buf der = {.max = 1 << 16};
    const char *dir = mf_fixtures();
    const struct json_node *material;
    struct err err = {0};
    char path[1024];

    if (dir == NULL) {
        fprintf(stderr, "# no fixtures: nothing is tried with a certificate made by others\n");
        return der;
    }
    snprintf(path, sizeof path, "%s/conformance/bundle-verify/%s/bundle.sigstore.json", dir, name);
    mf_ck_ok(mf_file_read(path, 1 << 20, &text, &err), err);
    mf_ck_ok(mf_json_parse(mf_buf_span(&text), &mf_json_file_limits, &doc, &err), err);
    mf_ck_ok(mf_json_member_object(mf_json_root(doc), "verificationMaterial", &material, &err),
             err);
    mf_ck_ok(mf_json_member_object(material, "certificate", &material, &err), err);
    mf_ck_ok(mf_json_member_bytes(material, "rawBytes", &der, &err), err);
    return der;
}
