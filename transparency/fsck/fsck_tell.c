/* Findings: counted and told. */
#include <inttypes.h>
#include <stdio.h>

#include "common/codec/hex.h"
#include "transparency/fsck/fsck_parts.h"

void mf_fsck_tell(struct fsck *f, const struct finding *finding)
{
    switch (finding->kind) {
    case MF_FINDING_FAULT:
        f->result->faults++;
        break;
    case MF_FINDING_UNREAD:
        f->result->unread++;
        break;
    case MF_FINDING_NOTE:
        f->result->notes++;
        break;
    }
    f->params->found(f->params->state, finding);
}

void mf_fsck_fault(struct fsck *f, const char *file, const char *what, const char *todo)
{
    mf_fsck_tell(f, &(struct finding){.file = file, .what = what, .todo = todo});
}

void mf_fsck_note(struct fsck *f, const char *file, const char *what)
{
    mf_fsck_tell(f, &(struct finding){.kind = MF_FINDING_NOTE, .file = file, .what = what});
}

void mf_fsck_error(struct fsck *f, const char *file, const struct err *err, const char *todo)
{
    bool denied = err->code == MF_ERR_DENIED;
    char what[sizeof err->what + sizeof err->where + 2];

    if (snprintf(what, sizeof what, "%s%s%s", err->where, err->where[0] != '\0' ? ": " : "",
                 err->what) < 0)
        what[0] = '\0';
    mf_fsck_tell(f, &(struct finding){
                        .kind = denied ? MF_FINDING_UNREAD : MF_FINDING_FAULT,
                        .file = file,
                        .what = what,
                        .todo = denied ? "run this as a user who may read it" : todo,
                    });
}

void mf_fsck_hash_fault(struct fsck *f, const struct finding *finding,
                        const uint8_t expected[static 32], const uint8_t found[static 32])
{
    struct finding full = *finding;
    char texts[2][65];

    mf_hex_encode((struct span){expected, 32}, texts[0]);
    mf_hex_encode((struct span){found, 32}, texts[1]);
    full.expected = texts[0];
    full.found = texts[1];
    mf_fsck_tell(f, &full);
}

void mf_fsck_number_fault(struct fsck *f, const struct finding *finding, uint64_t expected,
                          uint64_t found)
{
    struct finding full = *finding;
    char texts[2][24];

    if (snprintf(texts[0], sizeof texts[0], "%" PRIu64, expected) < 0 ||
        snprintf(texts[1], sizeof texts[1], "%" PRIu64, found) < 0)
        return;
    full.expected = texts[0];
    full.found = texts[1];
    mf_fsck_tell(f, &full);
}

const char *mf_fsck_remedy(struct fsck *f, uint64_t from, uint64_t end)
{
    static const char plain[] = "restore this file from a copy";

    if (!f->has_journal || from >= f->journal_end || end <= f->journal_first)
        return plain;
    uint64_t first = from > f->journal_first ? from : f->journal_first;
    uint64_t last = (end < f->journal_end ? end : f->journal_end) - 1;
    if (snprintf(f->todo, sizeof f->todo,
                 "%s; the journal still holds entries %" PRIu64 "-%" PRIu64, plain, first,
                 last) < 0)
        return plain;
    return f->todo;
}
