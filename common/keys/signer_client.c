#include "common/keys/signer_client.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "common/keys/signer_spawn.h"
#include "common/keys/signer_wire.h"

enum { ANSWER_WAIT_S = 60 }; /* a full batch of RSA-4096 takes five seconds */

struct signer {
    struct signer_child child;
    struct crypto *crypto; /* made the public key */
    struct public_key *key;
    pthread_mutex_t lock; /* held for one round trip: requests and answers take turns */
    /* Why an answer failed to come, or empty. What comes next could be that one, so nothing is
     * asked any more. */
    char broken[64];
    struct buf request, answer;
};

static bool is_broken(const struct signer *s, struct err *err)
{
    mf_err_clear(err);
    return mf_err_set(err, MF_ERR_INTERNAL, "%s", s->broken);
}

static bool malformed(struct signer *s, struct err *err)
{
    snprintf(s->broken, sizeof s->broken, "signer's answer is malformed");
    return is_broken(s, err);
}

static const char *signal_name(int number)
{
    const char *name = sigabbrev_np(number);

    return name != NULL ? name : "unknown";
}

/* After the socket failed: says how the process came to its end, if it did. */
static bool ended(struct signer *s, struct err *err)
{
    char *why = s->broken;
    size_t cap = sizeof s->broken; /* the longest has 48 characters */

    if (err->code == MF_ERR_UNAVAILABLE) {
        snprintf(why, cap, "signer process did not answer within %d s", ANSWER_WAIT_S);
        return is_broken(s, err);
    }
    struct signer_end end = mf_signer_ended(&s->child);
    if (!end.has_ended)
        snprintf(why, cap, "signer process closed its socket");
    else if (end.signal != 0)
        snprintf(why, cap, "signer process has ended by signal %d (SIG%s)", end.signal,
                 signal_name(end.signal));
    else
        snprintf(why, cap, "signer process has ended with status %d", end.status);
    return is_broken(s, err);
}

/* An error as the signer told it. */
static bool take_refusal(uint8_t code, struct span body, struct err *err)
{
    struct span what, where, hint;

    if (code >= MF_ERR_COUNT_ || !mf_signer_wire_take(&body, &what, err) ||
        !mf_signer_wire_take(&body, &where, err) || !mf_signer_wire_take(&body, &hint, err)) {
        mf_err_clear(err);
        return mf_err_set(err, MF_ERR_INTERNAL, "signer's answer is malformed");
    }
    mf_err_set(err, (enum err_code)code, "%.*s", (int)what.n, (const char *)what.p);
    if (where.n > 0)
        mf_err_at(err, "%.*s", (int)where.n, (const char *)where.p);
    if (hint.n > 0)
        mf_err_hint(err, "%.*s", (int)hint.n, (const char *)hint.p);
    return false;
}

/* Sends s->request and reads the answer; *body borrows from s->answer. The lock is held. */
static bool exchange(struct signer *s, struct span *body, struct err *err)
{
    struct signer_header header;

    if (s->broken[0] != '\0')
        return is_broken(s, err);
    mf_signer_wire_seal(&s->request);
    if (!mf_signer_wire_send(s->child.socket, mf_buf_span(&s->request), err) ||
        !mf_signer_wire_receive(s->child.socket, MF_SIGNER_ANSWER_MAX, &s->answer, &header, err))
        return ended(s, err);
    *body = mf_span_from(mf_buf_span(&s->answer), MF_SIGNER_HEADER);
    return header.kind == MF_OK || take_refusal(header.kind, *body, err);
}

static bool open_key(struct signer *s, const struct signer_params *params, struct err *err)
{
    const char *passphrase = params->passphrase_path != NULL ? params->passphrase_path : "";
    struct span body, spki;

    if (!mf_signer_wire_begin(&s->request, MF_SIGNER_OP_OPEN, 3, err) ||
        !mf_signer_wire_put(&s->request, mf_span_str(params->key_path), err) ||
        !mf_signer_wire_put(&s->request, mf_span_str(passphrase), err) ||
        !mf_signer_wire_put(&s->request, params->origin, err) || !exchange(s, &body, err))
        return false;
    if (!mf_signer_wire_take(&body, &spki, err) || body.n > 0)
        return malformed(s, err);
    return mf_public_key_from_spki(s->crypto, spki, &s->key, err);
}

static bool set_deadline(int fd, struct err *err)
{
    const struct timeval wait = {.tv_sec = ANSWER_WAIT_S};

    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) != 0)
        return mf_err_sys(err, "cannot limit the wait for the signer");
    return true;
}

bool mf_signer_start(const struct signer_params *params, struct signer **out, struct err *err)
{
    MF_SCOPED(mf_signer_free) struct signer *s = mf_array_new(1, sizeof *s);

    if (s == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a signer");
    *s = (struct signer){.child = {.socket = -1, .pidfd = -1},
                         .request = {.max = MF_SIGNER_HEADER + MF_SIGNER_BODY_MAX},
                         .answer = {.max = MF_SIGNER_HEADER + MF_SIGNER_ANSWER_MAX}};
    pthread_mutex_init(&s->lock, NULL);
    if (!mf_crypto_new(MF_CRYPTO_DEFAULT, &s->crypto, err) ||
        !mf_signer_spawn(params->use, &s->child, err) || !set_deadline(s->child.socket, err) ||
        !open_key(s, params, err))
        return false;
    *out = MF_MOVE(s);
    return true;
}

void mf_signer_free(struct signer **signer)
{
    struct signer *old = MF_MOVE(*signer);

    if (old == NULL)
        return;
    mf_signer_reap(&old->child);
    pthread_mutex_destroy(&old->lock);
    mf_public_key_free(&old->key);
    mf_crypto_free(&old->crypto);
    mf_buf_done(&old->request);
    mf_buf_done(&old->answer);
    free(old);
}

const struct public_key *mf_signer_key(const struct signer *signer)
{
    return signer->key;
}

int mf_signer_pidfd(const struct signer *signer)
{
    return signer->child.pidfd;
}

static bool put_messages(struct buf *request, const struct span *messages, size_t count,
                         struct err *err)
{
    if (count == 0 || count > MF_SIGNER_BATCH_COUNT)
        return mf_err_set(err, MF_ERR_LIMIT, "batch of %zu messages, not 1 to %d", count,
                          MF_SIGNER_BATCH_COUNT);
    if (!mf_signer_wire_begin(request, MF_SIGNER_OP_SIGN, (uint16_t)count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!mf_signer_wire_put(request, messages[i], err))
            return false;
    return true;
}

static bool sign_locked(struct signer *s, const struct span *messages, size_t count,
                        struct buf *signatures, struct err *err)
{
    struct span body, rest, item;

    if (!put_messages(&s->request, messages, count, err) || !exchange(s, &body, err))
        return false;
    rest = body;
    for (size_t i = 0; i < count; i++)
        if (!mf_signer_wire_take(&rest, &item, err))
            return malformed(s, err);
    if (rest.n > 0)
        return malformed(s, err);
    for (size_t i = 0; i < count; i++)
        if (!mf_signer_wire_take(&body, &item, err) || !mf_buf_append(&signatures[i], item, err))
            return false;
    return true;
}

bool mf_signer_sign(struct signer *signer, const struct span *messages, size_t count,
                    struct buf *signatures, struct err *err)
{
    pthread_mutex_lock(&signer->lock);
    bool ok = sign_locked(signer, messages, count, signatures, err);
    pthread_mutex_unlock(&signer->lock);
    return ok;
}

static bool tell_head(struct signer *s, enum signer_op op, const struct tree_head *head,
                      struct span *body, struct err *err)
{
    return mf_signer_wire_begin(&s->request, (uint8_t)op, 1, err) &&
           mf_signer_wire_put_head(&s->request, head, err) && exchange(s, body, err);
}

/* The one signature of an answer. */
static bool take_signature(struct signer *s, struct span body, struct buf *signature,
                           struct err *err)
{
    struct span item;

    if (!mf_signer_wire_take(&body, &item, err) || body.n > 0)
        return malformed(s, err);
    return mf_buf_append(signature, item, err);
}

bool mf_signer_sign_head(struct signer *signer, const struct tree_head *head, struct buf *signature,
                         struct err *err)
{
    struct span body;

    pthread_mutex_lock(&signer->lock);
    bool ok = tell_head(signer, MF_SIGNER_OP_SIGN_HEAD, head, &body, err) &&
              take_signature(signer, body, signature, err);
    pthread_mutex_unlock(&signer->lock);
    return ok;
}

bool mf_signer_recall_head(struct signer *signer, const struct tree_head *head, struct err *err)
{
    struct span body;

    pthread_mutex_lock(&signer->lock);
    bool ok = tell_head(signer, MF_SIGNER_OP_RECALL, head, &body, err);
    pthread_mutex_unlock(&signer->lock);
    return ok;
}

bool mf_signer_cosign(struct signer *signer, const struct witnessed_head *head, uint64_t seconds,
                      struct buf *signature, struct err *err)
{
    struct buf *request = &signer->request;
    struct tree_head timed = head->head;
    struct span body;

    timed.timestamp_ms = seconds; /* the same place on the wire */
    pthread_mutex_lock(&signer->lock);
    bool ok = mf_signer_wire_begin(request, MF_SIGNER_OP_COSIGN, 1, err) &&
              mf_signer_wire_put_head(request, &timed, err) &&
              mf_signer_wire_put(request, head->origin, err) &&
              mf_signer_wire_put(request, head->extensions, err) && exchange(signer, &body, err) &&
              take_signature(signer, body, signature, err);
    pthread_mutex_unlock(&signer->lock);
    return ok;
}

bool mf_signer_recall_origin(struct signer *signer, struct span origin,
                             const struct tree_head *head, struct err *err)
{
    struct buf *request = &signer->request;
    struct span body;

    pthread_mutex_lock(&signer->lock);
    bool ok = mf_signer_wire_begin(request, MF_SIGNER_OP_RECALL_ORIGIN, 1, err) &&
              mf_signer_wire_put_head(request, head, err) &&
              mf_signer_wire_put(request, origin, err) && exchange(signer, &body, err);
    pthread_mutex_unlock(&signer->lock);
    return ok;
}
