/* Batch nodes: the tree's nodes that one commit completed, and the peaks it stood on. Enough to
 * prove the inclusion of each of its entries without reading a tile. */
#ifndef MF_TRANSPARENCY_ENGINE_BATCH_NODES_H
#define MF_TRANSPARENCY_ENGINE_BATCH_NODES_H

#include "transparency/merkle/compact_range.h"

struct batch_nodes {
    struct compact_range before; /* peaks at the size before the commit */
    struct buf levels[64];       /* hashes from index before.size >> level on */
    bool failed;
};

void mf_batch_nodes_begin(struct batch_nodes *batch, const struct compact_range *before);
void mf_batch_nodes_done(struct batch_nodes *batch);
/* Gives it to mf_compact_range_append. */
struct node_sink mf_batch_nodes_sink(struct batch_nodes *batch);
/* For mf_proof_build_inclusion of the commit's own entries. */
struct node_source mf_batch_nodes_source(struct batch_nodes *batch);

#endif
