/* Floor file: the newest of what a device has verified, so that older things are refused from then
 * on. For one stream of releases; one verifier writes it at a time.
 *
 *   {"format": 1, "signed_after": "2026-11-20T10:00:00Z",
 *    "logs": [{"log_id": HEX, "index": 12}]} */
#ifndef MF_CLIENT_CMD_FLOOR_FILE_H
#define MF_CLIENT_CMD_FLOOR_FILE_H

#include "client/verify/bundle_verifier.h"

/* A file that is not there yet is no floor. MF_ERR_TRUST for one that cannot be read: a device must
 * not forget. */
MF_MUST_USE bool mf_floor_file_read(const char *path, struct verify_floor *out, struct err *err);
MF_MUST_USE bool mf_floor_parse(struct span text, struct verify_floor *out, struct err *err);
/* Raises the file to `reached` where that is higher; atomic, and never lower. */
MF_MUST_USE bool mf_floor_file_raise(const char *path, const struct verify_floor *reached,
                                     struct err *err);

/* Takes one verification into what a run reached: the oldest of each, as all of them must verify
 * again. *is_first is cleared. */
void mf_floor_reach(struct verify_floor *reached, const struct verification *v, bool *is_first);
/* The higher of both, into *floor. */
void mf_floor_merge(struct verify_floor *floor, const struct verify_floor *other);

#endif
