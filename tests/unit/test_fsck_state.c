#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "tests/support/fsck_case.h"
#include "tests/support/log_fixture.h"
#include "tests/support/suite.h"
#include "transparency/storage/dedup_index.h"

#define DATA "state/dedup/data.mdb"

static struct fsck_case now;
static struct crypto *crypto;

static void make_images(void)
{
    mf_fsck_images_make(false);
}

static void begin(void)
{
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
}

static void end(void)
{
    mf_fsck_case_done(&now);
    mf_crypto_free(&crypto);
}

enum { NONE = 1000000, STRANGER }; /* no entry; a key of none */

/* Makes the index anew, as it should be but for what is said. */
static void make_index(uint64_t without, uint64_t moved, uint64_t to, uint64_t size)
{
    struct dedup_index *index = NULL;
    struct dedup_entry entries[702];
    struct err err = {0};
    size_t n = 0;

    (void)unlink(mf_fsck_case_path(&now, DATA));
    mf_ck_ok(mf_dedup_index_open(mf_fsck_case_path(&now, "state/dedup"), &index, &err), err);
    for (uint64_t i = 0; i < 700; i++) {
        if (i == without)
            continue;
        mf_fsck_key(crypto, i, entries[n].key);
        entries[n++].index = i == moved ? to : i;
    }
    if (moved == STRANGER) {
        memset(entries[n].key, 1, 32);
        entries[n++].index = 3;
    }
    mf_ck_ok(mf_dedup_index_add(index, entries, n, size, &err), err);
    mf_dedup_index_free(&index);
}

START_TEST(holds_each_key_of_the_index_against_its_entry)
{
    mf_fsck_case_init(&now, FSCK_CLOSED);
    make_index(NONE, NONE, 0, 700);
    mf_fsck_case_check(&now);
    ck_assert_msg(now.count == 0, "%s", mf_fsck_case_said(&now));

    make_index(5, NONE, 0, 700);
    mf_fsck_case_check(&now);
    ck_assert_uint_eq(mf_fsck_case_expect(&now, 1, DATA, "its key is not in the index")->at, 5);

    make_index(NONE, 411, 412, 700);
    mf_fsck_case_check(&now);
    const struct told *told = mf_fsck_case_expect(&now, 1, DATA,
                                                  "its key has the place of another entry");
    ck_assert_uint_eq(told->at, 411);
    ck_assert_str_eq(told->expected, "411");
    ck_assert_str_eq(told->found, "412");
    make_index(NONE, 411, 7, 700); /* as of a repeated entry, which it is not */
    mf_fsck_case_check(&now);
    ck_assert_str_eq(
        mf_fsck_case_expect(&now, 1, DATA, "its key has the place of another entry")->found, "7");

    make_index(NONE, STRANGER, 0, 700);
    mf_fsck_case_check(&now);
    told = mf_fsck_case_expect(&now, 1, DATA, "has keys of no entry");
    ck_assert_str_eq(told->expected, "700");
    ck_assert_str_eq(told->found, "701");

    make_index(NONE, NONE, 0, 701);
    mf_fsck_case_check(&now);
    mf_fsck_case_expect(&now, 1, "public/checkpoint", "covers fewer entries than the index");

    ck_assert_int_eq(truncate(mf_fsck_case_path(&now, DATA), 4096), 0);
    mf_fsck_case_check(&now);
    ck_assert_int_eq(mf_fsck_case_expect(&now, 0, DATA, "was hardly begun")->kind, MF_FINDING_NOTE);
    ck_assert_int_eq(unlink(mf_fsck_case_path(&now, DATA)), 0);
    mf_fsck_case_check(&now);
    ck_assert_int_eq(mf_fsck_case_expect(&now, 0, "state/dedup", "is missing")->kind,
                     MF_FINDING_NOTE);
}
END_TEST

/* Whatever the bytes are, this process goes on and says which file it was. */
START_TEST(survives_an_index_that_was_made_to_hurt)
{
    const uint64_t pages[] = {0, 8192, 12288, 16384};
    uint8_t noise[4096];

    mf_fsck_case_init(&now, FSCK_CLOSED);
    for (size_t round = 0; round < 2; round++) {
        memset(noise, round == 0 ? 0xff : 0x41, sizeof noise);
        for (size_t i = 0; i < MF_LEN(pages); i++) {
            make_index(NONE, NONE, 0, 700);
            mf_fsck_poke(mf_fsck_case_path(&now, DATA), pages[i], MF_SPAN_OF(noise));
            if (pages[i] == 0)
                mf_fsck_poke(mf_fsck_case_path(&now, DATA), 4096, MF_SPAN_OF(noise));
            mf_fsck_case_check(&now);
            ck_assert_msg(now.result.faults > 0 && strcmp(now.told[0].file, DATA) == 0, "%s",
                          mf_fsck_case_said(&now));
        }
    }
    ck_assert_int_eq(truncate(mf_fsck_case_path(&now, DATA), 3 * 4096), 0);
    mf_fsck_case_check(&now);
    ck_assert_msg(now.result.faults > 0, "%s", mf_fsck_case_said(&now));
}
END_TEST

START_TEST(keeps_out_of_a_log_that_is_open_but_reads_its_public_tree)
{
    struct log_dir dir = {.lock_fd = -1};
    struct err err = {0};

    mf_fsck_case_init(&now, FSCK_CLOSED);
    mf_ck_ok(mf_log_dir_open(now.path, &dir, &err), err);
    mf_ck_refused(mf_fsck_case_run(&now, false, &err), err, "another process has this log open");
    mf_err_clear(&err);
    mf_ck_ok(mf_fsck_case_run(&now, true, &err), err);
    ck_assert_msg(now.count == 0 && now.result.size == 700, "%s", mf_fsck_case_said(&now));
    mf_fsck_flip(mf_fsck_case_path(&now, DATA), 0);
    mf_ck_ok(mf_fsck_case_run(&now, true, &err), err);
    ck_assert_msg(now.count == 0, "%s", mf_fsck_case_said(&now));
    mf_log_dir_done(&dir);
}
END_TEST

/* As when the log goes on between two reads: its partial tiles are gone, and the full one begins as
 * they did. */
START_TEST(reads_the_front_of_full_tiles_while_the_log_goes_on)
{
    struct err err = {0};

    mf_fsck_case_init(&now, FSCK_OTHER);
    ck_assert_int_eq(
        rename(mf_fsck_case_path(&now, FSCK_OLDER), mf_fsck_case_path(&now, "public/checkpoint")),
        0);
    mf_ck_ok(mf_fsck_case_run(&now, true, &err), err);
    ck_assert_msg(now.result.faults == 0 && now.result.size == 660 && now.result.entries == 660,
                  "%s", mf_fsck_case_said(&now));
    mf_fsck_case_check(&now);
    mf_fsck_case_expect(&now, 3, "public/tile/0/002.p/148", "is missing");
    mf_fsck_case_expect(&now, 3, "public/tile/entries/002.p/148", "is missing");
    mf_fsck_case_expect(&now, 3, "public/checkpoint", "covers fewer entries than the index");
}
END_TEST

/* One byte of each file that anybody may fetch. */
START_TEST(finds_a_flipped_byte_in_every_public_file)
{
    char command[PATH_MAX + 64];
    char path[PATH_MAX];
    struct stat st;
    unsigned seed = 20261125;
    unsigned files = 0;

    mf_fsck_case_init(&now, FSCK_CLOSED);
    snprintf(command, sizeof command, "find '%s/public' -type f -size +0", now.path);
    FILE *list = popen(command, "re");
    ck_assert_ptr_nonnull(list);
    while (fgets(path, sizeof path, list) != NULL) {
        path[strcspn(path, "\n")] = '\0';
        bool checkpoint = strstr(path, "/checkpoint") != NULL;
        ck_assert_int_eq(stat(path, &st), 0);
        seed = seed * 1103515245 + 12345;
        uint64_t at = checkpoint ? 3 : (seed >> 8) % (uint64_t)st.st_size;
        mf_fsck_flip(path, at);
        mf_fsck_case_check(&now);
        ck_assert_msg(now.result.faults > 0, "%s, byte %llu", path, (unsigned long long)at);
        mf_fsck_flip(path, at);
        files++;
    }
    ck_assert_int_eq(pclose(list), 0);
    ck_assert_uint_gt(files, 8);
    mf_fsck_case_check(&now);
    ck_assert_msg(now.count == 0, "%s", mf_fsck_case_said(&now));
}
END_TEST

START_TEST(reads_no_identity_behind_a_link)
{
    struct err err = {0};
    char path[PATH_MAX];

    mf_fsck_case_init(&now, FSCK_CLOSED);
    ck_assert_int_lt(snprintf(path, sizeof path, "%s", mf_fsck_case_path(&now, "identity.json")),
                     (int)sizeof path);
    ck_assert(rename(path, mf_fsck_case_path(&now, "aside")) == 0 && symlink("aside", path) == 0);
    mf_ck_refused(mf_fsck_case_run(&now, _i == 1, &err), err,
                  "identity.json: is a symbolic link, and no links are followed");
    ck_assert(unlink(path) == 0 && mkfifo(path, 0600) == 0);
    mf_err_clear(&err);
    mf_ck_refused(mf_fsck_case_run(&now, _i == 1, &err), err, "identity.json: is no regular file");
}
END_TEST

START_TEST(says_when_the_identity_is_not_its_keys)
{
    struct err err = {0};

    mf_fsck_case_init(&now, FSCK_CLOSED);
    const char *path = mf_fsck_case_path(&now, "identity.json");
    MF_SCOPED(mf_buf_done) struct buf text = mf_fsck_load(path);
    char *at = memmem(text.p, text.n, "\"logId\": \"", 10);
    ck_assert_ptr_nonnull(at);
    at[10] = at[10] == 'A' ? 'B' : 'A';
    mf_fsck_poke(path, 0, mf_buf_span(&text));
    mf_fsck_case_check(&now);
    mf_fsck_case_expect(&now, 1, "identity.json", "logId is not that of this origin and publicKey");
    ck_assert_int_eq(truncate(path, 10), 0);
    ck_assert(!mf_fsck_case_run(&now, false, &err));
}
END_TEST

/* Names, sizes and times of all files. */
static void list(const char *path, char *out, size_t cap)
{
    char command[PATH_MAX + 100];

    snprintf(command, sizeof command, "cd '%s' && find . -printf '%%p %%s %%m %%T@ %%C@\\n' | sort",
             path);
    FILE *pipe = popen(command, "re");
    ck_assert_ptr_nonnull(pipe);
    out[fread(out, 1, cap - 1, pipe)] = '\0';
    ck_assert_int_eq(pclose(pipe), 0);
}

START_TEST(writes_nothing)
{
    static char before[16384], after[16384];

    mf_fsck_case_init(&now, FSCK_CRASHED);
    ck_assert_int_eq(unlink(mf_fsck_case_path(&now, "state/dedup/lock.mdb")), 0);
    ck_assert_int_eq(unlink(mf_fsck_case_path(&now, "lock")), 0);
    list(now.path, before, sizeof before);
    mf_fsck_case_check(&now);
    list(now.path, after, sizeof after);
    ck_assert_uint_gt(strlen(before), 1000);
    ck_assert_str_eq(before, after);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("fsck_state");
    TCase *state = tcase_create("state");

    tcase_set_timeout(state, 60);
    tcase_add_unchecked_fixture(state, make_images, mf_fsck_images_remove);
    tcase_add_checked_fixture(state, begin, end);
    tcase_add_test(state, holds_each_key_of_the_index_against_its_entry);
    tcase_add_test(state, survives_an_index_that_was_made_to_hurt);
    tcase_add_test(state, keeps_out_of_a_log_that_is_open_but_reads_its_public_tree);
    tcase_add_test(state, reads_the_front_of_full_tiles_while_the_log_goes_on);
    tcase_add_test(state, finds_a_flipped_byte_in_every_public_file);
    tcase_add_loop_test(state, reads_no_identity_behind_a_link, 0, 2);
    tcase_add_test(state, says_when_the_identity_is_not_its_keys);
    tcase_add_test(state, writes_nothing);
    suite_add_tcase(suite, state);
    return suite;
}
