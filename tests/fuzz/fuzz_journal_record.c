/* Bytes of a journal are no record, a bad one, or one that is written back as the same bytes; and
 * no head of a segment, or one. What a random change can hardly make, a right hash, is put in. */
#include "tests/support/fuzz.h"
#include "transparency/engine/journal.h"
#include "transparency/engine/journal_record.h"

static struct crypto *crypto;

static void check_entries(struct span payload)
{
    struct span entry;
    struct err err = {0};

    while (payload.n > 0) {
        const uint8_t *end = payload.p + payload.n;
        if (!mf_journal_entry(&payload, &entry, &err)) {
            mf_require(err.code == MF_ERR_FORMAT && err.what[0] != '\0');
            return;
        }
        mf_require(entry.p + entry.n == payload.p && payload.p + payload.n == end);
    }
}

static void check_good(struct record_chain *chain, const struct journal_record *r,
                       struct span bytes, const uint8_t previous[static 32], size_t size)
{
    MF_SCOPED(mf_buf_done) struct buf again = {.max = bytes.n};
    struct err err = {0};
    uint8_t hash[32];

    mf_require(size <= bytes.n && size == mf_journal_record_size(r));
    mf_require(size == mf_journal_record_length(chain, bytes) && size <= MF_JOURNAL_RECORD_MAX);
    mf_require(r->payload.p + r->payload.n + 32 == bytes.p + size);
    memcpy(chain->previous, previous, 32);
    mf_require(mf_journal_record_write(crypto, chain, r, &again, hash, &err));
    mf_require(mf_span_eq(mf_buf_span(&again), mf_span_first(bytes, size)));
    check_entries(r->payload);
}

/* The head that this log would write, with the lengths as they are, and the hash where they say. */
static void make_whole(const struct record_chain *chain, struct buf *b)
{
    size_t n = MF_JOURNAL_HEAD_LEN;

    memcpy(b->p, "MFJ1", 4);
    mf_put_be32(b->p + 4, MF_JOURNAL_FORMAT);
    memcpy(b->p + 8, chain->tag, 32);
    mf_put_be64(b->p + 40, chain->generation);
    if (mf_be32(b->p + 60) > b->n || mf_be64(b->p + 64) > b->n)
        return;
    n += mf_be32(b->p + 60) + (size_t)mf_be64(b->p + 64);
    if (n + 32 <= b->n)
        mf_sha256(crypto, (struct span){b->p, n}, b->p + n);
}

static void check_head(struct record_chain chain, struct span bytes)
{
    struct err err = {0};
    size_t first = SIZE_MAX;

    if (mf_journal_head_read(crypto, chain.tag, bytes, &chain, &first, &err))
        mf_require(first <= bytes.n && chain.generation == 3);
    else
        mf_require(err.code == MF_ERR_FORMAT && err.what[0] != '\0' && first <= bytes.n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_buf_done) struct buf b = {.max = size + 1};
    struct record_chain chain = {.format = MF_JOURNAL_FORMAT, .tag = {7}, .generation = 3};
    struct journal_record r;
    uint8_t previous[32], hash[32];
    struct err err = {0};
    size_t n = 0;

    if (crypto == NULL)
        mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err));
    (void)mf_journal_record_read(crypto, &chain, (struct span){data, size}, &r, previous, hash, &n);
    check_entries((struct span){data, size});
    check_head(chain, (struct span){data, size});
    if (size < MF_JOURNAL_HEAD_LEN)
        return 0;
    mf_require(mf_buf_append(&b, (struct span){data, size}, &err));
    make_whole(&chain, &b);
    if (mf_journal_record_read(crypto, &chain, mf_buf_span(&b), &r, previous, hash, &n) ==
        MF_RECORD_GOOD)
        check_good(&chain, &r, mf_buf_span(&b), previous, n);
    return 0;
}
