/* Entry bundles: up to 256 entries, each behind its u16 length. Source: C2SP tlog-tiles,
 * "Log entries". */
#ifndef MF_TRANSPARENCY_TILE_ENTRY_BUNDLE_H
#define MF_TRANSPARENCY_TILE_ENTRY_BUNDLE_H

#include "common/base/buf.h"

enum { MF_ENTRY_MAX = 65535 };                    /* bytes */
enum { MF_ENTRY_BUNDLE_MAX = 256 * (2 + 65535) }; /* bytes */

/* Appends one entry; MF_ERR_LIMIT when it is larger than MF_ENTRY_MAX. */
MF_MUST_USE bool mf_entry_bundle_append(struct buf *bundle, struct span entry, struct err *err);
/* Takes one entry off the front of *rest (which must not be empty); borrowed. */
MF_MUST_USE bool mf_entry_bundle_next(struct span *rest, struct span *entry, struct err *err);
/* The entry at this offset, 0 .. 255. */
MF_MUST_USE bool mf_entry_bundle_at(struct span bundle, unsigned offset, struct span *entry,
                                    struct err *err);
/* Refuses a bundle that does not hold exactly width entries. */
MF_MUST_USE bool mf_entry_bundle_check(struct span bundle, unsigned width, struct err *err);
/* The bytes of the first `width` entries of a bundle that may hold more. */
MF_MUST_USE bool mf_entry_bundle_first(struct span bundle, unsigned width, struct span *out,
                                       struct err *err);

#endif
