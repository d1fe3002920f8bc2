#include "client/sign/signing.h"

#include <stdlib.h>

#include "client/sign/ca_request.h"
#include "client/sign/service_failure.h"
#include "client/sign/signing_item.h"
#include "client/sign/token_match.h"
#include "common/codec/url.h"

static const int64_t ca_versions[] = {1};
static const int64_t tsa_versions[] = {1};
static const int64_t log_versions[] = {2};

static bool pick(const struct service_list *list, const int64_t *versions, const char *what,
                 struct signing *s, char out[static MF_URL_MAX], struct err *err)
{
    const struct service *chosen[MF_SERVICES_MAX];
    uint8_t random[4];
    size_t count = 0;

    if (!mf_random(s->params.crypto, random, sizeof random, err) ||
        !mf_services_select(list, versions, 1, mf_clock_now(&s->params.clock), mf_be32(random),
                            chosen, &count, err)) {
        mf_err_at(err, "%s", what);
        return mf_err_at(err, "signing configuration");
    }
    if (count != 1)
        mf_err_set(err, MF_ERR_TRUST, "%zu are demanded; only one is supported yet", count);
    else if (chosen[0]->url.n >= MF_URL_MAX)
        mf_err_set(err, MF_ERR_TRUST, "URL is longer than %d bytes", MF_URL_MAX - 1);
    if (err->code != MF_OK) {
        mf_err_at(err, "%s", what);
        return mf_err_at(err, "signing configuration");
    }
    memcpy(out, chosen[0]->url.p, chosen[0]->url.n);
    out[chosen[0]->url.n] = '\0';
    return true;
}

/* How long a batch may take: its timestamps must all lie within the certificate's validity, and an
 * authority may be asked for 90 s. */
enum { BATCH_S = 120, NS = 1000000000 };

static bool check_certificate(struct signing *s, struct err *err)
{
    struct signer_identity signer;
    struct cert cert;

    if (!mf_cert_parse(mf_buf_span(&s->certificate), &cert, err) ||
        !mf_signer_identity_read(&cert, &signer, err) ||
        !mf_token_may_be(s->params.claims, &signer, err)) {
        mf_err_as(err, MF_ERR_UNAVAILABLE);
        mf_service_failed_at(MF_SERVICE_CA, s->ca_url, err);
        return false;
    }
    s->not_after = cert.not_after;
    s->lifetime_s = cert.not_after.s - cert.not_before.s;
    return true;
}

bool mf_signing_runs_out(const struct signing *signing)
{
    const struct clock *clock = &signing->params.clock;
    int64_t left_s = signing->lifetime_s / 3; /* of one that lives for a minute or two */

    if (left_s > BATCH_S)
        left_s = BATCH_S;
    /* This machine's clock may be wrong; the time that went by since we asked is not. */
    uint64_t used_ns = mf_clock_monotonic_ns(clock) - signing->asked_ns;
    return mf_clock_now(clock).s + left_s >= signing->not_after.s ||
           (int64_t)(used_ns / NS) + left_s >= signing->lifetime_s;
}

static bool begin(struct signing *s, struct err *err)
{
    const struct signing_config *config = s->params.config;

    s->certificate.max = MF_CERT_MAX;
    s->asked_ns = mf_clock_monotonic_ns(&s->params.clock);
    return pick(&config->cas, ca_versions, "certificate authority", s, s->ca_url, err) &&
           pick(&config->tsas, tsa_versions, "timestamp authority", s, s->tsa_url, err) &&
           pick(&config->tlogs, log_versions, "transparency log", s, s->log_url, err) &&
           mf_private_key_generate(s->params.crypto, MF_KEY_P256, &s->key, err) &&
           mf_ca_request(s->params.crypto, s->params.http, mf_span_str(s->ca_url), s->params.token,
                         s->key, &s->certificate, err) &&
           check_certificate(s, err);
}

bool mf_signing_begin(const struct signing_params *params, struct signing **out, struct err *err)
{
    MF_SCOPED(mf_signing_free) struct signing *s = mf_array_new(1, sizeof *s);

    if (s == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for signing");
    s->params = *params;
    if (!begin(s, err))
        return false;
    *out = MF_MOVE(s);
    return true;
}

void mf_signing_free(struct signing **signing)
{
    if (*signing == NULL)
        return;
    mf_private_key_free(&(*signing)->key);
    mf_buf_done(&(*signing)->certificate);
    free(*signing);
    *signing = NULL;
}

static void sign_batch(struct signing *s, struct signing_item *items, size_t count,
                       struct signed_artifact *out)
{
    struct http_call calls[2 * MF_SIGNING_BATCH];
    struct http_result *results = mf_array_new(2 * MF_SIGNING_BATCH, sizeof *results);
    size_t asked[MF_SIGNING_BATCH];
    size_t n = 0;

    for (size_t i = 0; i < count && results != NULL; i++) {
        if (!mf_signing_item_prepare(s, &items[i], &calls[2 * n], &calls[2 * n + 1], &out[i].err))
            continue;
        asked[n++] = i;
    }
    if (n > 0)
        mf_http_call_all(s->params.http, calls, 2 * n, results);
    for (size_t k = 0; k < n; k++) {
        size_t i = asked[k];
        out[i].ok = mf_signing_item_finish(s, &items[i], &results[2 * k], &results[2 * k + 1],
                                           &out[i], &out[i].err);
    }
    for (size_t k = 0; k < 2 * n; k++)
        mf_http_answer_done(&results[k].answer);
    free(results);
}

void mf_signing_sign(struct signing *signing, const struct artifact *artifacts, size_t count,
                     struct signed_artifact *out)
{
    struct signing_item *items = mf_array_new(MF_SIGNING_BATCH, sizeof *items);

    for (size_t i = 0; i < count; i++)
        out[i] = (struct signed_artifact){.ok = false};
    if (items != NULL && count <= MF_SIGNING_BATCH) {
        for (size_t i = 0; i < count; i++)
            items[i].artifact = &artifacts[i];
        sign_batch(signing, items, count, out);
        for (size_t i = 0; i < count; i++)
            mf_signing_item_done(&items[i]);
    }
    free(items);
    for (size_t i = 0; i < count; i++)
        if (!out[i].ok && out[i].err.code == MF_OK)
            mf_err_set(&out[i].err, MF_ERR_SYSTEM, "no memory for signing");
}
