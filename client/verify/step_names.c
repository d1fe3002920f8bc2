/* The names of the steps, as scripts see them. */
#include "client/verify/bundle_verifier.h"

static const char *const step_names[] = {
    "format",   "log_entry", "witness",  "timestamp", "certificate", "sct",
    "identity", "signature", "artifact", "statement", "floor",       "revocation",
};
_Static_assert(MF_LEN(step_names) == MF_STEP_COUNT, "a name per step");

static const char *const step_reasons[] = {
    "format_invalid",     "log_entry_invalid",   "witness_quorum_missing",
    "timestamp_invalid",  "certificate_invalid", "sct_invalid",
    "identity_mismatch",  "signature_invalid",   "artifact_mismatch",
    "statement_mismatch", "below_floor",         "revoked",
};
_Static_assert(MF_LEN(step_reasons) == MF_STEP_COUNT, "a reason per step");

const char *mf_step_name(enum verify_step step)
{
    return step_names[step];
}

const char *mf_step_reason(enum verify_step step)
{
    return step_reasons[step];
}

const char *mf_step_result_name(enum step_result result)
{
    static const char *const names[] = {"not_reached", "passed", "failed", "not_checked"};
    return names[result];
}
