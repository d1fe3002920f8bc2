/* Source names: how people name a repository of GitHub or GitLab, and what certificates call it. */
#ifndef MF_CLIENT_IDENTITY_SOURCE_NAME_H
#define MF_CLIENT_IDENTITY_SOURCE_NAME_H

#include "common/base/buf.h"

struct source_name { /* spans borrow from what was parsed */
    bool is_gitlab;
    struct span host; /* "github.com", "gitlab.example.org:8443" */
    struct span path; /* "OWNER/NAME", "GROUP/SUBGROUP/PROJECT" */
};

/* The issuer of the tokens of GitHub's own runners. */
extern const struct span mf_source_github_issuer;

/* OWNER/NAME, exactly: certificates have it as the service writes it, so no case is folded, nothing
 * is decoded, and no wildcard is taken. MF_ERR_USAGE says what is wrong with it. */
MF_MUST_USE bool mf_source_name_github(struct span text, struct source_name *out, struct err *err);
/* [HOST/]GROUP/PROJECT, groups within groups included. The first of three or more parts is the host
 * when it has a dot or a colon; without one the host is gitlab.com. */
MF_MUST_USE bool mf_source_name_gitlab(struct span text, struct source_name *out, struct err *err);

/* Appends the repository's URI as the certificate has it: "https://github.com/OWNER/NAME". */
MF_MUST_USE bool mf_source_name_uri(const struct source_name *source, struct buf *out,
                                    struct err *err);
/* The issuer of its tokens, out of the URI's text: GitLab's is the URI's front. */
struct span mf_source_name_issuer(const struct source_name *source, struct span uri);

#endif
