/* UTF-8: strict decoding, and text made safe for terminals and logs. Source: RFC 3629. */
#ifndef MF_COMMON_BASE_UTF8_H
#define MF_COMMON_BASE_UTF8_H

#include "common/base/span.h"

/* Length (1..4) of the well-formed sequence at the front of text, its code point in *out;
 * 0 when there is none (empty, overlong, surrogate, above U+10FFFF, cut short). */
size_t mf_utf8_next(struct span text, uint32_t *out);

/* True when all of text is well-formed. */
bool mf_utf8_is_valid(struct span text);

/* Writes text with a NUL into out, at most cap bytes; returns the length without the NUL.
 * Control characters, bidirectional overrides and malformed bytes become \xNN, so that text from
 * outside can neither drive a terminal nor forge a log line. A character is never cut in two. */
size_t mf_utf8_escape(struct span text, char *out, size_t cap);

#endif
