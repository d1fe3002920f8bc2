/* Reading files of a directory that may be somebody else's: no link is followed, nothing but a
 * regular file is read, and no more of it than there may be. */
#ifndef MF_TRANSPARENCY_FSCK_FSCK_FILES_H
#define MF_TRANSPARENCY_FSCK_FSCK_FILES_H

#include "common/base/buf.h"
#include "transparency/fsck/fsck_parts.h"

/* MF_ERR_NOT_FOUND, MF_ERR_FORMAT (a link, a folder, a device), MF_ERR_DENIED (no right to read
 * it), MF_ERR_LIMIT (larger than max) or MF_ERR_SYSTEM. */
MF_MUST_USE bool mf_fsck_open(int dir_fd, const char *path, uint64_t max, int *fd, uint64_t *size,
                              struct err *err);
/* The whole file into *out (its max is set); the same codes. */
MF_MUST_USE bool mf_fsck_read(int dir_fd, const char *path, size_t max, struct buf *out,
                              struct err *err);

struct window { /* bytes of a file that pass by: start one with fd -1 */
    int fd;
    uint64_t size;     /* of the file */
    uint64_t position; /* of the next byte, in the file */
    struct buf bytes;  /* kept from file to file */
    size_t used;       /* of them, before the position */
};
MF_MUST_USE bool mf_window_open(struct window *w, int dir_fd, const char *path, uint64_t max,
                                struct err *err);
void mf_window_done(struct window *w);
/* At least n bytes from the position on, or all up to the end of the file. Good until the next call
 * that is given the window. */
MF_MUST_USE bool mf_window_look(struct window *w, size_t n, struct span *out, struct err *err);
/* Goes on; n at most what is left of the file. */
void mf_window_skip(struct window *w, uint64_t n);

/* Name of a tile below the directory. */
void mf_fsck_tile_name(const struct tile_id *tile, char out[static MF_FSCK_NAME_MAX]);
/* The hashes of a tile: width of them. Online, a partial tile that is gone is the front of the full
 * one. */
MF_MUST_USE bool mf_fsck_read_tile(struct fsck *f, const struct tile_id *tile, uint8_t (*out)[32],
                                   struct err *err);

#endif
