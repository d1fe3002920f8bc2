/* Instance: a private set of services in one directory, and the files by which clients find them.
 */
#ifndef MF_CLIENT_CMD_INSTANCE_H
#define MF_CLIENT_CMD_INSTANCE_H

#include <limits.h>

#include "common/codec/json.h"

struct instance { /* what instance.json says; spans borrow from doc */
    char dir[PATH_MAX];
    struct json *doc;
    struct span fulcio, rekor, tsa, ct, oidc, issuer, audience, identity;
};

/* Where the instance lives: the option's value, else MAYFLY_INSTANCE, else $XDG_STATE_HOME/mayfly,
 * else ~/.local/state/mayfly. option  or null chosen  set to true when the user named it (option or
 * variable) */
MF_MUST_USE bool mf_instance_dir(const char *option, char *out, size_t cap, bool *chosen,
                                 struct err *err);
/* Reads DIR/instance.json. A missing one is MF_ERR_NOT_FOUND with the hint to run `mayfly up`. */
MF_MUST_USE bool mf_instance_open(const char *dir, struct instance *out, struct err *err);
/* The same of an instance.json's bytes; dir stays empty. */
MF_MUST_USE bool mf_instance_parse(struct span text, struct instance *out, struct err *err);
void mf_instance_done(struct instance *instance);

/* DIR/name, into out. */
MF_MUST_USE bool mf_instance_path(const struct instance *instance, const char *name, char *out,
                                  size_t cap, struct err *err);

#endif
