/* What the two halves of the journal share. Not for other files. */
#ifndef MF_TRANSPARENCY_ENGINE_JOURNAL_PARTS_H
#define MF_TRANSPARENCY_ENGINE_JOURNAL_PARTS_H

#include <limits.h>

#include "transparency/engine/journal.h"
#include "transparency/engine/journal_record.h"

enum { MF_SEGMENTS_MAX = 256, MF_SPARES_MAX = 8, MF_SEGMENT_NAME_MAX = 32 };

struct segment {
    uint64_t generation; /* also its name, in 16 hex digits */
    uint64_t end_index;  /* leaves up to which its records go */
};

struct journal {
    struct journal_params params;
    char path[PATH_MAX];
    struct record_chain chain;                /* of what is written */
    struct segment segments[MF_SEGMENTS_MAX]; /* oldest first; the last is written to */
    size_t count;
    size_t spare_count; /* released files, under names of their own */
    int fd;
    uint64_t offset;
    uint64_t reserved; /* bytes of the segment that the disk has set aside */
    bool settled;      /* false while the new segment still has its temporary name */
    struct buf scratch;
};

void mf_segment_name(uint64_t generation, char out[static MF_SEGMENT_NAME_MAX]);
void mf_spare_name(size_t number, char out[static MF_SEGMENT_NAME_MAX]);
MF_MUST_USE bool mf_segment_path(const struct journal *j, const char *name,
                                 char out[static PATH_MAX], struct err *err);
/* Where the next record may begin. */
static inline uint64_t mf_journal_aligned(uint64_t offset)
{
    return (offset + MF_JOURNAL_ALIGN - 1) / MF_JOURNAL_ALIGN * MF_JOURNAL_ALIGN;
}

/* Opens a new segment of the next generation. */
MF_MUST_USE bool mf_journal_roll(struct crypto *c, struct journal *j, struct err *err);
/* journal_scan.c: lists the segments, then tells the reader each record in order. */
MF_MUST_USE bool mf_journal_list(struct journal *j, struct err *err);
MF_MUST_USE bool mf_journal_scan(struct crypto *c, struct journal *j, size_t count,
                                 const struct journal_reader *reader, uint64_t *dropped,
                                 struct err *err);

#endif
