#include "client/cmd/floor_file.h"

#include <sys/stat.h>

#include "common/base/file.h"
#include "common/codec/hex.h"
#include "common/codec/json.h"
#include "common/codec/timestamp.h"

enum { FORMAT = 1, FILE_MAX = 64 * 1024 };

static bool read_log(const struct json_node *node, struct logged_entry *out, struct err *err)
{
    static const char *const members[] = {"log_id", "index", NULL};
    struct span id;

    if (!mf_json_known_members(node, members, err) ||
        !mf_json_member_string(node, "log_id", &id, err) ||
        !mf_json_member_int64(node, "index", &out->index, err))
        return false;
    if (!mf_hex_decode_exact(id, out->log_id, sizeof out->log_id, err))
        return mf_err_at(err, "log_id");
    return out->index >= 0 || mf_err_set(err, MF_ERR_FORMAT, "index is below 0");
}

static bool read_logs(const struct json_node *list, struct verify_floor *out, struct err *err)
{
    for (const struct json_node *n = mf_json_next(list, NULL); n != NULL;
         n = mf_json_next(list, n)) {
        if (out->log_count == MF_TRUST_ENTRIES_MAX)
            return mf_err_set(err, MF_ERR_LIMIT, "more than %d logs", MF_TRUST_ENTRIES_MAX);
        if (!read_log(n, &out->logs[out->log_count], err))
            return mf_err_at(err, "logs[%zu]", out->log_count);
        out->log_count++;
    }
    return true;
}

static bool read_all(const struct json_node *object, struct verify_floor *out, struct err *err)
{
    static const char *const members[] = {"format", "signed_after", "logs", NULL};
    const struct json_node *list = NULL;
    struct span time;
    int64_t format = 0;

    if (!mf_json_known_members(object, members, err) ||
        !mf_json_member_int64(object, "format", &format, err))
        return false;
    if (format != FORMAT)
        return mf_err_set(err, MF_ERR_FORMAT, "format %lld is not known here, only %d",
                          (long long)format, FORMAT);
    out->has_time = mf_json_get(object, "signed_after") != NULL;
    if (out->has_time && (!mf_json_member_string(object, "signed_after", &time, err) ||
                          !mf_rfc3339_parse(time, &out->signed_after, err)))
        return mf_err_at(err, "signed_after");
    return mf_json_member_array(object, "logs", &list, err) && read_logs(list, out, err);
}

bool mf_floor_parse(struct span text, struct verify_floor *out, struct err *err)
{
    static const struct json_limits limits = {.bytes = FILE_MAX, .depth = 4, .nodes = 1024};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct verify_floor floor = {0};

    if (!mf_json_parse(text, &limits, &doc, err) || !read_all(mf_json_root(doc), &floor, err))
        return false;
    *out = floor;
    return true;
}

bool mf_floor_file_read(const char *path, struct verify_floor *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    struct stat st;
    bool is_there = lstat(path, &st) == 0;

    /* Raising it would put a file in the link's place, and what it led to would rise no more. */
    if (is_there && S_ISLNK(st.st_mode)) {
        mf_err_set(err, MF_ERR_TRUST, "is a link: name the file itself");
        return mf_err_at(err, "%s", path);
    }
    if (!mf_file_read(path, FILE_MAX, &text, err)) {
        if (is_there || err->code != MF_ERR_NOT_FOUND)
            return mf_err_as(err, MF_ERR_TRUST);
        mf_err_clear(err);
        *out = (struct verify_floor){0};
        return true;
    }
    if (mf_floor_parse(mf_buf_span(&text), out, err))
        return true;
    mf_err_at(err, "%s", path);
    return mf_err_as(err, MF_ERR_TRUST);
}

static bool write_floor(const char *path, const struct verify_floor *floor, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = FILE_MAX};
    struct json_writer w = mf_json_pretty_writer(&text, err);
    char hex[2 * 32 + 1];
    char when[MF_RFC3339_MAX];

    mf_json_begin_object(&w);
    mf_json_member_put_int(&w, "format", FORMAT);
    if (floor->has_time) {
        mf_rfc3339_write(floor->signed_after, when);
        mf_json_member_put_cstr(&w, "signed_after", when);
    }
    mf_json_key(&w, "logs");
    mf_json_begin_array(&w);
    for (size_t i = 0; i < floor->log_count; i++) {
        mf_hex_encode(MF_SPAN_OF(floor->logs[i].log_id), hex);
        mf_json_begin_object(&w);
        mf_json_member_put_cstr(&w, "log_id", hex);
        mf_json_member_put_int(&w, "index", floor->logs[i].index);
        mf_json_end_object(&w);
    }
    mf_json_end_array(&w);
    mf_json_end_object(&w);
    return mf_json_written(&w) && mf_buf_append_byte(&text, '\n', err) &&
           mf_file_write(path, mf_buf_span(&text), 0644, MF_FILE_REPLACE, err);
}

static struct logged_entry *find_log(struct verify_floor *floor, const uint8_t *log_id)
{
    for (size_t i = 0; i < floor->log_count; i++)
        if (memcmp(floor->logs[i].log_id, log_id, sizeof floor->logs[i].log_id) == 0)
            return &floor->logs[i];
    return NULL;
}

/* A root names no more logs than there is room for; of older ones the first are kept. */
static void add_log(struct verify_floor *floor, const struct logged_entry *entry)
{
    if (floor->log_count < MF_TRUST_ENTRIES_MAX)
        floor->logs[floor->log_count++] = *entry;
}

void mf_floor_merge(struct verify_floor *floor, const struct verify_floor *other)
{
    if (other->has_time &&
        (!floor->has_time || mf_instant_cmp(other->signed_after, floor->signed_after) > 0)) {
        floor->has_time = true;
        floor->signed_after = other->signed_after;
    }
    if (other->min_log_index > floor->min_log_index)
        floor->min_log_index = other->min_log_index;
    for (size_t i = 0; i < other->log_count; i++) {
        struct logged_entry *mine = find_log(floor, other->logs[i].log_id);
        if (mine == NULL)
            add_log(floor, &other->logs[i]);
        else if (other->logs[i].index > mine->index)
            mine->index = other->logs[i].index;
    }
}

void mf_floor_reach(struct verify_floor *reached, const struct verification *v, bool *is_first)
{
    for (size_t i = 0; i < v->time_count; i++)
        if ((*is_first && i == 0) || mf_instant_cmp(v->times[i], reached->signed_after) < 0)
            reached->signed_after = v->times[i];
    reached->has_time = (*is_first || reached->has_time) && v->time_count > 0;
    for (size_t i = 0; i < v->entry_count; i++) {
        struct logged_entry *mine = find_log(reached, v->entries[i].log_id);
        if (mine == NULL)
            add_log(reached, &v->entries[i]);
        else if (v->entries[i].index < mine->index)
            mine->index = v->entries[i].index;
    }
    *is_first = false;
}

bool mf_floor_file_raise(const char *path, const struct verify_floor *reached, struct err *err)
{
    struct verify_floor floor;

    if (!mf_floor_file_read(path, &floor, err))
        return false;
    mf_floor_merge(&floor, reached);
    return write_floor(path, &floor, err);
}
