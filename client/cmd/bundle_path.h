/* Where a file's bundle is. */
#ifndef MF_CLIENT_CMD_BUNDLE_PATH_H
#define MF_CLIENT_CMD_BUNDLE_PATH_H

#include "common/base/buf.h"

/* FILE.sigstore.json, FILE.sigstore, FILE.bundle, or a list, FILE.sigstore.jsonl or
 * FILE.intoto.jsonl, whichever is there. Two that differ are MF_ERR_USAGE, none is
 * MF_ERR_NOT_FOUND. */
MF_MUST_USE bool mf_bundle_path_find(const char *file, char *out, size_t cap, struct err *err);
/* True when the name says that the file holds a bundle a line. */
bool mf_bundle_path_is_list(const char *path);
/* Where sign writes: FILE.sigstore.json. */
MF_MUST_USE bool mf_bundle_path_default(const char *file, char *out, size_t cap, struct err *err);

#endif
