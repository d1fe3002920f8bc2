#include "client/identity/fulcio_names.h"

#include <assert.h>

#include "common/base/utf8.h"
#include "common/codec/der.h"
#include "common/x509/oid.h"

struct extension_name {
    const char *name;
    const char *title;
};

static const struct extension_name table[] = {
    [MF_FULCIO_ISSUER_V1] = {"issuer-v1", "Issuer (deprecated)"},
    [MF_FULCIO_GITHUB_TRIGGER] = {"github-workflow-trigger", "GitHub Workflow Trigger"},
    [MF_FULCIO_GITHUB_SHA] = {"github-workflow-sha", "GitHub Workflow SHA"},
    [MF_FULCIO_GITHUB_NAME] = {"github-workflow-name", "GitHub Workflow Name"},
    [MF_FULCIO_GITHUB_REPOSITORY] = {"github-workflow-repository", "GitHub Workflow Repository"},
    [MF_FULCIO_GITHUB_REF] = {"github-workflow-ref", "GitHub Workflow Ref"},
    [MF_FULCIO_ISSUER] = {"issuer", "Issuer"},
    [MF_FULCIO_BUILD_SIGNER_URI] = {"build-signer-uri", "Build Signer URI"},
    [MF_FULCIO_BUILD_SIGNER_DIGEST] = {"build-signer-digest", "Build Signer Digest"},
    [MF_FULCIO_RUNNER_ENVIRONMENT] = {"runner-environment", "Runner Environment"},
    [MF_FULCIO_SOURCE_REPOSITORY_URI] = {"source-repository-uri", "Source Repository URI"},
    [MF_FULCIO_SOURCE_REPOSITORY_DIGEST] = {"source-repository-digest", "Source Repository Digest"},
    [MF_FULCIO_SOURCE_REPOSITORY_REF] = {"source-repository-ref", "Source Repository Ref"},
    [MF_FULCIO_SOURCE_REPOSITORY_ID] = {"source-repository-identifier",
                                        "Source Repository Identifier"},
    [MF_FULCIO_SOURCE_OWNER_URI] = {"source-repository-owner-uri", "Source Repository Owner URI"},
    [MF_FULCIO_SOURCE_OWNER_ID] = {"source-repository-owner-identifier",
                                   "Source Repository Owner Identifier"},
    [MF_FULCIO_BUILD_CONFIG_URI] = {"build-config-uri", "Build Config URI"},
    [MF_FULCIO_BUILD_CONFIG_DIGEST] = {"build-config-digest", "Build Config Digest"},
    [MF_FULCIO_BUILD_TRIGGER] = {"build-trigger", "Build Trigger"},
    [MF_FULCIO_RUN_INVOCATION_URI] = {"run-invocation-uri", "Run Invocation URI"},
    [MF_FULCIO_SOURCE_VISIBILITY] = {"source-repository-visibility-at-signing",
                                     "Source Repository Visibility At Signing"},
    [MF_FULCIO_DEPLOYMENT_ENVIRONMENT] = {"deployment-environment", "Deployment Environment"},
    [MF_FULCIO_TOKEN_SUBJECT] = {"token-subject", "Token Subject"},
};
_Static_assert(MF_LEN(table) == MF_FULCIO_LAST + 1, "a name for each extension");

static const struct extension_name *entry_of(unsigned number)
{
    return number < MF_LEN(table) && table[number].name != NULL ? &table[number] : NULL;
}

const char *mf_fulcio_name(unsigned number)
{
    const struct extension_name *entry = entry_of(number);

    return entry != NULL ? entry->name : NULL;
}

const char *mf_fulcio_title(unsigned number)
{
    const struct extension_name *entry = entry_of(number);

    return entry != NULL ? entry->title : NULL;
}

unsigned mf_fulcio_number(struct span name)
{
    for (unsigned i = 0; i < MF_LEN(table); i++)
        if (table[i].name != NULL && mf_span_is(name, table[i].name))
            return i;
    return 0;
}

bool mf_fulcio_is_raw(unsigned number)
{
    return number >= MF_FULCIO_ISSUER_V1 && number <= MF_FULCIO_GITHUB_REF;
}

void mf_fulcio_oid(unsigned number, uint8_t out[static MF_FULCIO_OID_LEN])
{
    assert(entry_of(number) != NULL);
    assert(mf_oid_fulcio_arc.n == MF_FULCIO_OID_LEN - 1);
    memcpy(out, mf_oid_fulcio_arc.p, mf_oid_fulcio_arc.n);
    out[MF_FULCIO_OID_LEN - 1] = (uint8_t)number; /* one byte: below 128 */
}

unsigned mf_fulcio_number_of_oid(struct span oid)
{
    if (oid.n != MF_FULCIO_OID_LEN || !mf_span_starts(oid, mf_oid_fulcio_arc))
        return 0;
    return entry_of(oid.p[oid.n - 1]) != NULL ? oid.p[oid.n - 1] : 0;
}

/* NUL would end the text early for a reader in C: two readers, two identities. */
static bool text_is_good(struct span text, struct err *err)
{
    if (text.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "value is empty");
    if (mf_span_find(text, 0) < text.n)
        return mf_err_set(err, MF_ERR_FORMAT, "value has a NUL byte");
    if (!mf_utf8_is_valid(text))
        return mf_err_set(err, MF_ERR_FORMAT, "value is not UTF-8");
    return true;
}

static bool at_number(struct err *err, unsigned number)
{
    return mf_err_at(err, "extension .1.%u (%s)", number, mf_fulcio_title(number));
}

bool mf_fulcio_value_write(const struct fulcio_value *value, struct buf *out, struct err *err)
{
    assert(entry_of(value->number) != NULL);
    if (!text_is_good(value->value, err))
        return at_number(err, value->number);
    if (mf_fulcio_is_raw(value->number))
        return mf_buf_append(out, value->value, err);
    return mf_der_put(out, MF_DER_UTF8_STRING, value->value, err);
}

bool mf_fulcio_value_read(unsigned number, struct span extension_value, struct span *out,
                          struct err *err)
{
    struct span rest = extension_value;
    struct span text = extension_value;

    assert(entry_of(number) != NULL);
    if (!mf_fulcio_is_raw(number) &&
        (!mf_der_take(&rest, MF_DER_UTF8_STRING, &text, err) || !mf_der_end(rest, err)))
        return at_number(err, number);
    if (!text_is_good(text, err))
        return at_number(err, number);
    *out = text;
    return true;
}
