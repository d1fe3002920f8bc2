#include "common/run/options.h"
#include "tests/support/suite.h"

enum { ARGS_MAX = 16, ARG_MAX_LEN = 64 };

struct values {
    bool overwrite;
    const char *bundle;
    struct option_list names;
    uint64_t port;
};

static char store[ARGS_MAX][ARG_MAX_LEN]; /* argv is the program's own to change, as main has it */
static char *argv[ARGS_MAX];

static bool parse(struct values *v, const char *const *words, int *operands, bool *help,
                  struct err *err)
{
    const struct option options[] = {
        {.name = "overwrite", .kind = MF_OPTION_FLAG, .value = &v->overwrite, .help = "h"},
        {.name = "bundle",
         .letter = 'b',
         .kind = MF_OPTION_TEXT,
         .value = &v->bundle,
         .metavar = "FILE",
         .help = "h"},
        {.name = "output",
         .kind = MF_OPTION_TEXT,
         .value = &v->bundle,
         .metavar = "FILE",
         .help = "the same",
         .hidden = true},
        {.name = "name", .kind = MF_OPTION_LIST, .value = &v->names, .metavar = "N", .help = "h"},
        {.name = "port",
         .kind = MF_OPTION_NUMBER,
         .value = &v->port,
         .metavar = "N",
         .min = 1,
         .max = 65535,
         .help = "h"},
    };
    const struct option_set set = {"mayfly sign", "FILE...", "Signs.", options, MF_LEN(options)};
    int argc = 0;

    for (; words[argc] != NULL; argc++) {
        ck_assert_int_gt(snprintf(store[argc], ARG_MAX_LEN, "%s", words[argc]), 0);
        argv[argc] = store[argc];
    }
    return mf_options_parse(&set, argc, argv, operands, help, err);
}

START_TEST(reads_values_after_a_space_and_after_an_equals_sign)
{
    struct values v = {0};
    struct err err = {0};
    bool help = true;
    int operands = 0;
    const char *words[] = {"sign",   "a.txt", "--bundle=x",  "--name", "one", "--name=two",
                           "--port", "8080",  "--overwrite", "--",     "-z",  NULL};

    mf_ck_ok(parse(&v, words, &operands, &help, &err), err);
    ck_assert(!help && v.overwrite);
    ck_assert_str_eq(v.bundle, "x");
    ck_assert_uint_eq(v.names.count, 2);
    ck_assert_str_eq(v.names.values[1], "two");
    ck_assert_uint_eq(v.port, 8080);
    ck_assert_int_eq(operands, 2);
    ck_assert_str_eq(argv[1], "a.txt");
    ck_assert_str_eq(argv[2], "-z");
}
END_TEST

#define VALUE "a-path-that-tells"

static const struct {
    const char *words[ARGS_MAX];
    const char *message;
} refused[] = {
    {{"sign", "--bundel", "x"}, "unknown option --bundel: did you mean --bundle?"},
    {{"sign", "--bund=x"}, "unknown option --bund"},
    {{"sign", "--completely-else"}, "see mayfly sign --help"},
    {{"sign", "--bundle"}, "--bundle needs FILE"},
    {{"sign", "--bundle="}, "--bundle was given an empty value"},
    {{"sign", "--bundle=" VALUE, "-b", "b"}, "--bundle was given twice"},
    {{"sign", "--bundle=b", "--bundle", VALUE}, "--bundle was given twice"},
    {{"sign", "--bundle", VALUE, "--bundle", VALUE}, "--bundle was given twice"},
    {{"sign", "--bundle", VALUE, "--output", VALUE},
     "--bundle and --output are the same option, given twice"},
    {{"sign", "--port=1", "--port=1"}, "--port was given twice"},
    {{"sign", "--overwrite", "--overwrite=false"}, "--overwrite was given twice"},
    {{"sign", "--port", "0"}, "--port takes a number from 1 to 65535, not '0'"},
    {{"sign", "--port", "08"}, "not '08'"},
    {{"sign", "--overwrite=yes"}, "--overwrite takes true or false, not 'yes'"},
    {{"sign", "-x"}, "unknown option -x"},
    {{"sign", "-bx"}, "unknown option -bx"},
};

START_TEST(refuses_what_it_does_not_know)
{
    struct values v = {0};
    struct err err = {0};
    bool help = false;
    int operands = 0;
    mf_ck_refused(parse(&v, refused[_i].words, &operands, &help, &err), err, refused[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_USAGE);
    ck_assert_ptr_null(strstr(err.what, VALUE));
    ck_assert_ptr_null(strstr(err.hint, VALUE));
}
END_TEST

START_TEST(help_wins_over_what_follows)
{
    struct values v = {0};
    struct err err = {0};
    bool help = false;
    int operands = 0;
    const char *words[] = {"sign", "-h", "--nonsense", NULL};

    mf_ck_ok(parse(&v, words, &operands, &help, &err), err);
    ck_assert(help);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("options");
    TCase *all = tcase_create("options");

    tcase_add_test(all, reads_values_after_a_space_and_after_an_equals_sign);
    tcase_add_loop_test(all, refuses_what_it_does_not_know, 0, MF_LEN(refused));
    tcase_add_test(all, help_wins_over_what_follows);
    suite_add_tcase(suite, all);
    return suite;
}
