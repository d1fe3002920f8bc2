/* Reading a witness policy: a line at a time, items between spaces and tabs. */

#include "transparency/note/witness_policy.h"

enum { MLDSA44_TYPE = 0x06, MLDSA44_KEY_LEN = 1312 };
enum { ITEMS_MAX = 3 + MF_POLICY_NODES_MAX }; /* "group", name, threshold, members */

struct line {
    struct span items[ITEMS_MAX];
    size_t count;
};

struct reader {
    struct crypto *c;
    struct witness_policy *policy;
    bool has_quorum_line;
};

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t';
}

static bool split(struct span text, struct line *out, struct err *err)
{
    size_t i = 0;

    out->count = 0;
    while (i < text.n) {
        size_t from = i;
        while (i < text.n && !is_space(text.p[i]))
            i++;
        if (i > from && out->count == ITEMS_MAX)
            return mf_err_set(err, MF_ERR_LIMIT, "more than %d items", ITEMS_MAX);
        if (i > from)
            out->items[out->count++] = (struct span){text.p + from, i - from};
        while (i < text.n && is_space(text.p[i]))
            i++;
    }
    return true;
}

static bool find_node(const struct witness_policy *p, struct span name, size_t *out)
{
    for (size_t i = 0; i < p->node_count; i++)
        if (mf_span_eq(p->nodes[i].name, name)) {
            *out = i;
            return true;
        }
    return false;
}

static bool check_new_name(const struct witness_policy *p, struct span name, struct err *err)
{
    size_t at;

    if (mf_span_is(name, "none"))
        return mf_err_set(err, MF_ERR_FORMAT, "the name 'none' means no witness at all");
    return !find_node(p, name, &at) ||
           mf_err_set(err, MF_ERR_FORMAT, "the name '%.*s' is taken", MF_SPAN_ARG(name));
}

static bool read_log(struct reader *r, const struct line *line, struct err *err)
{
    struct witness_policy *p = r->policy;
    struct policy_log *log = &p->logs[p->log_count];

    if (line->count != 2 && line->count != 3)
        return mf_err_set(err, MF_ERR_FORMAT, "a log is: log VKEY [URL]");
    if (p->log_count == MF_POLICY_LOGS_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "more than %d logs", MF_POLICY_LOGS_MAX);
    if (!mf_note_key_parse(r->c, line->items[1], &log->key, err))
        return false;
    p->log_count++; /* whatever is found now, it is there to be freed */
    if (log->key.type == MF_NOTE_KEY_COSIGNER)
        return mf_err_set(err, MF_ERR_FORMAT, "a witness's key cannot be a log's");
    log->url = line->count == 3 ? line->items[2] : (struct span){0};
    for (size_t i = 0; i + 1 < p->log_count; i++)
        if (mf_span_eq(mf_public_key_spki(p->logs[i].key.key), mf_public_key_spki(log->key.key)))
            return mf_err_set(err, MF_ERR_FORMAT, "this log's key stands twice");
    return true;
}

/* Of a kind that OpenSSL 3.0 does not know: held to its form, so that a slip is not taken for it.
 */
static bool check_mldsa(struct crypto *c, const struct vkey *vkey, struct err *err)
{
    const struct span parts[] = {vkey->name, MF_SPAN("\n"), mf_buf_span(&vkey->material)};
    uint8_t hash[MF_SHA256_LEN];

    if (!mf_note_name_is_valid(vkey->name))
        return mf_err_set(err, MF_ERR_FORMAT, "no key name: \"%.*s\"", MF_SPAN_ARG(vkey->name));
    if (vkey->material.n != 1 + MLDSA44_KEY_LEN)
        return mf_err_set(err, MF_ERR_FORMAT, "an ML-DSA-44 key is %d bytes, not %zu",
                          MLDSA44_KEY_LEN, vkey->material.n - 1);
    mf_sha256_parts(c, parts, MF_LEN(parts), hash);
    return mf_be32(hash) == vkey->id ||
           mf_err_set(err, MF_ERR_FORMAT, "key ID is %08x, name and key give %08x", vkey->id,
                      mf_be32(hash));
}

static bool read_witness_key(struct reader *r, struct span text, struct policy_witness *out,
                             struct err *err)
{
    MF_SCOPED(mf_vkey_done) struct vkey vkey = {0};

    if (!mf_vkey_split(text, &vkey, err))
        return false;
    mf_sha256(r->c, mf_span_from(mf_buf_span(&vkey.material), 1), out->key_hash);
    out->unusable = vkey.material.p[0] == MLDSA44_TYPE;
    if (out->unusable)
        return check_mldsa(r->c, &vkey, err);
    if (vkey.material.p[0] != MF_NOTE_KEY_COSIGNER)
        return mf_err_set(err, MF_ERR_FORMAT, "key of type %02x is no witness's: those are 04",
                          (unsigned)vkey.material.p[0]);
    return mf_note_key_parse(r->c, text, &out->key, err);
}

static bool read_witness(struct reader *r, const struct line *line, struct err *err)
{
    struct witness_policy *p = r->policy;
    struct policy_witness *w = &p->witnesses[p->witness_count];

    if (line->count != 3 && line->count != 4)
        return mf_err_set(err, MF_ERR_FORMAT, "a witness is: witness NAME VKEY [URL]");
    if (p->witness_count == MF_POLICY_WITNESSES_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "more than %d witnesses", MF_POLICY_WITNESSES_MAX);
    if (!check_new_name(p, line->items[1], err) || !read_witness_key(r, line->items[2], w, err))
        return false;
    p->nodes[p->node_count++] = (struct policy_node){.name = line->items[1],
                                                     .witness = p->witness_count};
    p->witness_count++;
    p->unusable_count += w->unusable;
    w->name = line->items[1];
    w->url = line->count == 4 ? line->items[3] : (struct span){0};
    for (size_t i = 0; i + 1 < p->witness_count; i++)
        if (memcmp(p->witnesses[i].key_hash, w->key_hash, sizeof w->key_hash) == 0)
            return mf_err_set(err, MF_ERR_FORMAT, "this witness's key stands twice");
    return true;
}

static bool read_threshold(struct span text, size_t members, size_t *out, struct err *err)
{
    uint64_t k = 0;

    if (mf_span_is(text, "any"))
        k = 1;
    else if (mf_span_is(text, "all"))
        k = members;
    else if (!mf_span_decimal(text, &k) || k < 1 || k > members)
        return mf_err_set(err, MF_ERR_FORMAT,
                          "'%.*s' is not how many of %zu members: say all, any, or 1 to %zu",
                          MF_SPAN_ARG(text), members, members);
    *out = (size_t)k;
    return true;
}

static bool add_member(struct witness_policy *p, struct span name, struct err *err)
{
    size_t at = 0;

    if (!find_node(p, name, &at))
        return mf_err_set(err, MF_ERR_FORMAT, "no witness or group '%.*s' stands before this line",
                          MF_SPAN_ARG(name));
    if (p->nodes[at].is_member)
        return mf_err_set(err, MF_ERR_FORMAT,
                          "'%.*s' is a member already: one witness would count twice",
                          MF_SPAN_ARG(name));
    p->nodes[at].is_member = true;
    p->members[p->member_count++] = at; /* each node once, so it fits */
    return true;
}

static bool read_group(struct reader *r, const struct line *line, struct err *err)
{
    struct witness_policy *p = r->policy;
    struct policy_node group = {.is_group = true, .first = p->member_count};

    if (line->count < 4)
        return mf_err_set(err, MF_ERR_FORMAT, "a group is: group NAME all|any|K MEMBER...");
    if (p->node_count - p->witness_count == MF_POLICY_GROUPS_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "more than %d groups", MF_POLICY_GROUPS_MAX);
    group.name = line->items[1];
    group.count = line->count - 3;
    if (!check_new_name(p, group.name, err) ||
        !read_threshold(line->items[2], group.count, &group.threshold, err))
        return false;
    for (size_t i = 3; i < line->count; i++)
        if (!add_member(p, line->items[i], err))
            return false;
    p->nodes[p->node_count++] = group;
    return true;
}

static bool read_quorum(struct reader *r, const struct line *line, struct err *err)
{
    struct witness_policy *p = r->policy;

    if (line->count != 2)
        return mf_err_set(err, MF_ERR_FORMAT, "a quorum is: quorum NAME, or: quorum none");
    if (r->has_quorum_line)
        return mf_err_set(err, MF_ERR_FORMAT, "there is a quorum line already");
    r->has_quorum_line = true;
    if (mf_span_is(line->items[1], "none"))
        return true;
    p->has_quorum = find_node(p, line->items[1], &p->quorum);
    return p->has_quorum ||
           mf_err_set(err, MF_ERR_FORMAT, "no witness or group '%.*s' stands before this line",
                      MF_SPAN_ARG(line->items[1]));
}

static bool read_line(struct reader *r, struct span text, struct err *err)
{
    static const struct {
        const char *word;
        bool (*read)(struct reader *, const struct line *, struct err *);
    } kinds[] = {
        {"log", read_log},
        {"witness", read_witness},
        {"group", read_group},
        {"quorum", read_quorum},
    };
    struct line line;

    for (size_t i = 0; i < text.n; i++)
        if ((text.p[i] < 0x20 && text.p[i] != '\t') || text.p[i] == 0x7F)
            return mf_err_set(err, MF_ERR_FORMAT, "holds the control character %02x",
                              (unsigned)text.p[i]);
    while (text.n > 0 && is_space(text.p[0]))
        text = mf_span_from(text, 1);
    if (text.n == 0 || text.p[0] == '#')
        return true;
    if (!split(text, &line, err))
        return false;
    for (size_t i = 0; i < MF_LEN(kinds); i++)
        if (mf_span_is(line.items[0], kinds[i].word))
            return kinds[i].read(r, &line, err);
    return mf_err_set(err, MF_ERR_FORMAT, "'%.*s' is none of log, witness, group, quorum",
                      MF_SPAN_ARG(line.items[0]));
}

static bool read_lines(struct reader *r, struct err *err)
{
    struct span rest = mf_buf_span(&r->policy->text);
    struct span line;

    for (size_t number = 1; mf_span_line(&rest, &line); number++)
        if (!read_line(r, line, err))
            return mf_err_at(err, "line %zu", number);
    if (rest.n > 0)
        return mf_err_set(err, MF_ERR_FORMAT, "the last line has no end: the file may be cut");
    return r->has_quorum_line || mf_err_set(err, MF_ERR_FORMAT, "there is no quorum line");
}

bool mf_witness_policy_parse(struct crypto *c, struct span text, struct witness_policy **out,
                             struct err *err)
{
    MF_SCOPED(mf_witness_policy_free) struct witness_policy *p = mf_array_new(1, sizeof *p);
    struct reader r = {.c = c, .policy = p};

    if (p == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the policy");
    p->text.max = MF_WITNESS_POLICY_MAX;
    if (!mf_buf_append(&p->text, text, err) || !read_lines(&r, err))
        return false;
    *out = MF_MOVE(p);
    return true;
}
