#include "client/cmd/inspect_view.h"

#include <stdio.h>

#include "common/base/utf8.h"
#include "common/codec/hex.h"
#include "common/codec/timestamp.h"
#include "common/crypto/digest.h"

enum { OUTPUT_MAX = 16 * 1024 * 1024, SHOWN_MAX = 8192 };

void mf_view_begin(struct inspect_view *v, const char *kind)
{
    v->text.max = OUTPUT_MAX;
    if (!v->json) {
        mf_view_word(v, "kind", kind);
        return;
    }
    v->writer = mf_json_pretty_writer(&v->text, &v->err);
    mf_json_begin_object(&v->writer);
    mf_json_member_put_cstr(&v->writer, "schema", "mayfly.inspect/1");
    mf_json_member_put_cstr(&v->writer, "kind", kind);
    mf_json_member_put_cstr(&v->writer, "note", "nothing was verified");
}

bool mf_view_end(struct inspect_view *v, struct err *err)
{
    if (!v->json) {
        printf("\nNothing of this was verified: whoever made the file chose every word of it.\n");
        return true;
    }
    mf_json_end_object(&v->writer);
    if (!mf_json_written(&v->writer)) {
        *err = v->err;
        return false;
    }
    printf("%.*s\n", (int)v->text.n, (const char *)v->text.p);
    return true;
}

void mf_view_done(struct inspect_view *v)
{
    mf_buf_done(&v->text);
}

static void put_string(struct inspect_view *v, struct span value)
{
    char shown[SHOWN_MAX];

    if (mf_utf8_is_valid(value) && mf_span_find(value, 0) == value.n) {
        mf_json_put_string(&v->writer, value);
        return;
    }
    mf_utf8_escape(value, shown, sizeof shown);
    mf_json_put_cstr(&v->writer, shown);
}

void mf_view_text(struct inspect_view *v, const char *name, struct span value)
{
    char shown[SHOWN_MAX];
    char title[64];

    if (v->json) {
        mf_json_key(&v->writer, name);
        put_string(v, value);
        return;
    }
    mf_utf8_escape(mf_span_str(name), title, sizeof title);
    mf_utf8_escape(value, shown, sizeof shown);
    printf("%-22s %s\n", title, shown);
}

void mf_view_word(struct inspect_view *v, const char *name, const char *value)
{
    mf_view_text(v, name, mf_span_str(value));
}

void mf_view_number(struct inspect_view *v, const char *name, int64_t value)
{
    char shown[32];

    if (v->json)
        mf_json_member_put_int(&v->writer, name, value);
    else if (snprintf(shown, sizeof shown, "%lld", (long long)value) > 0)
        mf_view_word(v, name, shown);
}

void mf_view_hex(struct inspect_view *v, const char *name, struct span bytes)
{
    char hex[2 * MF_DIGEST_MAX + 1];

    mf_hex_encode(mf_span_first(bytes, bytes.n < MF_DIGEST_MAX ? bytes.n : MF_DIGEST_MAX), hex);
    mf_view_text(v, name, mf_span_str(hex));
}

void mf_view_time(struct inspect_view *v, const char *name, struct instant t)
{
    char when[MF_RFC3339_MAX];

    mf_rfc3339_write(t, when);
    mf_view_text(v, name, mf_span_str(when));
}

void mf_view_begin_list(struct inspect_view *v, const char *name)
{
    if (!v->json)
        return;
    mf_json_key(&v->writer, name);
    mf_json_begin_array(&v->writer);
}

void mf_view_end_list(struct inspect_view *v)
{
    if (v->json)
        mf_json_end_array(&v->writer);
}

void mf_view_begin_item(struct inspect_view *v, const char *title)
{
    if (v->json)
        mf_json_begin_object(&v->writer);
    else
        printf("\n%s:\n", title);
}

void mf_view_end_item(struct inspect_view *v)
{
    if (v->json)
        mf_json_end_object(&v->writer);
}

void mf_view_element(struct inspect_view *v, const char *title, struct span value)
{
    if (v->json)
        put_string(v, value);
    else
        mf_view_text(v, title, value);
}
