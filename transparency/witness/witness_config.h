/* mayfly-witness's configuration: one JSON file.
 *
 *   {"format": 1, "directory": "witness", "listen": "127.0.0.1:7380", "prefix": "/witness",
 *    "anchor": "/mnt/other/witness",
 *    "logs": [{"vkey": "log.example.org+...", "origin": "log.example.org"}]}
 *
 * directory, listen and logs must be there. Entries of one origin are the keys of one log. */
#ifndef MF_TRANSPARENCY_WITNESS_WITNESS_CONFIG_H
#define MF_TRANSPARENCY_WITNESS_WITNESS_CONFIG_H

#include <limits.h>

#include "common/keys/signer_client.h"
#include "common/run/config.h"
#include "transparency/witness/add_checkpoint.h"

enum { MF_WITNESS_LOGS_MAX = MF_SIGNER_ORIGINS_MAX, MF_WITNESS_PREFIX_MAX = 200 };

struct witness_config {
    char directory[PATH_MAX];
    char anchor[PATH_MAX]; /* "" for none */
    struct listen_address listen;
    char prefix[MF_WITNESS_PREFIX_MAX + 1]; /* "" or "/path" */
    uint64_t threads, workers;
    struct witnessed_log *logs; /* owned */
    size_t log_count;
};

/* Errors name the file and the member. */
MF_MUST_USE bool mf_witness_config_read(struct crypto *c, const char *path,
                                        struct witness_config *out, struct err *err);
void mf_witness_config_done(struct witness_config *config);

#endif
