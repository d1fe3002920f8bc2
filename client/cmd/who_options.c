#include "client/cmd/who_options.h"

#include <assert.h>

static const struct demand_option *rows(size_t *count)
{
    const struct demand_option *table = mf_demand_options(count);

    assert(*count <= MF_WHO_OPTIONS_MAX);
    return table;
}

static const char *without_dashes(const char *name)
{
    return name + strlen("--");
}

size_t mf_who_options(struct who_options *who, struct option *out)
{
    size_t count;
    const struct demand_option *table = rows(&count);
    size_t written = 0;

    for (size_t i = 0; i < count; i++) {
        const struct option listed = {.name = without_dashes(table[i].name),
                                      .kind = MF_OPTION_LIST,
                                      .value = &who->values[i],
                                      .metavar = table[i].metavar,
                                      .help = table[i].help};
        out[written++] = listed;
        if (table[i].alias == NULL)
            continue;
        out[written] = listed;
        out[written].name = without_dashes(table[i].alias);
        out[written].help = "the same";
        out[written++].hidden = true;
    }
    return written;
}

const char *mf_who_options_given(const struct who_options *who)
{
    size_t count;
    const struct demand_option *table = rows(&count);

    for (size_t i = 0; i < count; i++)
        if (who->values[i].count > 0)
            return table[i].name;
    return NULL;
}

static bool say_who(struct err *err)
{
    mf_err_set(err, MF_ERR_USAGE,
               "say who should have signed it (--repo, --identity and --issuer, or --key)");
    return mf_err_hint(err, "mayfly inspect FILE.sigstore.json shows who did");
}

bool mf_who_options_read(const struct who_options *who, struct demand_list *out, struct err *err)
{
    size_t count;
    const struct demand_option *table = rows(&count);

    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < who->values[i].count; k++)
            if (!mf_demand_list_add(out, &table[i], mf_span_str(who->values[i].values[k]), err))
                return false;
    const struct identity_demand demand = mf_demand_list_view(out);
    if (mf_identity_demand_check(&demand, err))
        return true;
    if (err->where[0] != '\0')
        return false;
    mf_err_clear(err); /* rows that are sound, and do not say enough */
    return say_who(err);
}
