/* Configuration of an instance's services, written by `mayfly up` for mayfly-log and mayfly-ca. */
#ifndef MF_CLIENT_CMD_SERVICE_CONFIG_H
#define MF_CLIENT_CMD_SERVICE_CONFIG_H

#include "common/base/buf.h"

/* Names of a private instance's logs: host names that no public log has. */
#define MF_LOG_ORIGIN   "rekor.mayfly.internal"
#define MF_CT_ORIGIN    "ct.mayfly.internal"
#define MF_DEV_IDENTITY "dev@mayfly.internal"
#define MF_DEV_AUDIENCE "sigstore" /* what clients of Sigstore expect in a token */

enum { MF_PORT_FULCIO, MF_PORT_REKOR, MF_PORT_CT, MF_PORT_OIDC, MF_PORT_COUNT };
enum { MF_PORT_BASE_DEFAULT = 8480 };

/* Writes log.json and ca.json. The logs and the CA must have been made. */
MF_MUST_USE bool mf_service_config_write(const char *dir, uint16_t port_base, struct err *err);
/* The ports of this instance: asked for (not 0), as before, or the default. */
MF_MUST_USE bool mf_instance_port_base(const char *dir, uint64_t asked, uint16_t *out,
                                       struct err *err);
/* Remembers them for the next start: those that are free, or it would fail as well. */
MF_MUST_USE bool mf_instance_port_base_keep(const char *dir, uint16_t port_base, struct err *err);

#endif
