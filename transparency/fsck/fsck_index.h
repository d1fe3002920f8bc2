/* The duplicates' index, read by a process of its own that can do nothing else: LMDB believes what
 * it reads, and what a damaged or planted file makes of it must end there. */
#ifndef MF_TRANSPARENCY_FSCK_FSCK_INDEX_H
#define MF_TRANSPARENCY_FSCK_FSCK_INDEX_H

#include "transparency/fsck/fsck_records.h"

/* Starts it and compares what the index says of itself. Without an index, or one that cannot be
 * read, f->index stays null, which is told. After the heads were read, before there are threads. */
void mf_fsck_index_begin(struct fsck *f);
/* Looks up the keys of those entries that are good. */
void mf_fsck_index_piece(struct fsck *f, const struct record_piece *piece,
                         const bool good[static MF_TILE_WIDTH]);
/* After all entries (whole: each of them was good): are there keys of no entry? */
void mf_fsck_index_end(struct fsck *f, bool whole);

#endif
