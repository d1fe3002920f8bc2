#include "client/verify/bundle_verifier.h"

#include "client/bundle/statement.h"
#include "client/verify/chain_check.h"
#include "client/verify/root_hint.h"
#include "client/verify/sct_check.h"
#include "client/verify/timestamp_check.h"
#include "client/verify/tlog_check.h"
#include "client/verify/witness_check.h"

struct run { /* what one step hands to the next */
    struct crypto *c;
    const struct bundle *bundle;
    const struct verify_params *params;
    struct verification *out;
    struct cert leaf;             /* unless a managed key signed */
    struct public_key *leaf_key;  /* owned */
    const struct public_key *key; /* leaf_key or the managed one */
    enum key_details key_details;
    enum sig_scheme scheme;
    struct buf pae;          /* DSSE: the signed bytes */
    struct artifact content; /* digest of what was signed: the artifact, or the PAE */
    const struct cert *issuer;
};

static void run_done(struct run *r)
{
    mf_public_key_free(&r->leaf_key);
    mf_buf_done(&r->pae);
}

static bool load_leaf(struct run *r, struct err *err)
{
    if (!mf_cert_parse(mf_buf_span(&r->bundle->certificate), &r->leaf, err) ||
        !mf_public_key_from_spki(r->c, r->leaf.spki, &r->leaf_key, err))
        return mf_err_at(err, "certificate");
    r->key = r->leaf_key;
    return true;
}

/* Who demands a name must not be given a bare key, nor the reverse. */
static bool load_key(struct run *r, struct err *err)
{
    const struct managed_key *demanded = r->params->key;

    if (r->bundle->has_key && demanded == NULL) {
        mf_err_set(err, MF_ERR_REJECTED, "signed with a key that no certificate gives to anybody");
        return mf_err_hint(err, "if you know the signer's key, give it with --key");
    }
    if (!r->bundle->has_key && demanded != NULL) {
        mf_err_set(err, MF_ERR_REJECTED, "signed with a certificate, not with a key of its own");
        return mf_err_hint(err, "say who should have signed it with --identity and --issuer");
    }
    if (demanded == NULL)
        return load_leaf(r, err);
    r->key = demanded->key;
    return true;
}

static bool step_format(struct run *r, struct err *err)
{
    const struct bundle *b = r->bundle;

    if (!load_key(r, err) || !mf_key_details_default(r->key, &r->key_details, err) ||
        !mf_key_details_scheme(r->key_details, &r->scheme, err))
        return false;
    enum digest_alg alg = mf_sig_digest(r->scheme);
    if (b->is_dsse) {
        r->pae.max = b->payload.n + b->payload_type.n + 64;
        return mf_hashedrekord_pae(b->payload_type, mf_buf_span(&b->payload), &r->pae, err) &&
               mf_artifact_of(r->c, mf_buf_span(&r->pae), 1U << alg, &r->content, err);
    }
    if (!r->params->artifact->has[alg])
        return mf_err_set(err, MF_ERR_REJECTED, "this signature needs the artifact's %s digest",
                          mf_digest_name(alg));
    r->content = *r->params->artifact;
    return true;
}

static bool is_repeated(const struct bundle *b, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (b->entries[i].log_index == b->entries[at].log_index &&
            mf_span_eq(b->entries[i].log_id, b->entries[at].log_id))
            return true;
    return false;
}

/* A bundle's own statement of what it is for. Also known from the log's entry and the signature,
 * which decide; here it gives the plainest answer to the commonest mistake. */
static bool names_artifact(const struct bundle *b, const struct artifact *artifact)
{
    return b->is_dsse || !b->has_digest || !artifact->has[b->digest_alg] ||
           mf_span_eq(mf_buf_span(&b->digest), mf_artifact_digest(artifact, b->digest_alg));
}

static const struct trusted_log *log_of(const struct run *r, const struct tlog_entry *e)
{
    return e->log_id.n == 32 ? mf_trusted_root_tlog(r->params->root, e->log_id.p) : NULL;
}

static struct logged_content logged_content(const struct run *r)
{
    const struct bundle *b = r->bundle;

    return (struct logged_content){
        .record =
            {
                .key_details = r->key_details,
                .digest = mf_artifact_digest(&r->content, mf_sig_digest(r->scheme)),
                .signature = mf_buf_span(&b->signature),
                .is_certificate = !b->has_key,
                .verifier = b->has_key ? mf_public_key_spki(r->key) : r->leaf.der,
            },
        .is_dsse = b->is_dsse,
        .payload_type = b->payload_type,
        .payload = mf_buf_span(&b->payload),
    };
}

static void count_entry(struct run *r, const struct logged_at *at, bool is_first)
{
    if (is_first)
        r->out->log_index = at->index;
    if (at->has_time)
        r->out->times[r->out->time_count++] = at->time;
}

static bool no_entry(const struct run *r, struct err *err)
{
    if (r->bundle->entry_count == 0)
        return mf_err_set(err, MF_ERR_REJECTED, "there is no log entry");
    mf_err_set(err, MF_ERR_REJECTED, "no entry is of a log that the trusted root names");
    return mf_root_hint(r->params->root, r->leaf.not_before, err);
}

static bool step_log(struct run *r, struct err *err)
{
    const struct bundle *b = r->bundle;
    const struct logged_content content = logged_content(r);
    size_t good = 0;

    if (!names_artifact(b, r->params->artifact))
        return mf_err_set(err, MF_ERR_REJECTED,
                          "the bundle is for another file, or this one changed");
    for (size_t i = 0; i < b->entry_count; i++) {
        const struct tlog_entry *e = &b->entries[i];
        struct logged_at at;
        if (is_repeated(b, i))
            return mf_err_set(err, MF_ERR_REJECTED, "entry %zu stands twice", i);
        const struct trusted_log *log = log_of(r, e);
        if (log == NULL)
            continue; /* another log's entry proves nothing to us */
        if (!mf_tlog_check(r->c, e, &content, log, &at, err))
            return b->entry_count == 1 ? false : mf_err_at(err, "entry %zu", i);
        count_entry(r, &at, good++ == 0);
    }
    return good > 0 || no_entry(r, err);
}

/* Every head that counts as a proof must have been seen: one good entry would be a way around. */
static bool step_witness(struct run *r, struct err *err)
{
    const struct bundle *b = r->bundle;
    bool one[MF_POLICY_WITNESSES_MAX];
    bool is_first = true;

    if (r->params->witnesses == NULL) {
        r->out->steps[MF_STEP_WITNESS] = MF_STEP_NOT_CHECKED;
        return true;
    }
    for (size_t i = 0; i < b->entry_count; i++) {
        const struct tlog_entry *e = &b->entries[i];
        const struct trusted_log *log = log_of(r, e);
        if (log == NULL)
            continue;
        bool ok = mf_witness_check(r->c, e->checkpoint, log, r->params->witnesses, one, err);
        for (size_t k = 0; k < MF_LEN(one); k++)
            r->out->witnessed[k] = one[k] && (is_first || r->out->witnessed[k]);
        is_first = false;
        if (!ok)
            return b->entry_count == 1 ? false : mf_err_at(err, "entry %zu", i);
    }
    return true; /* step_log found one entry at least */
}

/* A log counts only in the window for which the trusted root names it: whoever takes the key of a
 * retired one can go on signing checkpoints. */
static bool logs_were_trusted(const struct run *r, struct err *err)
{
    for (size_t i = 0; i < r->bundle->entry_count; i++) {
        const struct trusted_log *log = log_of(r, &r->bundle->entries[i]);
        for (size_t k = 0; log != NULL && k < r->out->time_count; k++)
            if (!mf_validity_holds(&log->valid, r->out->times[k]))
                return mf_err_set(err, MF_ERR_REJECTED,
                                  "the time of signing is outside the window for which the "
                                  "trusted root names the log of entry %zu",
                                  i);
    }
    return true;
}

static bool is_log_retired(const struct run *r)
{
    for (size_t i = 0; i < r->bundle->entry_count; i++) {
        const struct trusted_log *log = log_of(r, &r->bundle->entries[i]);
        if (log != NULL && log->valid.has_end)
            return true;
    }
    return false;
}

/* Without a certificate, a time is demanded only where something depends on it. */
static bool no_time(struct run *r, const struct err *stranger, struct err *err)
{
    const struct managed_key *key = r->params->key;

    if (key != NULL && !key->valid.has_start && !key->valid.has_end &&
        r->params->root->tsa_count == 0 && !is_log_retired(r)) {
        r->out->steps[MF_STEP_TIMESTAMP] = MF_STEP_NOT_CHECKED;
        return true;
    }
    if (stranger->code == MF_OK)
        return mf_err_set(err, MF_ERR_REJECTED, "there is no timestamp, so no time of signing");
    *err = *stranger;
    return false;
}

static bool step_timestamp(struct run *r, struct err *err)
{
    const struct bundle *b = r->bundle;
    struct err stranger = {0};

    for (size_t i = 0; i < b->timestamp_count; i++) {
        struct err why = {0};
        struct instant t;
        bool known = false;
        for (size_t k = 0; k < i; k++)
            if (mf_span_eq(mf_buf_span(&b->timestamps[k]), mf_buf_span(&b->timestamps[i])))
                return mf_err_set(err, MF_ERR_REJECTED, "token %zu stands twice", i);
        if (mf_timestamp_check(r->c, mf_buf_span(&b->timestamps[i]), mf_buf_span(&b->signature),
                               r->params->root, &t, &known, &why)) {
            r->out->times[r->out->time_count++] = t;
            continue;
        }
        if (known) {
            *err = why;
            return false;
        }
        stranger = why; /* counts for nothing, but says why nothing is left */
    }
    if (r->out->time_count > 0)
        return logs_were_trusted(r, err);
    return no_time(r, &stranger, err);
}

/* What stands for a certificate's validity: every time in the window that the key was given. */
static bool check_key_window(struct run *r, struct err *err)
{
    const struct validity *valid = &r->params->key->valid;

    for (size_t i = 0; i < r->out->time_count; i++)
        if (!mf_validity_holds(valid, r->out->times[i]))
            return mf_err_set(err, MF_ERR_REJECTED,
                              "the time of signing is outside the window of the key");
    if (!valid->has_start && !valid->has_end)
        r->out->steps[MF_STEP_CERTIFICATE] = MF_STEP_NOT_CHECKED;
    return true;
}

static bool step_certificate(struct run *r, struct err *err)
{
    if (r->params->key != NULL)
        return check_key_window(r, err);
    return mf_chain_check(r->c, &r->leaf, r->params->root, r->out->times, r->out->time_count,
                          &r->issuer, err) &&
           mf_signer_identity_read(&r->leaf, &r->out->signer, err);
}

static bool step_sct(struct run *r, struct err *err)
{
    if (r->params->key == NULL)
        return mf_sct_check(r->c, &r->leaf, r->issuer, r->params->root, err);
    r->out->steps[MF_STEP_SCT] = MF_STEP_NOT_CHECKED;
    return true;
}

static bool step_identity(struct run *r, struct err *err)
{
    /* The key is the demand: each check was made with it, and the signature is checked next. */
    r->out->by_key = r->params->key != NULL;
    return r->out->by_key || mf_identity_match(&r->out->signer, r->params->demand, err);
}

static bool step_signature(struct run *r, struct err *err)
{
    struct span signature = mf_buf_span(&r->bundle->signature);
    struct span digest = mf_artifact_digest(&r->content, mf_sig_digest(r->scheme));

    /* An Ed25519 key signs envelopes whole; only the log's copy is over a digest. */
    if (r->bundle->is_dsse)
        return mf_verify(r->c, r->key, mf_sig_scheme_of(mf_public_key_kind(r->key)),
                         mf_buf_span(&r->pae), signature, err);
    return mf_verify_digest(r->c, r->key, r->scheme, digest, signature, err);
}

static bool step_artifact(struct run *r, struct err *err)
{
    const struct bundle *b = r->bundle;

    if (b->is_dsse) {
        if (!mf_span_eq(b->payload_type, mf_in_toto_payload_type))
            return mf_err_set(err, MF_ERR_REJECTED, "payload of type '%.*s' is not verified yet",
                              MF_SPAN_ARG(b->payload_type));
        return mf_statement_match(mf_buf_span(&b->payload), r->params->artifact, err);
    }
    if (!b->has_digest)
        return true; /* the signature itself was over the artifact's digest */
    if (!r->params->artifact->has[b->digest_alg])
        return mf_err_set(err, MF_ERR_REJECTED, "the bundle names a %s digest, not at hand",
                          mf_digest_name(b->digest_alg));
    return names_artifact(b, r->params->artifact) ||
           mf_err_set(err, MF_ERR_REJECTED, "the bundle is for another file");
}

bool mf_bundle_verify(struct crypto *c, const struct bundle *bundle,
                      const struct verify_params *params, struct verification *out, struct err *err)
{
    static bool (*const steps[])(struct run *, struct err *) = {
        step_format, step_log,      step_witness,   step_timestamp, step_certificate,
        step_sct,    step_identity, step_signature, step_artifact,
    };
    MF_SCOPED(run_done) struct run r = {.c = c, .bundle = bundle, .params = params, .out = out};

    *out = (struct verification){.steps = {[MF_STEP_REVOCATION] = MF_STEP_NOT_CHECKED}};
    if ((params->demand == NULL) == (params->key == NULL))
        return mf_err_set(err, MF_ERR_USAGE, "exactly one of identity and key must be demanded");
    for (size_t i = 0; i < MF_LEN(steps); i++) {
        if (!steps[i](&r, err)) {
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
