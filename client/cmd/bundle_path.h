/* Where a file's bundle is. */
#ifndef MF_CLIENT_CMD_BUNDLE_PATH_H
#define MF_CLIENT_CMD_BUNDLE_PATH_H

#include "common/base/buf.h"

/* FILE.sigstore.json, FILE.sigstore or FILE.bundle, whichever is there. Two that differ are
 * MF_ERR_USAGE, none is MF_ERR_NOT_FOUND. FILE.sigstore.jsonl and FILE.intoto.jsonl, which are not
 * read yet, are MF_ERR_FORMAT alone and MF_ERR_USAGE beside another. */
MF_MUST_USE bool mf_bundle_path_find(const char *file, char *out, size_t cap, struct err *err);
/* Where sign writes: FILE.sigstore.json. */
MF_MUST_USE bool mf_bundle_path_default(const char *file, char *out, size_t cap, struct err *err);

#endif
