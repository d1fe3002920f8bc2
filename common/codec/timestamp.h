/* Timestamps as text: RFC 3339 (section 5.6), and ASN.1 UTCTime and GeneralizedTime (RFC
 * 5280 4.1.2.5). */
#ifndef MF_COMMON_CODEC_TIMESTAMP_H
#define MF_COMMON_CODEC_TIMESTAMP_H

#include "common/base/buf.h"
#include "common/base/clock.h"

enum { MF_RFC3339_MAX = 36 }; /* bytes with NUL of what mf_rfc3339_write makes */

/* "2026-11-24T13:56:00Z", 0 to 9 digits of fraction, "Z" or a numeric offset; years 0001 .. 9999.
 */
MF_MUST_USE bool mf_rfc3339_parse(struct span text, struct instant *out, struct err *err);
/* UTC with "Z"; a fraction of 3, 6 or 9 digits only when there is one. A time outside the years
 * 0001 .. 9999 is written as the nearest inside. */
void mf_rfc3339_write(struct instant t, char out[static MF_RFC3339_MAX]);

/* "YYMMDDHHMMSSZ" only, years 1950 .. 2049 (RFC 5280). */
MF_MUST_USE bool mf_utc_time_parse(struct span text, struct instant *out, struct err *err);
/* "YYYYMMDDHHMMSS[.fff]Z"; the fraction must not end in 0 (X.690 11.7). */
MF_MUST_USE bool mf_generalized_time_parse(struct span text, struct instant *out, struct err *err);
/* Whole seconds; UTCTime has 13 characters, GeneralizedTime 15, then a NUL. Times that the form
 * cannot say (UTCTime: 1950 .. 2049) are the caller's bug and assert. */
void mf_utc_time_write(int64_t s, char out[static 14]);
void mf_generalized_time_write(int64_t s, char out[static 16]);

#endif
