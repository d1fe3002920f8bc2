#include "ca-stub/identity/dev_issuer.h"

#include <limits.h>
#include <stdlib.h>

#include <jwt.h>

#include "ca-stub/identity/dev_issuer_parts.h"
#include "common/base/file.h"
#include "common/codec/base64.h"
#include "common/codec/der.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/codec/pem.h"
#include "common/codec/url.h"
#include "common/keys/key_file.h"

enum { SECRET_BYTES = 32, JWKS_MAX = 8 * 1024 };

static bool create_key(struct crypto *c, const char *directory, const char *name,
                       enum key_kind kind, struct err *err)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    char path[PATH_MAX];

    return mf_path_join(directory, name, path, sizeof path, err) &&
           mf_private_key_generate(c, kind, &key, err) &&
           mf_key_file_create(c, path, key, NULL, err);
}

static bool create_secret(struct crypto *c, const char *directory, struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret text = {0};
    char path[PATH_MAX];

    if (!mf_path_join(directory, MF_DEV_ISSUER_SECRET_FILE, path, sizeof path, err) ||
        !mf_secret_new(3 * SECRET_BYTES + 1, &text, err))
        return false;
    uint8_t *bytes = text.p + 2 * SECRET_BYTES + 1; /* behind the text, wiped with it */
    if (!mf_random(c, bytes, SECRET_BYTES, err))
        return false;
    mf_hex_encode((struct span){bytes, SECRET_BYTES}, (char *)text.p);
    text.p[2 * SECRET_BYTES] = '\n';
    text.n = 2 * SECRET_BYTES + 1;
    return mf_file_write(path, mf_secret_span(&text), 0600, MF_FILE_CREATE, err);
}

bool mf_dev_issuer_init(struct crypto *c, const char *directory, struct err *err)
{
    return create_key(c, directory, MF_DEV_ISSUER_EC_FILE, MF_KEY_P256, err) &&
           create_secret(c, directory, err);
}

bool mf_dev_issuer_init_rsa(struct crypto *c, const char *directory, struct err *err)
{
    return create_key(c, directory, MF_DEV_ISSUER_RSA_FILE, MF_KEY_RSA, err);
}

/* libjwt signs with the text of a key. MF_ERR_NOT_FOUND when there is no such file. */
static bool read_key(struct crypto *c, const char *directory, const char *name, struct dev_key *out,
                     struct public_key **half, struct err *err)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_secret_done) struct secret der = {0};
    char path[PATH_MAX];

    return mf_path_join(directory, name, path, sizeof path, err) &&
           mf_key_file_read(c, path, NULL, &key, err) && mf_private_key_public(c, key, half, err) &&
           mf_private_key_to_pkcs8(c, key, &der, err) &&
           mf_pem_write_secret("PRIVATE KEY", mf_secret_span(&der), &out->pem, err);
}

static bool put_url_bytes(struct json_writer *w, const char *name, struct span bytes,
                          struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 2 * MF_SPKI_MAX};

    if (!mf_base64_append_url(&text, bytes, err))
        return false;
    mf_json_member_put(w, name, mf_buf_span(&text));
    return true;
}

static bool put_rsa(struct json_writer *w, struct span pkcs1, struct err *err)
{
    struct span body, n, e;

    mf_json_member_put_cstr(w, "kty", "RSA");
    return mf_der_take(&pkcs1, MF_DER_SEQUENCE, &body, err) &&
           mf_der_take(&body, MF_DER_INTEGER, &n, err) && mf_der_unsigned(n, &n, err) &&
           mf_der_take(&body, MF_DER_INTEGER, &e, err) && mf_der_unsigned(e, &e, err) &&
           put_url_bytes(w, "n", n, err) && put_url_bytes(w, "e", e, err);
}

static bool put_ec(struct json_writer *w, struct span point, struct err *err)
{
    size_t width = (point.n - 1) / 2; /* 04 || X || Y */

    mf_json_member_put_cstr(w, "kty", "EC");
    mf_json_member_put_cstr(w, "crv", "P-256");
    return put_url_bytes(w, "x", mf_span_first(mf_span_from(point, 1), width), err) &&
           put_url_bytes(w, "y", mf_span_from(point, 1 + width), err);
}

static bool put_jwk(struct crypto *c, struct json_writer *w, const struct public_key *half,
                    enum jws_alg alg, struct dev_key *key, struct err *err)
{
    struct span raw = mf_public_key_raw(half);
    uint8_t digest[MF_SHA256_LEN];
    char hex[17];

    if (mf_public_key_kind(half) != mf_jws_alg_key(alg))
        return mf_err_set(err, MF_ERR_FORMAT, "is not a key for %s", mf_jws_alg_name(alg));
    mf_sha256(c, mf_public_key_spki(half), digest);
    mf_hex_encode((struct span){digest, 8}, hex);
    snprintf(key->kid, sizeof key->kid, "dev-%s-%s", mf_jws_alg_name(alg), hex);
    mf_json_begin_object(w);
    mf_json_member_put_cstr(w, "kid", key->kid);
    mf_json_member_put_cstr(w, "use", "sig");
    mf_json_member_put_cstr(w, "alg", mf_jws_alg_name(alg));
    if (alg == MF_JWS_RS256 ? !put_rsa(w, raw, err) : !put_ec(w, raw, err))
        return false;
    mf_json_end_object(w);
    return true;
}

static bool add_key(struct crypto *c, struct json_writer *w, const char *directory,
                    enum jws_alg alg, struct dev_key *key, struct err *err)
{
    const char *name = alg == MF_JWS_RS256 ? MF_DEV_ISSUER_RSA_FILE : MF_DEV_ISSUER_EC_FILE;
    MF_SCOPED(mf_public_key_free) struct public_key *half = NULL;

    if (!read_key(c, directory, name, key, &half, err))
        return false;
    return put_jwk(c, w, half, alg, key, err) || mf_err_at(err, "%s", name);
}

static bool read_keys(struct dev_issuer *issuer, const char *directory, struct err *err)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;

    issuer->jwks.max = JWKS_MAX;
    struct json_writer w = mf_json_writer(&issuer->jwks, err);
    if (!mf_crypto_new(MF_CRYPTO_DEFAULT, &c, err))
        return false;
    mf_json_begin_object(&w);
    mf_json_key(&w, "keys");
    mf_json_begin_array(&w);
    if (!add_key(c, &w, directory, MF_JWS_ES256, &issuer->ec, err))
        return false;
    if (!add_key(c, &w, directory, MF_JWS_RS256, &issuer->rsa, err)) {
        if (err->code != MF_ERR_NOT_FOUND)
            return false;
        mf_err_clear(err); /* nobody asked for one */
    }
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    return mf_json_written(&w);
}

static bool read_secret(struct dev_issuer *issuer, const char *directory, struct err *err)
{
    char path[PATH_MAX];

    if (!mf_path_join(directory, MF_DEV_ISSUER_SECRET_FILE, path, sizeof path, err) ||
        !mf_key_file_passphrase(path, &issuer->secret, err))
        return false;
    if (issuer->secret.n >= SECRET_BYTES)
        return true;
    mf_err_set(err, MF_ERR_FORMAT, "is shorter than %d characters", SECRET_BYTES);
    return mf_err_at(err, "%s", path);
}

static bool check_path(const char *path, struct err *err)
{
    size_t n = strlen(path);

    if (n == 0)
        return true;
    bool ok = path[0] == '/' && n > 1 && n < MF_DEV_ISSUER_PATH_MAX;
    for (size_t i = 1; ok && i < n; i++)
        ok = (path[i] >= 'a' && path[i] <= 'z') || (path[i] >= '0' && path[i] <= '9') ||
             path[i] == '-';
    return ok || mf_err_set(err, MF_ERR_FORMAT, "path \"%s\" is not \"\" or \"/name\"", path);
}

static bool take_params(struct dev_issuer *issuer, const struct dev_issuer_params *params,
                        struct err *err)
{
    const char *audience = params->audience != NULL ? params->audience : "sigstore";
    struct url url;

    if (!mf_url_parse(mf_span_str(params->base_url), &url, err))
        return mf_err_at(err, "development issuer");
    if (url.https || !mf_url_is_loopback(&url) || url.path.n > 0 || url.query.n > 0)
        return mf_err_set(err, MF_ERR_FORMAT,
                          "development issuer's URL \"%s\" is not http, this machine and a port "
                          "alone",
                          params->base_url);
    if (strlen(params->base_url) >= sizeof issuer->base_url ||
        strlen(audience) >= sizeof issuer->audience || params->path_count > MF_DEV_ISSUER_PATHS_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "development issuer has too many or too long names");
    snprintf(issuer->base_url, sizeof issuer->base_url, "%s", params->base_url);
    snprintf(issuer->audience, sizeof issuer->audience, "%s", audience);
    for (size_t i = 0; i < params->path_count; i++) {
        if (!check_path(params->paths[i], err))
            return mf_err_at(err, "development issuer");
        snprintf(issuer->paths[i], sizeof issuer->paths[i], "%s", params->paths[i]);
    }
    issuer->path_count = params->path_count > 0 ? params->path_count : 1;
    issuer->clock = params->clock;
    return true;
}

bool mf_dev_issuer_new(const struct dev_issuer_params *params, struct dev_issuer **out,
                       struct err *err)
{
    MF_SCOPED(mf_dev_issuer_free) struct dev_issuer *issuer = mf_array_new(1, sizeof *issuer);

    if (issuer == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the development issuer");
    if (!take_params(issuer, params, err) || !read_keys(issuer, params->directory, err) ||
        !read_secret(issuer, params->directory, err))
        return false;
    *out = MF_MOVE(issuer);
    return true;
}

void mf_dev_issuer_free(struct dev_issuer **issuer)
{
    struct dev_issuer *old = MF_MOVE(*issuer);

    if (old == NULL)
        return;
    mf_secret_done(&old->ec.pem);
    mf_secret_done(&old->rsa.pem);
    mf_secret_done(&old->secret);
    mf_buf_done(&old->jwks);
    free(old);
}

static void jwt_done(jwt_t **jwt)
{
    jwt_free(*jwt); /* accepts null; wipes its copy of the key */
    *jwt = NULL;
}

static bool encode(const struct dev_key *key, jwt_alg_t alg, const char *claims,
                   struct secret *token, struct err *err)
{
    MF_SCOPED(jwt_done) jwt_t *jwt = NULL;

    if (jwt_new(&jwt) != 0 || jwt_add_header(jwt, "kid", key->kid) != 0 ||
        jwt_add_grants_json(jwt, claims) != 0 ||
        jwt_set_alg(jwt, alg, key->pem.p, (int)key->pem.n) != 0)
        return mf_err_set(err, MF_ERR_FORMAT, "libjwt does not take these claims");
    char *text = jwt_encode_str(jwt);
    if (text == NULL)
        return mf_err_sys(err, "libjwt cannot sign");
    bool ok = mf_secret_copy(mf_span_str(text), token, err);
    explicit_bzero(text, strlen(text));
    free(text);
    return ok;
}

bool mf_dev_issuer_mint(struct dev_issuer *issuer, struct span path, struct span body,
                        struct secret *token, struct err *err)
{
    MF_SCOPED(mf_dev_issuer_claims_done) struct dev_request request = {0};

    if (!mf_dev_issuer_claims(issuer, path, body, &request, err))
        return false;
    bool rsa = request.alg == MF_JWS_RS256;
    const struct dev_key *key = rsa ? &issuer->rsa : &issuer->ec;
    if (key->pem.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "there is no RSA key in this instance; use ES256");
    return encode(key, rsa ? JWT_ALG_RS256 : JWT_ALG_ES256, (const char *)request.claims.p, token,
                  err);
}
