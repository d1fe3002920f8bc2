#include "client/identity/identity_demand.h"

#include "client/identity/name_glob.h"
#include "client/identity/name_regexp.h"

struct demand mf_demand_exactly(struct span name, struct span issuer)
{
    return (struct demand){.field = MF_FIELD_NAME, .text = name, .issuer = issuer};
}

const char *mf_demand_field_name(const struct demand *row)
{
    if (row->field == MF_FIELD_NAME)
        return "identity";
    const char *name = mf_fulcio_name(row->field);
    return name != NULL ? name : "issuer";
}

const char *mf_demand_test_name(const struct demand *row)
{
    static const char *const names[] = {"exact", "glob", "regexp"};
    return names[row->test];
}

struct span mf_demand_found(const struct demand *row, const struct signer_identity *who)
{
    if (row->field == MF_FIELD_NAME)
        return who->san.value;
    if (row->field == MF_FIELD_ISSUER)
        return who->issuer;
    return row->field <= MF_FULCIO_LAST ? who->values[row->field] : (struct span){0};
}

static bool text_holds(const struct demand *row, struct span found, struct err *err)
{
    switch (row->test) {
    case MF_TEST_EXACT:
        return mf_span_eq(found, row->text);
    case MF_TEST_GLOB:
        return mf_glob_match(row->text, found);
    case MF_TEST_REGEXP:
        return row->regexp != NULL && mf_name_regexp_match(row->regexp, found, err);
    }
    return false;
}

bool mf_demand_holds(const struct demand *row, const struct signer_identity *who, struct err *err)
{
    struct span found = mf_demand_found(row, who);

    if (row->text.n > 0 && found.n > 0 && text_holds(row, found, err) &&
        (row->issuer.n == 0 || mf_span_eq(row->issuer, who->issuer)))
        return true;
    return err->code == MF_OK ? mf_err_set(err, MF_ERR_REJECTED, "the demand does not hold")
                              : false;
}

/* Fields whose value belongs to one owner, repository, workflow or user of the issuer. */
static bool names_signer(unsigned field)
{
    static const unsigned fields[] = {
        MF_FIELD_NAME,
        MF_FULCIO_GITHUB_REPOSITORY,
        MF_FULCIO_BUILD_SIGNER_URI,
        MF_FULCIO_SOURCE_REPOSITORY_URI,
        MF_FULCIO_SOURCE_REPOSITORY_ID,
        MF_FULCIO_SOURCE_OWNER_URI,
        MF_FULCIO_SOURCE_OWNER_ID,
        MF_FULCIO_BUILD_CONFIG_URI,
        MF_FULCIO_TOKEN_SUBJECT,
    };

    for (size_t i = 0; i < MF_LEN(fields); i++)
        if (fields[i] == field)
            return true;
    return false;
}

/* A pattern that anybody fits demands that something is there, and names nobody. */
static bool is_open(const struct demand *row)
{
    struct err ignored = {0};

    return row->test == MF_TEST_GLOB && !mf_glob_names_somebody(row->text, &ignored);
}

static bool pins_issuer(const struct demand *row)
{
    return row->issuer.n > 0 || (row->field == MF_FIELD_ISSUER && !is_open(row));
}

static bool pins_signer(const struct demand *row)
{
    return names_signer(row->field) && !is_open(row);
}

/* Rows of a group are alternatives: it pins what every one of them pins. */
static bool is_pinned(const struct identity_demand *demand, bool (*pins)(const struct demand *))
{
    for (size_t i = 0; i < demand->count; i++) {
        bool all = true;
        for (size_t k = 0; k < demand->count; k++)
            if (demand->rows[k].group == demand->rows[i].group && !pins(&demand->rows[k]))
                all = false;
        if (all)
            return true;
    }
    return false;
}

static bool check_row(const struct demand *row, struct err *err)
{
    if (row->text.n == 0)
        return mf_err_set(err, MF_ERR_USAGE, "a demand for the %s is empty",
                          mf_demand_field_name(row));
    if (row->field > MF_FIELD_ISSUER || row->field == MF_FULCIO_OTHER_NAME)
        return mf_err_set(err, MF_ERR_USAGE, "a demand is about no part of a certificate");
    if (row->test == MF_TEST_REGEXP && row->regexp == NULL)
        return mf_err_set(err, MF_ERR_USAGE, "a regular expression is not compiled");
    return row->test != MF_TEST_GLOB || mf_glob_check(row->text, err);
}

bool mf_identity_demand_check(const struct identity_demand *demand, struct err *err)
{
    for (size_t i = 0; i < demand->count; i++)
        if (!check_row(&demand->rows[i], err))
            return demand->rows[i].option == NULL ? false
                                                  : mf_err_at(err, "%s", demand->rows[i].option);
    if (!is_pinned(demand, pins_signer))
        return mf_err_set(err, MF_ERR_USAGE, "no identity is demanded");
    if (!is_pinned(demand, pins_issuer))
        return mf_err_set(err, MF_ERR_USAGE, "no token issuer is demanded");
    return true;
}
