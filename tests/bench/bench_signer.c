/* The signer process against signing in the same process: one message a round trip, and batches. */
#include <unistd.h>

#include "common/keys/key_file.h"
#include "common/keys/signer_client.h"
#include "tests/support/bench.h"

enum { BATCH = 64 };

struct work {
    struct crypto *c;
    struct private_key *key;
    enum sig_scheme scheme;
    struct signer *signer;
    size_t count;
    struct span messages[BATCH];
    struct buf signatures[BATCH];
};

static uint8_t message[1500]; /* a certificate's size */

static bool bare(void *state)
{
    struct work *w = state;
    struct err err = {0};

    for (size_t i = 0; i < w->count; i++) {
        mf_buf_reset(&w->signatures[i]);
        if (!mf_sign(w->c, w->key, w->scheme, w->messages[i], &w->signatures[i], &err))
            return false;
    }
    return true;
}

static bool by_process(void *state)
{
    struct work *w = state;
    struct err err = {0};

    for (size_t i = 0; i < w->count; i++)
        mf_buf_reset(&w->signatures[i]);
    return mf_signer_sign(w->signer, w->messages, w->count, w->signatures, &err);
}

static void report(struct work *w, size_t count, int rounds)
{
    char line[64];

    w->count = count;
    struct bench limit = mf_bench(bare, w, rounds);
    struct bench b = mf_bench(by_process, w, rounds);
    snprintf(line, sizeof line, "  %zu a batch, in this process", count);
    mf_bench_print(line, limit);
    snprintf(line, sizeof line, "  %zu a batch, signer process (x%.2f, +%.1f us)", count,
             b.us / limit.us, b.us - limit.us);
    mf_bench_print(line, b);
}

static void fail(const struct err *err)
{
    char text[512];

    mf_err_render(err, text, sizeof text);
    fprintf(stderr, "%s\n", text);
    exit(1);
}

static void run(struct crypto *c, enum key_kind kind)
{
    char path[] = "/tmp/mayfly-bench-XXXXXX";
    const struct signer_params params = {.key_path = path, .use = MF_SIGNER_BYTES};
    struct work w = {.c = c, .scheme = mf_sig_scheme_of(kind)};
    struct err err = {0};

    int fd = mkstemp(path);
    if (fd < 0 || close(fd) != 0 || unlink(path) != 0)
        exit(1);
    bool ready = mf_private_key_generate(c, kind, &w.key, &err) &&
                 mf_key_file_create(c, path, w.key, NULL, &err) &&
                 mf_signer_start(&params, &w.signer, &err);
    unlink(path);
    if (!ready)
        fail(&err);
    for (size_t i = 0; i < BATCH; i++) {
        w.messages[i] = MF_SPAN_OF(message);
        w.signatures[i] = (struct buf){.max = MF_SIGNATURE_MAX};
    }
    printf("%s, messages of %zu bytes\n", mf_key_kind_name(kind), sizeof message);
    report(&w, 1, 1000);
    report(&w, 8, 200);
    report(&w, BATCH, 30);
    for (size_t i = 0; i < BATCH; i++)
        mf_buf_done(&w.signatures[i]);
    mf_signer_free(&w.signer);
    mf_private_key_free(&w.key);
}

int main(void)
{
    struct crypto *c = NULL;
    struct err err = {0};

    if (!mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err))
        fail(&err);
    run(c, MF_KEY_P256);
    run(c, MF_KEY_ED25519);
    mf_crypto_free(&c);
    return 0;
}
