/* One run of mayfly sign: checks the files, signs those that need it, writes and reports. */
#ifndef MF_CLIENT_CMD_SIGN_RUN_H
#define MF_CLIENT_CMD_SIGN_RUN_H

#include "client/cmd/trust_source.h"

enum { MF_SIGN_TIMEOUT_MAX_S = 24 * 3600 };

struct sign_options { /* null or false when not given */
    struct trust_options trust;
    const char *token, *bundle;
    uint64_t timeout_s; /* 0: as long as each call may take */
    bool overwrite, json, quiet, yes;
};

/* Returns the exit status. */
int mf_sign_run(const struct sign_options *options, char **files, size_t count);

#endif
