#include "transparency/witness/witness_config.h"

#include <stdlib.h>
#include <unistd.h>

static const char *const top_members[] = {"format",  "directory", "anchor", "listen", "prefix",
                                          "threads", "workers",   "logs",   NULL};
static const char *const log_members[] = {"vkey", "origin", NULL};

/* Only what a request's path can hold (http_server.h), so that a prefix can be reached. */
static bool is_path(struct span text)
{
    if (text.n < 2 || text.p[0] != '/' || text.p[text.n - 1] == '/')
        return false;
    for (size_t i = 0; i < text.n; i++) {
        uint8_t b = text.p[i];
        bool word = (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') ||
                    b == '-' || b == '_' || b == '~';
        bool first = i == 0 || text.p[i - 1] == '/';
        if (!word && (b != '.' || first) && (b != '/' || (i > 0 && first)))
            return false;
    }
    return true;
}

static bool read_prefix(const struct json_node *root, struct witness_config *out, struct err *err)
{
    struct span text;

    if (mf_json_get(root, "prefix") == NULL)
        return true;
    if (!mf_json_member_string(root, "prefix", &text, err))
        return false;
    if (text.n == 0)
        return true;
    if (text.n > MF_WITNESS_PREFIX_MAX || !is_path(text)) {
        mf_err_set(err, MF_ERR_FORMAT, "'%.*s' is not a path like /witness", MF_SPAN_ARG(text));
        return mf_err_at(err, "prefix");
    }
    memcpy(out->prefix, text.p, text.n);
    return true;
}

static bool check_origin(struct span origin, struct err *err)
{
    if (origin.n == 0 || origin.n > MF_WITNESSED_ORIGIN_MAX) {
        mf_err_set(err, MF_ERR_FORMAT, "is not 1 to %d bytes", MF_WITNESSED_ORIGIN_MAX);
        return mf_err_at(err, "origin");
    }
    for (size_t i = 0; i < origin.n; i++)
        if (origin.p[i] < 0x20 || origin.p[i] == 0x7F) {
            mf_err_set(err, MF_ERR_FORMAT, "has control characters");
            return mf_err_at(err, "origin");
        }
    return true;
}

static struct witnessed_log *log_of(struct witness_config *config, struct span origin)
{
    for (size_t i = 0; i < config->log_count; i++)
        if (mf_span_is(origin, config->logs[i].origin))
            return &config->logs[i];
    struct witnessed_log *log = &config->logs[config->log_count++]; /* one for each entry */
    memcpy(log->origin, origin.p, origin.n);
    return log;
}

static bool add_key(struct witnessed_log *log, struct note_key *key, struct err *err)
{
    if (log->key_count == MF_WITNESSED_KEYS_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "the log %s has more than %d keys", log->origin,
                          MF_WITNESSED_KEYS_MAX);
    for (size_t i = 0; i < log->key_count; i++)
        if (log->keys[i].id == key->id &&
            mf_span_eq(mf_note_key_name(&log->keys[i]), mf_note_key_name(key)))
            return mf_err_set(err, MF_ERR_FORMAT, "vkey: this key of the log %s is named twice",
                              log->origin);
    log->keys[log->key_count++] = *key;
    *key = (struct note_key){0}; /* moved */
    return true;
}

static bool read_log(struct crypto *c, const struct json_node *node, struct witness_config *config,
                     struct err *err)
{
    MF_SCOPED(mf_note_key_done) struct note_key key = {0};
    struct span vkey, origin;

    if (!mf_json_known_members(node, log_members, err) ||
        !mf_json_member_string(node, "vkey", &vkey, err))
        return false;
    if (!mf_note_key_parse(c, vkey, &key, err))
        return mf_err_at(err, "vkey");
    if (key.type == MF_NOTE_KEY_COSIGNER) {
        mf_err_set(err, MF_ERR_FORMAT, "%s is a witness's key, not a log's", key.name);
        return mf_err_at(err, "vkey");
    }
    origin = mf_note_key_name(&key);
    if ((mf_json_get(node, "origin") != NULL &&
         !mf_json_member_string(node, "origin", &origin, err)) ||
        !check_origin(origin, err))
        return false;
    if (key.type == MF_NOTE_KEY_RFC6962 && !mf_span_is(origin, key.name)) {
        mf_err_set(err, MF_ERR_FORMAT, "the origin of a CT log is the name of its key");
        return mf_err_at(err, "origin");
    }
    return add_key(log_of(config, origin), &key, err);
}

static bool read_logs(struct crypto *c, const struct json_node *root, struct witness_config *config,
                      struct err *err)
{
    const struct json_node *list = NULL;
    size_t number = 0;

    if (!mf_json_member_array(root, "logs", &list, err))
        return false;
    if (mf_json_size(list) == 0 || mf_json_size(list) > MF_WITNESS_LOGS_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "logs: %zu are named; 1 to %d are allowed",
                          mf_json_size(list), MF_WITNESS_LOGS_MAX);
    config->logs = mf_array_new(mf_json_size(list), sizeof *config->logs);
    if (config->logs == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the logs");
    for (const struct json_node *n = mf_json_next(list, NULL); n != NULL;
         n = mf_json_next(list, n), number++)
        if (!read_log(c, n, config, err))
            return mf_err_at(err, "logs[%zu]", number);
    return true;
}

static bool read_all(struct crypto *c, const char *path, const struct json_node *root,
                     struct witness_config *out, struct err *err)
{
    return mf_json_known_members(root, top_members, err) &&
           mf_config_path(path, root, "directory", out->directory, sizeof out->directory, err) &&
           (mf_json_get(root, "anchor") == NULL ||
            mf_config_path(path, root, "anchor", out->anchor, sizeof out->anchor, err)) &&
           mf_config_listen(root, &out->listen, err) && read_prefix(root, out, err) &&
           mf_config_number(root, "threads", 1, 16, &out->threads, err) &&
           mf_config_number(root, "workers", 1, 64, &out->workers, err) &&
           read_logs(c, root, out, err);
}

bool mf_witness_config_read(struct crypto *c, const char *path, struct witness_config *out,
                            struct err *err)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    /* Workers wait for the disk more than they compute. */
    struct witness_config config = {.threads = 1, .workers = 8};

    if (!mf_config_read(path, &doc, err))
        return false;
    if (!read_all(c, path, mf_json_root(doc), &config, err)) {
        mf_witness_config_done(&config);
        return mf_err_at(err, "%s", path);
    }
    *out = config;
    return true;
}

void mf_witness_config_done(struct witness_config *config)
{
    for (size_t i = 0; i < config->log_count; i++)
        for (size_t k = 0; k < config->logs[i].key_count; k++)
            mf_note_key_done(&config->logs[i].keys[k]);
    free(config->logs);
    config->logs = NULL;
    config->log_count = 0;
}
