#include "client/bundle/statement.h"

#include "common/codec/hex.h"
#include "common/codec/json.h"

const struct span mf_in_toto_payload_type = MF_SPAN_INIT("application/vnd.in-toto+json");

static const char *const types[] = {
    "https://in-toto.io/Statement/v1",
    "https://in-toto.io/Statement/v0.1",
};

static bool check_type(const struct json_node *root, struct err *err)
{
    struct span type;

    if (!mf_json_member_string(root, "_type", &type, err))
        return false;
    for (size_t i = 0; i < MF_LEN(types); i++)
        if (mf_span_is(type, types[i]))
            return true;
    mf_err_set(err, MF_ERR_FORMAT, "'%.*s' is not an in-toto statement", MF_SPAN_ARG(type));
    return mf_err_at(err, "_type");
}

/* True when this digest, which is there, is the artifact's. A malformed one is an error. */
static bool digest_matches(const struct json_node *digest, enum digest_alg alg,
                           const struct artifact *artifact, struct err *err)
{
    const char *name = mf_digest_name(alg);
    uint8_t bytes[MF_DIGEST_MAX];
    struct span hex;
    size_t n = mf_digest_length(alg);

    if (!mf_json_member_string(digest, name, &hex, err))
        return false;
    if (!mf_hex_decode_exact(hex, bytes, n, err))
        return mf_err_at(err, "%s", name);
    return artifact->has[alg] && memcmp(bytes, artifact->digest[alg], n) == 0;
}

/* The strongest digest that a subject gives and that we have decides alone: a weaker one that fits
 * beside a stronger one that does not is no match. */
static bool subject_matches(const struct json_node *subject, const struct artifact *artifact,
                            struct err *err)
{
    static const enum digest_alg strongest_first[] = {MF_SHA512, MF_SHA384, MF_SHA256};
    const struct json_node *digest = NULL;

    if (!mf_json_member_object(subject, "digest", &digest, err))
        return false;
    for (size_t i = 0; i < MF_LEN(strongest_first); i++) {
        enum digest_alg alg = strongest_first[i];
        if (mf_json_get(digest, mf_digest_name(alg)) == NULL || !artifact->has[alg])
            continue;
        return digest_matches(digest, alg, artifact, err);
    }
    return false;
}

bool mf_statement_match(struct span payload, const struct artifact *artifact, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    const struct json_node *subjects = NULL;
    bool found = false;

    if (!mf_json_parse(payload, &mf_json_file_limits, &doc, err))
        return false;
    const struct json_node *root = mf_json_root(doc);
    if (!check_type(root, err) || !mf_json_member_array(root, "subject", &subjects, err))
        return false;
    size_t count = mf_json_size(subjects);
    if (count == 0 || count > MF_SUBJECTS_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "%zu subjects; 1 to %d are allowed", count,
                          MF_SUBJECTS_MAX);
    for (const struct json_node *s = mf_json_next(subjects, NULL); s != NULL;
         s = mf_json_next(subjects, s)) {
        if (subject_matches(s, artifact, err))
            found = true;
        if (err->code != MF_OK)
            return mf_err_at(err, "subject");
    }
    return found || mf_err_set(err, MF_ERR_REJECTED, "no subject of the statement is this file");
}

bool mf_statement_predicate_type(struct span payload, struct buf *out, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct span type;

    if (!mf_json_parse(payload, &mf_json_file_limits, &doc, err))
        return false;
    const struct json_node *root = mf_json_root(doc);
    return check_type(root, err) && mf_json_member_string(root, "predicateType", &type, err) &&
           mf_buf_append(out, type, err);
}

struct span mf_predicate_type_of(const char *text)
{
    static const struct {
        const char *name;
        struct span type;
    } names[] = {
        {"slsaprovenance", MF_SPAN_INIT("https://slsa.dev/provenance/v0.2")},
        {"slsaprovenance02", MF_SPAN_INIT("https://slsa.dev/provenance/v0.2")},
        {"slsaprovenance1", MF_SPAN_INIT("https://slsa.dev/provenance/v1")},
        {"link", MF_SPAN_INIT("https://in-toto.io/Link/v1")},
        {"spdx", MF_SPAN_INIT("https://spdx.dev/Document")},
        {"spdxjson", MF_SPAN_INIT("https://spdx.dev/Document")},
        {"cyclonedx", MF_SPAN_INIT("https://cyclonedx.org/bom")},
        {"vuln", MF_SPAN_INIT("https://cosign.sigstore.dev/attestation/vuln/v1")},
        {"openvex", MF_SPAN_INIT("https://openvex.dev/ns")},
        {"custom", MF_SPAN_INIT("https://cosign.sigstore.dev/attestation/v1")},
    };

    for (size_t i = 0; i < MF_LEN(names); i++)
        if (strcmp(text, names[i].name) == 0)
            return names[i].type;
    return mf_span_str(text);
}
