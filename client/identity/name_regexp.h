/* Name regexp: a regular expression for identities and issuers, matched by PCRE2 within limits. Of
 * the syntax only what Go reads in the same way is taken (regexp_syntax.h); as there, an expression
 * without ^ and $ matches anywhere in the name. */
#ifndef MF_CLIENT_IDENTITY_NAME_REGEXP_H
#define MF_CLIENT_IDENTITY_NAME_REGEXP_H

#include "client/identity/regexp_syntax.h"

struct name_regexp;

/* MF_ERR_USAGE for an expression that is not taken or too large; MF_ERR_SYSTEM where PCRE2 is not
 * installed: it is loaded by the first expression, not by programs that have none. */
MF_MUST_USE bool mf_name_regexp_new(struct span pattern, struct name_regexp **out, struct err *err);
void mf_name_regexp_free(struct name_regexp **regexp);

/* True when the text has a match. MF_ERR_REJECTED when it has none; MF_ERR_LIMIT when it took more
 * steps or memory than allowed, which is no match either. Any thread, several at a time. */
MF_MUST_USE bool mf_name_regexp_match(const struct name_regexp *regexp, struct span text,
                                      struct err *err);

#endif
