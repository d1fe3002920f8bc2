/* Arguments, one a line: values and operands are words that were given, whole or behind '='; what
 * is refused says why. */
#include "common/base/buf.h"
#include "common/run/options.h"
#include "tests/support/fuzz.h"

enum { WORDS_MAX = 32 };

struct words {
    char *text; /* NULs where the lines ended */
    size_t n;
    char *argv[WORDS_MAX + 1];
    int argc;
};

static void split(struct span data, struct words *w)
{
    w->text = mf_span_dup(data);
    mf_require(w->text != NULL);
    w->n = data.n;
    w->argv[w->argc++] = w->text;
    for (size_t i = 0; i < w->n; i++) {
        if (w->text[i] != '\n')
            continue;
        w->text[i] = '\0';
        if (w->argc < WORDS_MAX)
            w->argv[w->argc++] = w->text + i + 1;
    }
}

static void is_given(const struct words *w, const char *value)
{
    if (value != NULL)
        mf_require(value > w->text && value <= w->text + w->n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool flag = false, help = false;
    const char *text = NULL;
    struct option_list list = {0};
    uint64_t number = 0;
    const struct option options[] = {
        {.name = "flag", .letter = 'f', .kind = MF_OPTION_FLAG, .value = &flag},
        {.name = "text", .letter = 't', .kind = MF_OPTION_TEXT, .value = &text, .metavar = "FILE"},
        {.name = "alias",
         .kind = MF_OPTION_TEXT,
         .value = &text,
         .metavar = "FILE",
         .hidden = true},
        {.name = "list", .kind = MF_OPTION_LIST, .value = &list, .metavar = "N"},
        {.name = "number",
         .kind = MF_OPTION_NUMBER,
         .value = &number,
         .metavar = "N",
         .min = 3,
         .max = 70000},
    };
    const struct option_set set = {"mayfly", "FILE", "Fuzzed.", options, MF_LEN(options)};
    struct words w = {0};
    struct err err = {0};
    int operands = 0;

    split((struct span){data, size}, &w);
    int argc = w.argc;
    if (!mf_options_parse(&set, argc, w.argv, &operands, &help, &err)) {
        mf_require(err.code == MF_ERR_USAGE && err.what[0] != '\0');
    } else if (!help) {
        mf_require(operands >= 0 && operands < argc);
        for (int i = 1; i <= operands; i++)
            is_given(&w, w.argv[i]);
        mf_require(list.count <= MF_OPTION_LIST_MAX);
        mf_require(number == 0 || (number >= 3 && number <= 70000));
    }
    is_given(&w, text);
    for (size_t i = 0; i < list.count; i++)
        is_given(&w, list.values[i]);
    free(w.text);
    return 0;
}
