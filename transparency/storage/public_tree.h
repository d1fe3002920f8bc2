/* The public tree: tiles, bundles and the checkpoint as files that a plain web server may serve.
 * Source: C2SP tlog-tiles, static-ct-api.
 *
 * A path appears once, complete, by rename; the checkpoint is written last, after everything it
 * covers is durable. Nothing that still grows is ever under a servable name. */
#ifndef MF_TRANSPARENCY_STORAGE_PUBLIC_TREE_H
#define MF_TRANSPARENCY_STORAGE_PUBLIC_TREE_H

#include "common/base/buf.h"
#include "transparency/tile/tile_path.h"

struct public_tree;

MF_MUST_USE bool mf_public_tree_open(const char *path, struct public_tree **out, struct err *err);
void mf_public_tree_free(struct public_tree **tree);

/* Stages a file under a temporary name; it becomes visible with mf_public_tree_commit. A path that
 * is there already is left alone: it holds the same bytes. */
MF_MUST_USE bool mf_public_tree_put(struct public_tree *tree, const struct tile_id *tile,
                                    struct span bytes, struct err *err);
MF_MUST_USE bool mf_public_tree_put_path(struct public_tree *tree, const char *path,
                                         struct span bytes, struct err *err);
/* Makes what was staged durable and visible, then replaces the checkpoint. MF_ERR_SYSTEM leaves the
 * old checkpoint in place. */
MF_MUST_USE bool mf_public_tree_commit(struct public_tree *tree, struct span checkpoint,
                                       struct err *err);

/* Reads; any thread. A missing file is MF_ERR_NOT_FOUND. */
MF_MUST_USE bool mf_public_tree_get(const struct public_tree *tree, const struct tile_id *tile,
                                    size_t max, struct buf *out, struct err *err);
MF_MUST_USE bool mf_public_tree_get_path(const struct public_tree *tree, const char *path,
                                         size_t max, struct buf *out, struct err *err);

#endif
