/* Segment files of a journal that is only looked at: records at the places where they may begin. */
#ifndef MF_TRANSPARENCY_FSCK_FSCK_SEGMENT_H
#define MF_TRANSPARENCY_FSCK_FSCK_SEGMENT_H

#include "transparency/engine/journal_parts.h"
#include "transparency/fsck/fsck_files.h"

struct segment_reader { /* start one with dir_fd, crypto, log_id and a window of fd -1 */
    int dir_fd;
    struct crypto *crypto;
    uint8_t log_id[32];
    struct window window; /* of the segment in hand */
    char file[MF_FSCK_NAME_MAX];
    struct record_chain chain;
    uint64_t generations[MF_SEGMENTS_MAX]; /* oldest first */
    size_t count;
};

struct found_record {
    struct journal_record record; /* borrows from the window */
    uint8_t previous[32], hash[32];
    size_t size;
    bool odd_format; /* when it is bad: one that another release writes */
};

MF_MUST_USE bool mf_fsck_segment_list(struct segment_reader *r, struct err *err);
/* Its head is read, and the window is where the first record may begin. */
MF_MUST_USE bool mf_fsck_segment_open(struct segment_reader *r, uint64_t generation,
                                      struct err *err);
/* What begins at the window's position. */
MF_MUST_USE bool mf_fsck_segment_look(struct segment_reader *r, struct found_record *out,
                                      enum record_state *state, struct err *err);
/* Moves on to the next valid record behind a place that has none; *found false, at the end of the
 * file, when there is none. */
MF_MUST_USE bool mf_fsck_segment_find_later(struct segment_reader *r, bool *found, struct err *err);

#endif
