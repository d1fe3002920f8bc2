#include "tests/support/token_maker.h"

#include "common/codec/base64.h"
#include "common/codec/der.h"
#include "tests/support/suite.h"

static struct private_key *make(struct crypto *c, enum key_kind kind)
{
    struct private_key *key = NULL;
    struct err err = {0};

    mf_ck_ok(mf_private_key_generate(c, kind, &key, &err), err);
    return key;
}

void made_keys_init(struct made_keys *keys, bool with_rsa)
{
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &keys->c, &err), err);
    keys->p256 = make(keys->c, MF_KEY_P256);
    keys->other = make(keys->c, MF_KEY_P256);
    keys->p384 = make(keys->c, MF_KEY_P384);
    keys->p521 = make(keys->c, MF_KEY_P521);
    keys->ed25519 = make(keys->c, MF_KEY_ED25519);
    if (with_rsa)
        keys->rsa = make(keys->c, MF_KEY_RSA);
}

void made_keys_done(struct made_keys *keys)
{
    mf_private_key_free(&keys->rsa);
    mf_private_key_free(&keys->p256);
    mf_private_key_free(&keys->other);
    mf_private_key_free(&keys->p384);
    mf_private_key_free(&keys->p521);
    mf_private_key_free(&keys->ed25519);
    mf_crypto_free(&keys->c);
}

struct buf made_signing_input(struct span header, struct span payload)
{
    struct buf out = {.max = 1 << 20};
    struct err err = {0};

    mf_ck_ok(mf_base64_append_url(&out, header, &err), err);
    mf_ck_ok(mf_buf_append_byte(&out, '.', &err), err);
    mf_ck_ok(mf_base64_append_url(&out, payload, &err), err);
    return out;
}

struct buf made_token_with(struct span header, struct span payload, struct span signature)
{
    struct buf out = made_signing_input(header, payload);
    struct err err = {0};

    mf_ck_ok(mf_buf_append_byte(&out, '.', &err), err);
    mf_ck_ok(mf_base64_append_url(&out, signature, &err), err);
    return out;
}

static size_t width_of(enum key_kind kind)
{
    if (kind == MF_KEY_P256)
        return 32;
    if (kind == MF_KEY_P384)
        return 48;
    return kind == MF_KEY_P521 ? 66 : 0;
}

struct buf made_token(struct crypto *c, const struct private_key *key, enum sig_scheme scheme,
                      struct span header, struct span payload)
{
    MF_SCOPED(mf_buf_done) struct buf input = made_signing_input(header, payload);
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    MF_SCOPED(mf_buf_done) struct buf raw = {.max = MF_SIGNATURE_MAX};
    size_t width = width_of(mf_private_key_kind(key));
    struct err err = {0};

    mf_ck_ok(mf_sign(c, key, scheme, mf_buf_span(&input), &signature, &err), err);
    if (width == 0)
        return made_token_with(header, payload, mf_buf_span(&signature));
    mf_ck_ok(mf_ecdsa_to_raw(mf_buf_span(&signature), width, &raw, &err), err);
    return made_token_with(header, payload, mf_buf_span(&raw));
}

static void put(struct buf *out, const char *name, struct span bytes)
{
    struct err err = {0};

    mf_ck_ok(mf_buf_printf(out, &err, ",\"%s\":\"", name), err);
    mf_ck_ok(mf_base64_append_url(out, bytes, &err), err);
    mf_ck_ok(mf_buf_append_byte(out, '"', &err), err);
}

static void put_rsa(struct span pkcs1, struct buf *out)
{
    struct span body, n, e;
    struct err err = {0};

    mf_ck_ok(mf_der_take(&pkcs1, MF_DER_SEQUENCE, &body, &err), err);
    mf_ck_ok(mf_der_take(&body, MF_DER_INTEGER, &n, &err) && mf_der_unsigned(n, &n, &err), err);
    mf_ck_ok(mf_der_take(&body, MF_DER_INTEGER, &e, &err) && mf_der_unsigned(e, &e, &err), err);
    put(out, "n", n);
    put(out, "e", e);
}

void made_jwk(struct crypto *c, const struct private_key *key, const char *kid, const char *extra,
              struct buf *out)
{
    static const char *const types[] = {
        [MF_KEY_P256] = "\"EC\",\"crv\":\"P-256\"",
        [MF_KEY_P384] = "\"EC\",\"crv\":\"P-384\"",
        [MF_KEY_P521] = "\"EC\",\"crv\":\"P-521\"",
        [MF_KEY_RSA] = "\"RSA\"",
        [MF_KEY_ED25519] = "\"OKP\",\"crv\":\"Ed25519\"",
    };
    MF_SCOPED(mf_public_key_free) struct public_key *half = NULL;
    enum key_kind kind = mf_private_key_kind(key);
    struct err err = {0};

    mf_ck_ok(mf_private_key_public(c, key, &half, &err), err);
    struct span raw = mf_public_key_raw(half);
    mf_ck_ok(mf_buf_printf(out, &err, "{\"kty\":%s", types[kind]), err);
    if (kid != NULL)
        mf_ck_ok(mf_buf_printf(out, &err, ",\"kid\":\"%s\"", kid), err);
    size_t width = width_of(kind);
    if (kind == MF_KEY_RSA) {
        put_rsa(raw, out);
    } else if (width == 0) {
        put(out, "x", raw);
    } else {
        put(out, "x", mf_span_first(mf_span_from(raw, 1), width));
        put(out, "y", mf_span_from(raw, 1 + width));
    }
    mf_ck_ok(mf_buf_printf(out, &err, "%s}", extra), err);
}
