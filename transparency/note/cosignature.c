#include "transparency/note/cosignature.h"

#include <inttypes.h>

enum { PREFIX_MAX = 64 }; /* bytes: "cosignature/v1", "time", 19 digits */

bool mf_cosignature_message(uint64_t seconds, struct span text, struct buf *out, struct err *err)
{
    if (seconds > INT64_MAX)
        return mf_err_set(err, MF_ERR_REJECTED, "time is above %" PRId64, INT64_MAX);
    return mf_buf_printf(out, err, "cosignature/v1\ntime %" PRIu64 "\n", seconds) &&
           mf_buf_append(out, text, err);
}

static bool verify_line(struct crypto *c, const struct note_key *key, struct span text,
                        struct span signature, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf message = {.max = MF_NOTE_MAX + PREFIX_MAX};

    if (signature.n != MF_COSIGNATURE_LEN)
        return mf_err_set(err, MF_ERR_REJECTED, "a cosignature is %d bytes, not %zu",
                          MF_COSIGNATURE_LEN, signature.n);
    return mf_cosignature_message(mf_be64(signature.p), text, &message, err) &&
           mf_verify(c, key->key, MF_SIG_ED25519, mf_buf_span(&message), mf_span_from(signature, 8),
                     err);
}

bool mf_cosignature_verify(struct crypto *c, const struct note_key *key, const struct note *note,
                           bool *signed_by, struct err *err)
{
    struct span name = mf_note_key_name(key);
    const struct note_line *line = mf_note_find(note, name, key->id, NULL);

    if (key->type != MF_NOTE_KEY_COSIGNER)
        return mf_err_set(err, MF_ERR_INTERNAL, "%s is not a witness's key", key->name);
    *signed_by = line != NULL;
    for (; line != NULL; line = mf_note_find(note, name, key->id, line))
        if (!verify_line(c, key, note->text, line->signature, err)) {
            *signed_by = false;
            return mf_err_at(err, "cosignature by %s+%08x", key->name, key->id);
        }
    return true;
}
