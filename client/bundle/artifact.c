#include "client/bundle/artifact.h"

#include <sys/stat.h>

#include "common/base/input.h"
#include "common/codec/hex.h"

enum { CHUNK = 64 * 1024, ALGS = 3 };

_Static_assert((int)MF_SHA512 < (int)ALGS, "digests index arrays");

bool mf_artifact_from_text(const char *text, struct artifact *out)
{
    struct span rest = mf_span_str(text);
    size_t colon = mf_span_find(rest, ':');
    struct artifact a = {0};
    struct err ignored = {0};

    if (colon == rest.n)
        return false;
    for (unsigned alg = 0; alg < ALGS; alg++) {
        if (!mf_span_is(mf_span_first(rest, colon), mf_digest_name((enum digest_alg)alg)))
            continue;
        if (!mf_hex_decode_exact(mf_span_from(rest, colon + 1), a.digest[alg],
                                 mf_digest_length((enum digest_alg)alg), &ignored))
            return false;
        a.has[alg] = true;
        *out = a;
        return true;
    }
    return false;
}

struct streams {
    struct digest *of[ALGS];
};

static void streams_done(struct streams *s)
{
    for (size_t i = 0; i < ALGS; i++)
        mf_digest_free(&s->of[i]);
}

static bool streams_start(struct crypto *c, unsigned digests, struct streams *s, struct err *err)
{
    for (unsigned alg = 0; alg < ALGS; alg++)
        if ((digests >> alg & 1U) != 0 && !mf_digest_new(c, (enum digest_alg)alg, &s->of[alg], err))
            return false;
    return true;
}

static void streams_update(struct streams *s, struct span bytes)
{
    for (size_t i = 0; i < ALGS; i++)
        if (s->of[i] != NULL)
            mf_digest_update(s->of[i], bytes);
}

static void streams_finish(struct streams *s, struct artifact *out)
{
    *out = (struct artifact){0};
    for (size_t i = 0; i < ALGS; i++) {
        if (s->of[i] == NULL)
            continue;
        mf_digest_final(s->of[i], out->digest[i]);
        out->has[i] = true;
    }
}

static bool read_through(struct input *in, struct streams *s, struct err *err)
{
    uint8_t chunk[CHUNK];
    size_t n = 0;

    do {
        if (!mf_input_read(in, chunk, sizeof chunk, &n, err))
            return false;
        streams_update(s, (struct span){chunk, n});
    } while (n > 0);
    return true;
}

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool mf_artifact_read(struct crypto *c, const char *path, unsigned digests, struct artifact *out,
                      struct err *err)
{
    MF_SCOPED(streams_done) struct streams s = {0};
    MF_SCOPED(mf_input_done) struct input in = {.fd = -1};

    if (!mf_input_open(path, &in, err))
        return is_directory(path) ? mf_err_hint(err, "name the files in it") : false;
    if (!streams_start(c, digests, &s, err) || !read_through(&in, &s, err))
        return mf_err_at(err, "%s", path);
    streams_finish(&s, out);
    return true;
}

bool mf_artifact_of(struct crypto *c, struct span bytes, unsigned digests, struct artifact *out,
                    struct err *err)
{
    MF_SCOPED(streams_done) struct streams s = {0};

    if (!streams_start(c, digests, &s, err))
        return false;
    streams_update(&s, bytes);
    streams_finish(&s, out);
    return true;
}
