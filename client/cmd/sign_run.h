/* One run of mayfly sign: checks the files, signs those that need it, writes and reports. */
#ifndef MF_CLIENT_CMD_SIGN_RUN_H
#define MF_CLIENT_CMD_SIGN_RUN_H

#include "client/cmd/trust_source.h"

struct sign_options { /* null or false when not given */
    struct trust_options trust;
    const char *token, *bundle;
    bool overwrite, json, quiet, yes;
};

/* Returns the exit status. */
int mf_sign_run(const struct sign_options *options, char **files, size_t count);

#endif
