/* A witness policy's file. What it says and how it is applied: transparency/note/witness_policy.h.
 */
#ifndef MF_CLIENT_TRUST_WITNESS_FILE_H
#define MF_CLIENT_TRUST_WITNESS_FILE_H

#include "transparency/note/witness_policy.h"

/* MF_ERR_TRUST with the path as its place; *out is written only on success. */
MF_MUST_USE bool mf_witness_file_read(struct crypto *c, const char *path,
                                      struct witness_policy **out, struct err *err);

#endif
