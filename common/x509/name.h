/* Distinguished names: checked, not interpreted; they are compared byte for byte.
 * Source: RFC 5280 4.1.2.4. */
#ifndef MF_COMMON_X509_NAME_H
#define MF_COMMON_X509_NAME_H

#include "common/base/err.h"
#include "common/base/scope.h"
#include "common/base/span.h"

enum { MF_NAME_ATTRIBUTES_MAX = 64 }; /* attributes in one name */

/* Takes a Name off the front of *rest; *whole gets it with tag and length. Each relative name has
 * at least one attribute, and each value is text: printable, IA5, numeric, T61 or UTF-8. */
MF_MUST_USE bool mf_name_take(struct span *rest, struct span *whole, struct err *err);

#endif
