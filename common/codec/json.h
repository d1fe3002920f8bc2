/* JSON: strict reading over cJSON, and a writer. Source: RFC 8259.
 *
 * Before cJSON sees a byte, our own scanner has refused what two readers could take differently:
 * grammar faults, malformed UTF-8, U+0000, lone surrogates, duplicate member names, anything after
 * the value, and more bytes, depth or nodes than allowed. */
#ifndef MF_COMMON_CODEC_JSON_H
#define MF_COMMON_CODEC_JSON_H

#include "common/base/buf.h"

struct json_limits {
    size_t bytes;
    size_t depth;  /* of arrays and objects, at most 64 */
    size_t nodes;  /* values; no object may have more than 1,024 members */
    bool comments; /* allow `//` to the end of a line: configuration files only */
};

/* The usual ones: requests to servers; bundles and trust files; configuration. */
extern const struct json_limits mf_json_request_limits; /* 64 KiB, depth 16, 256 nodes */
extern const struct json_limits mf_json_file_limits;    /* 16 MiB, depth 32, 20,000 nodes */
extern const struct json_limits mf_json_config_limits; /* 1 MiB, depth 16, 20,000 nodes, comments */

struct json;      /* a document; owns its nodes */
struct json_node; /* a value inside it; lives as long as the document */

MF_MUST_USE bool mf_json_parse(struct span text, const struct json_limits *limits,
                               struct json **out, struct err *err);
/* Wipes string memory first when the document was marked by mf_json_wipe_on_free. */
void mf_json_free(struct json **doc);
void mf_json_wipe_on_free(struct json *doc); /* tokens inside */
const struct json_node *mf_json_root(const struct json *doc);

/* Reading. `get` returns null for a missing member, for a JSON null (proto JSON: null is absent)
 * and when object is null or no object. Names are compared case-sensitively. */
const struct json_node *mf_json_get(const struct json_node *object, const char *name);
bool mf_json_is_object(const struct json_node *node);
bool mf_json_is_array(const struct json_node *node);
bool mf_json_is_string(const struct json_node *node);
size_t mf_json_size(const struct json_node *node); /* elements or members; 0 for others */
const struct json_node *mf_json_at(const struct json_node *array, size_t index);
/* Iterates members or elements: null starts, null ends. O(1) each. */
const struct json_node *mf_json_next(const struct json_node *parent, const struct json_node *after);
const char *mf_json_name(const struct json_node *member); /* its member name, or "" */

/* Typed values; a wrong type or a missing node is MF_ERR_FORMAT with what was expected. Strings are
 * borrowed from the document, hold no NUL, and are valid UTF-8. */
MF_MUST_USE bool mf_json_string(const struct json_node *node, struct span *out, struct err *err);
MF_MUST_USE bool mf_json_bool(const struct json_node *node, bool *out, struct err *err);
/* Integers as a number without fraction or exponent, or as a decimal string (proto JSON int64). */
MF_MUST_USE bool mf_json_int64(const struct json_node *node, int64_t *out, struct err *err);

/* The same of a member, with the member's name put in front of the error's place. */
MF_MUST_USE bool mf_json_member_string(const struct json_node *object, const char *name,
                                       struct span *out, struct err *err);
MF_MUST_USE bool mf_json_member_int64(const struct json_node *object, const char *name,
                                      int64_t *out, struct err *err);
MF_MUST_USE bool mf_json_member_bool(const struct json_node *object, const char *name, bool *out,
                                     struct err *err);
MF_MUST_USE bool mf_json_member_object(const struct json_node *object, const char *name,
                                       const struct json_node **out, struct err *err);
MF_MUST_USE bool mf_json_member_array(const struct json_node *object, const char *name,
                                      const struct json_node **out, struct err *err);
/* Base64 in proto JSON's lenient form, appended to *out. */
MF_MUST_USE bool mf_json_member_bytes(const struct json_node *object, const char *name,
                                      struct buf *out, struct err *err);
/* Refuses a member whose name is not in the null-terminated list; the hint names the nearest one.
 */
MF_MUST_USE bool mf_json_known_members(const struct json_node *object, const char *const *names,
                                       struct err *err);

/* Writer: appends compact JSON to a buf, keeping commas right. One value per key or element. */
struct json_writer {
    struct buf *out;
    bool need_comma;
    bool after_key; /* the next value belongs to it */
    bool failed;    /* sticky: set once the buffer refuses; check at the end */
    struct err *err;
    unsigned indent_width; /* 0 writes compactly; else pretty, for files people read */
    unsigned depth;
};

struct json_writer mf_json_writer(struct buf *out, struct err *err);
struct json_writer mf_json_pretty_writer(struct buf *out, struct err *err);
void mf_json_begin_object(struct json_writer *w);
void mf_json_end_object(struct json_writer *w);
void mf_json_begin_array(struct json_writer *w);
void mf_json_end_array(struct json_writer *w);
void mf_json_key(struct json_writer *w, const char *name);
void mf_json_put_string(struct json_writer *w,
                        struct span text); /* escapes; malformed UTF-8 fails */
void mf_json_put_cstr(struct json_writer *w, const char *text);
void mf_json_put_int(struct json_writer *w, int64_t value);
void mf_json_put_int_string(struct json_writer *w, int64_t value); /* proto JSON int64: "12" */
void mf_json_put_bool(struct json_writer *w, bool value);
void mf_json_put_null(struct json_writer *w);
void mf_json_put_base64(struct json_writer *w, struct span bytes);
void mf_json_put_raw(struct json_writer *w, struct span json); /* already valid JSON */
/* key and value in one call */
void mf_json_member_put(struct json_writer *w, const char *name, struct span text);
void mf_json_member_put_cstr(struct json_writer *w, const char *name, const char *text);
void mf_json_member_put_int(struct json_writer *w, const char *name, int64_t value);
void mf_json_member_put_bool(struct json_writer *w, const char *name, bool value);
void mf_json_member_put_base64(struct json_writer *w, const char *name, struct span bytes);
/* True when everything was written; else the error is in *err given at the start. */
MF_MUST_USE bool mf_json_written(struct json_writer *w);

#endif
