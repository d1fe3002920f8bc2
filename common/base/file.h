/* Files: whole reads with a limit, atomic writes, durable directories. */
#ifndef MF_COMMON_BASE_FILE_H
#define MF_COMMON_BASE_FILE_H

#include <sys/types.h>

#include "common/base/buf.h"

/* Reads a whole file or pipe (input.h says which). Larger than max is MF_ERR_LIMIT. The path is the
 * error's place. *out is written only on success; where out->secret is set the bytes are wiped. */
MF_MUST_USE bool mf_file_read(const char *path, size_t max, struct buf *out, struct err *err);

enum file_write_how {
    MF_FILE_REPLACE, /* an existing file is replaced in one step */
    MF_FILE_CREATE,  /* an existing file is MF_ERR_EXISTS and stays untouched */
};

/* Writes bytes to path so that a reader, or a crash at any moment, sees the old file or the whole
 * new one: temporary file in the same directory, fsync, rename (or link), fsync of the directory.
 */
MF_MUST_USE bool mf_file_write(const char *path, struct span bytes, mode_t mode,
                               enum file_write_how how, struct err *err);

/* write(2) until all of it is out, also through EINTR and short writes. */
MF_MUST_USE bool mf_write_all(int fd, struct span bytes, struct err *err);
/* pwrite(2) likewise. */
MF_MUST_USE bool mf_pwrite_all(int fd, struct span bytes, uint64_t offset, struct err *err);
/* pread(2) of exactly n bytes; fewer is MF_ERR_FORMAT "file ends early". */
MF_MUST_USE bool mf_pread_all(int fd, uint8_t *out, size_t n, uint64_t offset, struct err *err);

/* fsync of a directory by path, so that names in it are durable. */
MF_MUST_USE bool mf_dir_sync(const char *path, struct err *err);
/* mkdir -p with this mode for each new part, each made durable in its parent. */
MF_MUST_USE bool mf_dir_make(const char *path, mode_t mode, struct err *err);

/* path with ending behind it ("" for a plain copy) into out; MF_ERR_LIMIT when it does not fit. */
MF_MUST_USE bool mf_path_append(const char *path, const char *ending, char *out, size_t cap,
                                struct err *err);
/* Joins with one slash into out; MF_ERR_LIMIT when it does not fit. */
MF_MUST_USE bool mf_path_join(const char *dir, const char *name, char *out, size_t cap,
                              struct err *err);

#endif
