#include "client/cmd/who_report.h"

#include "client/identity/matching_flags.h"
#include "client/identity/name_difference.h"
#include "client/identity/regexp_syntax.h"
#include "common/base/utf8.h"

enum { SHOWN_MAX = 2048 }; /* bytes of a value on a terminal */

static bool holds(const struct demand *row, const struct signer_identity *who)
{
    struct err ignored = {0};

    return mf_demand_holds(row, who, &ignored);
}

static void put_warnings(struct json_writer *w, const struct demand *row)
{
    char said[MF_REGEXP_WARNING_MAX];
    char shown[2 * MF_REGEXP_WARNING_MAX];

    if (row->test != MF_TEST_REGEXP)
        return;
    mf_json_key(w, "warnings");
    mf_json_begin_array(w);
    for (size_t i = 0; mf_regexp_warning(row->text, i, said); i++) {
        mf_utf8_escape(mf_span_str(said), shown, sizeof shown);
        mf_json_put_cstr(w, shown);
    }
    mf_json_end_array(w);
}

static void put_demand(struct json_writer *w, const struct demand *row,
                       const struct signer_identity *who)
{
    mf_json_begin_object(w);
    if (row->option != NULL)
        mf_json_member_put_cstr(w, "option", row->option);
    mf_json_member_put(w, "given", row->given.n > 0 ? row->given : row->text);
    mf_json_member_put_cstr(w, "field", mf_demand_field_name(row));
    mf_json_member_put_cstr(w, "test", mf_demand_test_name(row));
    mf_json_member_put(w, "demanded", row->text);
    if (row->issuer.n > 0)
        mf_json_member_put(w, "demanded_issuer", row->issuer);
    if (who != NULL) {
        struct span found = mf_demand_found(row, who);
        mf_json_key(w, "found");
        if (found.n > 0)
            mf_json_put_string(w, found);
        else
            mf_json_put_null(w);
        mf_json_member_put_bool(w, "holds", holds(row, who));
    }
    put_warnings(w, row);
    mf_json_end_object(w);
}

/* The first row of a group that is not met stands for the group. */
static bool is_unmet(const struct identity_demand *demand, const struct signer_identity *who,
                     size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (demand->rows[i].group == demand->rows[at].group)
            return false;
    return !mf_demand_group_holds(who, demand, at);
}

/* Of the alternatives of rows[at]. */
static size_t flags_of(const struct identity_demand *demand, const struct signer_identity *who,
                       size_t at, struct matching_flag out[static MF_MATCHING_FLAGS_MAX])
{
    return mf_matching_flags(&demand->rows[mf_demand_nearest(who, demand, at)], who, out);
}

static void put_flags(struct json_writer *w, const struct identity_demand *demand,
                      const struct signer_identity *who)
{
    mf_json_key(w, "would_match");
    mf_json_begin_array(w);
    for (size_t i = 0; i < demand->count; i++) {
        struct matching_flag flags[MF_MATCHING_FLAGS_MAX];
        size_t count = is_unmet(demand, who, i) ? mf_matching_flags(&demand->rows[i], who, flags)
                                                : 0;
        for (size_t k = 0; k < count; k++) {
            mf_json_put_cstr(w, flags[k].option);
            mf_json_put_cstr(w, flags[k].value);
        }
    }
    mf_json_end_array(w);
}

void mf_who_report_json(struct json_writer *w, const struct identity_demand *demand,
                        const struct signer_identity *who)
{
    bool is_met = true;

    mf_json_key(w, "demands");
    mf_json_begin_array(w);
    for (size_t i = 0; i < demand->count; i++)
        put_demand(w, &demand->rows[i], who);
    mf_json_end_array(w);
    for (size_t i = 0; who != NULL && i < demand->count; i++)
        is_met = is_met && mf_demand_group_holds(who, demand, i);
    if (!is_met)
        put_flags(w, demand, who);
}

/* Escaped for the terminal, and quoted for a shell where it needs to be. */
static void print_value(FILE *out, struct span value)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:@%+=,";
    char shown[SHOWN_MAX];

    mf_utf8_escape(value, shown, sizeof shown);
    if (shown[0] != '\0' && shown[strspn(shown, plain)] == '\0') {
        fputs(shown, out);
        return;
    }
    fputc('\'', out);
    for (const char *p = shown; *p != '\0'; p++)
        fputs(*p == '\'' ? "'\\''" : (const char[]){*p, '\0'}, out);
    fputc('\'', out);
}

void mf_who_report_warnings(FILE *out, const struct identity_demand *demand)
{
    char said[MF_REGEXP_WARNING_MAX];
    char shown[2 * MF_REGEXP_WARNING_MAX];

    for (size_t i = 0; i < demand->count; i++) {
        const struct demand *row = &demand->rows[i];
        for (size_t k = 0; row->test == MF_TEST_REGEXP && mf_regexp_warning(row->text, k, said);
             k++) {
            mf_utf8_escape(mf_span_str(said), shown, sizeof shown);
            fprintf(out, "mayfly: warning: %s ",
                    row->option != NULL ? row->option : mf_demand_field_name(row));
            print_value(out, row->text);
            fprintf(out, ": %s\n", shown);
        }
    }
}

static void print_demanded(FILE *out, const struct identity_demand *demand, size_t at)
{
    unsigned group = demand->rows[at].group;

    for (size_t i = at; i < demand->count; i++) {
        const struct demand *row = &demand->rows[i];
        if (row->group != group)
            continue;
        fprintf(out, "  %-12s %s ", i == at ? "demanded" : "or",
                row->option != NULL ? row->option : mf_demand_field_name(row));
        print_value(out, row->given.n > 0 ? row->given : row->text);
        fputc('\n', out);
    }
}

static void print_flags(FILE *out, const struct identity_demand *demand, size_t at,
                        const struct signer_identity *who)
{
    struct matching_flag flags[MF_MATCHING_FLAGS_MAX];
    size_t count = flags_of(demand, who, at, flags);

    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s%s ", i == 0 ? "  would match  " : " ", flags[i].option);
        print_value(out, mf_span_str(flags[i].value));
    }
    if (count > 0)
        fputc('\n', out);
}

static void print_unmet(FILE *out, const struct identity_demand *demand, size_t at,
                        const struct signer_identity *who)
{
    const struct demand *row = &demand->rows[mf_demand_nearest(who, demand, at)];
    struct span found = mf_demand_found(row, who);
    char difference[MF_DIFFERENCE_MAX];

    print_demanded(out, demand, at);
    if (found.n > 0) {
        fprintf(out, "  certificate  %s ", mf_demand_field_name(row));
        print_value(out, found);
        fputc('\n', out);
    }
    mf_name_difference(row, who, difference);
    fprintf(out, "  differs      %s\n", difference);
    print_flags(out, demand, at, who);
}

void mf_who_report_text(FILE *out, const struct identity_demand *demand,
                        const struct signer_identity *who)
{
    for (size_t i = 0; i < demand->count; i++)
        if (is_unmet(demand, who, i))
            print_unmet(out, demand, i, who);
}
