/* Inspect view: names and values in order, printed as lines or as one JSON object. */
#ifndef MF_CLIENT_CMD_INSPECT_VIEW_H
#define MF_CLIENT_CMD_INSPECT_VIEW_H

#include "common/base/clock.h"
#include "common/codec/json.h"

struct inspect_view {
    bool json;
    struct json_writer writer;
    struct buf text; /* of the JSON document */
    struct err err;  /* of the writer */
};

/* kind: "bundle", for the document's member of that name. */
void mf_view_begin(struct inspect_view *v, const char *kind);
/* Prints what is left to print, and that nothing of it was verified. */
MF_MUST_USE bool mf_view_end(struct inspect_view *v, struct err *err);
void mf_view_done(struct inspect_view *v);

/* Text from outside: made safe for terminals, and for JSON where it is no UTF-8. */
void mf_view_text(struct inspect_view *v, const char *name, struct span value);
void mf_view_word(struct inspect_view *v, const char *name, const char *value);
void mf_view_number(struct inspect_view *v, const char *name, int64_t value);
/* At most MF_DIGEST_MAX bytes; longer ones are cut. */
void mf_view_hex(struct inspect_view *v, const char *name, struct span bytes);
void mf_view_time(struct inspect_view *v, const char *name, struct instant t);

/* What there may be several of is an array in JSON, of objects or, without begin and end of an
 * item, of strings: no name stands twice in an object. As text, each is headed by `title`. */
void mf_view_begin_list(struct inspect_view *v, const char *name);
void mf_view_end_list(struct inspect_view *v);
void mf_view_begin_item(struct inspect_view *v, const char *title);
void mf_view_end_item(struct inspect_view *v);
void mf_view_element(struct inspect_view *v, const char *title, struct span value);

#endif
