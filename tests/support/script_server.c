#include "tests/support/script_server.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <check.h>

#include "tests/support/wire.h"

enum { REQUESTS_MAX = 16 * 1024 * 1024, GIVE_UP_S = 10 };

/* Reads one whole request: head, and as many bytes as its Content-Length says. */
static bool read_request(struct script_server *s, int fd)
{
    size_t from = s->requests.n;
    const char *text = NULL;

    while (text == NULL) {
        struct err err = {0};
        ck_assert(mf_buf_reserve(&s->requests, 64 * 1024, &err));
        ssize_t n = recv(fd, s->requests.p + s->requests.n, 64 * 1024 - 1, 0);
        if (n <= 0)
            return false;
        s->requests.n += (size_t)n;
        s->requests.p[s->requests.n] = '\0';
        const char *head = (const char *)s->requests.p + from;
        text = strstr(head, "\r\n\r\n");
        const char *length = strstr(head, "\r\nContent-Length: ");
        if (text == NULL || length == NULL)
            continue;
        size_t want = strtoul(length + 18, NULL, 10);
        if (s->requests.n - from < (size_t)(text + 4 - head) + want)
            text = NULL;
    }
    return true;
}

static void say_endlessly(int fd, const char *text)
{
    uint8_t filler[16384];
    size_t n = strlen(text);
    size_t whole = sizeof filler / n * n;

    for (size_t i = 0; i < whole; i++)
        filler[i] = (uint8_t)text[i % n];
    while (mf_wire_try_send(fd, (struct span){filler, whole}))
        ;
}

/* Plays steps on one connection until one of them ends it. */
static void play(struct script_server *s, int fd)
{
    uint8_t byte;

    while (s->played < s->count) {
        if (!read_request(s, fd))
            break;
        const struct script_step *step = &s->steps[s->played++];
        mf_wire_try_send(fd, mf_span_str(step->reply));
        if (step->then == MF_SCRIPT_KEEP)
            continue;
        if (step->then == MF_SCRIPT_RESET) {
            mf_wire_reset(fd);
            return;
        }
        if (step->then == MF_SCRIPT_ENDLESS)
            say_endlessly(fd, s->more);
        if (step->then == MF_SCRIPT_HANG)
            while (recv(fd, &byte, 1, 0) > 0)
                ;
        break;
    }
    close(fd);
}

static void *run(void *arg)
{
    struct script_server *s = arg;
    struct timeval give_up = {.tv_sec = GIVE_UP_S};

    while (s->played < s->count) {
        int fd = accept(s->fd, NULL, NULL);
        if (fd < 0)
            break;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &give_up, sizeof give_up);
        play(s, fd);
    }
    return NULL;
}

static void start(struct script_server *s)
{
    s->requests.max = REQUESTS_MAX;
    s->fd = mf_wire_listen(&s->port);
    ck_assert_int_eq(pthread_create(&s->thread, NULL, run, s), 0);
}

void mf_script_start(struct script_server *s, const struct script_step *steps, size_t count)
{
    *s = (struct script_server){.steps = steps, .count = count, .more = "x"};
    start(s);
}

void mf_script_start_endless(struct script_server *s, const char *reply, const char *more)
{
    *s = (struct script_server){.count = 1, .more = more, .endless = {reply, MF_SCRIPT_ENDLESS}};
    s->steps = &s->endless;
    start(s);
}

void mf_script_stop(struct script_server *s)
{
    if (s->fd < 0)
        return;
    shutdown(s->fd, SHUT_RDWR); /* ends an accept */
    pthread_join(s->thread, NULL);
    close(s->fd);
    s->fd = -1;
}

void mf_script_done(struct script_server *s)
{
    mf_script_stop(s);
    mf_buf_done(&s->requests);
}
