/* Engine of an append-only log: gives entries an index, makes them durable, signs the head,
 * publishes. One engine for both kinds of log; what differs between them is a leaf format.
 *
 * One sequencer thread owns tree, journal and the signing of heads: it commits whatever waits the
 * moment it is free, with one fdatasync and one signature for all of it. A publisher thread follows
 * with the public tree and the dedup index. */
#ifndef MF_TRANSPARENCY_ENGINE_ENGINE_H
#define MF_TRANSPARENCY_ENGINE_ENGINE_H

#include "common/base/clock.h"
#include "common/keys/signer_client.h"
#include "transparency/merkle/compact_range.h"
#include "transparency/merkle/proof.h"
#include "transparency/storage/log_dir.h"
#include "transparency/tile/tile_reader.h"

enum { MF_ENGINE_NOTE_MAX = 4096 }; /* bytes of a signed head */

struct append_job {    /* one entry on its way; the caller's struct begins with it */
    uint8_t key[32];   /* dedup identity */
    size_t record_max; /* bytes that sealing it may take, at most MF_ENGINE_RECORD_MAX */
    /* filled in by the engine */
    uint64_t looked_up; /* the dedup index was asked about leaves below this size */
    uint64_t index;
    bool duplicate;
    uint64_t time_ms; /* of the commit; for a duplicate meaningless */
};
enum { MF_ENGINE_RECORD_MAX = 512 * 1024 };

struct leaf_format {
    /* Appends the record as bundles hold it and the journal keeps it, and gives its leaf hash. */
    bool (*seal)(void *state, struct crypto *c, struct append_job *job, uint64_t index,
                 uint64_t time_ms, struct buf *record, uint8_t leaf[static 32], struct err *err);
    /* Leaf hash and dedup key from a record, on replay. */
    bool (*reopen)(void *state, struct crypto *c, struct span record, uint8_t leaf[static 32],
                   uint8_t key[static 32], struct err *err);
    /* Skips the record at the front of a bundle. */
    bool (*skip)(struct span *bundle, struct err *err);
    enum tile_kind records; /* MF_TILE_ENTRIES or MF_TILE_DATA */
    void *state;
};

struct commit { /* valid during the call that it is given to */
    struct crypto *crypto;
    struct merkle_head head;
    struct span note;                /* the signed checkpoint */
    const struct node_source *nodes; /* for proofs of this commit's own entries */
};

struct engine;

struct engine_params {
    struct log_dir *dir; /* open; borrowed */
    struct signer *signer;
    struct leaf_format format;
    struct clock clock;
    unsigned public_cadence_ms;
    size_t queue_max;
    size_t segment_size; /* of the journal; 0 for its default */
    bool create;         /* mayfly-log init: there is no checkpoint yet */
    bool read_only; /* what is public is read, and nothing written or signed: no look-up, no push */
    /* On the sequencer thread, once per commit. commit is null when nothing was committed: then err
     * says why (MF_ERR_UNAVAILABLE: try again). Owns the jobs from here. */
    void (*answered)(void *state, struct append_job **jobs, size_t count,
                     const struct commit *commit, const struct err *err);
    /* The engine cannot go on: an I/O error on its own files. The process must end. Whoever waits
     * or comes is refused until then. Any thread, once. */
    void (*fatal)(void *state, const struct err *err);
    /* The public tree does not follow: err says why, and it is tried again each second. Null: it
     * follows again. On the publisher thread, once per attempt, and from mf_engine_close; may be
     * null. */
    void (*published)(void *state, const struct err *err);
    void *state;
};

/* Recovers, settles the journal, signs the head found, starts the threads. MF_ERR_UNAVAILABLE when
 * the disk is too full for that or no descriptor is free: nothing was signed, it may be tried
 * again, and the same directory may be open read-only meanwhile. */
MF_MUST_USE bool mf_engine_open(const struct engine_params *params, struct engine **out,
                                struct err *err);
/* Commits what waits, publishes the head, ends the threads. */
void mf_engine_close(struct engine **engine);

/* Asks the dedup index, where a read may block, before the job is handed over. True with
 * job->duplicate set when the log holds the entry already, which the record itself says and not the
 * index: such a job need not be pushed. Any thread. */
MF_MUST_USE bool mf_engine_look_up(struct engine *engine, struct crypto *c, struct append_job *job,
                                   struct err *err);
/* Hands a job over; false when the queue is full: answer 503. Any thread. */
MF_MUST_USE bool mf_engine_push(struct engine *engine, struct append_job *job);

/* Bytes of an incomplete last commit that the start found in the journal and left behind: it was
 * never acknowledged. */
uint64_t mf_engine_dropped(const struct engine *engine);
struct engine_status { /* instants of the clock's monotonic time, in ns */
    uint64_t size, public_size;
    uint64_t committed_ns, published_ns; /* the last of them; the start counts as both */
    uint64_t busy_since_ns;              /* a commit is being made durable and signed; 0 for none */
    uint64_t behind_since_ns; /* the public tree is behind the signed head; 0 when it is not */
    bool failed;
};
/* Any thread; does not wait for a commit. */
void mf_engine_status(struct engine *engine, struct engine_status *out);
/* The signed head. Any thread. */
void mf_engine_head(struct engine *engine, struct merkle_head *head, struct buf *note);
/* Inclusion proof of an older entry at this size, from memory and the public tree. Any thread. */
MF_MUST_USE bool mf_engine_prove(struct engine *engine, struct crypto *c, uint64_t index,
                                 uint64_t size, struct merkle_proof *out, uint8_t leaf[static 32],
                                 struct err *err);
/* A tile or bundle up to the signed head. Any thread. */
MF_MUST_USE bool mf_engine_tile(struct engine *engine, const struct tile_id *tile, struct buf *out,
                                struct err *err);
/* The same for a tile reader; borrows the engine. */
struct tile_source mf_engine_tile_source(struct engine *engine);
/* One record by index, appended to *out. Any thread. */
MF_MUST_USE bool mf_engine_record(struct engine *engine, uint64_t index, struct buf *out,
                                  struct err *err);
/* A file of the public tree beside the tiles, durable on return; an I/O error ends the engine like
 * any other. Any thread. */
MF_MUST_USE bool mf_engine_add_file(struct engine *engine, const char *path, struct span bytes,
                                    struct err *err);
const struct public_tree *mf_engine_public_tree(const struct engine *engine);

#endif
