/* The CA's server: its parts put together in the order in which they may start. */
#ifndef MF_CA_STUB_SERVER_CA_SERVER_H
#define MF_CA_STUB_SERVER_CA_SERVER_H

#include "ca-stub/server/ca_config.h"

struct ca_server;

/* Starts the signer processes, enters the sandbox, opens the audit log, then starts threads and
 * listens. */
MF_MUST_USE bool mf_ca_server_start(const struct ca_config *config, struct ca_server **out,
                                    struct err *err);
/* Port of the main listener. */
uint16_t mf_ca_server_port(const struct ca_server *server);
/* Waits for SIGINT or SIGTERM; MF_ERR_INTERNAL when a signer process ends before. */
MF_MUST_USE bool mf_ca_server_wait(struct ca_server *server, struct err *err);
/* Stops listening, answers what waits, ends everything. Accepts a half-started one. */
void mf_ca_server_free(struct ca_server **server);

#endif
