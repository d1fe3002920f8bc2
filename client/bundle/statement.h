/* In-toto statements: does one speak of this artifact? Source: in-toto Statement v1 and v0.1. */
#ifndef MF_CLIENT_BUNDLE_STATEMENT_H
#define MF_CLIENT_BUNDLE_STATEMENT_H

#include "client/bundle/artifact.h"
#include "common/base/buf.h"

enum { MF_SUBJECTS_MAX = 1024 };
enum { MF_PREDICATE_TYPE_MAX = 2048 }; /* bytes */

extern const struct span mf_in_toto_payload_type; /* application/vnd.in-toto+json */

/* The payload must be a statement with at least one subject whose digests name this artifact.
 * Subjects are matched by digest, never by name; digests of unknown algorithms are passed over.
 * MF_ERR_FORMAT for a malformed statement, MF_ERR_REJECTED when no subject is the artifact. */
MF_MUST_USE bool mf_statement_match(struct span payload, const struct artifact *artifact,
                                    struct err *err);

/* The statement's predicateType, with the text copied into *out. The same errors for a malformed
 * one. */
MF_MUST_USE bool mf_statement_predicate_type(struct span payload, struct buf *out, struct err *err);
/* A predicate type by one of the short names that cosign has ("slsaprovenance1", "spdx"), or as it
 * is. */
struct span mf_predicate_type_of(const char *text);

#endif
