/* Name glob: a pattern with wildcards for identities, refs and other values of a certificate.
 *
 * `*` stands for any characters but '/', also none; `**` for any characters. All else stands for
 * itself: there are no classes, no '?' and no escapes. Four rules close holes that such patterns
 * usually have:
 * - `**` stands between '/', '@', ':' and the ends: "acme**" would also let in "acme-evil/...";
 * - a wildcard in front of the pattern's first '@' takes no '@': a branch may be named
 *   "x@refs/tags/v1", and its ref must not pass for a tag;
 * - one behind it takes no "@refs/", and right behind it no '@' unless "refs/" follows there: a
 * file may be named "release.yml@x.yml", and must not pass for release.yml at some ref;
 * - no wildcard takes a control character. */
#ifndef MF_CLIENT_IDENTITY_NAME_GLOB_H
#define MF_CLIENT_IDENTITY_NAME_GLOB_H

#include "common/base/err.h"
#include "common/base/span.h"

enum { MF_GLOB_MAX = 1024 }; /* bytes of a pattern */

/* MF_ERR_USAGE for a pattern that is empty, too long, no clean UTF-8, or has a wildcard that the
 * rules do not allow. */
MF_MUST_USE bool mf_glob_check(struct span pattern, struct err *err);
/* Whether all of the text fits a pattern that was checked. Time grows with the product of both
 * lengths and no further. */
bool mf_glob_match(struct span pattern, struct span text);

/* Whether a checked pattern keeps to one owner. Many share a host and anybody may open an account
 * there, so that a wildcard must come behind what belongs to one of them:
 *   uri    behind "SCHEME://HOST/PART/"
 *   mail   in front of "@DOMAIN"; a '/', ':' or '**' would let it fit a URI
 *   owner  behind "OWNER/" or "repo:OWNER/"
 * A pattern without a wildcard does. */
bool mf_glob_pins_uri(struct span pattern);
bool mf_glob_pins_mail(struct span pattern);
bool mf_glob_pins_owner(struct span pattern);

#endif
