#include "client/verify/bundle_verifier.h"

#include "client/bundle/statement.h"
#include "client/verify/chain_check.h"
#include "client/verify/sct_check.h"
#include "client/verify/verify_steps.h"

static void state_done(struct verify_state *s)
{
    mf_public_key_free(&s->leaf_key);
    mf_buf_done(&s->pae);
}

bool mf_step_skip(struct verify_state *s, enum verify_step step, const char *note)
{
    s->out->steps[step] = MF_STEP_NOT_CHECKED;
    s->out->notes[step] = note;
    return true;
}

bool mf_step_is_needed(struct verify_state *s, enum verify_step step, enum verify_need need,
                       bool there_is_none)
{
    bool is_ignored = (s->params->ignore & need) != 0;

    if (!is_ignored && (!there_is_none || (s->params->require & need) != 0))
        return true;
    mf_step_skip(s, step, is_ignored ? "told to ignore it" : "the trusted root names none");
    return false;
}

bool mf_step_names_artifact(const struct verify_state *s)
{
    const struct bundle *b = s->bundle;
    const struct artifact *artifact = s->params->artifact;

    return b->is_dsse || !b->has_digest || !artifact->has[b->digest_alg] ||
           mf_span_eq(mf_buf_span(&b->digest), mf_artifact_digest(artifact, b->digest_alg));
}

static bool load_leaf(struct verify_state *s, struct err *err)
{
    if (!mf_cert_parse(mf_buf_span(&s->bundle->certificate), &s->leaf, err) ||
        !mf_public_key_from_spki(s->c, s->leaf.spki, &s->leaf_key, err))
        return mf_err_at(err, "certificate");
    s->key = s->leaf_key;
    return true;
}

/* Who demands a name must not be given a bare key, nor the reverse. */
static bool load_key(struct verify_state *s, struct err *err)
{
    const struct managed_key *demanded = s->params->key;

    if (s->bundle->has_key && demanded == NULL) {
        mf_err_set(err, MF_ERR_REJECTED, "signed with a key that no certificate gives to anybody");
        return mf_err_hint(err, "if you know the signer's key, give it with --key");
    }
    if (!s->bundle->has_key && demanded != NULL) {
        mf_err_set(err, MF_ERR_REJECTED, "signed with a certificate, not with a key of its own");
        return mf_err_hint(err, "say who should have signed it with --identity and --issuer");
    }
    if (demanded == NULL)
        return load_leaf(s, err);
    s->key = demanded->key;
    return true;
}

static bool step_format(struct verify_state *s, struct err *err)
{
    const struct bundle *b = s->bundle;

    if (!load_key(s, err) || !mf_key_details_default(s->key, &s->key_details, err) ||
        !mf_key_details_scheme(s->key_details, &s->scheme, err))
        return false;
    enum digest_alg alg = mf_sig_digest(s->scheme);
    if (b->is_dsse) {
        s->pae.max = b->payload.n + b->payload_type.n + 64;
        return mf_hashedrekord_pae(b->payload_type, mf_buf_span(&b->payload), &s->pae, err) &&
               mf_artifact_of(s->c, mf_buf_span(&s->pae), 1U << alg, &s->content, err);
    }
    if (!s->params->artifact->has[alg])
        return mf_err_set(err, MF_ERR_REJECTED, "this signature needs the artifact's %s digest",
                          mf_digest_name(alg));
    s->content = *s->params->artifact;
    return true;
}

/* What stands for a certificate's validity: every time in the window that the key was given. */
static bool check_key_window(struct verify_state *s, struct err *err)
{
    const struct validity *valid = &s->params->key->valid;

    for (size_t i = 0; i < s->out->time_count; i++)
        if (!mf_validity_holds(valid, s->out->times[i]))
            return mf_err_set(err, MF_ERR_REJECTED,
                              "the time of signing is outside the window of the key");
    return valid->has_start || valid->has_end ||
           mf_step_skip(s, MF_STEP_CERTIFICATE, "a key has no certificate");
}

static bool step_certificate(struct verify_state *s, struct err *err)
{
    if (s->params->key != NULL)
        return check_key_window(s, err);
    return mf_chain_check(s->c, &s->leaf, s->params->root, s->out->times, s->out->time_count,
                          &s->issuer, err) &&
           mf_signer_identity_read(&s->leaf, &s->out->signer, err);
}

static bool step_sct(struct verify_state *s, struct err *err)
{
    if (s->params->key != NULL)
        return mf_step_skip(s, MF_STEP_SCT, "a key has no certificate");
    return !mf_step_is_needed(s, MF_STEP_SCT, MF_NEED_SCT, s->params->root->no_ctlogs) ||
           mf_sct_check(s->c, &s->leaf, s->issuer, s->params->root, err);
}

static bool step_identity(struct verify_state *s, struct err *err)
{
    /* The key is the demand: each check was made with it, and the signature is checked next. */
    s->out->by_key = s->params->key != NULL;
    return s->out->by_key || mf_identity_match(&s->out->signer, s->params->demand, err);
}

static bool step_signature(struct verify_state *s, struct err *err)
{
    struct span signature = mf_buf_span(&s->bundle->signature);
    struct span digest = mf_artifact_digest(&s->content, mf_sig_digest(s->scheme));

    /* An Ed25519 key signs envelopes whole; only the log's copy is over a digest. */
    if (s->bundle->is_dsse)
        return mf_verify(s->c, s->key, mf_sig_scheme_of(mf_public_key_kind(s->key)),
                         mf_buf_span(&s->pae), signature, err);
    return mf_verify_digest(s->c, s->key, s->scheme, digest, signature, err);
}

static bool step_artifact(struct verify_state *s, struct err *err)
{
    const struct bundle *b = s->bundle;

    if (b->is_dsse) {
        if (!mf_span_eq(b->payload_type, mf_in_toto_payload_type))
            return mf_err_set(err, MF_ERR_REJECTED, "payload of type '%.*s' is not verified yet",
                              MF_SPAN_ARG(b->payload_type));
        if (!mf_statement_match(mf_buf_span(&b->payload), s->params->artifact, err))
            return false;
        s->out->payload = mf_buf_span(&b->payload);
        return true;
    }
    if (!b->has_digest)
        return true; /* the signature itself was over the artifact's digest */
    if (!s->params->artifact->has[b->digest_alg])
        return mf_err_set(err, MF_ERR_REJECTED, "the bundle names a %s digest, not at hand",
                          mf_digest_name(b->digest_alg));
    return mf_step_names_artifact(s) ||
           mf_err_set(err, MF_ERR_REJECTED, "the bundle is for another file");
}

static bool step_statement(struct verify_state *s, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf type = {.max = MF_PREDICATE_TYPE_MAX};
    struct span wanted = s->params->predicate_type;

    if (!s->params->want_statement && wanted.n == 0)
        return mf_step_skip(s, MF_STEP_STATEMENT, "no attestation was asked for");
    if (!s->bundle->is_dsse)
        return mf_err_set(err, MF_ERR_REJECTED, "it is a plain signature, not an attestation");
    if (!mf_statement_predicate_type(mf_buf_span(&s->bundle->payload), &type, err))
        return false;
    return wanted.n == 0 || mf_span_eq(mf_buf_span(&type), wanted) ||
           mf_err_set(err, MF_ERR_REJECTED, "predicate type is '%.*s', not '%.*s'",
                      MF_SPAN_ARG(mf_buf_span(&type)), MF_SPAN_ARG(wanted));
}

bool mf_bundle_verify(struct crypto *c, const struct bundle *bundle,
                      const struct verify_params *params, struct verification *out, struct err *err)
{
    static bool (*const steps[])(struct verify_state *, struct err *) = {
        step_format,      mf_step_log,    mf_step_witness, mf_step_timestamp,
        step_certificate, step_sct,       step_identity,   step_signature,
        step_artifact,    step_statement, mf_step_floor,
    };
    MF_SCOPED(state_done)
    struct verify_state s = {.c = c, .bundle = bundle, .params = params, .out = out};

    *out = (struct verification){0};
    mf_step_skip(&s, MF_STEP_REVOCATION, "no list");
    if ((params->demand == NULL) == (params->key == NULL))
        return mf_err_set(err, MF_ERR_USAGE, "exactly one of identity and key must be demanded");
    for (size_t i = 0; i < MF_LEN(steps); i++) {
        if (!steps[i](&s, err)) {
            out->steps[i] = MF_STEP_FAILED;
            if (err->code == MF_ERR_FORMAT || err->code == MF_ERR_LIMIT)
                mf_err_as(err, MF_ERR_REJECTED);
            return mf_err_at(err, "%s", mf_step_name((enum verify_step)i));
        }
        if (out->steps[i] != MF_STEP_NOT_CHECKED)
            out->steps[i] = MF_STEP_PASSED;
    }
    return true;
}

unsigned mf_bundle_digests(struct crypto *c, const struct bundle *bundle,
                           const struct managed_key *key)
{
    MF_SCOPED(mf_public_key_free) struct public_key *leaf_key = NULL;
    const struct public_key *signing = key != NULL ? key->key : NULL;
    unsigned digests = 1U << MF_SHA256;
    struct err ignored = {0}; /* the verifier will say what is wrong */
    struct cert leaf;

    if (bundle->is_dsse) /* the subjects' strongest digest decides, whichever it is */
        return MF_DIGESTS_ALL;
    if (bundle->has_digest)
        digests |= 1U << bundle->digest_alg;
    if (signing == NULL && mf_cert_parse(mf_buf_span(&bundle->certificate), &leaf, &ignored) &&
        mf_public_key_from_spki(c, leaf.spki, &leaf_key, &ignored))
        signing = leaf_key;
    if (signing != NULL)
        digests |= 1U << mf_sig_digest(mf_sig_scheme_of(mf_public_key_kind(signing)));
    return digests;
}
