/* The listening socket of a server. Inside the room only. */
#ifndef MF_COMMON_NET_HTTP_LISTEN_H
#define MF_COMMON_NET_HTTP_LISTEN_H

#include <stdint.h>

#include "common/base/err.h"
#include "common/base/scope.h"

/* A new listening socket on a literal address. In use is MF_ERR_SYSTEM with address and port. */
MF_MUST_USE bool mf_listen_open(const char *address, uint16_t port, int *out, struct err *err);
/* A duplicate of an inherited listening socket, made fit for the server. */
MF_MUST_USE bool mf_listen_inherit(int fd, int *out, struct err *err);
/* The port a socket is bound to, or 0. */
uint16_t mf_listen_port(int fd);

/* How many connections a server that wants that many may have, one of so many servers of its
 * process (1 or more). Half of the descriptors the process may have stay for its files: clients
 * must not be able to make a journal or a key unopenable. The servers share the other half. */
unsigned mf_connections_allowed(unsigned wanted, unsigned servers);

#endif
