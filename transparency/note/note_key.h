/* Note keys: names, key IDs, verifier key texts ("vkeys"), log IDs, and verifying with one.
 * Sources: C2SP signed-note "Signature types"; rekor-tiles for ECDSA, RSA and the 32-byte log ID.
 *
 *   type      key ID                               log ID (32 bytes)
 *   ED25519   first 4 bytes of the log ID          H(name LF 01 raw key)
 *   ECDSA     first 4 bytes of the log ID          H(SPKI): not bound to the name
 *   RFC6962   first 4 of H(name LF 05 log ID)      H(SPKI), as in SCTs
 *   RSA       first 4 bytes of the log ID          H(name LF FF "PKIX-RSA-PKCS#1v1.5" SPKI)
 *   COSIGNER  first 4 bytes of the "log ID"        H(name LF 04 raw key): a witness, no log */
#ifndef MF_TRANSPARENCY_NOTE_NOTE_KEY_H
#define MF_TRANSPARENCY_NOTE_NOTE_KEY_H

#include "common/crypto/verifier.h"
#include "transparency/note/note.h"

enum note_key_type {
    MF_NOTE_KEY_NONE = 0, /* in an empty struct only */
    MF_NOTE_KEY_ED25519 = 0x01,
    MF_NOTE_KEY_ECDSA = 0x02,
    MF_NOTE_KEY_COSIGNER = 0x04, /* Ed25519; its signatures are cosignature.h's to verify */
    MF_NOTE_KEY_RFC6962 = 0x05,  /* its signatures are sct/ct_head.h's to verify */
    MF_NOTE_KEY_RSA = 0xff       /* rekor-tiles' own identifier string */
};

enum { MF_NOTE_KEY_LOG_ID_LEN = 32 };
enum { MF_NOTE_VKEY_MAX = 2048 }; /* bytes of text */

struct note_key {
    enum note_key_type type;
    uint32_t id; /* as in signature lines */
    uint8_t log_id[MF_NOTE_KEY_LOG_ID_LEN];
    struct public_key *key; /* owned */
    size_t name_n;
    char name[MF_NOTE_NAME_MAX + 1]; /* with a NUL */
};

static inline struct span mf_note_key_name(const struct note_key *key)
{
    return (struct span){(const uint8_t *)key->name, key->name_n};
}

/* The type by which a log with such a key signs checkpoints: ED25519, ECDSA or RSA. */
enum note_key_type mf_note_key_type_of(enum key_kind kind);

/* From a name (for a log: its origin) and a DER SubjectPublicKeyInfo that fits the type. */
MF_MUST_USE bool mf_note_key_init(struct crypto *c, enum note_key_type type, struct span name,
                                  struct span spki, struct note_key *out, struct err *err);
/* From "name+hex8+base64"; the key ID in it must be the right one. */
MF_MUST_USE bool mf_note_key_parse(struct crypto *c, struct span vkey, struct note_key *out,
                                   struct err *err);
void mf_note_key_done(struct note_key *key);

struct vkey { /* a vkey taken apart, of whatever type; the ID is not yet held against the rest */
    struct span name; /* borrowed */
    uint32_t id;
    struct buf material; /* owned: type byte and key, 1 byte or more */
};

MF_MUST_USE bool mf_vkey_split(struct span text, struct vkey *out, struct err *err);
void mf_vkey_done(struct vkey *vkey);
/* Appends the vkey. */
MF_MUST_USE bool mf_note_key_format(const struct note_key *key, struct buf *out, struct err *err);

/* Key ID and log ID without a struct note_key: what a signer of a log needs. */
MF_MUST_USE bool mf_note_key_ids(struct crypto *c, enum note_key_type type, struct span name,
                                 const struct public_key *key, uint32_t *id,
                                 uint8_t log_id[static 32], struct err *err);

/* Verifies the note by one known key: there is a line with its name and ID, and EVERY such line
 * verifies (C2SP: a known key's line that fails condemns the note). Lines of other keys are
 * ignored. MF_ERR_REJECTED says which; RFC6962 and COSIGNER keys are
 * MF_ERR_INTERNAL here. */
MF_MUST_USE bool mf_note_key_verify(struct crypto *c, const struct note_key *key,
                                    const struct note *note, struct err *err);

#endif
