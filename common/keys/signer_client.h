/* Signer client: asks the signer process, which alone holds a long-lived private key.
 *
 * mf_signer_start execs `mayfly-signer` with one end of a socketpair. That process reads the key
 * file itself, in locked undumpable memory, enters seccomp, then answers requests only. What a key
 * may sign is fixed when it starts, so a caller that is taken over cannot use a log's key for
 * anything but its log:
 *
 *   MF_SIGNER_BYTES      any message (CA, timestamps)
 *   MF_SIGNER_LOG        checkpoints of one origin: builds the text itself, remembers the last size
 *                        and root it signed, refuses a smaller size, or another root for the same
 *   MF_SIGNER_CT         the same for RFC 6962 tree heads (signature type 1, with a timestamp that
 *                        never goes back), and SCTs (bytes that begin 00 00)
 *   MF_SIGNER_WITNESS    cosignatures of checkpoints of the origins that were recalled before the
 *                        first of them: builds the text itself, and holds each origin to the rules
 *                        of MF_SIGNER_LOG
 *
 * The program is found in the folder named by MAYFLY_LIBEXEC, else beside the running program, else
 * where it was installed. It is started before a server enters its sandbox, inherits no
 * environment, ignores the terminal's signals, and ends when its socket closes.
 *
 * One request at a time per client; calls from several threads are queued on a lock. A batch is
 * one round trip. When the process dies, or gives no answer for a minute, this call and all after
 * it are MF_ERR_INTERNAL and say how it ended.
 */
#ifndef MF_COMMON_KEYS_SIGNER_CLIENT_H
#define MF_COMMON_KEYS_SIGNER_CLIENT_H

#include "common/crypto/verifier.h"

struct signer;

enum { MF_SIGNER_BATCH_COUNT = 1024, MF_SIGNER_BATCH_BYTES = 1 << 20 }; /* of one batch */

enum { MF_SIGNER_ORIGINS_MAX = 1024 };    /* of a witness */
enum { MF_SIGNER_EXTENSIONS_MAX = 4096 }; /* bytes of a checkpoint's extension lines */

enum signer_use { MF_SIGNER_BYTES, MF_SIGNER_LOG, MF_SIGNER_CT, MF_SIGNER_WITNESS };

struct signer_params {
    const char *key_path;
    const char *passphrase_path; /* or null */
    enum signer_use use;
    struct span origin; /* MF_SIGNER_LOG and _CT */
};

MF_MUST_USE bool mf_signer_start(const struct signer_params *params, struct signer **out,
                                 struct err *err);
/* Ends the process and waits for it. */
void mf_signer_free(struct signer **signer);

/* The public half; borrowed from the signer. */
const struct public_key *mf_signer_key(const struct signer *signer);
/* For event loops: a descriptor that is readable once the process has ended; the signer's. */
int mf_signer_pidfd(const struct signer *signer);

/* Signs count messages with the key's natural scheme in one round trip (messages together at most
 * MF_SIGNER_BATCH_BYTES, 1 .. MF_SIGNER_BATCH_COUNT of them); signatures[i] are appended to
 * caller's bufs. */
MF_MUST_USE bool mf_signer_sign(struct signer *signer, const struct span *messages, size_t count,
                                struct buf *signatures, struct err *err);

struct tree_head { /* what a log commits to */
    uint64_t size;
    uint8_t root[32];
    uint64_t timestamp_ms; /* MF_SIGNER_CT only */
};

/* MF_SIGNER_LOG: signature over "origin LF size LF base64(root) LF".
 * MF_SIGNER_CT: the DER signature over the RFC 6962 TreeHeadSignature.
 * MF_ERR_DENIED when the head is smaller than, or of equal size with another root than, or (CT)
 * earlier than, one signed or recalled before. */
MF_MUST_USE bool mf_signer_sign_head(struct signer *signer, const struct tree_head *head,
                                     struct buf *signature, struct err *err);
/* Tells a fresh signer process the highest head found on disk; only ever raises its memory: a
 * smaller one changes nothing, one of equal size with another root is MF_ERR_DENIED. */
MF_MUST_USE bool mf_signer_recall_head(struct signer *signer, const struct tree_head *head,
                                       struct err *err);

struct witnessed_head { /* a log's head as its checkpoint says it */
    struct span origin;
    struct tree_head head;  /* without timestamp */
    struct span extensions; /* whole lines, or empty */
};

/* MF_SIGNER_WITNESS: appends the 64 bytes of an Ed25519 signature over "cosignature/v1 LF time
 * SECONDS LF" and the checkpoint's text (C2SP tlog-cosignature). MF_ERR_DENIED as for logs, and for
 * an origin that was not recalled. */
MF_MUST_USE bool mf_signer_cosign(struct signer *signer, const struct witnessed_head *head,
                                  uint64_t seconds, struct buf *signature, struct err *err);
/* As mf_signer_recall_head, of one origin of up to MF_SIGNER_ORIGINS_MAX; for a log that was never
 * cosigned: the empty tree. New origins are MF_ERR_DENIED once anything was cosigned. */
MF_MUST_USE bool mf_signer_recall_origin(struct signer *signer, struct span origin,
                                         const struct tree_head *head, struct err *err);

#endif
