/* Witness policy: which logs, which witnesses, and how many of them must have cosigned a checkpoint
 * before it counts. Source: C2SP tlog-policy.
 *
 * A policy says nothing of what is logged. It is read whole or not at all. */
#ifndef MF_TRANSPARENCY_NOTE_WITNESS_POLICY_H
#define MF_TRANSPARENCY_NOTE_WITNESS_POLICY_H

#include "transparency/note/note_key.h"

enum { MF_WITNESS_POLICY_MAX = 512 * 1024 }; /* bytes of the file */
enum { MF_POLICY_LOGS_MAX = 128 };           /* ours, as are the next two; the source wants 32 */
enum { MF_POLICY_WITNESSES_MAX = 128 };
enum { MF_POLICY_GROUPS_MAX = 128 };
enum { MF_POLICY_NODES_MAX = MF_POLICY_WITNESSES_MAX + MF_POLICY_GROUPS_MAX };

struct policy_log {
    struct note_key key; /* its name is the log's origin */
    struct span url;     /* as in the file; empty when it has none */
};

struct policy_witness {
    struct span name;    /* within this file */
    struct note_key key; /* unless unusable */
    bool unusable;       /* ML-DSA-44: known, never verified, so never counted */
    uint8_t key_hash[MF_SHA256_LEN];
    struct span url;
};

struct policy_node { /* a witness or a group, in the order of the file */
    struct span name;
    bool is_group;
    bool is_member;      /* of a later group */
    size_t witness;      /* unless a group */
    size_t first, count; /* of a group's members, in `members` */
    size_t threshold;    /* of a group: 1 .. count */
};

struct witness_policy {
    struct buf text; /* owned; spans borrow from it */
    struct policy_log logs[MF_POLICY_LOGS_MAX];
    struct policy_witness witnesses[MF_POLICY_WITNESSES_MAX];
    struct policy_node nodes[MF_POLICY_NODES_MAX];
    size_t members[MF_POLICY_NODES_MAX]; /* each node once at the most */
    size_t log_count, witness_count, node_count, member_count;
    size_t unusable_count;
    bool has_quorum; /* false: "quorum none" */
    size_t quorum;   /* the node */
};

/* MF_ERR_FORMAT or MF_ERR_LIMIT with the line as its place; *out is written only on success. */
MF_MUST_USE bool mf_witness_policy_parse(struct crypto *c, struct span text,
                                         struct witness_policy **out, struct err *err);
void mf_witness_policy_free(struct witness_policy **policy);

/* Which witnesses have cosigned, and is that a quorum? Lines of witnesses that the policy does not
 * name are ignored; one of a named witness that does not verify condemns the note.
 *
 *   signed_by  by index in policy->witnesses; written also on failure
 *   err        MF_ERR_REJECTED: a bad line, or what the quorum lacks */
MF_MUST_USE bool mf_witness_policy_check(struct crypto *c, const struct witness_policy *policy,
                                         const struct note *note,
                                         bool signed_by[static MF_POLICY_WITNESSES_MAX],
                                         struct err *err);

#endif
