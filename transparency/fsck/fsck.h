/* Checks a log's directory from end to end and writes nothing: every tile, entry, checkpoint,
 * journal record, index key, issuer and file. Bytes may come from somebody else: all reads are
 * bounded, and memory does not grow with the log. */
#ifndef MF_TRANSPARENCY_FSCK_FSCK_H
#define MF_TRANSPARENCY_FSCK_FSCK_H

#include "transparency/engine/engine.h"

enum finding_kind {
    MF_FINDING_FAULT,  /* something is wrong */
    MF_FINDING_UNREAD, /* no verdict: the user may not read it */
    MF_FINDING_NOTE    /* not as a clean end leaves it, and nothing is wrong */
};
enum finding_unit { MF_AT_FILE, MF_AT_ENTRY, MF_AT_HASH, MF_AT_BYTE };

struct finding { /* texts are borrowed for the call; null where there is none */
    enum finding_kind kind;
    const char *file; /* below the directory; bytes of a stranger's name as they are */
    enum finding_unit unit;
    uint64_t at; /* index of the entry in the log, of the hash in its tile, or offset in the file */
    const char *what;
    const char *expected, *found;
    const char *todo;
};

struct fsck_params {
    const char *path;
    bool online;      /* public/ only, without the lock: the log may be served meanwhile */
    unsigned threads; /* that read and hash entries: 1 .. MF_FSCK_THREADS_MAX */
    struct leaf_format formats[2]; /* by enum log_type */
    void (*found)(void *state, const struct finding *finding);
    /* Now and then, with entries done so far; may be null. */
    void (*progress)(void *state, uint64_t done, uint64_t all);
    void *state;
};
enum { MF_FSCK_THREADS_MAX = 8 };
enum { MF_FSCK_FAULTS_MAX = 10000 }; /* then the tree's check is given up */

struct fsck_result {
    enum log_type type;
    char origin[MF_ORIGIN_MAX + 1];
    uint64_t size;                     /* of the public tree */
    uint64_t end;                      /* entries on the disk: public or in the journal */
    uint64_t entries, journal_entries; /* that were hashed: public ones, and the journal's */
    uint64_t bytes;                    /* that were read */
    uint64_t faults, unread, notes;
};

/* False only when nothing could be checked: no such directory, no readable identity, in use. What
 * is wrong with the log is told to found, in the order of files and entries. *out is filled in
 * either way. Starts processes and threads, and ends them before it returns. */
MF_MUST_USE bool mf_fsck(const struct fsck_params *params, struct fsck_result *out,
                         struct err *err);

#endif
