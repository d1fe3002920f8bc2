/* Logs to check, damaged in one way each. The first of them are made once; every case has copies.
 */
#ifndef MF_TESTS_SUPPORT_FSCK_CASE_H
#define MF_TESTS_SUPPORT_FSCK_CASE_H

#include "transparency/fsck/fsck.h"

enum fsck_image {
    FSCK_CLOSED,  /* 700 entries, all public; the journal has those from 660 on, one a commit */
    FSCK_CRASHED, /* the same, killed before the last of them were public */
    FSCK_OTHER,   /* another log, of 860 entries; FSCK_OLDER is its checkpoint of 660 */
    FSCK_LARGE,   /* 65,900 entries: full tiles of level 1, a tile of level 2 */
    FSCK_IMAGES
};
#define FSCK_OLDER "older"
enum { FSCK_BODY = 40 }; /* bytes of an entry */
enum { FSCK_FOUND_MAX = 64 };

struct fsck_case { /* a copy of an image, and what a check of it said */
    char path[PATH_MAX];
    struct fsck_result result;
    size_t count;
    struct told {
        enum finding_kind kind;
        enum finding_unit unit;
        uint64_t at;
        char file[300], what[300], expected[80], found[80], todo[200];
    } told[FSCK_FOUND_MAX];
};

/* Makes images; in the process that later ones are forked from. */
void mf_fsck_images_make(bool large);
void mf_fsck_images_remove(void);
const char *mf_fsck_image(enum fsck_image image);

void mf_fsck_case_init(struct fsck_case *c, enum fsck_image image);
void mf_fsck_case_done(struct fsck_case *c);
bool mf_fsck_case_run(struct fsck_case *c, bool online, struct err *err);
/* The same of all that is there, which must come to its end. */
void mf_fsck_case_check(struct fsck_case *c);
/* Whether the engine would start on it, which may change it. */
bool mf_fsck_case_starts(const struct fsck_case *c);
/* The first finding about this file whose text has these words; null: none. */
const struct told *mf_fsck_case_told(const struct fsck_case *c, const char *file, const char *what);
/* The same, which must be there, among as many faults as this. */
const struct told *mf_fsck_case_expect(const struct fsck_case *c, uint64_t faults, const char *file,
                                       const char *what);
/* All that was told, for a failed test. */
const char *mf_fsck_case_said(const struct fsck_case *c);

/* A path in the case's directory; valid until the fourth call from here. */
const char *mf_fsck_case_path(const struct fsck_case *c, const char *name);
/* Journal segments, oldest first; the name below the directory, null behind the last one. */
const char *mf_fsck_case_segment(const struct fsck_case *c, size_t number);
/* A head of this size and root, signed by the log's own key, as a note. */
void mf_fsck_case_sign(const struct fsck_case *c, struct crypto *crypto,
                       const struct merkle_head *head, struct buf *note);
/* XORs one byte. */
void mf_fsck_flip(const char *path, uint64_t offset);
/* Overwrites bytes. */
void mf_fsck_poke(const char *path, uint64_t offset, struct span bytes);
struct buf mf_fsck_load(const char *path);
/* The key of entry number i. */
void mf_fsck_key(struct crypto *c, uint64_t i, uint8_t out[static 32]);

#endif
