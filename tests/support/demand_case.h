/* Demands as people write them, and signers to hold them against. */
#ifndef MF_TESTS_SUPPORT_DEMAND_CASE_H
#define MF_TESTS_SUPPORT_DEMAND_CASE_H

#include "client/identity/demand_list.h"

enum { MF_CASE_WORDS = 12 };

/* Adds options and values in the table's order, as the command does, and checks the whole.
 *   words  "--repo", "o/r", ..., up to a null */
MF_MUST_USE bool mf_demand_case(const char *const words[static MF_CASE_WORDS],
                                struct demand_list *out, struct err *err);

/* "github": a run of acme/tool for the tag v1.2, signed by a workflow of the same repository;
 * "gitlab": of group/sub/tool on gitlab.example.org; "email": dev@example.org by idp.example.org;
 * "evil": as github, but of a branch named to look like a tag; "twin": as github, but by a
 * workflow file named release.yml@x.yml. */
struct signer_identity mf_demand_case_who(const char *name);

#endif
