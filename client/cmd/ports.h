/* Ports of an instance: are they free? Told before a service is started that would fail on one. */
#ifndef MF_CLIENT_CMD_PORTS_H
#define MF_CLIENT_CMD_PORTS_H

#include <stdint.h>

#include "common/base/err.h"
#include "common/base/scope.h"

/* MF_ERR_EXISTS names the first of count ports from base on that something listens on. */
MF_MUST_USE bool mf_ports_check(uint16_t base, unsigned count, struct err *err);

#endif
