/* Answers on their way from any thread to the I/O thread that owns their connections.
 * One wake-up a batch: the reader takes all that waits. Inside the room only. */
#ifndef MF_COMMON_NET_HTTP_INBOX_H
#define MF_COMMON_NET_HTTP_INBOX_H

#include "common/net/http_server.h"

struct http_inbox;

struct parcel {
    struct http_ticket ticket;
    struct http_reply reply;
    char *copies; /* of header names and values that the sender had; or null */
};

MF_MUST_USE bool mf_inbox_new(struct http_inbox **out, struct err *err);
void mf_inbox_free(struct http_inbox **inbox);
/* Readable when something waits. */
int mf_inbox_fd(const struct http_inbox *inbox);
/* Takes over the answers whose ticket names this thread. Any thread. */
void mf_inbox_send(struct http_inbox *inbox, uint32_t thread, struct http_answer_to *answers,
                   size_t count);
/* Wakes the reader without an answer. Any thread. */
void mf_inbox_wake(struct http_inbox *inbox);
/* All that waits, in order; valid until the next take. The reader frees each with
 * mf_parcel_done. */
size_t mf_inbox_take(struct http_inbox *inbox, struct parcel **out);
/* Later answers are dropped. Reader only. */
void mf_inbox_close(struct http_inbox *inbox);
void mf_parcel_done(struct parcel *parcel);

#endif
