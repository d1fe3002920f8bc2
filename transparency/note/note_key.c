#include "transparency/note/note_key.h"

enum note_key_type mf_note_key_type_of(enum key_kind kind)
{
    if (kind == MF_KEY_ED25519)
        return MF_NOTE_KEY_ED25519;
    return kind == MF_KEY_RSA ? MF_NOTE_KEY_RSA : MF_NOTE_KEY_ECDSA;
}

static bool is_ecdsa(enum key_kind kind)
{
    return kind == MF_KEY_P256 || kind == MF_KEY_P384 || kind == MF_KEY_P521;
}

static bool type_fits(enum note_key_type type, enum key_kind kind)
{
    switch (type) {
    case MF_NOTE_KEY_ED25519:
    case MF_NOTE_KEY_COSIGNER:
        return kind == MF_KEY_ED25519;
    case MF_NOTE_KEY_ECDSA:
        return is_ecdsa(kind);
    case MF_NOTE_KEY_RFC6962: /* RFC 6962 section 2.1.4: ECDSA over P-256, or RSA */
        return kind == MF_KEY_P256 || kind == MF_KEY_RSA;
    case MF_NOTE_KEY_RSA:
        return kind == MF_KEY_RSA;
    case MF_NOTE_KEY_NONE:
        break;
    }
    return false;
}

/* H(name LF type what); the type byte, and RSA's identifier behind it, are in `type`. */
static void bound_hash(struct crypto *c, struct span name, struct span type, struct span what,
                       uint8_t out[static 32])
{
    const struct span parts[] = {name, MF_SPAN("\n"), type, what};

    mf_sha256_parts(c, parts, MF_LEN(parts), out);
}

bool mf_note_key_ids(struct crypto *c, enum note_key_type type, struct span name,
                     const struct public_key *key, uint32_t *id, uint8_t log_id[static 32],
                     struct err *err)
{
    uint8_t bound[32];
    struct span spki = mf_public_key_spki(key);

    if (!mf_note_name_is_valid(name))
        return mf_err_set(err, MF_ERR_FORMAT, "no key name: \"%.*s\"", MF_SPAN_ARG(name));
    if (!type_fits(type, mf_public_key_kind(key)))
        return mf_err_set(err, MF_ERR_FORMAT, "an %s key does not fit note key type %02x",
                          mf_key_kind_name(mf_public_key_kind(key)), (unsigned)type);
    switch (type) {
    case MF_NOTE_KEY_ED25519:
        bound_hash(c, name, MF_SPAN("\x01"), mf_public_key_raw(key), log_id);
        break;
    case MF_NOTE_KEY_COSIGNER:
        bound_hash(c, name, MF_SPAN("\x04"), mf_public_key_raw(key), log_id);
        break;
    case MF_NOTE_KEY_RSA:
        bound_hash(c, name, MF_SPAN("\xffPKIX-RSA-PKCS#1v1.5"), spki, log_id);
        break;
    case MF_NOTE_KEY_ECDSA:
    case MF_NOTE_KEY_RFC6962:
        mf_sha256(c, spki, log_id);
        break;
    case MF_NOTE_KEY_NONE: /* fits no key */
        return mf_err_set(err, MF_ERR_INTERNAL, "note key has no type");
    }
    if (type == MF_NOTE_KEY_RFC6962)
        bound_hash(c, name, MF_SPAN("\x05"), (struct span){log_id, 32}, bound);
    *id = mf_be32(type == MF_NOTE_KEY_RFC6962 ? bound : log_id);
    return true;
}

bool mf_note_key_init(struct crypto *c, enum note_key_type type, struct span name, struct span spki,
                      struct note_key *out, struct err *err)
{
    MF_SCOPED(mf_note_key_done) struct note_key k = {.type = type};

    if (!mf_public_key_from_spki(c, spki, &k.key, err) ||
        !mf_note_key_ids(c, type, name, k.key, &k.id, k.log_id, err))
        return false;
    memcpy(k.name, name.p, name.n); /* a valid name fits */
    k.name_n = name.n;
    *out = k;
    k.key = NULL; /* moved */
    return true;
}

void mf_note_key_done(struct note_key *key)
{
    mf_public_key_free(&key->key);
    *key = (struct note_key){0};
}

/* C2SP signed-note: type 02 is SHA-256 whatever the curve. */
static bool scheme_of(enum note_key_type type, enum sig_scheme *out)
{
    switch (type) {
    case MF_NOTE_KEY_ED25519:
        *out = MF_SIG_ED25519;
        return true;
    case MF_NOTE_KEY_ECDSA:
        *out = MF_SIG_ECDSA_SHA256;
        return true;
    case MF_NOTE_KEY_RSA:
        *out = MF_SIG_RSA_PKCS1_SHA256;
        return true;
    case MF_NOTE_KEY_COSIGNER:
    case MF_NOTE_KEY_RFC6962:
    case MF_NOTE_KEY_NONE:
        break;
    }
    return false;
}

bool mf_note_key_verify(struct crypto *c, const struct note_key *key, const struct note *note,
                        struct err *err)
{
    struct span name = mf_note_key_name(key);
    const struct note_line *line = mf_note_find(note, name, key->id, NULL);
    enum sig_scheme scheme;

    if (!scheme_of(key->type, &scheme))
        return mf_err_set(err, MF_ERR_INTERNAL, "signatures of this type are not over the text");
    if (line == NULL)
        return mf_err_set(err, MF_ERR_REJECTED, "no signature by %s+%08x", key->name, key->id);
    for (; line != NULL; line = mf_note_find(note, name, key->id, line))
        if (!mf_verify(c, key->key, scheme, note->text, line->signature, err))
            return mf_err_at(err, "signature by %s+%08x", key->name, key->id);
    return true;
}
