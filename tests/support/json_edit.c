#include "tests/support/json_edit.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/codec/json.h"

enum { DOCUMENT_MAX = 32 * 1024 * 1024 };

struct edit {
    struct json_writer w;
    const char *value; /* or null: leave it out */
    bool done;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "json_edit: %s\n", what);
    abort();
}

/* The rest of the path behind this step when it begins with it; null otherwise. */
static const char *behind(const char *path, const char *step)
{
    size_t n = strlen(step);

    if (path == NULL || strncmp(path, step, n) != 0)
        return NULL;
    path += n;
    if (*path == '.')
        return path + 1;
    return *path == '\0' || *path == '[' ? path : NULL;
}

static void copy(struct edit *e, const struct json_node *node, const char *path);

static void put_value(struct edit *e)
{
    mf_json_put_raw(&e->w, mf_span_str(e->value));
}

static void copy_object(struct edit *e, const struct json_node *node, const char *path)
{
    mf_json_begin_object(&e->w);
    for (const struct json_node *n = NULL; (n = mf_json_next(node, n)) != NULL;) {
        const char *rest = behind(path, mf_json_name(n));
        bool here = rest != NULL && *rest == '\0';
        e->done = e->done || here;
        if (here && e->value == NULL)
            continue;
        mf_json_key(&e->w, mf_json_name(n));
        copy(e, n, rest);
    }
    if (path != NULL && *path != '\0' && !e->done && strpbrk(path, ".[") == NULL) {
        mf_json_key(&e->w, path);
        must(e->value != NULL, path);
        put_value(e);
        e->done = true;
    }
    mf_json_end_object(&e->w);
}

static void copy_array(struct edit *e, const struct json_node *node, const char *path)
{
    size_t i = 0;

    mf_json_begin_array(&e->w);
    for (const struct json_node *n = NULL; (n = mf_json_next(node, n)) != NULL; i++) {
        char step[32];
        snprintf(step, sizeof step, "[%zu]", i);
        const char *rest = behind(path, step);
        bool here = rest != NULL && *rest == '\0';
        e->done = e->done || here;
        if (!here || e->value != NULL)
            copy(e, n, rest);
    }
    mf_json_end_array(&e->w);
}

static void copy_scalar(struct edit *e, const struct json_node *node)
{
    struct err err = {0};
    struct span text;
    int64_t number = 0;
    bool flag = false;

    if (mf_json_is_string(node) && mf_json_string(node, &text, &err))
        mf_json_put_string(&e->w, text);
    else if (mf_json_int64(node, &number, &err))
        mf_json_put_int(&e->w, number);
    else {
        mf_err_clear(&err);
        if (mf_json_bool(node, &flag, &err))
            mf_json_put_bool(&e->w, flag);
        else
            mf_json_put_null(&e->w);
    }
}

static void copy(struct edit *e, const struct json_node *node, const char *path)
{
    if (path != NULL && *path == '\0')
        put_value(e);
    else if (mf_json_is_object(node))
        copy_object(e, node, path);
    else if (mf_json_is_array(node))
        copy_array(e, node, path);
    else
        copy_scalar(e, node);
}

struct buf mf_json_edited(struct span text, const char *path, const char *value)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct buf out = {.max = DOCUMENT_MAX};
    struct err err = {0};

    must(mf_json_parse(text, &mf_json_file_limits, &doc, &err), "document does not parse");
    struct edit e = {.w = mf_json_writer(&out, &err), .value = value};
    copy(&e, mf_json_root(doc), path);
    must(e.done, path);
    must(mf_json_written(&e.w), "document cannot be written");
    return out;
}

char *mf_json_copies(const char *value, size_t count)
{
    struct buf out = {.max = DOCUMENT_MAX};
    struct err err = {0};
    bool ok = mf_buf_append_byte(&out, '[', &err);

    for (size_t i = 0; i < count; i++)
        ok = ok && mf_buf_printf(&out, &err, "%s%s", i > 0 ? "," : "", value);
    must(ok && mf_buf_printf(&out, &err, "]%c", 0), "array cannot be written");
    return (char *)out.p;
}

char *mf_json_zeroes(size_t bytes)
{
    size_t digits = bytes / 3 * 4 + (bytes % 3 > 0 ? bytes % 3 + 1 : 0);
    char *text = malloc(digits + 3);

    must(text != NULL, "no memory");
    memset(text, 'A', digits + 2);
    text[0] = text[digits + 1] = '"';
    text[digits + 2] = '\0';
    return text;
}
