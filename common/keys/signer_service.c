#include "common/keys/signer_service.h"

#include "common/keys/known_log.h"

enum { TEXT_MAX = 512 }; /* bytes, of a head without extension lines */
enum { COSIGNED_TEXT_MAX = TEXT_MAX + MF_SIGNER_EXTENSIONS_MAX };

struct signer_service {
    struct crypto *crypto; /* borrowed */
    struct private_key *key;
    enum sig_scheme scheme;
    enum signer_use use;
    struct known_log *logs; /* one, of a witness several */
    size_t log_count;
    bool has_cosigned;    /* the list of a witness's logs is closed */
    struct buf signature; /* reused */
};

static bool has_fixed_origin(enum signer_use use)
{
    return use == MF_SIGNER_LOG || use == MF_SIGNER_CT;
}

static bool check_kind(enum signer_use use, enum key_kind kind, struct err *err)
{
    if (use == MF_SIGNER_LOG && kind == MF_KEY_RSA)
        return mf_err_set(err, MF_ERR_USAGE, "a log signs with Ed25519 or ECDSA, not RSA");
    if (use == MF_SIGNER_CT && kind != MF_KEY_P256 && kind != MF_KEY_RSA) /* RFC 6962 2.1.4 */
        return mf_err_set(err, MF_ERR_USAGE, "a CT log signs with ECDSA P-256 or RSA, not %s",
                          mf_key_kind_name(kind));
    if (use == MF_SIGNER_WITNESS && kind != MF_KEY_ED25519)
        return mf_err_set(err, MF_ERR_USAGE, "a witness signs with Ed25519, not %s",
                          mf_key_kind_name(kind));
    return true;
}

static bool know_log(struct signer_service *s, struct span origin, struct known_log **out,
                     struct err *err)
{
    struct known_log *log;

    if (s->log_count == MF_SIGNER_ORIGINS_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "more than %d logs", MF_SIGNER_ORIGINS_MAX);
    struct known_log *more = reallocarray(s->logs, s->log_count + 1, sizeof *more);
    if (more == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a log");
    s->logs = more;
    log = &more[s->log_count++];
    *log = (struct known_log){.origin_n = origin.n};
    memcpy(log->origin, origin.p, origin.n);
    *out = log;
    return true;
}

bool mf_signer_service_new_take(struct crypto *c, struct private_key **key, enum signer_use use,
                                struct span origin, struct signer_service **out, struct err *err)
{
    MF_SCOPED(mf_private_key_free) struct private_key *mine = MF_MOVE(*key);
    enum key_kind kind = mf_private_key_kind(mine);

    if ((has_fixed_origin(use) && !mf_known_log_check_origin(origin, err)) ||
        !check_kind(use, kind, err))
        return false;
    MF_SCOPED(mf_signer_service_free) struct signer_service *s = mf_array_new(1, sizeof *s);
    struct known_log *only = NULL;
    if (s == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the signer");
    *s = (struct signer_service){.crypto = c,
                                 .key = MF_MOVE(mine),
                                 .scheme = mf_sig_scheme_of(kind),
                                 .use = use,
                                 .signature = {.max = MF_SIGNATURE_MAX}};
    if (has_fixed_origin(use) && !know_log(s, origin, &only, err))
        return false;
    *out = MF_MOVE(s);
    return true;
}

void mf_signer_service_free(struct signer_service **service)
{
    struct signer_service *old = MF_MOVE(*service);

    if (old == NULL)
        return;
    mf_private_key_free(&old->key);
    mf_buf_done(&old->signature);
    free(old->logs);
    free(old);
}

static bool put_signature(struct signer_service *s, struct span message, struct buf *answer,
                          struct err *err)
{
    mf_buf_reset(&s->signature);
    return mf_sign(s->crypto, s->key, s->scheme, message, &s->signature, err) &&
           mf_signer_wire_put(answer, mf_buf_span(&s->signature), err);
}

/* SCTs begin with version 0 and signature type 0; tree heads, type 1, have their own operation,
 * which remembers (RFC 6962 3.2 and 3.5). */
static bool may_sign(const struct signer_service *s, struct span message, struct err *err)
{
    static const uint8_t sct[] = {0, 0};

    switch (s->use) {
    case MF_SIGNER_BYTES:
        return true;
    case MF_SIGNER_CT:
        return mf_span_starts(message, MF_SPAN_OF(sct)) ||
               mf_err_set(err, MF_ERR_DENIED,
                          "a CT log's key signs timestamps and tree heads only");
    case MF_SIGNER_WITNESS:
        return mf_err_set(err, MF_ERR_DENIED, "a witness's key cosigns checkpoints only");
    case MF_SIGNER_LOG:
        break;
    }
    return mf_err_set(err, MF_ERR_DENIED, "a log's key signs checkpoints only");
}

static bool do_sign(struct signer_service *s, uint16_t count, struct span body, struct buf *answer,
                    struct err *err)
{
    struct span rest = body, message;

    if (count == 0 || count > MF_SIGNER_BATCH_COUNT)
        return mf_err_set(err, MF_ERR_FORMAT, "batch of %d messages", count);
    /* All of it is looked at before any of it is signed. */
    for (unsigned i = 0; i < count; i++)
        if (!mf_signer_wire_take(&rest, &message, err) || !may_sign(s, message, err))
            return false;
    if (rest.n > 0)
        return mf_err_set(err, MF_ERR_FORMAT, "%zu bytes follow the batch", rest.n);
    for (unsigned i = 0; i < count; i++)
        if (!mf_signer_wire_take(&body, &message, err) || !put_signature(s, message, answer, err))
            return false;
    return true;
}

/* RFC 6962 3.5 TreeHeadSignature: version 0, type 1, timestamp, size, root. */
static bool tree_head_signature(const struct tree_head *head, struct buf *text, struct err *err)
{
    return mf_buf_append_be(text, 1, 2, err) &&
           mf_buf_append_be(text, head->timestamp_ms, 8, err) &&
           mf_buf_append_be(text, head->size, 8, err) &&
           mf_buf_append(text, MF_SPAN_OF(head->root), err);
}

static bool check_is_log(const struct signer_service *s, struct err *err)
{
    return has_fixed_origin(s->use) ||
           mf_err_set(err, MF_ERR_DENIED, "this key signs no tree heads");
}

static bool do_sign_head(struct signer_service *s, struct span body, struct buf *answer,
                         struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = TEXT_MAX};
    bool is_ct = s->use == MF_SIGNER_CT;
    struct tree_head head;

    if (!check_is_log(s, err) || !mf_signer_wire_head(body, &head, err) ||
        !mf_known_log_check_head(s->logs, &head, err) ||
        (is_ct && !mf_known_log_check_time(s->logs, &head, err)))
        return false;
    if (is_ct ? !tree_head_signature(&head, &text, err)
              : !mf_known_log_checkpoint(s->logs, &head, &text, err))
        return false;
    mf_known_log_remember(s->logs, &head);
    return put_signature(s, mf_buf_span(&text), answer, err);
}

static bool do_recall(struct signer_service *s, struct span body, struct err *err)
{
    struct tree_head head;

    return check_is_log(s, err) && mf_signer_wire_head(body, &head, err) &&
           mf_known_log_recall(s->logs, &head, err);
}

static bool check_is_witness(const struct signer_service *s, struct err *err)
{
    return s->use == MF_SIGNER_WITNESS ||
           mf_err_set(err, MF_ERR_DENIED, "this key is not a witness's");
}

static struct known_log *find_log(struct signer_service *s, struct span origin)
{
    for (size_t i = 0; i < s->log_count; i++)
        if (mf_span_eq((struct span){s->logs[i].origin, s->logs[i].origin_n}, origin))
            return &s->logs[i];
    return NULL;
}

static bool do_recall_origin(struct signer_service *s, struct span body, struct err *err)
{
    struct tree_head head;
    struct span origin;

    if (!check_is_witness(s, err) || !mf_signer_wire_take_head(&body, &head, err) ||
        !mf_signer_wire_take(&body, &origin, err))
        return false;
    if (body.n > 0)
        return mf_err_set(err, MF_ERR_FORMAT, "%zu bytes follow the origin", body.n);
    struct known_log *log = find_log(s, origin);
    if (log == NULL && s->has_cosigned)
        return mf_err_set(err, MF_ERR_DENIED, "a new log after the first cosignature");
    if (log == NULL && (!mf_known_log_check_origin(origin, err) || !know_log(s, origin, &log, err)))
        return false;
    return mf_known_log_recall(log, &head, err);
}

static bool do_cosign(struct signer_service *s, struct span body, struct buf *answer,
                      struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = COSIGNED_TEXT_MAX};
    struct span origin, extensions;
    struct tree_head head;

    if (!check_is_witness(s, err) || !mf_signer_wire_take_head(&body, &head, err) ||
        !mf_signer_wire_take(&body, &origin, err) || !mf_signer_wire_take(&body, &extensions, err))
        return false;
    if (body.n > 0)
        return mf_err_set(err, MF_ERR_FORMAT, "%zu bytes follow the extension lines", body.n);
    struct known_log *log = find_log(s, origin);
    if (log == NULL)
        return mf_err_set(err, MF_ERR_DENIED, "this witness does not know the log %.*s",
                          MF_SPAN_ARG(origin));
    if (head.timestamp_ms == 0 || head.timestamp_ms > INT64_MAX)
        return mf_err_set(err, MF_ERR_DENIED, "time is not 1 to 2^63 - 1");
    if (!mf_known_log_check_head(log, &head, err) ||
        !mf_known_log_cosigned(log, &head, extensions, &text, err))
        return false;
    mf_known_log_remember(log, &head);
    s->has_cosigned = true;
    return put_signature(s, mf_buf_span(&text), answer, err);
}

static bool dispatch(struct signer_service *s, const struct signer_header *request,
                     struct span body, struct buf *answer, struct err *err)
{
    switch (request->kind) {
    case MF_SIGNER_OP_SIGN:
        return do_sign(s, request->count, body, answer, err);
    case MF_SIGNER_OP_SIGN_HEAD:
        return do_sign_head(s, body, answer, err);
    case MF_SIGNER_OP_RECALL:
        return do_recall(s, body, err);
    case MF_SIGNER_OP_COSIGN:
        return do_cosign(s, body, answer, err);
    case MF_SIGNER_OP_RECALL_ORIGIN:
        return do_recall_origin(s, body, err);
    default: /* OPEN too: a key is loaded once, before the sandbox */
        return mf_err_set(err, MF_ERR_FORMAT, "signer has no operation %d", request->kind);
    }
}

bool mf_signer_service_answer(struct signer_service *s, const struct signer_header *request,
                              struct span body, struct buf *answer, struct err *err)
{
    struct err why = {0};

    if (!mf_signer_wire_begin(answer, MF_OK, request->count, err))
        return false;
    if (!dispatch(s, request, body, answer, &why))
        return mf_signer_service_refuse(answer, &why, err);
    mf_signer_wire_seal(answer);
    return true;
}

bool mf_signer_service_refuse(struct buf *answer, const struct err *why, struct err *err)
{
    if (!mf_signer_wire_begin(answer, (uint8_t)why->code, 3, err) ||
        !mf_signer_wire_put(answer, mf_span_str(why->what), err) ||
        !mf_signer_wire_put(answer, mf_span_str(why->where), err) ||
        !mf_signer_wire_put(answer, mf_span_str(why->hint), err))
        return false;
    mf_signer_wire_seal(answer);
    return true;
}

bool mf_signer_service_greet(struct signer_service *s, struct buf *answer, struct err *err)
{
    MF_SCOPED(mf_public_key_free) struct public_key *half = NULL;

    if (!mf_private_key_public(s->crypto, s->key, &half, err) ||
        !mf_signer_wire_begin(answer, MF_OK, 1, err) ||
        !mf_signer_wire_put(answer, mf_public_key_spki(half), err))
        return false;
    mf_signer_wire_seal(answer);
    return true;
}
