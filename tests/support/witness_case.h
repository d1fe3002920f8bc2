/* Logs as a witness sees them: keys, two trees that part after three leaves, signed checkpoints,
 * and the requests that ask for a cosignature. Each of these fails the test when it cannot. */
#ifndef MF_TESTS_SUPPORT_WITNESS_CASE_H
#define MF_TESTS_SUPPORT_WITNESS_CASE_H

#include "transparency/witness/add_checkpoint.h"

struct case_log {
    struct witnessed_log whom;
    struct private_key *keys[MF_WITNESSED_KEYS_MAX];
};

enum case_tree { TREE, FORK }; /* leaves 0 to 2 are the same */

/* With one key of this type; its name is the origin. */
void mf_case_log_init(struct crypto *c, const char *origin, enum note_key_type type,
                      struct case_log *out);
/* One more key of the log. */
void mf_case_log_add_key(struct crypto *c, enum note_key_type type, struct case_log *log);
void mf_case_log_done(struct case_log *log);

struct case_request {
    uint64_t old_size; /* as it says */
    uint64_t size;
    enum case_tree tree;
    uint64_t proof_from; /* the size that its proof starts from; 0 for none */
    const char *extensions;
    bool wrong_root;    /* not that of the tree at this size */
    bool wrong_proof;   /* one bit of its last hash */
    size_t unsigned_by; /* 1 and up: that key's line is left out */
    size_t bad_line_of; /* 1 and up: that key's signature is not good */
    struct span more;   /* lines behind the log's */
};

void mf_case_root(struct crypto *c, enum case_tree tree, uint64_t size, uint8_t out[static 32]);
/* Appends the checkpoint, and the whole body. */
void mf_case_note(struct crypto *c, const struct case_log *log, const struct case_request *request,
                  struct buf *out);
void mf_case_body(struct crypto *c, const struct case_log *log, const struct case_request *request,
                  struct buf *out);

#endif
