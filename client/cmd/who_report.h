/* Who report: the demands on a signer, and what its certificate says to each. */
#ifndef MF_CLIENT_CMD_WHO_REPORT_H
#define MF_CLIENT_CMD_WHO_REPORT_H

#include <stdio.h>

#include "client/identity/identity_match.h"
#include "common/codec/json.h"

/* Members "demands" and, of a signer who is not the demanded one, "would_match".
 *   who  null while no certificate was found good */
void mf_who_report_json(struct json_writer *w, const struct identity_demand *demand,
                        const struct signer_identity *who);
/* A line for each hole that a regular expression of the demand leaves. */
void mf_who_report_warnings(FILE *out, const struct identity_demand *demand);
/* Indented lines: of each demand that is not met what was demanded, what the certificate says,
 * which part differs and what would match. */
void mf_who_report_text(FILE *out, const struct identity_demand *demand,
                        const struct signer_identity *who);

#endif
