/* Identity demand: what must be true of whoever signed, as rows of one table. The command line
 * makes one (demand_list.h); a policy or a program may make its own. */
#ifndef MF_CLIENT_IDENTITY_IDENTITY_DEMAND_H
#define MF_CLIENT_IDENTITY_IDENTITY_DEMAND_H

#include "client/identity/signer_identity.h"

/* What of the certificate a row is about: one of these, or the number of an extension (enum
 * fulcio_number). */
enum {
    MF_FIELD_NAME = 0,                    /* the subject alternative name */
    MF_FIELD_ISSUER = MF_FULCIO_LAST + 1, /* of the token, whichever extension says it */
};

enum demand_test { MF_TEST_EXACT, MF_TEST_GLOB, MF_TEST_REGEXP };

struct name_regexp;

/* All spans and pointers are borrowed and outlive the demand. */
struct demand {
    unsigned field;
    unsigned group; /* rows of one group are alternatives; of each group one must hold */
    enum demand_test test;
    struct span text;                 /* value, glob or regular expression; never empty */
    struct span issuer;               /* and the token is from this issuer, exactly; or empty */
    const struct name_regexp *regexp; /* MF_TEST_REGEXP: the text, compiled */
    const char *option;               /* what asked for it, for messages: "--repo"; or null */
    struct span given;                /* and as it was given there; empty: as in text */
};

struct identity_demand {
    const struct demand *rows;
    size_t count;
};

/* The plainest row, a whole demand by itself: this name by a token of this issuer. */
struct demand mf_demand_exactly(struct span name, struct span issuer);

/* "identity", "issuer", "source-repository-ref": a row's field, for messages and JSON. */
const char *mf_demand_field_name(const struct demand *row);
/* "exact", "glob", "regexp" */
const char *mf_demand_test_name(const struct demand *row);
/* What the certificate says there; empty when it says nothing. */
struct span mf_demand_found(const struct demand *row, const struct signer_identity *who);

/* True when the row holds. MF_ERR_REJECTED when it does not; MF_ERR_LIMIT when a regular expression
 * took more steps than allowed; no other text matters. */
MF_MUST_USE bool mf_demand_holds(const struct demand *row, const struct signer_identity *who,
                                 struct err *err);

/* A demand must say who, and who vouched for them: each row of some group pins the issuer, and each
 * row of some group is about a field that names a signer. A pattern that anybody fits pins nothing:
 * a glob must keep to one owner (name_glob.h), each alternative of a regular expression must demand
 * more than the host (regexp_syntax.h). MF_ERR_USAGE otherwise, and for a row that is empty, a glob
 * that is no good (name_glob.h), or a regular expression that is not compiled. */
MF_MUST_USE bool mf_identity_demand_check(const struct identity_demand *demand, struct err *err);

#endif
