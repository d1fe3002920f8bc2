/* Known log: what a key has promised of one log, and the texts by which it promises. Private to
 * this room. Sources: C2SP tlog-checkpoint, tlog-cosignature. */
#ifndef MF_COMMON_KEYS_KNOWN_LOG_H
#define MF_COMMON_KEYS_KNOWN_LOG_H

#include "common/base/buf.h"
#include "common/keys/signer_client.h"

enum { MF_KNOWN_ORIGIN_MAX = 255 }; /* bytes */

struct known_log {
    uint8_t origin[MF_KNOWN_ORIGIN_MAX];
    size_t origin_n;
    bool has_head;
    struct tree_head head; /* the highest signed or recalled */
};

/* 1 to MF_KNOWN_ORIGIN_MAX bytes of UTF-8 without control characters, or MF_ERR_USAGE. */
MF_MUST_USE bool mf_known_log_check_origin(struct span origin, struct err *err);
/* MF_ERR_DENIED for a head that goes back, or has another root at the same size. */
MF_MUST_USE bool mf_known_log_check_head(const struct known_log *log, const struct tree_head *head,
                                         struct err *err);
/* MF_ERR_DENIED for a timestamp that goes back. */
MF_MUST_USE bool mf_known_log_check_time(const struct known_log *log, const struct tree_head *head,
                                         struct err *err);
/* The head is about to be signed. To be done first: a signature that exists must never be
 * forgotten. */
void mf_known_log_remember(struct known_log *log, const struct tree_head *head);
/* Raises the memory to a head found on disk; a smaller one changes nothing. MF_ERR_DENIED for
 * another root at the same size. */
MF_MUST_USE bool mf_known_log_recall(struct known_log *log, const struct tree_head *head,
                                     struct err *err);

/* Appends a checkpoint's text without extension lines. */
MF_MUST_USE bool mf_known_log_checkpoint(const struct known_log *log, const struct tree_head *head,
                                         struct buf *text, struct err *err);
/* Appends what a cosignature covers; the head's timestamp counts seconds. MF_ERR_FORMAT when the
 * extensions are not whole lines of text. */
MF_MUST_USE bool mf_known_log_cosigned(const struct known_log *log, const struct tree_head *head,
                                       struct span extensions, struct buf *text, struct err *err);

#endif
