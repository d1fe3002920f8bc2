/* The writing half of json.h. */
#include <assert.h>

#include "common/base/utf8.h"
#include "common/codec/base64.h"
#include "common/codec/json.h"

struct json_writer mf_json_writer(struct buf *out, struct err *err)
{
    return (struct json_writer){.out = out, .err = err};
}

struct json_writer mf_json_pretty_writer(struct buf *out, struct err *err)
{
    return (struct json_writer){.out = out, .err = err, .indent_width = 2};
}

static void put(struct json_writer *w, struct span bytes)
{
    if (!w->failed && !mf_buf_append(w->out, bytes, w->err))
        w->failed = true;
}

static void put_byte(struct json_writer *w, uint8_t byte)
{
    put(w, (struct span){&byte, 1});
}

static void refuse(struct json_writer *w, const char *what)
{
    if (!w->failed)
        mf_err_set(w->err, MF_ERR_FORMAT, "%s", what);
    w->failed = true;
}

static void new_line(struct json_writer *w)
{
    if (w->indent_width == 0)
        return;
    put_byte(w, '\n');
    for (unsigned i = 0; i < w->depth * w->indent_width; i++)
        put_byte(w, ' ');
}

/* What stands in front of an element or a member's name. */
static void separate(struct json_writer *w)
{
    if (w->need_comma)
        put_byte(w, ',');
    if (w->depth > 0)
        new_line(w);
}

static void begin_value(struct json_writer *w)
{
    if (!w->after_key)
        separate(w);
    w->after_key = false;
    w->need_comma = true;
}

static void begin_container(struct json_writer *w, uint8_t bracket)
{
    begin_value(w);
    put_byte(w, bracket);
    w->need_comma = false;
    w->depth++;
}

static void end_container(struct json_writer *w, uint8_t bracket)
{
    assert(w->depth > 0 && !w->after_key);
    w->depth--;
    if (w->need_comma) /* not empty */
        new_line(w);
    put_byte(w, bracket);
    w->need_comma = true;
}

void mf_json_begin_object(struct json_writer *w)
{
    begin_container(w, '{');
}

void mf_json_end_object(struct json_writer *w)
{
    end_container(w, '}');
}

void mf_json_begin_array(struct json_writer *w)
{
    begin_container(w, '[');
}

void mf_json_end_array(struct json_writer *w)
{
    end_container(w, ']');
}

static void put_escaped(struct json_writer *w, uint8_t c)
{
    static const char shorts[] = "\b\f\n\r\t\"\\";
    static const char letters[] = "bfnrt\"\\";
    char text[8];

    const char *hit = strchr(shorts, c);
    int n = hit != NULL ? snprintf(text, sizeof text, "\\%c", letters[hit - shorts])
                        : snprintf(text, sizeof text, "\\u%04x", (unsigned)c);
    put(w, (struct span){(const uint8_t *)text, (size_t)n});
}

static void put_quoted(struct json_writer *w, struct span text)
{
    size_t from = 0; /* what came before is written */

    put_byte(w, '"');
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        if (c == 0) {
            refuse(w, "text for JSON holds U+0000");
            return;
        }
        put(w, mf_span_from(mf_span_first(text, i), from));
        put_escaped(w, c);
        from = i + 1;
    }
    put(w, mf_span_from(text, from));
    put_byte(w, '"');
}

void mf_json_key(struct json_writer *w, const char *name)
{
    assert(w->depth > 0 && !w->after_key);
    separate(w);
    put_quoted(w, mf_span_str(name));
    put_byte(w, ':');
    if (w->indent_width > 0)
        put_byte(w, ' ');
    w->after_key = true;
}

void mf_json_put_string(struct json_writer *w, struct span text)
{
    begin_value(w);
    if (!mf_utf8_is_valid(text)) {
        refuse(w, "text for JSON is malformed UTF-8");
        return;
    }
    put_quoted(w, text);
}

void mf_json_put_cstr(struct json_writer *w, const char *text)
{
    mf_json_put_string(w, mf_span_str(text));
}

void mf_json_put_int(struct json_writer *w, int64_t value)
{
    char text[24];

    int n = snprintf(text, sizeof text, "%" PRId64, value);
    begin_value(w);
    put(w, (struct span){(const uint8_t *)text, (size_t)n});
}

void mf_json_put_int_string(struct json_writer *w, int64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, value);
    mf_json_put_cstr(w, text);
}

void mf_json_put_bool(struct json_writer *w, bool value)
{
    begin_value(w);
    put(w, mf_span_str(value ? "true" : "false"));
}

void mf_json_put_null(struct json_writer *w)
{
    begin_value(w);
    put(w, MF_SPAN("null"));
}

void mf_json_put_base64(struct json_writer *w, struct span bytes)
{
    begin_value(w);
    put_byte(w, '"');
    if (!w->failed && !mf_base64_append(w->out, bytes, w->err))
        w->failed = true;
    put_byte(w, '"');
}

void mf_json_put_raw(struct json_writer *w, struct span json)
{
    begin_value(w);
    put(w, json);
}

void mf_json_member_put(struct json_writer *w, const char *name, struct span text)
{
    mf_json_key(w, name);
    mf_json_put_string(w, text);
}

void mf_json_member_put_cstr(struct json_writer *w, const char *name, const char *text)
{
    mf_json_key(w, name);
    mf_json_put_cstr(w, text);
}

void mf_json_member_put_int(struct json_writer *w, const char *name, int64_t value)
{
    mf_json_key(w, name);
    mf_json_put_int(w, value);
}

void mf_json_member_put_bool(struct json_writer *w, const char *name, bool value)
{
    mf_json_key(w, name);
    mf_json_put_bool(w, value);
}

void mf_json_member_put_base64(struct json_writer *w, const char *name, struct span bytes)
{
    mf_json_key(w, name);
    mf_json_put_base64(w, bytes);
}

bool mf_json_written(struct json_writer *w)
{
    assert(w->depth == 0 && !w->after_key);
    return !w->failed;
}
