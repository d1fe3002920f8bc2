/* Base64 and JSON at the sizes of a log entry: against memcpy and against cJSON alone. */
#include <cjson/cJSON.h>

#include "common/codec/base64.h"
#include "common/codec/json.h"
#include "tests/support/bench.h"

enum { BYTES = 3072 };

struct work {
    uint8_t bytes[BYTES];
    uint8_t copy[BYTES];
    struct buf base64, decoded, request, written;
};

static bool copy(void *state)
{
    struct work *w = state;

    memcpy(w->copy, w->bytes, sizeof w->copy);
    __asm__ volatile("" : : "r"(w->copy) : "memory"); /* or the copy is dropped */
    return true;
}

static bool encode(void *state)
{
    struct work *w = state;
    struct err err = {0};

    w->base64.n = 0;
    return mf_base64_append(&w->base64, MF_SPAN_OF(w->bytes), &err);
}

static bool decode(void *state)
{
    struct work *w = state;
    struct err err = {0};

    w->decoded.n = 0;
    return mf_base64_decode(mf_buf_span(&w->base64), MF_BASE64_LENIENT, &w->decoded, &err);
}

static bool parse(void *state)
{
    struct work *w = state;
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err err = {0};

    return mf_json_parse(mf_buf_span(&w->request), &mf_json_request_limits, &doc, &err);
}

static bool parse_loosely(void *state)
{
    struct work *w = state;
    cJSON *root = cJSON_ParseWithLength((const char *)w->request.p, w->request.n);

    cJSON_Delete(root);
    return root != NULL;
}

/* The shape of a hashedrekord request, or of an answer with a proof. */
static bool write_entry(void *state)
{
    struct work *w = state;
    struct err err = {0};
    struct json_writer out = mf_json_writer(&w->written, &err);

    w->written.n = 0;
    mf_json_begin_object(&out);
    mf_json_key(&out, "hashedRekordRequestV002");
    mf_json_begin_object(&out);
    mf_json_member_put_base64(&out, "digest", (struct span){w->bytes, 32});
    mf_json_key(&out, "signature");
    mf_json_begin_object(&out);
    mf_json_member_put_base64(&out, "content", (struct span){w->bytes, 71});
    mf_json_key(&out, "verifier");
    mf_json_begin_object(&out);
    mf_json_member_put_cstr(&out, "keyDetails", "PKIX_ECDSA_P256_SHA_256");
    mf_json_key(&out, "x509Certificate");
    mf_json_begin_object(&out);
    mf_json_member_put_base64(&out, "rawBytes", (struct span){w->bytes, 1200});
    for (int i = 0; i < 4; i++)
        mf_json_end_object(&out);
    mf_json_end_object(&out);
    return mf_json_written(&out);
}

static void report(const char *name, struct bench b, struct bench limit)
{
    char line[64];

    snprintf(line, sizeof line, "  %s (x%.2f)", name, b.us / limit.us);
    mf_bench_print(line, b);
}

int main(void)
{
    static struct work w = {
        .base64.max = 8192, .decoded.max = 8192, .request.max = 8192, .written.max = 8192};
    struct err err = {0};

    for (size_t i = 0; i < sizeof w.bytes; i++)
        w.bytes[i] = (uint8_t)(i * 167 + i / 7);
    printf("base64 of %d bytes\n", BYTES);
    struct bench limit = mf_bench(copy, &w, 20000);
    report("memcpy", limit, limit);
    report("encode", mf_bench(encode, &w, 20000), limit);
    report("decode, lenient form", mf_bench(decode, &w, 20000), limit);

    if (!write_entry(&w) || !mf_buf_append(&w.request, mf_buf_span(&w.written), &err))
        return 1;
    printf("JSON of %zu bytes\n", w.request.n);
    limit = mf_bench(parse_loosely, &w, 20000);
    report("cJSON alone, accepting too much", limit, limit);
    report("mf_json_parse", mf_bench(parse, &w, 20000), limit);
    report("write", mf_bench(write_entry, &w, 20000), limit);
    mf_buf_done(&w.base64);
    mf_buf_done(&w.decoded);
    mf_buf_done(&w.request);
    mf_buf_done(&w.written);
    return 0;
}
