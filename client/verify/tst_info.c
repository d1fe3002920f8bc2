#include "client/verify/tst_info.h"

#include "common/codec/der.h"
#include "common/codec/timestamp.h"

static bool parse_imprint(struct span *info, struct tsr *t, struct err *err)
{
    struct span imprint;

    if (!mf_der_take(info, MF_DER_SEQUENCE, &imprint, err) ||
        !mf_tsr_digest_alg(&imprint, &t->imprint_alg, err) ||
        !mf_der_take(&imprint, MF_DER_OCTET_STRING, &t->imprint, err) || !mf_der_end(imprint, err))
        return mf_err_at(err, "message imprint");
    if (t->imprint.n != mf_digest_length(t->imprint_alg))
        return mf_err_set(err, MF_ERR_FORMAT, "message imprint has %zu bytes", t->imprint.n);
    return true;
}

static bool parse_extensions(struct span extensions, struct err *err)
{
    while (extensions.n > 0) {
        struct span extension;
        struct span oid;
        struct span flag;
        bool critical = false;
        if (!mf_der_take(&extensions, MF_DER_SEQUENCE, &extension, err) ||
            !mf_der_take(&extension, MF_DER_OID, &oid, err))
            return false;
        if (mf_der_take_optional(&extension, MF_DER_BOOLEAN, &flag, err) &&
            !mf_der_boolean(flag, &critical, err))
            return false;
        if (err->code != MF_OK)
            return false;
        if (critical) {
            char text[80];
            mf_der_oid_text(oid, text, sizeof text);
            return mf_err_set(err, MF_ERR_FORMAT, "critical extension %s is not known", text);
        }
    }
    return true;
}

/* accuracy, ordering, nonce, tsa and extensions may each be absent, in this order. */
static bool parse_optional(struct span info, struct tsr *t, struct err *err)
{
    struct span skipped;
    struct span nonce;
    struct span extensions;
    bool ordering = false;

    (void)!mf_der_take_optional(&info, MF_DER_SEQUENCE, &skipped, err);
    if (err->code == MF_OK && mf_der_take_optional(&info, MF_DER_BOOLEAN, &skipped, err) &&
        !mf_der_boolean(skipped, &ordering, err))
        return false;
    if (err->code == MF_OK && mf_der_take_optional(&info, MF_DER_INTEGER, &nonce, err)) {
        if (!mf_der_unsigned(nonce, &t->nonce, err))
            return mf_err_at(err, "nonce");
        t->has_nonce = true;
    }
    if (err->code == MF_OK)
        (void)!mf_der_take_optional(&info, MF_DER_CONTEXT_CONSTRUCTED(0), &skipped, err);
    if (err->code == MF_OK &&
        mf_der_take_optional(&info, MF_DER_CONTEXT_CONSTRUCTED(1), &extensions, err) &&
        !parse_extensions(extensions, err))
        return false;
    return err->code == MF_OK && mf_der_end(info, err);
}

bool mf_tst_info_parse(struct tsr *t, struct err *err)
{
    struct span whole = t->tst_info;
    struct span info;
    struct span version;
    struct span policy;
    struct span serial;
    struct span time;
    uint64_t v = 0;

    if (!mf_der_take(&whole, MF_DER_SEQUENCE, &info, err) || !mf_der_end(whole, err) ||
        !mf_der_take(&info, MF_DER_INTEGER, &version, err) || !mf_der_uint(version, &v, err))
        return false;
    if (v != 1)
        return mf_err_set(err, MF_ERR_FORMAT, "version is %llu, not 1", (unsigned long long)v);
    if (!mf_der_take(&info, MF_DER_OID, &policy, err) || !parse_imprint(&info, t, err) ||
        !mf_der_take(&info, MF_DER_INTEGER, &serial, err) ||
        !mf_der_take(&info, MF_DER_GENERALIZED_TIME, &time, err))
        return false;
    if (!mf_generalized_time_parse(time, &t->gen_time, err))
        return mf_err_at(err, "genTime");
    return parse_optional(info, t, err);
}
