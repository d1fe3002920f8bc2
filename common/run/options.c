#include "common/run/options.h"

#include <assert.h>

#include "common/base/nearest.h"

struct cursor { /* where parsing stands in argv */
    int argc;
    char **argv;
    int next;
    int operands;
    uint64_t given; /* a bit per option of the set */
};

static bool no_such_option(const struct option_set *set, struct span name, struct err *err)
{
    const struct option *best = NULL;
    size_t best_distance = 4; /* farther than this is no help */

    for (size_t i = 0; i < set->count; i++) {
        size_t d = mf_edit_distance(name, mf_span_str(set->options[i].name));
        if (!set->options[i].hidden && d < best_distance) {
            best = &set->options[i];
            best_distance = d;
        }
    }
    mf_err_set(err, MF_ERR_USAGE, "unknown option --%.*s", MF_SPAN_ARG(name));
    if (best != NULL)
        return mf_err_hint(err, "did you mean --%s?", best->name);
    return mf_err_hint(err, "see %s --help", set->program);
}

static const struct option *find_long(const struct option_set *set, struct span name)
{
    for (size_t i = 0; i < set->count; i++)
        if (mf_span_is(name, set->options[i].name))
            return &set->options[i];
    return NULL;
}

static const struct option *find_letter(const struct option_set *set, char letter)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->options[i].letter == letter && letter != '\0')
            return &set->options[i];
    return NULL;
}

static bool put_flag(const struct option *o, const char *text, struct err *err)
{
    bool *value = o->value;

    if (text == NULL || strcmp(text, "true") == 0)
        *value = true;
    else if (strcmp(text, "false") == 0)
        *value = false;
    else
        return mf_err_set(err, MF_ERR_USAGE, "--%s takes true or false, not '%s'", o->name, text);
    return true;
}

static bool put_number(const struct option *o, const char *text, struct err *err)
{
    uint64_t v = 0;

    if (!mf_span_decimal(mf_span_str(text), &v) || v < o->min || v > o->max)
        return mf_err_set(err, MF_ERR_USAGE, "--%s takes a number from %llu to %llu, not '%s'",
                          o->name, (unsigned long long)o->min, (unsigned long long)o->max, text);
    *(uint64_t *)o->value = v;
    return true;
}

static bool put_text(const struct option *o, const char *text, struct err *err)
{
    const char **value = o->value;

    if (*text == '\0')
        return mf_err_set(err, MF_ERR_USAGE, "--%s was given an empty value", o->name);
    *value = text;
    return true;
}

static bool put_list(const struct option *o, const char *text, struct err *err)
{
    struct option_list *list = o->value;

    if (list->count == MF_OPTION_LIST_MAX)
        return mf_err_set(err, MF_ERR_USAGE, "--%s was given more than %d times", o->name,
                          MF_OPTION_LIST_MAX);
    list->values[list->count++] = text;
    return true;
}

static bool put_value(const struct option *o, const char *text, struct err *err)
{
    switch (o->kind) {
    case MF_OPTION_FLAG:
        return put_flag(o, text, err);
    case MF_OPTION_TEXT:
        return put_text(o, text, err);
    case MF_OPTION_LIST:
        return put_list(o, text, err);
    case MF_OPTION_NUMBER:
        return put_number(o, text, err);
    }
    return mf_err_set(err, MF_ERR_INTERNAL, "option of unknown kind");
}

/* The values stay unsaid: they may name a secret, or by mistake be one. */
static bool note_given(const struct option_set *set, struct cursor *c, const struct option *o,
                       struct err *err)
{
    size_t own = (size_t)(o - set->options);

    for (size_t i = 0; i < set->count && o->kind != MF_OPTION_LIST; i++) {
        const struct option *other = &set->options[i];
        if ((c->given >> i & 1) == 0 || other->value != o->value)
            continue;
        if (i == own)
            return mf_err_set(err, MF_ERR_USAGE, "--%s was given twice", o->name);
        return mf_err_set(err, MF_ERR_USAGE, "--%s and --%s are the same option, given twice",
                          other->name, o->name);
    }
    c->given |= (uint64_t)1 << own;
    return true;
}

/* A flag takes its value only after '='; every other kind also from the next argument. */
static bool take_value(const struct option_set *set, struct cursor *c, const struct option *o,
                       const char *inline_text, struct err *err)
{
    if (!note_given(set, c, o, err))
        return false;
    if (inline_text == NULL && o->kind != MF_OPTION_FLAG) {
        if (c->next >= c->argc)
            return mf_err_set(err, MF_ERR_USAGE, "--%s needs %s", o->name, o->metavar);
        inline_text = c->argv[c->next++];
    }
    return put_value(o, inline_text, err);
}

static bool parse_long(const struct option_set *set, struct cursor *c, const char *word,
                       struct err *err)
{
    const char *equals = strchr(word, '=');
    struct span name = mf_span_str(word);

    if (equals != NULL)
        name.n = (size_t)(equals - word);
    const struct option *o = find_long(set, name);
    if (o == NULL)
        return no_such_option(set, name, err);
    return take_value(set, c, o, equals == NULL ? NULL : equals + 1, err);
}

static bool parse_letter(const struct option_set *set, struct cursor *c, const char *word,
                         struct err *err)
{
    const struct option *o = find_letter(set, word[0]);

    if (o == NULL || word[1] != '\0') {
        mf_err_set(err, MF_ERR_USAGE, "unknown option -%s", word);
        return mf_err_hint(err, "see %s --help", set->program);
    }
    return take_value(set, c, o, NULL, err);
}

static bool parse_word(const struct option_set *set, struct cursor *c, char *word,
                       bool *only_operands, bool *help, struct err *err)
{
    if (*only_operands || word[0] != '-' || word[1] == '\0') {
        c->argv[++c->operands] = word;
        return true;
    }
    if (strcmp(word, "--") == 0) {
        *only_operands = true;
        return true;
    }
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
        *help = true;
        return true;
    }
    if (word[1] == '-')
        return parse_long(set, c, word + 2, err);
    return parse_letter(set, c, word + 1, err);
}

bool mf_options_parse(const struct option_set *set, int argc, char **argv, int *operands,
                      bool *help, struct err *err)
{
    struct cursor c = {.argc = argc, .argv = argv, .next = 1};
    bool only_operands = false;

    assert(set->count <= 64);
    *help = false;
    while (c.next < argc) {
        char *word = argv[c.next++];
        if (!parse_word(set, &c, word, &only_operands, help, err))
            return false;
        if (*help)
            return true;
    }
    *operands = c.operands;
    return true;
}

const struct verb *mf_verb_find(const struct verb *verbs, size_t count, const char *name,
                                struct err *err)
{
    const char *best = NULL;
    size_t best_distance = 4;

    for (size_t i = 0; i < count; i++) {
        size_t d = mf_edit_distance(mf_span_str(name), mf_span_str(verbs[i].name));
        if (d == 0)
            return &verbs[i];
        if (d < best_distance) {
            best = verbs[i].name;
            best_distance = d;
        }
    }
    mf_err_set(err, MF_ERR_USAGE, "unknown command '%s'", name);
    if (best != NULL)
        mf_err_hint(err, "did you mean '%s'?", best);
    else
        mf_err_hint(err, "--help lists the commands");
    return NULL;
}
