/* What the files of the engine share. Not for other rooms. */
#ifndef MF_TRANSPARENCY_ENGINE_ENGINE_PARTS_H
#define MF_TRANSPARENCY_ENGINE_ENGINE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/base/queue.h"
#include "transparency/engine/batch_nodes.h"
#include "transparency/engine/engine.h"
#include "transparency/engine/gap_index.h"
#include "transparency/engine/head_file.h"
#include "transparency/engine/head_note.h"
#include "transparency/engine/journal.h"
#include "transparency/engine/tree_edge.h"
#include "transparency/storage/public_tree.h"

enum { MF_BATCH_MAX = 1024 }; /* jobs of one commit */

struct signed_head {
    struct merkle_head head;
    struct buf note;
    uint64_t time_ms;
};

struct engine {
    struct engine_params params;
    struct crypto *crypto;         /* the sequencer's */
    struct crypto *publish_crypto; /* the publisher's */
    struct note_key key;
    struct public_tree *tree;
    struct dedup_index *dedup;
    struct journal *journal;
    struct queue *queue;
    pthread_t sequencer, publisher;
    bool sequencer_runs, publisher_runs;
    uint64_t last_ms; /* time never goes back */
    uint64_t dropped; /* bytes of the journal */
    struct buf payload, record;
    struct batch_nodes batch;
    struct head_file *head_file;
    uint8_t leaves[MF_BATCH_MAX][32]; /* of the commit in hand */
    uint32_t lengths[MF_BATCH_MAX];
    atomic_bool failed; /* nothing may be written any more */
    struct err failure; /* set before that */
    _Atomic uint64_t busy_since_ns;

    pthread_mutex_t lock; /* guards the members below */
    pthread_cond_t advanced;
    struct tree_edge edge; /* up to a commit ahead of the signed head */
    struct gap_index gap;
    uint64_t gap_floor; /* keys of leaves from here on are in the gap */
    struct signed_head head;
    uint64_t public_size;
    uint64_t committed_ns, published_ns, behind_since_ns;
    bool stopping;

    pthread_rwlock_t segments;     /* read: segments of the journal stay; write: some may go */
    _Atomic uint64_t release_size; /* the journal below it may be recycled */
};

/* The engine's end: tells the owner, once. */
void mf_engine_fail(struct engine *e, const struct err *err);

/* head_note.c: signs a head and assembles its note. */
MF_MUST_USE bool mf_head_note_sign(struct engine *e, const struct merkle_head *head,
                                   uint64_t time_ms, struct buf *note, struct err *err);
MF_MUST_USE bool mf_head_note_recall(struct engine *e, const struct merkle_head *head,
                                     uint64_t time_ms, struct err *err);

/* tile_access.c: takes one record off the front of a bundle. */
MF_MUST_USE bool mf_engine_next_record(const struct leaf_format *format, struct span *bundle,
                                       struct span *record, struct err *err);
/* recovery.c */
MF_MUST_USE bool mf_engine_recover(struct engine *e, struct err *err);
/* Its first part: the tree and the head that are public. Writes nothing. */
MF_MUST_USE bool mf_engine_recover_public(struct engine *e, struct err *err);
/* sequencer.c, publisher.c */
void *mf_sequencer_run(void *engine);
void *mf_publisher_run(void *engine);
MF_MUST_USE bool mf_publish(struct engine *e, struct err *err);

#endif
