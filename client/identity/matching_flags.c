#include "client/identity/matching_flags.h"

#include <stdio.h>

static const struct demand_option *find(const char *name)
{
    size_t count;
    const struct demand_option *table = mf_demand_options(&count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

/* Writes the flag if it is taken and this signer passes it. */
static bool try_flag(const char *option, const char *name, struct span value,
                     const struct signer_identity *who, struct matching_flag *out)
{
    const struct demand_option *row = find(option);
    struct demand_list list = {0};
    struct err ignored = {0};
    int n = snprintf(out->value, sizeof out->value, "%s%.*s", name,
                     value.n > MF_DEMAND_TEXT_MAX ? 0 : (int)value.n, (const char *)value.p);
    bool ok = row != NULL && value.n > 0 && value.n <= MF_DEMAND_TEXT_MAX && n > 0 &&
              (size_t)n < sizeof out->value &&
              mf_demand_list_add(&list, row, mf_span_str(out->value), &ignored) &&
              mf_demand_holds(&list.rows[0], who, &ignored);

    out->option = option;
    mf_demand_list_done(&list);
    return ok;
}

/* The value behind a prefix; empty where it does not begin so. */
static struct span behind(struct span value, const char *prefix)
{
    struct span front = mf_span_str(prefix);

    return mf_span_starts(value, front) ? mf_span_from(value, front.n) : (struct span){0};
}

/* What --repo, --gitlab, --signer-workflow and --tag would take. */
static bool try_short(const struct demand *row, const struct signer_identity *who,
                      struct matching_flag *out)
{
    struct span found = mf_demand_found(row, who);
    struct span on_github = behind(found, "https://github.com/");
    struct span on_host = behind(found, "https://");

    switch (row->field) {
    case MF_FULCIO_SOURCE_REPOSITORY_URI:
        return try_flag("--repo", "", on_github, who, out) ||
               try_flag("--gitlab", "", on_host, who, out);
    case MF_FULCIO_BUILD_SIGNER_URI:
        return try_flag("--signer-workflow", "", on_github, who, out) ||
               try_flag("--signer-workflow", "", on_host, who, out);
    case MF_FULCIO_SOURCE_REPOSITORY_REF:
        return try_flag("--tag", "", behind(found, "refs/tags/"), who, out);
    default:
        return false;
    }
}

size_t mf_matching_flags(const struct demand *row, const struct signer_identity *who,
                         struct matching_flag out[static MF_MATCHING_FLAGS_MAX])
{
    struct span found = mf_demand_found(row, who);
    char name[64];
    size_t count = 1;

    if (found.n == 0)
        return 0;
    if (row->option != NULL && strcmp(row->option, "--require") != 0 && try_short(row, who, out))
        return 1;
    snprintf(name, sizeof name, "%s=", mf_demand_field_name(row));
    if (row->field == MF_FIELD_ISSUER)
        return try_flag("--issuer", "", found, who, out);
    if (row->field == MF_FIELD_NAME ? !try_flag("--identity", "", found, who, out)
                                    : !try_flag("--require", name, found, who, out))
        return 0;
    if (row->issuer.n > 0 && !mf_span_eq(row->issuer, who->issuer))
        count += try_flag("--issuer", "", who->issuer, who, &out[1]);
    return count;
}
