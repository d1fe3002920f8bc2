/* What to do about a log or an authority that the trusted root does not name. */
#ifndef MF_CLIENT_VERIFY_ROOT_HINT_H
#define MF_CLIENT_VERIFY_ROOT_HINT_H

#include "client/trust/trusted_root.h"

/* Adds the hint: the root may be another instance's; or, when every key in it began before `when`,
 * it may be older than the key in question. `when` is what the bundle says, verified or not: it
 * decides nothing but the wording. Returns false. */
bool mf_root_hint(const struct trusted_root *root, struct instant when, struct err *err);

#endif
