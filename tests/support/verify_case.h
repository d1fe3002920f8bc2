/* A conformance fixture through the verifier: as it is, or with a piece of its text changed. */
#ifndef MF_TESTS_SUPPORT_VERIFY_CASE_H
#define MF_TESTS_SUPPORT_VERIFY_CASE_H

#include "client/verify/bundle_verifier.h"

struct text_change {   /* of the compact text: without white space between JSON tokens */
    const char *from;  /* where it first occurs; null for no change */
    const char *until; /* where after that the piece ends; null: with `from` */
    const char *by;
};

struct verify_case {
    const char *name;              /* of the fixture's folder */
    struct text_change bundle;     /* bundle.sigstore.json */
    struct text_change root;       /* its trusted_root.json, or the public one */
    const struct managed_key *key; /* in place of what the fixture demands; may be null */
    bool by_name;                  /* demand an identity, whatever the fixture demands */
};

/* Without fixtures the test is skipped. The result's spans are gone. */
bool mf_verify_case(struct crypto *c, const struct verify_case *which, struct verification *result,
                    struct err *err);

/* The fixture's bundle on one line, without its LF; the caller frees it. */
struct buf mf_verify_case_line(const char *name);
/* The public instance's trusted root; the caller frees it. */
struct trusted_root *mf_verify_case_public_root(void);
/* Whom a fixture demands that does not say so. */
struct identity_demand mf_verify_case_demand(void);

/* Path of a file of the fixture NAME (".": of all). */
void mf_verify_case_path(const char *name, const char *file, char out[static 1024]);

#endif
