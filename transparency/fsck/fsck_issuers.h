/* Issuers of a CT log: each fingerprint in its entries has a file of that certificate. */
#ifndef MF_TRANSPARENCY_FSCK_FSCK_ISSUERS_H
#define MF_TRANSPARENCY_FSCK_FSCK_ISSUERS_H

#include "transparency/fsck/fsck_records.h"

MF_MUST_USE bool mf_fsck_issuers_new(struct issuer_memory **out, struct err *err);
void mf_fsck_issuers_free(struct issuer_memory **memory);
/* Those that this bundle's entries name: the files are there. */
void mf_fsck_issuers_piece(struct fsck *f, const struct record_piece *piece);
/* One file public/issuer/NAME: its name is the SHA-256 of its bytes. */
void mf_fsck_issuer_file(struct fsck *f, const char *path);

#endif
