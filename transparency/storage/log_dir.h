/* A log's directory: who it is, and the lock that keeps a second process out.
 *
 *   identity.json   format version, type, origin, log ID, public key; written once by init
 *   key.pem         0600; read by the signer process alone
 *   lock            held while a process uses the directory
 *   state/          what only the engine reads: journal, newest head, dedup index, staging
 *   public/         the static tree that may be served as it is */
#ifndef MF_TRANSPARENCY_STORAGE_LOG_DIR_H
#define MF_TRANSPARENCY_STORAGE_LOG_DIR_H

#include <limits.h>

#include "common/base/clock.h"
#include "common/codec/json.h"
#include "common/crypto/key.h"

enum log_type { MF_LOG_ENTRIES, MF_LOG_CT };
enum { MF_ORIGIN_MAX = 200 }; /* bytes */

struct log_dir {
    char path[PATH_MAX];
    enum log_type type;
    char origin[MF_ORIGIN_MAX + 1];
    uint8_t log_id[32];
    struct buf spki; /* DER */
    int lock_fd;
};

/* Makes the folders, which may be there already, and then identity.json, which must not:
 * MF_ERR_EXISTS. */
MF_MUST_USE bool mf_log_dir_create(const char *path, enum log_type type, struct span origin,
                                   const uint8_t log_id[static 32], struct span spki,
                                   struct instant now, struct err *err);
/* Reads the identity and takes the lock. Missing, of another format or in use: refused with what to
 * do. Whether the identity is the key's, and the state its own, the engine finds out. */
MF_MUST_USE bool mf_log_dir_open(const char *path, struct log_dir *out, struct err *err);
/* For who only looks, writes nothing and follows no link below path. With lock: kept out of a
 * directory that a process has open, and keeps others out; one without the lock's file is nobody's
 * and not locked. */
MF_MUST_USE bool mf_log_dir_look(const char *path, bool lock, struct log_dir *out, struct err *err);
void mf_log_dir_done(struct log_dir *dir);
MF_MUST_USE bool mf_log_dir_path(const struct log_dir *dir, const char *name, char *out, size_t cap,
                                 struct err *err);

const char *mf_log_type_name(enum log_type type); /* "entries", "ct" */

#endif
