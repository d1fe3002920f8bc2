/* Regexp syntax: which regular expressions are taken, and which holes they leave.
 *
 * Only what Go's engine (the one of cosign and sigstore-go) and PCRE2 read alike is taken:
 *   literals, '.', '|', '(...)', '(?:...)', '[...]', '[^...]' with ranges;
 *   '^' and \A, '$' and \z: the ends of the whole name, never of a line;
 *   '*' '+' '?' '{n}' '{n,}' '{n,m}' up to MF_REGEXP_REPEAT_MAX, each also lazy;
 *   \d \D \w \W \b \B, of ASCII, and a backslash before ASCII punctuation.
 * All else is refused by name: look-around, back-references, possessive repeats, flags, named
 * groups, POSIX and Unicode classes, \s, an alternative that is empty. */
#ifndef MF_CLIENT_IDENTITY_REGEXP_SYNTAX_H
#define MF_CLIENT_IDENTITY_REGEXP_SYNTAX_H

#include "common/base/err.h"
#include "common/base/span.h"

enum { MF_REGEXP_MAX = 1024 };       /* bytes */
enum { MF_REGEXP_DEPTH_MAX = 32 };   /* groups in groups */
enum { MF_REGEXP_REPEAT_MAX = 100 }; /* of {n,m} */

/* By what a sound expression lets in more than was probably meant. */
struct regexp_holes {
    bool no_front; /* some alternative does not begin with ^ */
    bool no_back;  /* some alternative does not end with $ */
    bool bare_dot; /* a '.' without a repeat: "github.com" */
    size_t bare_dot_at;
    bool dot_before_at; /* a repeated '.' in front of an '@' */
    /* Of each alternative, what it cannot do without, a scheme in front of "://" left out: */
    bool names_nobody;    /* some alternative demands no letter or digit */
    bool names_only_host; /* or none behind the host of a URI */
};

/* MF_ERR_USAGE says what is not taken and where. */
MF_MUST_USE bool mf_regexp_check(struct span pattern, struct regexp_holes *out, struct err *err);

enum { MF_REGEXP_WARNING_MAX = 400 }; /* bytes with the NUL */

/* Of an expression that was checked, the index-th warning, which names a hole; false when there are
 * no more. */
bool mf_regexp_warning(struct span pattern, size_t index, char out[static MF_REGEXP_WARNING_MAX]);

#endif
