/* Fields lie inside the input and put together give it back; libcurl, which will fetch it, sees the
 * same host and port. */
#include <curl/curl.h>

#include "common/codec/url.h"
#include "tests/support/fuzz.h"

static void put_together(const struct url *u, struct span text)
{
    struct err err = {0};
    MF_SCOPED(mf_buf_done) struct buf b = {.max = MF_URL_MAX + 16};
    bool literal = mf_span_find(u->host, ':') < u->host.n;

    mf_require(mf_buf_append_str(&b, u->https ? "https://" : "http://", &err));
    mf_require(mf_buf_append_str(&b, literal ? "[" : "", &err));
    mf_require(mf_buf_append(&b, u->host, &err));
    mf_require(mf_buf_append_str(&b, literal ? "]" : "", &err));
    if (u->has_port)
        mf_require(mf_buf_printf(&b, &err, ":%u", u->port));
    mf_require(mf_buf_append(&b, u->path, &err));
    if (b.n < text.n)
        mf_require(mf_buf_append_str(&b, "?", &err) && mf_buf_append(&b, u->query, &err));
    mf_require(mf_span_eq(mf_buf_span(&b), text));
}

static void part_is(CURLU *curl, CURLUPart part, unsigned flags, struct span expected)
{
    char *value = NULL;

    mf_require(curl_url_get(curl, part, &value, flags) == CURLUE_OK);
    mf_require(mf_span_is(expected, value));
    curl_free(value);
}

static void curl_agrees(const struct url *u, struct span text)
{
    CURLU *curl = curl_url();
    char *copy = mf_span_dup(text);
    char port[8], host[MF_URL_MAX + 3];
    bool literal = mf_span_find(u->host, ':') < u->host.n;

    mf_require(curl != NULL && copy != NULL);
    mf_require(curl_url_set(curl, CURLUPART_URL, copy, CURLU_PATH_AS_IS) == CURLUE_OK);
    snprintf(port, sizeof port, "%u", u->port);
    part_is(curl, CURLUPART_PORT, CURLU_DEFAULT_PORT, mf_span_str(port));
    part_is(curl, CURLUPART_SCHEME, 0, u->https ? MF_SPAN("https") : MF_SPAN("http"));
    snprintf(host, sizeof host, literal ? "[%.*s]" : "%.*s", (int)u->host.n,
             (const char *)u->host.p);
    if (!literal) /* it writes addresses in its own way */
        part_is(curl, CURLUPART_HOST, 0, mf_span_str(host));
    part_is(curl, CURLUPART_PATH, 0, u->path.n > 0 ? u->path : MF_SPAN("/"));
    curl_url_cleanup(curl);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = {data, size};
    struct url u = {0};
    struct err err = {0};

    if (!mf_url_parse(text, &u, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0');
        return 0;
    }
    mf_require(size <= MF_URL_MAX && u.host.n > 0 && u.port > 0);
    put_together(&u, text);
    curl_agrees(&u, text);
    (void)mf_url_is_loopback(&u);
    return 0;
}
