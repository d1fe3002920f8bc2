#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/support/fsck_case.h"
#include "tests/support/log_fixture.h"
#include "tests/support/suite.h"

static struct fsck_case now;

static void make_small(void)
{
    mf_fsck_images_make(false);
}

static void make_large(void)
{
    mf_fsck_images_make(true);
}

static void end_case(void)
{
    mf_fsck_case_done(&now);
}

enum damage {
    NOTHING,
    FLIP,     /* the byte at number */
    TRUNCATE, /* to number bytes; also to more */
    REMOVE,
    SWAP,  /* with other */
    COPY,  /* of other in this log */
    TAKE,  /* the file of this name in the image number */
    LINK,  /* a symbolic link to other */
    CHMOD, /* to number */
    MAKE,  /* a file with some text */
    PIPE
};

struct row {
    enum fsck_image image;
    enum damage damage;
    const char *file, *other;
    uint64_t number;
    uint64_t faults;
    const char *told; /* null: file */
    enum finding_unit unit;
    uint64_t at;
    const char *what, *todo;
};

static void swap(const char *a, const char *b)
{
    const char *aside = mf_fsck_case_path(&now, "aside");

    ck_assert(rename(a, aside) == 0 && rename(b, a) == 0 && rename(aside, b) == 0);
}

static void take(const char *from, const char *to)
{
    MF_SCOPED(mf_buf_done) struct buf bytes = mf_fsck_load(from);
    struct err err = {0};

    mf_ck_ok(mf_file_write(to, mf_buf_span(&bytes), 0644, MF_FILE_REPLACE, &err), err);
    ck_assert_int_eq(chmod(to, 0644), 0);
}

static void damage(const struct row *row)
{
    const char *path = mf_fsck_case_path(&now, row->file == NULL ? "" : row->file);
    const char *other = mf_fsck_case_path(&now, row->other == NULL ? "" : row->other);
    char image[PATH_MAX];
    struct err err = {0};

    switch (row->damage) {
    case NOTHING:
        return;
    case FLIP:
        mf_fsck_flip(path, row->number);
        return;
    case TRUNCATE:
        ck_assert_int_eq(truncate(path, (off_t)row->number), 0);
        return;
    case REMOVE:
        ck_assert_int_eq(unlink(path), 0);
        return;
    case SWAP:
        swap(path, other);
        return;
    case COPY:
        take(other, path);
        return;
    case TAKE:
        mf_ck_ok(mf_path_join(mf_fsck_image((enum fsck_image)row->number), row->other, image,
                              sizeof image, &err),
                 err);
        take(image, path);
        return;
    case LINK:
        ck_assert(rename(path, other) == 0 && symlink(other, path) == 0);
        return;
    case CHMOD:
        ck_assert_int_eq(chmod(path, (mode_t)row->number), 0);
        return;
    case MAKE:
        mf_ck_ok(mf_file_write(path, MF_SPAN("something\n"), 0644, MF_FILE_CREATE, &err), err);
        return;
    case PIPE:
        ck_assert(unlink(path) == 0 && mkfifo(path, 0644) == 0);
        return;
    }
}

#define BELOW_WHOLE "all that is below it is whole"
#define WRONG_HASH  "is not the hash of what is below it (1 of "

static const struct row small[] = {
    {.image = FSCK_CLOSED},
    {.image = FSCK_CRASHED},
    /* tiles of hashes */
    {FSCK_CLOSED, FLIP, "public/tile/0/000", NULL, 17 * 32 + 5, 1, NULL, MF_AT_HASH, 17,
     WRONG_HASH "256", BELOW_WHOLE},
    {FSCK_CLOSED, FLIP, "public/tile/0/002.p/188", NULL, 160 * 32, 1, NULL, MF_AT_HASH, 160,
     WRONG_HASH "188", BELOW_WHOLE},
    {FSCK_CLOSED, FLIP, "public/tile/0/002.p/188", NULL, 5 * 32, 1, NULL, MF_AT_HASH, 5,
     WRONG_HASH "188", BELOW_WHOLE},
    {FSCK_CLOSED, FLIP, "public/tile/1/000.p/2", NULL, 33, 1, NULL, MF_AT_HASH, 1, WRONG_HASH "2",
     BELOW_WHOLE},
    {FSCK_CLOSED, TRUNCATE, "public/tile/0/002.p/188", NULL, 100, 1, NULL, MF_AT_FILE, 0,
     "has 100 bytes, not 6016",
     "restore this file from a copy; the journal still holds entries "
     "660-699"},
    {FSCK_CLOSED, TRUNCATE, "public/tile/0/001", NULL, 0, 1, NULL, MF_AT_FILE, 0,
     "has 0 bytes, not 8192", "restore this file from a copy"},
    {FSCK_CLOSED, REMOVE, "public/tile/0/001", NULL, 0, 1, NULL, MF_AT_FILE, 0, "is missing", ""},
    {FSCK_CLOSED, REMOVE, "public/tile/0/002.p/188", NULL, 0, 1, NULL, MF_AT_FILE, 0, "is missing",
     "entries 660-699"},
    {FSCK_CLOSED, REMOVE, "public/tile/1/000.p/2", NULL, 0, 1, NULL, MF_AT_FILE, 0, "is missing",
     ""},
    {FSCK_CLOSED, SWAP, "public/tile/0/000", "public/tile/0/001", 0, 2, NULL, MF_AT_HASH, 0,
     "(256 of 256", BELOW_WHOLE},
    {FSCK_CLOSED, SWAP, "public/tile/0/000", "public/tile/0/001", 0, 2, "public/tile/0/001",
     MF_AT_HASH, 0, "(256 of 256", BELOW_WHOLE},
    {FSCK_CLOSED, LINK, "public/tile/0/000", "state/staging/0", 0, 2, NULL, MF_AT_FILE, 0,
     "is behind a symbolic link", ""},
    {FSCK_CLOSED, LINK, "public/tile/0/000", "state/staging/0", 0, 2, NULL, MF_AT_FILE, 0,
     "is a symbolic link", ""},
    /* bundles */
    {FSCK_CLOSED, FLIP, "public/tile/entries/001", NULL, 42 * 10 + 20, 1, NULL, MF_AT_ENTRY, 266,
     "is not the entry of the tree (1 of 256", "restore this file from a copy"},
    {FSCK_CLOSED, FLIP, "public/tile/entries/002.p/188", NULL, 42 * 150 + 20, 1, NULL, MF_AT_ENTRY,
     662, "is not the entry of the tree (1 of 188", "the journal still holds entries 662-699"},
    {FSCK_CLOSED, TRUNCATE, "public/tile/entries/000", NULL, 42 * 7 + 1, 1, NULL, MF_AT_FILE, 0,
     "behind entry 7 of 256: entry bundle ends inside a length", ""},
    {FSCK_CLOSED, TRUNCATE, "public/tile/entries/000", NULL, 42 * 7, 1, NULL, MF_AT_FILE, 0,
     "behind entry 7 of 256: is cut short", ""},
    {FSCK_CLOSED, TRUNCATE, "public/tile/entries/000", NULL, 42 * 256 + 1, 1, NULL, MF_AT_FILE, 0,
     "goes on behind its 256 entries", ""},
    {FSCK_CLOSED, TRUNCATE, "public/tile/entries/000", NULL, 1ULL << 40, 1, NULL, MF_AT_FILE, 0,
     "bytes, and may have 16777472 at most", ""},
    {FSCK_CLOSED, REMOVE, "public/tile/entries/000", NULL, 0, 1, NULL, MF_AT_FILE, 0, "is missing",
     ""},
    {FSCK_CLOSED, SWAP, "public/tile/entries/000", "public/tile/entries/001", 0, 2, NULL,
     MF_AT_ENTRY, 0, "is not the entry of the tree, nor are others (256 of 256", ""},
    {FSCK_CLOSED, SWAP, "public/tile/entries/000", "public/tile/entries/001", 0, 2,
     "public/tile/entries/001", MF_AT_ENTRY, 256, "(256 of 256", ""},
    {FSCK_CLOSED, PIPE, "public/tile/entries/001", NULL, 0, 2, NULL, MF_AT_FILE, 0,
     "is no regular file", ""},
    /* partial tiles of earlier checkpoints */
    {FSCK_CLOSED, FLIP, "public/tile/0/002.p/148", NULL, 5 * 32, 1, NULL, MF_AT_FILE, 0,
     "is not the front of the newer tile", ""},
    {FSCK_CLOSED, FLIP, "public/tile/entries/002.p/148", NULL, 50, 1, NULL, MF_AT_FILE, 0,
     "is not the front of the newer tile", ""},
    {FSCK_CLOSED, COPY, "public/tile/0/009", "public/tile/0/000", 0, 1, NULL, MF_AT_FILE, 0,
     "is a tile of entries that the log does not have", ""},
    /* signed heads */
    {FSCK_CLOSED, TAKE, "public/checkpoint", "public/checkpoint", FSCK_CRASHED, 1, NULL, MF_AT_FILE,
     0, "covers fewer entries than the index", ""},
    {FSCK_CLOSED, TAKE, "public/checkpoint", "public/checkpoint", FSCK_OTHER, 1, NULL, MF_AT_FILE,
     0, "signature", "restore the newest checkpoint of this log"},
    {FSCK_CLOSED, FLIP, "public/checkpoint", NULL, 20, 1, NULL, MF_AT_FILE, 0, "signature", ""},
    {FSCK_CLOSED, REMOVE, "public/checkpoint", NULL, 0, 1, NULL, MF_AT_FILE, 0, "is missing", ""},
    {FSCK_CLOSED, TRUNCATE, "public/checkpoint", NULL, 1 << 20, 1, NULL, MF_AT_FILE, 0,
     "and may have 4096 at most", ""},
    {FSCK_CLOSED, FLIP, "state/head", NULL, 9, 1, NULL, MF_AT_BYTE, 0, "is damaged", "remove"},
    {FSCK_CLOSED, FLIP, "state/head", NULL, 4096 + 9, 1, NULL, MF_AT_BYTE, 4096, "is damaged",
     "remove"},
    {FSCK_CLOSED, TRUNCATE, "state/head", NULL, 4096, 1, NULL, MF_AT_FILE, 0, "number of bytes",
     "remove"},
    {FSCK_CLOSED, TAKE, "state/head", "state/head", FSCK_OTHER, 2, NULL, MF_AT_BYTE, 0, "signature",
     ""},
    {FSCK_CLOSED, REMOVE, "state/head", NULL, 0, 0, NULL, MF_AT_FILE, 0, "is missing", ""},
    /* files beside */
    {FSCK_CLOSED, MAKE, "notes.txt", NULL, 0, 1, NULL, MF_AT_FILE, 0, "does not belong", ""},
    {FSCK_CLOSED, MAKE, "public/index.html", NULL, 0, 1, NULL, MF_AT_FILE, 0, "does not belong",
     ""},
    {FSCK_CLOSED, MAKE, "public/tile/0/1", NULL, 0, 1, NULL, MF_AT_FILE, 0, "does not belong", ""},
    {FSCK_CLOSED, MAKE, "state/journal/1.journal", NULL, 0, 1, NULL, MF_AT_FILE, 0,
     "does not belong", ""},
    {FSCK_CLOSED, CHMOD, "key.pem", NULL, 0640, 1, NULL, MF_AT_FILE, 0, "others may use the log's",
     "chmod 600"},
    {FSCK_CLOSED, CHMOD, "public/tile/0/000", NULL, 0600, 1, NULL, MF_AT_FILE, 0,
     "not everybody can read it", ""},
    {FSCK_CLOSED, CHMOD, "public/tile", NULL, 0700, 1, NULL, MF_AT_FILE, 0,
     "not everybody can read it", ""},
    {FSCK_CLOSED, CHMOD, "state/head", NULL, 0666, 1, NULL, MF_AT_FILE, 0, "others may write it",
     ""},
    {FSCK_CLOSED, REMOVE, "key.pem", NULL, 0, 0, NULL, MF_AT_FILE, 0, "is missing", ""},
};

static const struct row large[] = {
    {.image = FSCK_LARGE},
    {FSCK_LARGE, FLIP, "public/tile/1/000", NULL, 200 * 32, 1, NULL, MF_AT_HASH, 200,
     WRONG_HASH "256", BELOW_WHOLE},
    {FSCK_LARGE, REMOVE, "public/tile/1/000", NULL, 0, 1, NULL, MF_AT_FILE, 0, "is missing", ""},
    {FSCK_LARGE, FLIP, "public/tile/2/000.p/1", NULL, 3, 1, NULL, MF_AT_HASH, 0, WRONG_HASH "1",
     BELOW_WHOLE},
    {FSCK_LARGE, FLIP, "public/tile/0/100", NULL, 3, 1, NULL, MF_AT_HASH, 0, WRONG_HASH "256",
     BELOW_WHOLE},
    {FSCK_LARGE, FLIP, "public/tile/entries/255", NULL, 42 * 255 + 30, 1, NULL, MF_AT_ENTRY, 65535,
     "is not the entry of the tree (1 of 256", ""},
};

static void check_row(const struct row *row, int number)
{
    mf_fsck_case_init(&now, row->image);
    damage(row);
    mf_fsck_case_check(&now);
    const char *said = mf_fsck_case_said(&now);
    ck_assert_msg(now.result.faults == row->faults, "row %d: %llu faults:%s", number,
                  (unsigned long long)now.result.faults, said);
    ck_assert_uint_eq(now.result.unread, 0);
    if (row->what == NULL) {
        ck_assert_msg(now.count == 0, "row %d said:%s", number, said);
        ck_assert(mf_fsck_case_starts(&now));
        return;
    }
    const struct told *told = mf_fsck_case_told(&now, row->told == NULL ? row->file : row->told,
                                                row->what);
    ck_assert_msg(told != NULL && told->unit == row->unit && told->at == row->at &&
                      strstr(told->todo, row->todo) != NULL,
                  "row %d said:%s", number, said);
    /* What keeps a log from starting is a fault; its key is nobody's to look at. */
    ck_assert_msg(row->faults > 0 || strcmp(row->file, "key.pem") == 0 || mf_fsck_case_starts(&now),
                  "row %d does not start", number);
}

START_TEST(names_what_is_wrong)
{
    check_row(&small[_i], _i);
}
END_TEST

START_TEST(names_what_is_wrong_in_a_tall_tree)
{
    check_row(&large[_i], _i);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("fsck");
    TCase *rows = tcase_create("damage");
    TCase *tall = tcase_create("tall");

    tcase_set_timeout(rows, 60);
    tcase_set_timeout(tall, 60);
    tcase_add_unchecked_fixture(rows, make_small, mf_fsck_images_remove);
    tcase_add_checked_fixture(rows, NULL, end_case);
    tcase_add_loop_test(rows, names_what_is_wrong, 0, (int)MF_LEN(small));
    suite_add_tcase(suite, rows);
    tcase_add_unchecked_fixture(tall, make_large, mf_fsck_images_remove);
    tcase_add_checked_fixture(tall, NULL, end_case);
    tcase_add_loop_test(tall, names_what_is_wrong_in_a_tall_tree, 0, (int)MF_LEN(large));
    suite_add_tcase(suite, tall);
    return suite;
}
