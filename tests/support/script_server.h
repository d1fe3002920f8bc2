/* A server that plays a script, one step a connection or a request: what no honest server does. */
#ifndef MF_TESTS_SUPPORT_SCRIPT_SERVER_H
#define MF_TESTS_SUPPORT_SCRIPT_SERVER_H

#include <pthread.h>

#include "common/base/buf.h"

enum script_then {
    MF_SCRIPT_KEEP,    /* the next step answers the next request of this connection */
    MF_SCRIPT_CLOSE,   /* the next step is for the next connection */
    MF_SCRIPT_RESET,   /* likewise, after a reset */
    MF_SCRIPT_HANG,    /* say nothing more; the client must go */
    MF_SCRIPT_ENDLESS, /* go on sending 'x' until the client goes */
};

struct script_step {
    const char *reply; /* sent once a whole request is there */
    enum script_then then;
};

struct script_server {
    int fd;
    uint16_t port;
    pthread_t thread;
    const struct script_step *steps;
    size_t count;
    const char *more;
    size_t played; /* after the stop */
    struct script_step endless;
    struct buf requests; /* all bytes that came; after the stop */
};

void mf_script_start(struct script_server *server, const struct script_step *steps, size_t count);
/* One endless reply: once `reply`, then `more` for ever. */
void mf_script_start_endless(struct script_server *server, const char *reply, const char *more);
/* Waits until the script is played to its end, or ends the waiting for connections. */
void mf_script_stop(struct script_server *server);
void mf_script_done(struct script_server *server);

#endif
