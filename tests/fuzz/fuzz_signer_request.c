/* Requests to a signer: any are answered in form, and no sequence of them makes the key of a log
 * or a witness sign a smaller size, another root for one size, or (CT) an earlier time. */
#include "common/keys/signer_service.h"
#include "tests/support/fuzz.h"

static struct crypto *crypto;
static struct secret keys[2]; /* made once: Ed25519 for logs and witnesses, else P-256 */

static void make_keys(void)
{
    static const enum key_kind kinds[] = {MF_KEY_ED25519, MF_KEY_P256};
    struct err err = {0};

    mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err));
    for (size_t i = 0; i < 2; i++) {
        MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
        mf_require(mf_private_key_generate(crypto, kinds[i], &key, &err));
        mf_require(mf_private_key_to_pkcs8(crypto, key, &keys[i], &err));
    }
}

static struct signer_service *make_service(enum signer_use use)
{
    struct signer_service *service = NULL;
    struct private_key *key = NULL;
    struct err err = {0};

    bool ed25519 = use == MF_SIGNER_LOG || use == MF_SIGNER_WITNESS;
    mf_require(mf_private_key_from_pkcs8(crypto, &keys[!ed25519], &key, &err));
    mf_require(mf_signer_service_new_take(crypto, &key, use, MF_SPAN("log"), &service, &err));
    return service;
}

static void check_head(enum signer_use use, const struct tree_head *head, struct tree_head *last,
                       bool *any)
{
    mf_require(use != MF_SIGNER_BYTES && head->size <= INT64_MAX);
    if (*any) {
        mf_require(head->size >= last->size);
        mf_require(head->size > last->size || memcmp(head->root, last->root, 32) == 0);
        mf_require(use != MF_SIGNER_CT || head->timestamp_ms >= last->timestamp_ms);
    }
    *last = *head;
    *any = true;
}

/* Of one log among those that there may be. */
static void check_cosigned(enum signer_use use, struct span body, struct tree_head *last, bool *any)
{
    struct tree_head head;
    struct span origin = {0};
    struct err err = {0};

    mf_require(use == MF_SIGNER_WITNESS);
    mf_require(mf_signer_wire_take_head(&body, &head, &err) &&
               mf_signer_wire_take(&body, &origin, &err));
    if (mf_span_is(origin, "log"))
        check_head(use, &head, last, any);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_buf_done) struct buf answer = {.max = MF_SIGNER_HEADER + MF_SIGNER_ANSWER_MAX};
    struct tree_head last = {0};
    bool any = false;

    if (crypto == NULL)
        make_keys();
    if (size < 1)
        return 0;
    enum signer_use use = (enum signer_use)(data[0] % 4);
    MF_SCOPED(mf_signer_service_free) struct signer_service *service = make_service(use);
    struct span rest = {data + 1, size - 1};
    while (rest.n >= MF_SIGNER_HEADER) {
        struct signer_header request, reply;
        struct tree_head head;
        struct err err = {0};
        if (!mf_signer_wire_header(rest.p, MF_SIGNER_BODY_MAX, &request, &err))
            return 0;
        rest = mf_span_from(rest, MF_SIGNER_HEADER);
        struct span body = mf_span_first(rest, request.length < rest.n ? request.length : rest.n);
        rest = mf_span_from(rest, body.n);
        mf_require(mf_signer_service_answer(service, &request, body, &answer, &err));
        mf_require(mf_signer_wire_header(answer.p, MF_SIGNER_ANSWER_MAX, &reply, &err));
        mf_require(reply.length == answer.n - MF_SIGNER_HEADER && reply.kind < MF_ERR_COUNT_);
        mf_require(use != MF_SIGNER_LOG || request.kind != MF_SIGNER_OP_SIGN ||
                   reply.kind != MF_OK);
        if (request.kind == MF_SIGNER_OP_SIGN_HEAD && reply.kind == MF_OK) {
            mf_require(mf_signer_wire_head(body, &head, &err));
            check_head(use, &head, &last, &any);
        }
        if (request.kind == MF_SIGNER_OP_COSIGN && reply.kind == MF_OK)
            check_cosigned(use, body, &last, &any);
    }
    return 0;
}
