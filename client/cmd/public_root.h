/* Sigstore's public trusted roots, as files NAME-YYYY-MM-DD.json: brought along by the
 * installation, or put beside by the user. The newest one counts, so that replacing one is adding a
 * newer. Files and folders that somebody else owns or may write are passed over. */
#ifndef MF_CLIENT_CMD_PUBLIC_ROOT_H
#define MF_CLIENT_CMD_PUBLIC_ROOT_H

#include <limits.h>

#include "common/base/err.h"
#include "common/base/scope.h"

#define MF_PUBLIC_ROOT_GOOD    "public-good"
#define MF_PUBLIC_ROOT_STAGING "staging"

struct public_root {
    char path[PATH_MAX];
    char passed_over[PATH_MAX];     /* a newer one, or its folder, that others own or may write */
    char date[sizeof "2026-10-20"]; /* of the file's name: when it was current */
};

/* Looks in the user's folder ($XDG_DATA_HOME/mayfly/trust, else ~/.local/share/mayfly/trust),
 * beside the program (../share/mayfly/trust) and where the build was told to install. False when
 * there is none of that name. */
bool mf_public_root_find(const char *name, struct public_root *out);

/* The user's folder. MF_ERR_USAGE when no variable says where it is. */
MF_MUST_USE bool mf_public_root_user_dir(char *out, size_t cap, struct err *err);

#endif
