#include "client/verify/checkpoint_check.h"

#include <stdio.h>

#include "common/codec/url.h"
#include "transparency/note/checkpoint.h"
#include "transparency/note/note_key.h"

enum { HOST_CAP = MF_NOTE_NAME_MAX + 1, WITH_PORT_CAP = HOST_CAP + sizeof ":65535" };

struct names { /* that the log may sign under */
    char host[HOST_CAP];
    char host_and_port[WITH_PORT_CAP]; /* "" when baseUrl has no port */
};

/* baseUrl of roots made by hand may lack its scheme. */
static bool read_names(struct span base_url, struct names *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf full = {.max = MF_URL_MAX};
    bool has_scheme = mf_span_starts(base_url, MF_SPAN("https://")) ||
                      mf_span_starts(base_url, MF_SPAN("http://"));
    struct url url;

    if ((!has_scheme && !mf_buf_append_str(&full, "https://", err)) ||
        !mf_buf_append(&full, base_url, err) || !mf_url_parse(mf_buf_span(&full), &url, err))
        return mf_err_at(err, "baseUrl");
    if (url.host.n > MF_NOTE_NAME_MAX) {
        mf_err_set(err, MF_ERR_LIMIT, "host is longer than %d bytes", MF_NOTE_NAME_MAX);
        return mf_err_at(err, "baseUrl");
    }
    snprintf(out->host, HOST_CAP, "%.*s", (int)url.host.n, (const char *)url.host.p);
    if (url.has_port)
        snprintf(out->host_and_port, WITH_PORT_CAP, "%s:%u", out->host, url.port);
    return true;
}

/* The name that this note is signed under, of those the log may use. */
static bool pick_name(const struct note *note, const struct trusted_log *log, bool is_v1,
                      struct names *names, struct span *out, struct err *err)
{
    uint32_t id = mf_be32(log->checkpoint_key_id);

    if (log->base_url.n > 0) {
        if (!read_names(log->base_url, names, err))
            return false;
        struct span with_port = mf_span_str(names->host_and_port);
        bool by_port = is_v1 && with_port.n > 0 && mf_note_find(note, with_port, id, NULL) != NULL;
        *out = by_port ? with_port : mf_span_str(names->host);
        return true;
    }
    /* Rekor v1's key is all that a root had to name then. */
    for (size_t i = 0; is_v1 && i < note->line_count; i++)
        if (note->lines[i].key_id == id) {
            *out = note->lines[i].name;
            return true;
        }
    return mf_err_set(err, MF_ERR_REJECTED,
                      is_v1 ? "no signature by the log's key"
                            : "the trusted root gives the log no baseUrl");
}

static bool init_key(struct crypto *c, const struct trusted_log *log, struct span name,
                     struct note_key *out, struct err *err)
{
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;

    if (!mf_public_key_from_spki(c, mf_buf_span(&log->spki), &key, err) ||
        !mf_note_key_init(c, mf_note_key_type_of(mf_public_key_kind(key)), name,
                          mf_buf_span(&log->spki), out, err))
        return mf_err_at(err, "log key");
    out->id = mf_be32(log->checkpoint_key_id);
    return true;
}

static bool check_origin(struct span origin, struct span name, bool is_v1, struct err *err)
{
    static const struct span between = MF_SPAN_INIT(" - ");
    uint64_t tree = 0;

    if (!is_v1)
        return mf_span_eq(origin, name) ||
               mf_err_set(err, MF_ERR_REJECTED, "origin is '%.*s', not '%.*s'", MF_SPAN_ARG(origin),
                          MF_SPAN_ARG(name));
    if (!mf_span_starts(origin, name) || !mf_span_starts(mf_span_from(origin, name.n), between) ||
        !mf_span_decimal(mf_span_from(origin, name.n + between.n), &tree))
        return mf_err_set(err, MF_ERR_REJECTED,
                          "origin is '%.*s', not '%.*s - ' and a tree's number",
                          MF_SPAN_ARG(origin), MF_SPAN_ARG(name));
    return true;
}

/* Signature and name first: only then is the text of the log's making. */
static bool check(struct crypto *c, struct span text, const struct trusted_log *log, bool is_v1,
                  struct merkle_head *head, struct err *err)
{
    MF_SCOPED(mf_note_done) struct note note = {0};
    MF_SCOPED(mf_note_key_done) struct note_key key = {0};
    struct names names = {0};
    struct checkpoint checkpoint;
    struct span name;

    if (!mf_note_parse(text, &note, err) || !pick_name(&note, log, is_v1, &names, &name, err) ||
        !init_key(c, log, name, &key, err) || !mf_note_key_verify(c, &key, &note, err) ||
        !mf_checkpoint_parse(note.text, &checkpoint, err) ||
        !check_origin(checkpoint.origin, name, is_v1, err))
        return false;
    head->size = checkpoint.size;
    memcpy(head->root, checkpoint.root, sizeof head->root);
    return true;
}

bool mf_checkpoint_check(struct crypto *c, struct span note, const struct trusted_log *log,
                         bool is_v1, struct merkle_head *head, struct err *err)
{
    return check(c, note, log, is_v1, head, err) || mf_err_as(err, MF_ERR_REJECTED);
}
