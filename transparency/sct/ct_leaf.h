/* Leaves of a CT log and the records of its data tiles. Sources: RFC 6962 section 3.4, C2SP
 * static-ct-api "Log entries". */
#ifndef MF_TRANSPARENCY_SCT_CT_LEAF_H
#define MF_TRANSPARENCY_SCT_CT_LEAF_H

#include "transparency/sct/sct.h"

enum { MF_CT_CHAIN_MAX = 16 };          /* issuers of one entry */
enum { MF_CT_RECORD_MAX = 256 * 1024 }; /* bytes of one data-tile record; ours */

struct ct_leaf { /* spans borrow */
    uint64_t timestamp_ms;
    struct ct_entry entry;
    struct span extensions; /* with the leaf_index */
    struct span precert;    /* the precertificate's DER when entry.is_precert, else empty */
    struct span issuers;    /* SHA-256 of each issuer's DER in chain order: 32 bytes each */
};

/* Appends the MerkleTreeLeaf: the bytes whose leaf hash goes into the tree. */
MF_MUST_USE bool mf_ct_leaf_merkle(const struct ct_leaf *leaf, struct buf *out, struct err *err);
/* Appends the data-tile record; merkle is what mf_ct_leaf_merkle gave for this leaf. */
MF_MUST_USE bool mf_ct_leaf_write(const struct ct_leaf *leaf, struct span merkle, struct buf *out,
                                  struct err *err);
/* Takes one record off the front of *rest. */
MF_MUST_USE bool mf_ct_leaf_next(struct span *rest, struct ct_leaf *out, struct err *err);

#endif
