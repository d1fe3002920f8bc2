#include "common/net/http_inbox.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { FIRST_CAP = 64 };

struct parcels {
    struct parcel *p;
    size_t n, cap;
};

struct http_inbox {
    int fd;
    pthread_mutex_t lock;   /* guards waiting and closed */
    struct parcels waiting; /* filled by senders */
    bool closed;
    struct parcels taken; /* the reader's; the two change places */
};

bool mf_inbox_new(struct http_inbox **out, struct err *err)
{
    struct http_inbox *inbox = mf_array_new(1, sizeof *inbox);

    if (inbox == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for an inbox");
    inbox->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (inbox->fd < 0) {
        mf_err_sys(err, "cannot make an event descriptor");
        free(inbox);
        return false;
    }
    pthread_mutex_init(&inbox->lock, NULL);
    *out = inbox;
    return true;
}

void mf_parcel_done(struct parcel *parcel)
{
    mf_buf_done(&parcel->reply.body);
    free(parcel->copies);
    parcel->copies = NULL;
}

static void drop_all(struct parcels *parcels)
{
    for (size_t i = 0; i < parcels->n; i++)
        mf_parcel_done(&parcels->p[i]);
    parcels->n = 0;
}

void mf_inbox_free(struct http_inbox **inbox)
{
    struct http_inbox *in = *inbox;

    *inbox = NULL;
    if (in == NULL)
        return;
    drop_all(&in->waiting);
    free(in->waiting.p);
    free(in->taken.p);
    pthread_mutex_destroy(&in->lock);
    mf_fd_done(&in->fd);
    free(in);
}

int mf_inbox_fd(const struct http_inbox *inbox)
{
    return inbox->fd;
}

void mf_inbox_wake(struct http_inbox *inbox)
{
    uint64_t one = 1;

    /* EAGAIN would mean a counter of 2^64 - 2: the reader is awake anyway. */
    ssize_t n = write(inbox->fd, &one, sizeof one);
    (void)n;
}

static const char *copy_text(char **at, const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = *at;

    memcpy(copy, text, n);
    *at += n;
    return copy;
}

/* The sender's texts may be gone when the reader comes to them. Without memory for the copies the
 * answer goes without its extra headers. */
static void copy_headers(struct parcel *parcel)
{
    struct http_header *h = parcel->reply.headers;
    size_t need = 0;
    size_t count = 0;

    for (; count < MF_HTTP_REPLY_HEADERS_MAX && h[count].name != NULL; count++)
        need += strlen(h[count].name) + strlen(h[count].value) + 2;
    if (count == 0)
        return;
    char *at = parcel->copies = malloc(need);
    if (at == NULL) {
        h[0].name = NULL;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        h[i].name = copy_text(&at, h[i].name);
        h[i].value = copy_text(&at, h[i].value);
    }
}

static bool grow(struct parcels *parcels)
{
    size_t cap = parcels->cap > 0 ? parcels->cap * 2 : FIRST_CAP;
    struct parcel *p = mf_array_new(cap, sizeof *p);

    if (p == NULL)
        return false;
    if (parcels->n > 0)
        memcpy(p, parcels->p, parcels->n * sizeof *p);
    free(parcels->p);
    parcels->p = p;
    parcels->cap = cap;
    return true;
}

void mf_inbox_send(struct http_inbox *inbox, uint32_t thread, struct http_answer_to *answers,
                   size_t count)
{
    bool wake = false;

    pthread_mutex_lock(&inbox->lock);
    for (size_t i = 0; i < count; i++) {
        struct http_answer_to *a = &answers[i];
        if (a->ticket.thread != thread)
            continue;
        struct parcel parcel = {.ticket = a->ticket, .reply = a->reply};
        a->reply.body = (struct buf){0}; /* moved */
        if (inbox->closed || (inbox->waiting.n == inbox->waiting.cap && !grow(&inbox->waiting))) {
            mf_parcel_done(&parcel);
            continue;
        }
        copy_headers(&parcel);
        wake = wake || inbox->waiting.n == 0;
        inbox->waiting.p[inbox->waiting.n++] = parcel;
    }
    pthread_mutex_unlock(&inbox->lock);
    if (wake)
        mf_inbox_wake(inbox);
}

size_t mf_inbox_take(struct http_inbox *inbox, struct parcel **out)
{
    uint64_t count = 0;
    ssize_t n = read(inbox->fd, &count, sizeof count);

    (void)n; /* EAGAIN: nobody woke us, look all the same */
    pthread_mutex_lock(&inbox->lock);
    struct parcels waiting = inbox->waiting;
    inbox->waiting = inbox->taken;
    inbox->waiting.n = 0;
    inbox->taken = waiting;
    pthread_mutex_unlock(&inbox->lock);
    *out = waiting.p;
    return waiting.n;
}

void mf_inbox_close(struct http_inbox *inbox)
{
    pthread_mutex_lock(&inbox->lock);
    inbox->closed = true;
    drop_all(&inbox->waiting);
    pthread_mutex_unlock(&inbox->lock);
}
