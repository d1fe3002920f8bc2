#include "client/identity/name_difference.h"

#include <stdio.h>

#include "client/identity/name_glob.h"
#include "common/base/utf8.h"

enum { PARTS_MAX = 6 };

struct parts {
    struct {
        const char *label;
        struct span text;
    } part[PARTS_MAX];
    size_t count;
};

static void put(struct parts *parts, const char *label, struct span text)
{
    parts->part[parts->count].label = label;
    parts->part[parts->count++].text = text;
}

/* Takes the front up to the byte off the text; the byte goes as well. */
static struct span take(struct span *text, uint8_t byte)
{
    size_t at = mf_span_find(*text, byte);
    struct span front = mf_span_first(*text, at);

    *text = mf_span_from(*text, at < text->n ? at + 1 : at);
    return front;
}

static void split_uri(struct span text, struct parts *out)
{
    size_t colon = mf_span_find(text, ':');

    put(out, "scheme", mf_span_first(text, colon));
    struct span rest = mf_span_from(text, colon + 3);
    struct span host = take(&rest, '/');
    struct span path = take(&rest, '@');
    put(out, "host", host);
    if (mf_span_is(host, "github.com") && path.n > 0) {
        put(out, "owner", take(&path, '/'));
        put(out, "repository", take(&path, '/'));
    }
    put(out, out->count > 2 ? "workflow" : "path", path);
    put(out, "ref", rest);
}

static struct parts split(struct span text)
{
    struct parts parts = {0};
    struct span rest = text;

    if (mf_span_starts(text, MF_SPAN("https://")) || mf_span_starts(text, MF_SPAN("http://"))) {
        split_uri(text, &parts);
    } else if (mf_span_find(text, '@') < text.n && mf_span_find(text, '/') == text.n) {
        put(&parts, "user", take(&rest, '@'));
        put(&parts, "domain", rest);
    } else {
        put(&parts, "value", text);
    }
    return parts;
}

static bool is_same(const struct demand *row, struct span wanted, struct span found)
{
    if (row->test == MF_TEST_GLOB && wanted.n > 0)
        return mf_glob_match(wanted, found);
    return mf_span_eq(wanted, found);
}

/* A wildcard that runs over the border of two parts: they cannot be told apart. */
static bool runs_over(const struct demand *row, const struct parts *wanted)
{
    for (size_t i = 0; row->test == MF_TEST_GLOB && i + 1 < wanted->count; i++)
        if (mf_span_ends(wanted->part[i].text, MF_SPAN("**")))
            return true;
    return false;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool is_same_but_case(struct span a, struct span b)
{
    for (size_t i = 0; i < a.n && i < b.n; i++)
        if (lower(a.p[i]) != lower(b.p[i]))
            return false;
    return a.n == b.n;
}

static bool is_same_but_slash(struct span a, struct span b)
{
    struct span longer = a.n > b.n ? a : b;
    struct span shorter = a.n > b.n ? b : a;

    return longer.n == shorter.n + 1 && mf_span_starts(longer, shorter) &&
           longer.p[longer.n - 1] == '/';
}

static const char *remark(struct span wanted, struct span found)
{
    bool has_percent = (mf_span_find(wanted, '%') < wanted.n) !=
                       (mf_span_find(found, '%') < found.n);

    if (is_same_but_case(wanted, found))
        return " (upper and lower case count)";
    if (is_same_but_slash(wanted, found))
        return " (a '/' at the end counts)";
    return has_percent ? " (percent signs are not decoded)" : "";
}

static void say(const char *label, struct span wanted, struct span found, const char *note,
                char out[static MF_DIFFERENCE_MAX])
{
    char shown_found[180];
    char shown_wanted[180];

    mf_utf8_escape(found, shown_found, sizeof shown_found);
    mf_utf8_escape(wanted, shown_wanted, sizeof shown_wanted);
    snprintf(out, MF_DIFFERENCE_MAX, "%s \"%s\", not \"%s\"%s", label, shown_found, shown_wanted,
             note);
}

static void compare(const struct demand *row, struct span found, char out[static MF_DIFFERENCE_MAX])
{
    struct parts wanted_parts = split(row->text);
    struct parts found_parts = split(found);
    size_t count = runs_over(row, &wanted_parts) ? 0 : wanted_parts.count;

    for (size_t i = 0; i < count && i < found_parts.count; i++) {
        struct span wanted = wanted_parts.part[i].text;
        struct span part = found_parts.part[i].text;
        if (strcmp(wanted_parts.part[i].label, found_parts.part[i].label) != 0)
            break;
        if (!is_same(row, wanted, part)) {
            say(found_parts.part[i].label, wanted, part, remark(wanted, part), out);
            return;
        }
    }
    say("value", row->text, found, remark(row->text, found), out);
}

void mf_name_difference(const struct demand *row, const struct signer_identity *who,
                        char out[static MF_DIFFERENCE_MAX])
{
    struct demand any_issuer = *row;
    struct span found = mf_demand_found(row, who);
    struct err ignored = {0};

    any_issuer.issuer = (struct span){0};
    if (found.n == 0)
        snprintf(out, MF_DIFFERENCE_MAX, "the certificate has no %s", mf_demand_field_name(row));
    else if (row->issuer.n > 0 && mf_demand_holds(&any_issuer, who, &ignored))
        say("issuer", row->issuer, who->issuer, remark(row->issuer, who->issuer), out);
    else if (row->test == MF_TEST_REGEXP)
        snprintf(out, MF_DIFFERENCE_MAX, "the regular expression does not match");
    else
        compare(row, found, out);
}
