/* TransparencyLogEntry: a log's answer, and what a bundle keeps of it, as JSON.
 * Source: protobuf-specs sigstore_rekor.proto, proto3 JSON mapping. */
#ifndef MF_TRANSPARENCY_ENTRY_TLOG_ENTRY_H
#define MF_TRANSPARENCY_ENTRY_TLOG_ENTRY_H

#include "common/codec/json.h"
#include "transparency/merkle/proof.h"

enum { MF_TLOG_ENTRY_JSON_MAX = 1024 * 1024 }; /* bytes of one entry's JSON */

struct tlog_entry {      /* spans borrow from the caller's bytes, or after a parse from `owned` */
    int64_t log_index;   /* 0 or more */
    struct span log_id;  /* 32 bytes, or empty when absent */
    struct span kind;    /* "hashedrekord" */
    struct span version; /* "0.0.2" */
    int64_t integrated_time; /* seconds; 0 in Rekor v2, and to be ignored there */
    struct span promise;     /* v1's signed entry timestamp; empty when absent */
    bool has_proof;
    int64_t proof_log_index; /* within the tree */
    struct span root;        /* 32 bytes or empty; the checkpoint decides, not this */
    int64_t tree_size;
    struct merkle_proof proof;
    struct span checkpoint; /* the note; empty when absent */
    struct span body;       /* canonicalizedBody, decoded; empty when absent */
    struct buf owned;
};

/* Appends the JSON with every field, unpopulated ones too, as logs answer and clients need it. */
MF_MUST_USE bool mf_tlog_entry_write(const struct tlog_entry *e, struct buf *out, struct err *err);
/* The same inside a larger document (a bundle): absent parts are left out. */
void mf_tlog_entry_put(struct json_writer *w, const struct tlog_entry *e);
/* Reads one; unknown members are passed over, doubled ones, wrong lengths and negative numbers are
 * MF_ERR_FORMAT with the member as place. Absent members have proto3's defaults: whether that will
 * do is the caller's. *out is self-contained: free it with mf_tlog_entry_done. */
MF_MUST_USE bool mf_tlog_entry_parse(const struct json_node *node, struct tlog_entry *out,
                                     struct err *err);
void mf_tlog_entry_done(struct tlog_entry *e);

#endif
