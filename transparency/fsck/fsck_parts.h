/* What the files of fsck share. Not for other rooms. */
#ifndef MF_TRANSPARENCY_FSCK_FSCK_PARTS_H
#define MF_TRANSPARENCY_FSCK_FSCK_PARTS_H

#include "transparency/engine/head_file.h"
#include "transparency/engine/head_note.h"
#include "transparency/fsck/fsck.h"

enum { MF_FSCK_NAME_MAX = 128 }; /* bytes of the name of a file that belongs to a log */
enum { MF_FSCK_HEADS_MAX = 1 + MF_HEAD_FILE_SLOTS + 1 };

struct signed_note { /* a head that was signed, or that the journal ends with, and where it is */
    const char *file;
    const char *what; /* is wrong when the entries have another root */
    struct merkle_head head;
    bool compared; /* its root with that of the entries */
};

struct fsck {
    const struct fsck_params *params;
    struct fsck_result *result;
    struct crypto *crypto;
    struct note_key key;
    struct log_dir dir;
    const struct leaf_format *format;
    int dir_fd;

    struct signed_note heads[MF_FSCK_HEADS_MAX]; /* the public one first, when there is one */
    size_t head_count;
    bool has_public;
    uint64_t public_ms; /* CT: time of the public head */
    struct merkle_head public;
    bool tree_whole;    /* the public tiles lead to its root */
    bool entries_whole; /* and each public entry is the one that they have */

    bool has_journal; /* with records: */
    uint64_t journal_first, journal_end;
    struct err base_problem; /* the journal could not be held against the public tree */

    struct index_reader *index; /* null: there is none, or it cannot be read */
    struct issuer_memory *issuers;
    char todo[160];
};

/* fsck_tell.c */
void mf_fsck_tell(struct fsck *f, const struct finding *finding);
void mf_fsck_fault(struct fsck *f, const char *file, const char *what, const char *todo);
void mf_fsck_note(struct fsck *f, const char *file, const char *what);
/* A fault by an error of this room's readers; without the right to read it is no verdict. */
void mf_fsck_error(struct fsck *f, const char *file, const struct err *err, const char *todo);
/* Completes the finding with both hashes in hexadecimal. */
void mf_fsck_hash_fault(struct fsck *f, const struct finding *finding,
                        const uint8_t expected[static 32], const uint8_t found[static 32]);
/* ... with both numbers. */
void mf_fsck_number_fault(struct fsck *f, const struct finding *finding, uint64_t expected,
                          uint64_t found);
/* What to do about a public file of the entries from .. end - 1. Valid until the next call. */
const char *mf_fsck_remedy(struct fsck *f, uint64_t from, uint64_t end);

/* fsck_heads.c: the checkpoint and state/head; then those that the journal's pass did not meet. */
void mf_fsck_read_heads(struct fsck *f);
void mf_fsck_compare_heads(struct fsck *f);
/* True when the peaks at this size could be read from the public tiles. */
MF_MUST_USE bool mf_fsck_range(struct fsck *f, uint64_t size, struct compact_range *out,
                               struct err *err);
/* fsck_journal.c */
void mf_fsck_journal(struct fsck *f);
/* fsck_tree.c: false when it could not begin. */
MF_MUST_USE bool mf_fsck_tree(struct fsck *f, struct err *err);
/* fsck_walk.c: files that are there, their modes, and those that should not be. */
void mf_fsck_walk(struct fsck *f);

#endif
