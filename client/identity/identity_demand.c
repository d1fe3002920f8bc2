#include "client/identity/identity_demand.h"

#include "client/identity/name_glob.h"
#include "client/identity/name_regexp.h"
#include "client/identity/regexp_syntax.h"

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

static bool pins_name(struct span glob)
{
    return mf_glob_pins_uri(glob) || mf_glob_pins_mail(glob);
}

static bool pins_subject(struct span glob)
{
    return pins_name(glob) || mf_glob_pins_owner(glob);
}

static bool pins_number(struct span glob)
{
    return mf_span_find(glob, '*') == glob.n;
}

/* Fields whose value belongs to one owner, repository, workflow or user of the issuer, and the
 * issuer: when a glob of one still says which. */
static const struct pinning {
    unsigned field;
    bool (*glob)(struct span glob);
    const char *form;
} pinnings[] = {
    {MF_FIELD_NAME, pins_name,
     "a wildcard goes behind https://HOST/OWNER/, or in front of the @ of a mail address"},
    {MF_FULCIO_GITHUB_REPOSITORY, mf_glob_pins_owner, "a wildcard goes behind OWNER/"},
    {MF_FULCIO_BUILD_SIGNER_URI, mf_glob_pins_uri, "a wildcard goes behind https://HOST/OWNER/"},
    {MF_FULCIO_SOURCE_REPOSITORY_URI, mf_glob_pins_uri,
     "a wildcard goes behind https://HOST/OWNER/"},
    {MF_FULCIO_SOURCE_REPOSITORY_ID, pins_number, "an identifier takes no wildcard"},
    {MF_FULCIO_SOURCE_OWNER_URI, mf_glob_pins_uri, "an owner takes no wildcard"},
    {MF_FULCIO_SOURCE_OWNER_ID, pins_number, "an identifier takes no wildcard"},
    {MF_FULCIO_BUILD_CONFIG_URI, mf_glob_pins_uri, "a wildcard goes behind https://HOST/OWNER/"},
    {MF_FULCIO_TOKEN_SUBJECT, pins_subject,
     "a wildcard goes behind OWNER/ or https://HOST/OWNER/, or in front of the @ of a mail "
     "address"},
    {MF_FIELD_ISSUER, mf_glob_pins_uri, "a wildcard goes behind https://HOST/PART/"},
};

static const struct pinning *pinning_of(const struct demand *row)
{
    for (size_t i = 0; i < MF_LEN(pinnings); i++)
        if (pinnings[i].field == row->field)
            return &pinnings[i];
    return NULL;
}

/* An issuer may be a host and no more; of a signer the host says little. */
static bool regexp_pins(const struct demand *row)
{
    struct regexp_holes holes;
    struct err ignored = {0};

    return mf_regexp_check(row->text, &holes, &ignored) && !holes.names_nobody &&
           (row->field == MF_FIELD_ISSUER || !holes.names_only_host);
}

/* A pattern that anybody fits demands that something is there, and pins nothing. */
static bool row_pins(const struct demand *row)
{
    const struct pinning *how = pinning_of(row);

    if (how == NULL)
        return false;
    switch (row->test) {
    case MF_TEST_EXACT:
        return true;
    case MF_TEST_GLOB:
        return how->glob(row->text);
    case MF_TEST_REGEXP:
        return regexp_pins(row);
    }
    return false;
}

static bool pins_issuer(const struct demand *row)
{
    return row->issuer.n > 0 || (row->field == MF_FIELD_ISSUER && row_pins(row));
}

static bool pins_signer(const struct demand *row)
{
    return row->field != MF_FIELD_ISSUER && row_pins(row);
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

/* Why a demand does not say enough: by the first pattern that would have to and does not. */
static bool say_open(const struct identity_demand *demand, bool of_issuer, struct err *err)
{
    for (size_t i = 0; i < demand->count; i++) {
        const struct demand *row = &demand->rows[i];
        const struct pinning *how = pinning_of(row);
        if (how == NULL || row->option == NULL || row_pins(row) ||
            (row->field == MF_FIELD_ISSUER) != of_issuer)
            continue;
        mf_err_set(err, MF_ERR_USAGE, "\"%.*s\" would match anybody%s: %s",
                   MF_SPAN_ARG(mf_span_first(row->text, row->text.n > 80 ? 80 : row->text.n)),
                   of_issuer ? "'s tokens" : "",
                   row->test == MF_TEST_GLOB ? how->form
                   : of_issuer ? "each alternative needs a letter or digit of the host"
                               : "each alternative needs a letter or digit behind the host");
        mf_err_hint(err,
                    of_issuer ? "give --issuer" : "or say who by another demand as well: --repo");
        return mf_err_at(err, "%s", row->option);
    }
    return mf_err_set(err, MF_ERR_USAGE, "no %s is demanded",
                      of_issuer ? "token issuer" : "identity");
}

bool mf_identity_demand_check(const struct identity_demand *demand, struct err *err)
{
    for (size_t i = 0; i < demand->count; i++)
        if (!check_row(&demand->rows[i], err))
            return demand->rows[i].option == NULL ? false
                                                  : mf_err_at(err, "%s", demand->rows[i].option);
    if (!is_pinned(demand, pins_signer))
        return say_open(demand, false, err);
    return is_pinned(demand, pins_issuer) || say_open(demand, true, err);
}
