#include "transparency/fsck/fsck_issuers.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/codec/hex.h"
#include "transparency/fsck/fsck_files.h"
#include "transparency/sct/ct_leaf.h"

enum { SLOTS = 4096 }; /* a log has far fewer issuers; more are only looked for again */

struct issuer_memory {
    struct known {
        bool used;
        uint8_t fingerprint[32];
    } known[SLOTS]; /* looked for already */
};

bool mf_fsck_issuers_new(struct issuer_memory **out, struct err *err)
{
    *out = mf_array_new(1, sizeof **out);
    return *out != NULL || mf_err_set(err, MF_ERR_SYSTEM, "no memory for issuers");
}

void mf_fsck_issuers_free(struct issuer_memory **memory)
{
    free(*memory);
    *memory = NULL;
}

static void look_for(struct fsck *f, const uint8_t fingerprint[static 32], uint64_t index)
{
    struct known *known = &f->issuers->known[mf_be32(fingerprint) % SLOTS];
    MF_SCOPED(mf_fd_done) int fd = -1;
    char name[MF_FSCK_NAME_MAX] = "public/issuer/";
    struct err err = {0};
    uint64_t size = 0;

    if (known->used && memcmp(known->fingerprint, fingerprint, 32) == 0)
        return;
    known->used = true;
    memcpy(known->fingerprint, fingerprint, 32);
    mf_hex_encode((struct span){fingerprint, 32}, name + strlen(name));
    if (mf_fsck_open(f->dir_fd, name, MF_CT_RECORD_MAX, &fd, &size, &err) ||
        err.code != MF_ERR_NOT_FOUND) /* else the walk over all files says so */
        return;
    mf_fsck_tell(f, &(struct finding){.file = name,
                                      .what = "is missing, and entries from this one on name it "
                                              "as an issuer",
                                      .unit = MF_AT_ENTRY,
                                      .at = index,
                                      .todo = "restore this file from a copy"});
}

void mf_fsck_issuers_piece(struct fsck *f, const struct record_piece *piece)
{
    for (size_t at = 0; at + 32 <= piece->issuers.n; at += 32)
        look_for(f, piece->issuers.p + at, piece->tile.index * MF_TILE_WIDTH);
}

void mf_fsck_issuer_file(struct fsck *f, const char *path)
{
    MF_SCOPED(mf_buf_done) struct buf der = {0};
    const char *name = strrchr(path, '/') + 1;
    struct err err = {0};
    uint8_t hash[32];
    char real[65];

    if (!mf_fsck_read(f->dir_fd, path, MF_CT_RECORD_MAX, &der, &err)) {
        if (err.code != MF_ERR_NOT_FOUND)
            mf_fsck_error(f, path, &err, "restore this file from a copy");
        return;
    }
    f->result->bytes += der.n;
    mf_sha256(f->crypto, mf_buf_span(&der), hash);
    mf_hex_encode(MF_SPAN_OF(hash), real);
    if (strcmp(real, name) != 0)
        mf_fsck_tell(f, &(struct finding){.file = path,
                                          .what = "is not the certificate that it is named after",
                                          .expected = name,
                                          .found = real,
                                          .todo = "restore this file from a copy"});
}
