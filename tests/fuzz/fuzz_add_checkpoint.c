/* Bodies for add-checkpoint: refused with a reason, or parts that lie inside the body; and no bytes
 * lead from a last checkpoint to a smaller tree, or to another of its size. */
#include "common/codec/base64.h"
#include "tests/support/fuzz.h"
#include "transparency/witness/add_checkpoint.h"

enum { LAST = 5 };

static bool lies_in(struct span part, const uint8_t *data, size_t size)
{
    return part.p >= data && part.n <= size && part.p + part.n <= data + size;
}

/* The root that the corpus's requests continue. */
static void last_root(uint8_t out[static 32])
{
    struct err err = {0};

    mf_require(mf_base64_decode_exact(MF_SPAN("5k/4ybsIq/dkTlxVfJY4v3P/s42RKMu6gle67JpcCUg="), out,
                                      32, &err));
}

static void check_judgement(struct crypto *c, const struct add_checkpoint *request)
{
    struct merkle_head last = {.size = LAST};
    struct checkpoint checkpoint;
    struct err err = {0};

    if (!mf_checkpoint_parse(request->note.text, &checkpoint, &err))
        return;
    last_root(last.root);
    if (!mf_add_checkpoint_judge(c, &last, request, &checkpoint, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_EXISTS ||
                   err.code == MF_ERR_REJECTED);
        mf_require(err.what[0] != '\0');
        return;
    }
    mf_require(request->old_size == LAST && checkpoint.size >= LAST);
    mf_require(checkpoint.size > LAST || memcmp(checkpoint.root, last.root, 32) == 0);
    mf_require(request->proof.count > 0 || checkpoint.size == LAST);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crypto *c;
    static const struct witnessed_log nobody = {.origin = "log.example"};
    struct add_checkpoint request;
    struct checkpoint checkpoint;
    struct err err = {0}, denied = {0};

    if (c == NULL)
        mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err));
    if (!mf_add_checkpoint_parse((struct span){data, size}, &request, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0');
        return 0;
    }
    mf_require(lies_in(request.origin, data, size) && lies_in(request.note.text, data, size));
    mf_require(request.proof.count <= MF_ADD_CHECKPOINT_PROOF_MAX && request.origin.n > 0);
    mf_require(!mf_add_checkpoint_authenticate(c, &nobody, &request, &checkpoint, &denied));
    check_judgement(c, &request);
    mf_add_checkpoint_done(&request);
    return 0;
}
