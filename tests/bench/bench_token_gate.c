/* What a token costs at the gate, beside the one signature that it cannot do without. */
#include <unistd.h>

#include "ca-stub/identity/token_gate.h"
#include "common/base/file.h"
#include "tests/support/bench.h"
#include "tests/support/token_maker.h"

#define PAYLOAD                                                                             \
    "{\"iss\":\"https://a.example\",\"sub\":\"1\",\"aud\":\"sigstore\",\"iat\":1799999990," \
    "\"exp\":1800000590,\"email\":\"dev@example.org\",\"email_verified\":true,\"jti\":\"x\"}"

struct work {
    struct crypto *c;
    struct token_gate *gate;
    struct span token;
    struct public_key *key;
    struct span message, signature;
};

static bool at_the_gate(void *state)
{
    struct work *w = state;
    MF_SCOPED(mf_token_verdict_done) struct token_verdict verdict = {0};
    struct err err = {0};

    return mf_token_gate_check(w->gate, w->c, w->token, (struct instant){.s = 1800000000}, &verdict,
                               &err);
}

static bool bare(void *state)
{
    struct work *w = state;
    struct err err = {0};

    return mf_verify(w->c, w->key, MF_SIG_ECDSA_SHA256, w->message, w->signature, &err);
}

static bool open_gate(struct made_keys *keys, struct work *w, struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 4096};
    char path[] = "/tmp/mayfly-bench-XXXXXX";
    char configuration[256];
    int fd = mkstemp(path);

    if (fd < 0)
        return mf_err_sys(err, "no file");
    close(fd);
    if (!mf_buf_append_str(&text, "{\"keys\":[", err))
        return false;
    made_jwk(keys->c, keys->p256, "k", "", &text);
    snprintf(configuration, sizeof configuration,
             "[{\"issuer\":\"https://a.example\",\"audience\":\"sigstore\",\"type\":\"email\","
             "\"jwks_file\":\"%s\"}]",
             path);
    if (!mf_buf_append_str(&text, "]}", err) ||
        !mf_file_write(path, mf_buf_span(&text), 0600, MF_FILE_REPLACE, err) ||
        !mf_json_parse(mf_span_str(configuration), &mf_json_config_limits, &doc, err))
        return false;
    const struct token_gate_params params = {
        .issuers = mf_json_root(doc), .config_path = "/tmp/x.json", .clock = mf_clock_system()};
    bool ok = mf_token_gate_new(&params, &w->gate, err);
    unlink(path);
    return ok;
}

int main(void)
{
    struct made_keys keys = {0};
    struct work w = {0};
    MF_SCOPED(mf_buf_done) struct buf der = {.max = MF_SIGNATURE_MAX};
    struct err err = {0};

    made_keys_init(&keys, false);
    w.c = keys.c;
    w.message = MF_SPAN("message");
    MF_SCOPED(mf_buf_done)
    struct buf token = made_token(keys.c, keys.p256, MF_SIG_ECDSA_SHA256,
                                  MF_SPAN("{\"alg\":\"ES256\",\"kid\":\"k\"}"), MF_SPAN(PAYLOAD));
    w.token = mf_buf_span(&token);
    if (!open_gate(&keys, &w, &err) || !mf_private_key_public(keys.c, keys.p256, &w.key, &err) ||
        !mf_sign(keys.c, keys.p256, MF_SIG_ECDSA_SHA256, w.message, &der, &err)) {
        fprintf(stderr, "%s\n", err.what);
        return 1;
    }
    w.signature = mf_buf_span(&der);
    struct bench gate = mf_bench(at_the_gate, &w, 2000);
    struct bench verify = mf_bench(bare, &w, 2000);
    mf_bench_print("ES256 token at the gate", gate);
    mf_bench_print("ES256 signature alone", verify);
    printf("%-44s %9.2f\n", "ratio", gate.us / verify.us);
    mf_public_key_free(&w.key);
    mf_token_gate_free(&w.gate);
    made_keys_done(&keys);
    return 0;
}
