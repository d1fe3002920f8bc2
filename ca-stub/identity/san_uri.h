/* SAN URI: a URI as it goes into a certificate, in the spelling that Fulcio's certificates have.
 * Sources: RFC 3986; RFC 5280 section 4.2.1.6; the escaping rules of Go's net/url, by which
 * verifiers' expectations were written. */
#ifndef MF_CA_IDENTITY_SAN_URI_H
#define MF_CA_IDENTITY_SAN_URI_H

#include "common/base/buf.h"

/* Appends uri ("scheme://host/path?query#fragment", UTF-8) to *out as ASCII. A path or fragment of
 * URI characters alone stays as it is; any other is decoded and encoded anew.
 * MF_ERR_FORMAT for control characters, a broken %XX, no scheme, no host or user information, and
 * what cannot be escaped outside the path and fragment. */
MF_MUST_USE bool mf_san_uri_write(struct span uri, struct buf *out, struct err *err);

/* True when text may stand in a path that a token's claims make: no control character, '?' or '\',
 * no segment that is "." or ".." (also spelt %2e), no '/' at the front. Empty segments and '#' are
 * for the caller to allow. */
struct san_uri_part {
    bool allow_empty_segments; /* "group/project//.gitlab-ci.yml" */
    bool allow_hash;           /* git lets a branch have one in its name */
};
bool mf_san_uri_is_part(struct span text, struct san_uri_part how);

#endif
