#include "ca-stub/identity/key_source.h"

#include "ca-stub/identity/discovery.h"
#include "common/base/file.h"

static bool parse_set(struct crypto *c, const struct buf *text, const char *place,
                      struct jwk_set **out, struct err *err)
{
    return mf_jwks_parse(c, mf_buf_span(text), out, err) || mf_err_at(err, "%s", place);
}

static bool load_file(struct crypto *c, const struct issuer *issuer, struct jwk_set **out,
                      struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};

    return mf_file_read(issuer->jwks_file, MF_JWKS_MAX, &text, err) &&
           parse_set(c, &text, issuer->jwks_file, out, err);
}

/* A NUL behind, for the fetcher. */
static bool finish_url(struct buf *url, struct err *err)
{
    return mf_buf_append_byte(url, 0, err);
}

static bool discover(const struct issuer *issuer, const struct key_fetch *fetch, struct buf *url,
                     struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf address = {.max = MF_URL_MAX + 64};
    MF_SCOPED(mf_buf_done) struct buf document = {.max = MF_DISCOVERY_MAX};
    struct key_life unused = {0};

    if (!mf_discovery_url(issuer, &address, err) || !finish_url(&address, err))
        return false;
    if (!fetch->get(fetch->state, (const char *)address.p, issuer->ca_file, MF_DISCOVERY_MAX,
                    &document, &unused, err) ||
        !mf_discovery_read(issuer, mf_buf_span(&document), url, err))
        return mf_err_at(err, "discovery document");
    return true;
}

bool mf_key_source_load(struct crypto *c, const struct issuer *issuer,
                        const struct key_fetch *fetch, struct jwk_set **out, struct key_life *life,
                        struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf url = {.max = MF_URL_MAX + 1};
    MF_SCOPED(mf_buf_done) struct buf keys = {.max = MF_JWKS_MAX};
    struct key_life said = {0};

    if (issuer->jwks_file != NULL)
        return load_file(c, issuer, out, err);
    if (issuer->jwks_uri != NULL ? !mf_buf_append_str(&url, issuer->jwks_uri, err)
                                 : !discover(issuer, fetch, &url, err))
        return false;
    if (!finish_url(&url, err))
        return false;
    if (!fetch->get(fetch->state, (const char *)url.p, issuer->ca_file, MF_JWKS_MAX, &keys, &said,
                    err))
        return mf_err_at(err, "keys");
    if (!parse_set(c, &keys, (const char *)url.p, out, err))
        return false;
    *life = said;
    return true;
}
