/* An HTTP server for tests. Its handler answers by path:
 *   /now       at once, body "now"
 *   /echo      the body it got; /query the query; /peer the peer; /method the method
 *   /big       1 MiB of 'x'
 *   /later     deferred: the ticket goes to the fixture
 *   /silent    neither answers nor defers
 * and anything else with a 404 status body. */
#ifndef MF_TESTS_SUPPORT_HTTP_FIXTURE_H
#define MF_TESTS_SUPPORT_HTTP_FIXTURE_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/net/http_client.h"
#include "common/net/http_server.h"

enum { FIXTURE_TICKETS_MAX = 2048, FIXTURE_BIG = 1024 * 1024 };

struct http_fixture {
    struct http_server *server;
    uint16_t port;
    atomic_uint calls; /* of the handler */
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct http_ticket tickets[FIXTURE_TICKETS_MAX];
    char queries[FIXTURE_TICKETS_MAX][16]; /* of each deferred request */
    size_t count;
};

/* Small limits and two threads, unless changed by the test before it starts the server. */
extern const struct http_server_params mf_fixture_params;

struct http_fixture *mf_fixture_start(const struct http_server_params *params);
void mf_fixture_free(struct http_fixture **fixture);
/* Waits until so many requests were deferred. */
void mf_fixture_wait(struct http_fixture *fixture, size_t count);
/* Answers tickets [from, from + count) in one call with their query as the body. */
void mf_fixture_answer(struct http_fixture *fixture, size_t from, size_t count);
/* A client without further settings; the caller frees it. */
struct http_client *mf_fixture_client(void);

#endif
