/* A verifier key that is read is written back as the same text. */
#include "tests/support/fuzz.h"
#include "transparency/note/note_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crypto *c;
    MF_SCOPED(mf_note_key_done) struct note_key key = {0};
    MF_SCOPED(mf_buf_done) struct buf again = {.max = MF_NOTE_VKEY_MAX};
    struct err err = {0};

    if (c == NULL)
        mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err));
    if (!mf_note_key_parse(c, (struct span){data, size}, &key, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && key.key == NULL);
        return 0;
    }
    mf_require(mf_note_name_is_valid(mf_note_key_name(&key)));
    mf_require(mf_note_key_format(&key, &again, &err));
    mf_require(mf_span_eq(mf_buf_span(&again), (struct span){data, size}));
    return 0;
}
