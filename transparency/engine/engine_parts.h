/* What the files of the engine share. Not for other rooms. */
#ifndef MF_TRANSPARENCY_ENGINE_ENGINE_PARTS_H
#define MF_TRANSPARENCY_ENGINE_ENGINE_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "common/base/queue.h"
#include "transparency/engine/batch_nodes.h"
#include "transparency/engine/engine.h"
#include "transparency/engine/gap_index.h"
#include "transparency/engine/journal.h"
#include "transparency/engine/tree_edge.h"
#include "transparency/note/note_key.h"
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
    struct buf payload, record;
    struct batch_nodes batch;

    pthread_mutex_t
        commit_lock;      /* held from a commit's first leaf in the edge to its signed head */
    pthread_mutex_t lock; /* guards the members below; taken after commit_lock */
    pthread_cond_t advanced;
    struct tree_edge edge;
    struct gap_index gap;
    struct signed_head head;
    uint64_t public_size;
    bool stopping;

    pthread_mutex_t tree_lock;     /* one writer of the public tree at a time */
    _Atomic uint64_t release_size; /* the journal below it may be recycled */
};

/* head_note.c: signs a head and assembles its note. */
MF_MUST_USE bool mf_head_note_sign(struct engine *e, const struct merkle_head *head,
                                   uint64_t time_ms, struct buf *note, struct err *err);
/* Verifies a note of ours; gives its head and (CT) its time. */
MF_MUST_USE bool mf_head_note_read(struct engine *e, struct span note, struct merkle_head *head,
                                   uint64_t *time_ms, struct err *err);
MF_MUST_USE bool mf_head_note_recall(struct engine *e, const struct merkle_head *head,
                                     uint64_t time_ms, struct err *err);

/* recovery.c */
MF_MUST_USE bool mf_engine_recover(struct engine *e, struct err *err);
/* sequencer.c, publisher.c */
void *mf_sequencer_run(void *engine);
void *mf_publisher_run(void *engine);
MF_MUST_USE bool mf_publish(struct engine *e, struct err *err);
/* tile_access.c */
struct tile_source mf_engine_tiles(struct engine *e);

#endif
