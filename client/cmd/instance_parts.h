/* What an instance is made of, read from its directory: who its logs and its authorities are. */
#ifndef MF_CLIENT_CMD_INSTANCE_PARTS_H
#define MF_CLIENT_CMD_INSTANCE_PARTS_H

#include "client/cmd/log_identity.h"

#define MF_INSTANCE_LOG       "log"
#define MF_INSTANCE_CT        "ct"
#define MF_INSTANCE_CA_CHAIN  "ca/ca-chain.pem"
#define MF_INSTANCE_TSA_CHAIN "ca/timestamp-chain.pem"

struct instance_parts { /* owned */
    struct log_identity log, ct;
    struct buf ca_chain, tsa_chain; /* PEM, as it stands in the files */
};

/* *out is for mf_instance_parts_done also after a failure. */
MF_MUST_USE bool mf_instance_parts_read(const char *dir, struct instance_parts *out,
                                        struct err *err);
void mf_instance_parts_done(struct instance_parts *parts);

#endif
