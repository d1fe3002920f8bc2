/* Verifier key texts: "name+hex8+base64(type || key)". Source: C2SP signed-note "Verifier keys". */
#include "common/codec/base64.h"
#include "common/codec/hex.h"
#include "transparency/note/note_key.h"

struct parts {
    struct span name, id, key; /* the key in base64 may hold '+' itself */
};

static bool split(struct span vkey, struct parts *out)
{
    size_t first = mf_span_find(vkey, '+');

    if (first == vkey.n)
        return false;
    struct span rest = mf_span_from(vkey, first + 1);
    size_t second = mf_span_find(rest, '+');
    if (second == rest.n)
        return false;
    out->name = mf_span_first(vkey, first);
    out->id = mf_span_first(rest, second);
    out->key = mf_span_from(rest, second + 1);
    return true;
}

/* One spelling: 8 digits in lower case. */
static bool parse_id(struct span hex, uint32_t *out, struct err *err)
{
    uint8_t bytes[4];

    for (size_t i = 0; i < hex.n; i++)
        if (hex.p[i] >= 'A' && hex.p[i] <= 'F')
            return mf_err_set(err, MF_ERR_FORMAT, "key ID is not in lower case");
    if (!mf_hex_decode_exact(hex, bytes, sizeof bytes, err))
        return mf_err_at(err, "key ID");
    *out = mf_be32(bytes);
    return true;
}

static const struct span rsa_name = MF_SPAN_INIT("PKIX-RSA-PKCS#1v1.5");

static bool parse_key(struct crypto *c, struct span name, struct span material,
                      struct note_key *out, struct err *err)
{
    MF_SCOPED(mf_public_key_free) struct public_key *raw = NULL;
    uint8_t type = material.p[0];
    struct span key = mf_span_from(material, 1);

    switch (type) {
    case MF_NOTE_KEY_ED25519:
    case MF_NOTE_KEY_COSIGNER:
        return mf_public_key_from_raw(c, MF_KEY_ED25519, key, &raw, err) &&
               mf_note_key_init(c, (enum note_key_type)type, name, mf_public_key_spki(raw), out,
                                err);
    case MF_NOTE_KEY_ECDSA:
        return mf_note_key_init(c, MF_NOTE_KEY_ECDSA, name, key, out, err);
    case MF_NOTE_KEY_RFC6962:
        return mf_note_key_init(c, MF_NOTE_KEY_RFC6962, name, key, out, err);
    case MF_NOTE_KEY_RSA:
        if (mf_span_starts(key, rsa_name))
            return mf_note_key_init(c, MF_NOTE_KEY_RSA, name, mf_span_from(key, rsa_name.n), out,
                                    err);
        break;
    default:
        break;
    }
    return mf_err_set(err, MF_ERR_FORMAT, "unknown key type %02x", type);
}

bool mf_vkey_split(struct span text, struct vkey *out, struct err *err)
{
    MF_SCOPED(mf_vkey_done) struct vkey v = {.material = {.max = MF_NOTE_VKEY_MAX}};
    struct parts parts;

    if (text.n > MF_NOTE_VKEY_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %d bytes", MF_NOTE_VKEY_MAX);
    if (!split(text, &parts))
        return mf_err_set(err, MF_ERR_FORMAT, "is not name+id+key");
    if (!parse_id(parts.id, &v.id, err))
        return false;
    if (!mf_base64_decode(parts.key, MF_BASE64_STD, &v.material, err))
        return mf_err_at(err, "key");
    if (v.material.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "key is empty");
    v.name = parts.name;
    *out = v;
    v.material = (struct buf){0}; /* moved */
    return true;
}

void mf_vkey_done(struct vkey *vkey)
{
    mf_buf_done(&vkey->material);
}

bool mf_note_key_parse(struct crypto *c, struct span vkey, struct note_key *out, struct err *err)
{
    MF_SCOPED(mf_vkey_done) struct vkey v = {0};
    MF_SCOPED(mf_note_key_done) struct note_key k = {0};

    if (!mf_vkey_split(vkey, &v, err))
        return false;
    if (!parse_key(c, v.name, mf_buf_span(&v.material), &k, err))
        return mf_err_at(err, "key");
    if (k.id != v.id)
        return mf_err_set(err, MF_ERR_FORMAT, "key ID is %08x, name and key give %08x", v.id, k.id);
    *out = k;
    k.key = NULL; /* moved */
    return true;
}

bool mf_note_key_format(const struct note_key *key, struct buf *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf material = {.max = MF_NOTE_VKEY_MAX};
    bool is_raw = key->type == MF_NOTE_KEY_ED25519 || key->type == MF_NOTE_KEY_COSIGNER;
    struct span bytes = is_raw ? mf_public_key_raw(key->key) : mf_public_key_spki(key->key);

    return mf_buf_append_byte(&material, (uint8_t)key->type, err) &&
           (key->type != MF_NOTE_KEY_RSA || mf_buf_append(&material, rsa_name, err)) &&
           mf_buf_append(&material, bytes, err) &&
           mf_buf_printf(out, err, "%s+%08x+", key->name, key->id) &&
           mf_base64_append(out, mf_buf_span(&material), err);
}
