/* The files by which clients find and trust an instance. */
#ifndef MF_CLIENT_CMD_INSTANCE_FILES_H
#define MF_CLIENT_CMD_INSTANCE_FILES_H

#include "common/base/buf.h"

/* Writes trusted_root.json and signing_config.json, and instance.json last: the instance is ready
 * once that is there. */
MF_MUST_USE bool mf_instance_files_write(const char *dir, uint16_t port_base, struct err *err);

#endif
