/* Checksum lists: what sha256sum, sha512sum and their BSD namesakes print. A signature over the
 * list vouches for each file in it, by exact name.
 *
 *   GNU   HEX, a space, a space or '*', NAME; with a backslash before HEX, \\ \n \r in NAME stand
 *         for the byte itself (coreutils manual, "md5sum invocation")
 *   BSD   SHA256 (NAME) = HEX; SHA512 likewise */
#ifndef MF_CLIENT_BUNDLE_CHECKSUM_LIST_H
#define MF_CLIENT_BUNDLE_CHECKSUM_LIST_H

#include "client/bundle/artifact.h"

enum { MF_CHECKSUM_LIST_MAX = 64 * 1024 * 1024 }; /* bytes */
enum { MF_CHECKSUM_LINES_MAX = 500 * 1000 };
enum { MF_CHECKSUM_NAME_MAX = 4096 }; /* bytes */

struct checksum_list;

/* Every line must be an entry, or a comment that begins with '#'. A name may have one digest of
 * each kind; digests of other kinds are refused, as nobody would know that they were not checked.
 * MF_ERR_FORMAT or MF_ERR_LIMIT with the line as its place; *out is written only on success. */
MF_MUST_USE bool mf_checksum_list_parse(struct span text, struct checksum_list **out,
                                        struct err *err);
void mf_checksum_list_free(struct checksum_list **list);

/* What the list says of this name, "./" before either left out of account: the digests to hold the
 * file against, 0 .. 2 of them in *out->has. False when it is not listed. */
bool mf_checksum_list_find(const struct checksum_list *list, const char *name,
                           struct artifact *out);

#endif
