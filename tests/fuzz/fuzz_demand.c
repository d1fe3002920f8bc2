/* Any option and value is refused with a message, or becomes a row. A row without a wildcard holds
 * for its own text alone, whatever a certificate says can be explained, and flags that are offered
 * would match.
 *
 * Input: lines of a letter for the option and its value; an empty line; what the certificate
 * says. */
#include "client/identity/identity_match.h"
#include "client/identity/matching_flags.h"
#include "client/identity/name_difference.h"
#include "client/identity/name_glob.h"
#include "client/identity/regexp_syntax.h"
#include "tests/support/fuzz.h"

static void explain(const struct demand *row, const struct signer_identity *who)
{
    struct matching_flag flags[MF_MATCHING_FLAGS_MAX];
    char difference[MF_DIFFERENCE_MAX];
    size_t count = mf_matching_flags(row, who, flags);

    mf_name_difference(row, who, difference);
    mf_require(difference[0] != '\0' && strlen(difference) < sizeof difference);
    mf_require(count <= MF_MATCHING_FLAGS_MAX);
    for (size_t i = 0; i < count; i++)
        mf_require(flags[i].option != NULL && flags[i].value[0] != '\0');
}

static struct signer_identity says(const struct demand *row, struct span found)
{
    struct signer_identity who = {.san = {MF_SAN_URI, found}, .issuer = row->issuer};

    if (row->field == MF_FIELD_ISSUER)
        who.issuer = found;
    if (row->field >= MF_FULCIO_ISSUER_V1 && row->field <= MF_FULCIO_LAST)
        who.values[row->field] = found;
    return who;
}

static void check_row(const struct demand *row, struct span found)
{
    const struct signer_identity who = says(row, found);
    const struct signer_identity own = says(row, row->text);
    struct err err = {0};

    mf_require(row->text.n > 0 && row->text.n <= MF_GLOB_MAX);
    bool holds = mf_demand_holds(row, &who, &err);
    if (row->test == MF_TEST_EXACT) {
        mf_require(holds == (found.n > 0 && mf_span_eq(found, row->text)));
        mf_err_clear(&err);
        mf_require(mf_demand_holds(row, &own, &err));
    }
    if (row->test == MF_TEST_GLOB && holds)
        for (size_t i = 0; i < found.n; i++)
            mf_require(found.p[i] >= 0x20 && found.p[i] != 0x7F);
    if (!holds)
        explain(row, &who);
}

static void check_warnings(const struct demand *row)
{
    char said[MF_REGEXP_WARNING_MAX];

    for (size_t i = 0; row->test == MF_TEST_REGEXP && mf_regexp_warning(row->text, i, said); i++)
        mf_require(said[0] != '\0' && i < 4);
}

static void add_option(struct demand_list *list, struct span line)
{
    size_t count;
    const struct demand_option *table = mf_demand_options(&count);
    size_t before = list->count;
    struct err err = {0};

    if (mf_demand_list_add(list, &table[line.p[0] % count], mf_span_from(line, 1), &err)) {
        mf_require(list->count == before + 1);
        return;
    }
    mf_require(err.code == MF_ERR_USAGE && err.what[0] != '\0' && list->count == before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_demand_list_done) struct demand_list list = {0};
    struct span found = {data, size};
    struct span line = {0};
    struct err err = {0};

    while (mf_span_line(&found, &line) && line.n > 0)
        add_option(&list, line);
    for (size_t i = 0; i < list.count; i++) {
        check_row(&list.rows[i], found);
        check_warnings(&list.rows[i]);
    }
    const struct identity_demand demand = mf_demand_list_view(&list);
    if (!mf_identity_demand_check(&demand, &err))
        mf_require(err.code == MF_ERR_USAGE && err.what[0] != '\0');
    return 0;
}
