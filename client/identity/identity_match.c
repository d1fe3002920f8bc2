#include "client/identity/identity_match.h"

#include <stdio.h>

/* Both names must find room in one message. */
static struct span shown(struct span text)
{
    return text.n > 80 ? mf_span_first(text, 80) : text;
}

/* " or by any of 2 others": how many alternatives there were. */
static void say_others(const struct identity_demand *demand, size_t at, char out[static 48])
{
    size_t others = 0;

    for (size_t i = 0; i < demand->count; i++)
        others += i != at && demand->rows[i].group == demand->rows[at].group;
    out[0] = '\0';
    if (others > 0)
        snprintf(out, 48, ", nor %s%zu other%s", others > 1 ? "any of " : "", others,
                 others > 1 ? "s" : "");
}

static bool mismatch(const struct signer_identity *who, const struct identity_demand *demand,
                     size_t at, struct err *err)
{
    const struct demand *row = &demand->rows[at];
    struct span found = mf_demand_found(row, who);
    struct err ignored = {0};
    struct demand any_issuer = *row;
    char others[48];

    say_others(demand, at, others);
    any_issuer.issuer = (struct span){0};
    if (found.n == 0)
        return mf_err_set(err, MF_ERR_REJECTED,
                          "the certificate has no %s, but \"%.*s\" is demanded",
                          mf_demand_field_name(row), MF_SPAN_ARG(shown(row->text)));
    if (mf_demand_holds(&any_issuer, who, &ignored))
        return mf_err_set(err, MF_ERR_REJECTED, "token is from issuer \"%.*s\", not \"%.*s\"%s",
                          MF_SPAN_ARG(shown(who->issuer)), MF_SPAN_ARG(shown(row->issuer)), others);
    if (ignored.code != MF_ERR_REJECTED) {
        *err = ignored;
        return false;
    }
    if (row->field == MF_FIELD_NAME)
        return mf_err_set(err, MF_ERR_REJECTED, "signed by \"%.*s\", not by \"%.*s\"%s",
                          MF_SPAN_ARG(shown(found)), MF_SPAN_ARG(shown(row->text)), others);
    return mf_err_set(err, MF_ERR_REJECTED, "%s \"%.*s\", not \"%.*s\"%s",
                      row->field == MF_FIELD_ISSUER ? "token is from issuer"
                                                    : mf_demand_field_name(row),
                      MF_SPAN_ARG(shown(found)), MF_SPAN_ARG(shown(row->text)), others);
}

static size_t common_front(struct span a, struct span b)
{
    size_t n = 0;

    while (n < a.n && n < b.n && a.p[n] == b.p[n])
        n++;
    return n;
}

size_t mf_demand_nearest(const struct signer_identity *who, const struct identity_demand *demand,
                         size_t at)
{
    size_t best = at;
    size_t best_front = 0;

    for (size_t i = 0; i < demand->count; i++) {
        const struct demand *row = &demand->rows[i];
        size_t front = common_front(row->text, mf_demand_found(row, who));
        if (row->group == demand->rows[at].group && front > best_front) {
            best = i;
            best_front = front;
        }
    }
    return best;
}

bool mf_demand_group_holds(const struct signer_identity *who, const struct identity_demand *demand,
                           size_t at)
{
    for (size_t i = 0; i < demand->count; i++) {
        struct err ignored = {0};
        if (demand->rows[i].group == demand->rows[at].group &&
            mf_demand_holds(&demand->rows[i], who, &ignored))
            return true;
    }
    return false;
}

bool mf_identity_match(const struct signer_identity *who, const struct identity_demand *demand,
                       struct err *err)
{
    if (!mf_identity_demand_check(demand, err))
        return false;
    for (size_t i = 0; i < demand->count; i++)
        if (!mf_demand_group_holds(who, demand, i))
            return mismatch(who, demand, mf_demand_nearest(who, demand, i), err);
    return true;
}
