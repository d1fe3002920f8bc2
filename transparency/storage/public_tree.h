/* The public tree: tiles, bundles and the checkpoint as files that a plain web server may serve.
 * Source: C2SP tlog-tiles, static-ct-api.
 *
 * A path appears once, complete, by rename from a folder that nobody serves; the checkpoint is
 * written last, after everything it covers is durable. Files can be read by everybody. */
#ifndef MF_TRANSPARENCY_STORAGE_PUBLIC_TREE_H
#define MF_TRANSPARENCY_STORAGE_PUBLIC_TREE_H

#include "common/base/buf.h"
#include "transparency/tile/tile_path.h"

struct public_tree;

/* staging: a folder of the same file system, made when it is not there. */
MF_MUST_USE bool mf_public_tree_open(const char *path, const char *staging,
                                     struct public_tree **out, struct err *err);
void mf_public_tree_free(struct public_tree **tree);

/* Writing: one thread. Begin forgets what an earlier attempt had staged; put stages a file (one
 * that is there already holds the same bytes); commit makes all of it durable and visible, then
 * replaces the checkpoint. A full disk is MF_ERR_UNAVAILABLE: begin again later. After any other
 * failure nothing on this disk can be believed. The old checkpoint stays in place. */
void mf_public_tree_begin(struct public_tree *tree);
MF_MUST_USE bool mf_public_tree_put(struct public_tree *tree, const struct tile_id *tile,
                                    struct span bytes, struct err *err);
MF_MUST_USE bool mf_public_tree_commit(struct public_tree *tree, struct span checkpoint,
                                       struct err *err);
/* Removes the partial tiles of a place, once its full tile is public. */
void mf_public_tree_drop_partials(struct public_tree *tree, const struct tile_id *tile);
/* Another file whose name says its bytes, durable on return: any thread. */
MF_MUST_USE bool mf_public_tree_add_file(struct public_tree *tree, const char *path,
                                         struct span bytes, struct err *err);

/* Reads; any thread. A missing file is MF_ERR_NOT_FOUND. */
MF_MUST_USE bool mf_public_tree_get(const struct public_tree *tree, const struct tile_id *tile,
                                    size_t max, struct buf *out, struct err *err);
MF_MUST_USE bool mf_public_tree_get_path(const struct public_tree *tree, const char *path,
                                         size_t max, struct buf *out, struct err *err);

#endif
