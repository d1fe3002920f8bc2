/* Members of a message in proto3 JSON: lowerCamelCase or the field's own snake_case name, null as
 * absent. Source: proto3 "JSON mapping". */
#ifndef MF_TRANSPARENCY_ENTRY_PROTO_JSON_H
#define MF_TRANSPARENCY_ENTRY_PROTO_JSON_H

#include "common/codec/json.h"

struct proto_field {
    const char *name;              /* "logIndex" */
    const char *snake;             /* "log_index", or null when it is the same */
    const struct json_node *value; /* out: null when absent */
};

/* Finds the fields of an object, in one pass. MF_ERR_FORMAT: node is no object (a null one
 * neither), unknown member, a field under both of its names. */
MF_MUST_USE bool mf_proto_json_read(const struct json_node *node, struct proto_field *fields,
                                    size_t count, struct err *err);

/* The same for messages that a newer writer may have added to: unknown members are passed over.
 * proto3 has readers refuse them unless asked otherwise; a server does with requests, but a
 * verifier that did would break on the first field that its log learns. */
MF_MUST_USE bool mf_proto_json_read_known(const struct json_node *node, struct proto_field *fields,
                                          size_t count, struct err *err);

/* Typed values of a field; its name becomes the error's place. Absent: empty, or 0, and true. */
MF_MUST_USE bool mf_proto_json_string(const struct proto_field *f, struct span *out,
                                      struct err *err);
MF_MUST_USE bool mf_proto_json_int64(const struct proto_field *f, int64_t *out, struct err *err);
/* Decoded bytes are appended to *storage, which must not move: reserve the text's length first. */
MF_MUST_USE bool mf_proto_json_bytes(const struct proto_field *f, struct buf *storage,
                                     struct span *out, struct err *err);

#endif
