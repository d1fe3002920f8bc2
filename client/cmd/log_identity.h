/* What a log of the instance says of itself in its identity.json. */
#ifndef MF_CLIENT_CMD_LOG_IDENTITY_H
#define MF_CLIENT_CMD_LOG_IDENTITY_H

#include "common/base/buf.h"

struct log_identity {
    struct buf origin, log_id, spki, created; /* text, 32 bytes, DER, RFC 3339 */
};

/* Reads DIR/folder/identity.json of a log of that type, "entries" or "ct". */
MF_MUST_USE bool mf_log_identity_read(const char *dir, const char *folder, const char *type,
                                      struct log_identity *out, struct err *err);
void mf_log_identity_done(struct log_identity *identity);

#endif
