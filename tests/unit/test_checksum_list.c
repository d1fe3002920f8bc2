/* Checksum lists: both forms as the tools print them, exact names, and what is refused. */
#include <stdio.h>

#include "client/bundle/checksum_list.h"
#include "common/codec/hex.h"
#include "tests/support/suite.h"

#define A256 "01ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b"
#define B256 "4355a46b19d348dc2f57c046f8ef63d4538ebb936000f3c9ee954a27460dd865"
#define A512                                                           \
    "3abb6677af34ac57c0ca5828fd94f9d886c26ce59a8ce60ecf6778079423dccf" \
    "f1d6f19cb655805d56098e6d38a1a710dee59523eed7511e5a9e4b8ccb3a4686"

static const struct {
    const char *list, *name;
    const char *sha256, *sha512; /* what is said of the name; null: nothing */
} finds[] = {
    {A256 "  a.txt\n", "a.txt", A256, NULL},
    {A256 " *a.txt\n", "a.txt", A256, NULL},
    {A256 "  a.txt", "a.txt", A256, NULL},
    {"01BA4719C80B6FE911B091A7C05124B64EEECE964E09C058EF8F9805DACA546B  a.txt\n", "a.txt", A256,
     NULL},
    {A512 "  a.txt\n", "a.txt", NULL, A512},
    {"SHA256 (a.txt) = " A256 "\n", "a.txt", A256, NULL},
    {"SHA512 (a.txt) = " A512 "\n", "a.txt", NULL, A512},
    {"# made by hand\n" A256 "  a.txt\nSHA512 (a.txt) = " A512 "\n", "a.txt", A256, A512},
    {A256 "  ./a.txt\n", "a.txt", A256, NULL},
    {A256 "  a.txt\n", "./a.txt", A256, NULL},
    {A256 "  ././dist/a.txt\n", "dist/a.txt", A256, NULL},
    {B256 "  b\n" A256 "  a\n", "a", A256, NULL},
    {B256 "  b\n" A256 "  a\n", "b", B256, NULL},
    /* names with what the forms are made of */
    {A256 "   a\n", " a", A256, NULL},
    {A256 "  two  spaces *\n", "two  spaces *", A256, NULL},
    {"SHA256 (a) = " B256 ") = " A256 "\n", "a) = " B256, A256, NULL},
    {"SHA256 (()) = " A256 "\n", "()", A256, NULL},
    {A256 "  SHA256 (a) = b\n", "SHA256 (a) = b", A256, NULL},
    {A256 "  back\\slash\n", "back\\slash", A256, NULL},
    {"\\" A256 "  back\\\\slash\\nand\\rmore\n", "back\\slash\nand\rmore", A256, NULL},
    {"\\SHA256 (back\\\\slash) = " A256 "\n", "back\\slash", A256, NULL},
    /* exact: nothing else is that name */
    {A256 "  a.txt\n", "A.txt", NULL, NULL},
    {A256 "  a.txt\n", "a.tx", NULL, NULL},
    {A256 "  a.txt\n", "a.txt2", NULL, NULL},
    {A256 "  dist/a.txt\n", "a.txt", NULL, NULL},
    {A256 "  a.txt\n", "dist/a.txt", NULL, NULL},
    {A256 "  a.txt\n", "dist/../a.txt", NULL, NULL},
    {A256 "  a.txt\n", "", NULL, NULL},
    {A256 "  a.txt\n", "./", NULL, NULL},
};

static void check_digest(const struct artifact *said, enum digest_alg alg, const char *hex)
{
    char text[2 * MF_DIGEST_MAX + 1];

    ck_assert_int_eq(said->has[alg], hex != NULL);
    if (hex == NULL)
        return;
    mf_hex_encode(mf_artifact_digest(said, alg), text);
    ck_assert_str_eq(text, hex);
}

START_TEST(finds_a_file_by_its_exact_name)
{
    MF_SCOPED(mf_checksum_list_free) struct checksum_list *list = NULL;
    struct artifact said;
    struct err err = {0};

    mf_ck_ok(mf_checksum_list_parse(mf_span_str(finds[_i].list), &list, &err), err);
    bool found = mf_checksum_list_find(list, finds[_i].name, &said);
    ck_assert_int_eq(found, finds[_i].sha256 != NULL || finds[_i].sha512 != NULL);
    check_digest(&said, MF_SHA256, finds[_i].sha256);
    check_digest(&said, MF_SHA512, finds[_i].sha512);
    check_digest(&said, MF_SHA384, NULL);
}
END_TEST

static const struct {
    struct span text;
    const char *message;
} bad[] = {
    {MF_SPAN_INIT(""), "no file is listed"},
    {MF_SPAN_INIT("# nothing\n"), "no file is listed"},
    {MF_SPAN_INIT(A256 "  a\n\n"), "line 2: is neither DIGEST  NAME nor"},
    {MF_SPAN_INIT("a\n"), "line 1: is neither DIGEST  NAME nor"},
    {MF_SPAN_INIT(A256 "\n"), "is neither DIGEST  NAME nor"},
    {MF_SPAN_INIT(A256 " a\n"), "is neither DIGEST  NAME nor"},
    {MF_SPAN_INIT(A256 "\ta\n"), "is neither DIGEST  NAME nor"},
    {MF_SPAN_INIT(" " A256 "  a\n"), "is neither DIGEST  NAME nor"},
    {MF_SPAN_INIT("-----BEGIN PGP SIGNED MESSAGE-----\n"), "is neither DIGEST  NAME nor"},
    {MF_SPAN_INIT(A256 "0  a\n"), "digests of 65 digits are not checked here"},
    {MF_SPAN_INIT("d41d8cd98f00b204e9800998ecf8427e  a\n"), "digests of 32 digits"},
    {MF_SPAN_INIT("  a\n"), "digests of 0 digits"},
    {MF_SPAN_INIT("MD5 (a) = d41d8cd98f00b204e9800998ecf8427e\n"), "'MD5 (' is neither"},
    {MF_SPAN_INIT("SHA256(a)= " A256 "\n"), "'SHA256(' is neither"},
    {MF_SPAN_INIT("SHA256 (a) = " A512 "\n"), "is not SHA256 (NAME) = and 64 digits"},
    {MF_SPAN_INIT("SHA512 (a) = " A256 "\n"), "is not SHA512 (NAME) = and 128 digits"},
    {MF_SPAN_INIT("SHA256 (" A256 "\n"), "is not SHA256 (NAME)"},
    {MF_SPAN_INIT("SHA256 () = " A256 "\n"), "is not SHA256 (NAME)"},
    {MF_SPAN_INIT(
         "SHA256 (a) = g1ba4719c80b6fe911b091a7c05124b64eeece964e09c058ef8f9805daca546b\n"),
     "line 1: "},
    {MF_SPAN_INIT(A256 "  \n"), "the name is empty"},
    {MF_SPAN_INIT(A256 "  ./\n"), "the name is empty"},
    {MF_SPAN_INIT(A256 "  a\r\n"), "a carriage return"},
    {MF_SPAN_INIT(A256 "  a\0b\n"), "NUL in the name"},
    {MF_SPAN_INIT("\\" A256 "  a\\tb\n"), "a backslash before something else"},
    {MF_SPAN_INIT("\\" A256 "  a\\\n"), "a backslash before something else"},
    {MF_SPAN_INIT(A256 "  a\n" A256 "  a\n"), "'a' is listed twice"},
    {MF_SPAN_INIT(A256 "  a\n" B256 "  b\n" B256 " *./a\n"), "'a' is listed twice"},
    {MF_SPAN_INIT("SHA512 (a) = " A512 "\n" A512 "  a\n"), "'a' is listed twice"},
};

START_TEST(refuses_what_is_no_list)
{
    struct checksum_list *list = NULL;
    struct err err = {0};

    mf_ck_refused(mf_checksum_list_parse(bad[_i].text, &list, &err), err, bad[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert_ptr_null(list);
}
END_TEST

START_TEST(has_limits)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = 2 * MF_CHECKSUM_LINES_MAX};
    struct checksum_list *list = NULL;
    struct err err = {0};

    mf_ck_ok(mf_buf_reserve(&text, 2 * MF_CHECKSUM_LINES_MAX, &err), err);
    for (int i = 0; i < MF_CHECKSUM_LINES_MAX; i++)
        mf_ck_ok(mf_buf_append_str(&text, "#\n", &err), err);
    mf_ck_refused(mf_checksum_list_parse(mf_buf_span(&text), &list, &err), err,
                  "no file is listed");
    text.max += 1;
    mf_ck_ok(mf_buf_append_str(&text, "#", &err), err);
    mf_err_clear(&err);
    mf_ck_refused(mf_checksum_list_parse(mf_buf_span(&text), &list, &err), err, "larger than");
    ck_assert_int_eq(err.code, MF_ERR_LIMIT);
}
END_TEST

START_TEST(finds_each_of_many)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_CHECKSUM_LIST_MAX};
    MF_SCOPED(mf_checksum_list_free) struct checksum_list *list = NULL;
    struct artifact said;
    struct err err = {0};

    for (unsigned i = 0; i < 5000; i++)
        mf_ck_ok(mf_buf_printf(&text, &err, "%064x  f%u\n", i, i * 7919 % 5000), err);
    mf_ck_ok(mf_checksum_list_parse(mf_buf_span(&text), &list, &err), err);
    for (unsigned i = 0; i < 5000; i++) {
        char name[16];
        snprintf(name, sizeof name, "f%u", i * 7919 % 5000);
        ck_assert(mf_checksum_list_find(list, name, &said));
        ck_assert_uint_eq(mf_be32(said.digest[MF_SHA256] + 28), i);
    }
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("checksum_list");
    TCase *tcase = tcase_create("list");

    tcase_add_loop_test(tcase, finds_a_file_by_its_exact_name, 0, MF_LEN(finds));
    tcase_add_loop_test(tcase, refuses_what_is_no_list, 0, MF_LEN(bad));
    tcase_add_test(tcase, has_limits);
    tcase_add_test(tcase, finds_each_of_many);
    suite_add_tcase(suite, tcase);
    return suite;
}
