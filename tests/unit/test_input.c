/* What paths name: files and pipes are read to their end, all else is refused, nothing hangs. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/base/input.h"
#include "common/base/secret.h"
#include "tests/support/suite.h"

static char folder[] = "/tmp/mayfly-input-XXXXXX";
static char path[128];

static void setup(void)
{
    struct err err = {0};

    ck_assert_ptr_nonnull(mkdtemp(folder));
    mf_ck_ok(mf_path_join(folder, "named", path, sizeof path, &err), err);
}

static void teardown(void)
{
    unlink(path);
    rmdir(path);
    rmdir(folder);
}

static void make_directory(void)
{
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void make_socket(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    ck_assert_int_gt(snprintf(address.sun_path, sizeof address.sun_path, "%s", path), 0);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
}

static void make_device(void)
{
    ck_assert_int_eq(symlink("/dev/zero", path), 0);
}

static void make_fifo(void)
{
    ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static const struct {
    void (*make)(void); /* null: nothing is there */
    const char *message;
} refused[] = {
    {NULL, "cannot open: No such file or directory"},
    {make_directory, "is a directory"},
    {make_socket, "cannot open: No such device or address"},
    {make_device, "neither a regular file nor a pipe"},
    {make_fifo, "a pipe that nothing writes into"},
};

START_TEST(refuses_what_cannot_be_read_to_an_end)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    MF_SCOPED(mf_secret_done) struct secret secret = {0};
    struct err err = {0}, again = {0};

    if (refused[_i].make != NULL)
        refused[_i].make();
    mf_ck_refused(mf_file_read(path, 100, &text, &err), err, refused[_i].message);
    ck_assert_ptr_nonnull(strstr(err.where, path));
    mf_ck_refused(mf_secret_read_file(path, 100, &secret, &again), again, refused[_i].message);
    ck_assert_ptr_nonnull(strstr(again.where, path));
}
END_TEST

/* In a process of its own, which ends with it; the pipe's own waiting puts the two in step. */
static pid_t write_later(int fd, const char *text)
{
    pid_t pid = fork();

    if (pid == 0) {
        int out = fd >= 0 ? fd : open(path, O_WRONLY);
        for (size_t i = 0; text[i] != '\0'; i++)
            if (write(out, text + i, 1) != 1)
                _exit(1);
        _exit(0);
    }
    return pid;
}

static void ended_well(pid_t pid)
{
    int status = 0;

    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_int_eq(status, 0);
}

static const char *const texts[] = {"", "x", "a token, byte by byte"};

START_TEST(reads_a_named_pipe_whose_writer_comes_when_it_likes)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    struct err err = {0};

    make_fifo();
    pid_t pid = write_later(-1, texts[_i]);
    mf_ck_ok(mf_file_read(path, 100, &text, &err), err);
    ck_assert(mf_span_is(mf_buf_span(&text), texts[_i]));
    ended_well(pid);
}
END_TEST

/* As a shell's <(command) hands it over. */
START_TEST(reads_a_pipe_by_the_name_of_its_descriptor)
{
    MF_SCOPED(mf_secret_done) struct secret secret = {0};
    struct err err = {0};
    char name[32];
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    pid_t pid = write_later(ends[1], texts[_i]);
    close(ends[1]);
    ck_assert_int_gt(snprintf(name, sizeof name, "/dev/fd/%d", ends[0]), 0);
    mf_ck_ok(mf_secret_read_file(name, 100, &secret, &err), err);
    ck_assert(mf_span_is(mf_secret_span(&secret), texts[_i]));
    ended_well(pid);
    close(ends[0]);
}
END_TEST

START_TEST(gives_up_on_a_writer_that_is_silent)
{
    MF_SCOPED(mf_input_done) struct input in = {.fd = -1};
    struct err err = {0};
    uint8_t byte = 0;
    size_t n = 42;

    make_fifo();
    MF_SCOPED(mf_fd_done) int both = open(path, O_RDWR | O_CLOEXEC);
    mf_ck_ok(mf_input_open(path, &in, &err), err);
    in.silent_ms = 1;
    ck_assert_int_eq(write(both, "x", 1), 1);
    mf_ck_ok(mf_input_read(&in, &byte, 1, &n, &err), err);
    ck_assert(n == 1 && byte == 'x');
    mf_ck_refused(mf_input_read(&in, &byte, 1, &n, &err), err, "a pipe through which nothing came");
    ck_assert_uint_eq(n, 1);
}
END_TEST

/* A terminal that another program left so answers "try again". */
START_TEST(waits_for_a_descriptor_that_does_not_block)
{
    MF_SCOPED(mf_secret_done) struct secret secret = {0};
    struct err err = {0};
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
    pid_t pid = write_later(ends[1], texts[_i]);
    close(ends[1]);
    mf_ck_ok(mf_secret_read_fd(ends[0], 100, &secret, &err), err);
    ck_assert(mf_span_is(mf_secret_span(&secret), texts[_i]));
    ended_well(pid);
    close(ends[0]);
}
END_TEST

enum { UP_S = 30 * 24 * 3600 }; /* more milliseconds than an int holds */

static bool write_text(const char *file, const char *text)
{
    MF_SCOPED(mf_fd_done) int fd = open(file, O_WRONLY | O_CLOEXEC);

    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* For the children of this process the machine has been up for so long. */
static bool be_up_for_long(void)
{
    char map[32], offset[32];

    snprintf(map, sizeof map, "0 %u 1", (unsigned)getuid());
    snprintf(offset, sizeof offset, "boottime %d 0", UP_S);
    return (unshare(CLONE_NEWTIME) == 0 || (unshare(CLONE_NEWUSER | CLONE_NEWTIME) == 0 &&
                                            write_text("/proc/self/uid_map", map))) &&
           write_text("/proc/self/timens_offsets", offset);
}

/* Nothing at first, as its first reading says; then eight bytes. */
static int late_bytes(void)
{
    const struct itimerspec soon = {.it_value = {.tv_nsec = 50 * 1000 * 1000}};
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    ck_assert_int_eq(timerfd_settime(fd, 0, &soon, NULL), 0);
    return fd;
}

START_TEST(waits_for_a_given_descriptor_also_on_a_machine_up_for_long)
{
    struct err err = {0};
    uint8_t bytes[8];
    size_t n = 0;

    if (!be_up_for_long())
        mf_ck_skip("no time namespace of our own: %s", strerror(errno));
    pid_t pid = fork();
    if (pid == 0) {
        struct clock clock = mf_clock_system();
        bool is_long = mf_clock_monotonic_ns(&clock) / 1000000000 >= UP_S;
        struct input in = mf_input_given(late_bytes());
        _exit(is_long && mf_input_read(&in, bytes, sizeof bytes, &n, &err) ? 0 : 1);
    }
    ended_well(pid);
}
END_TEST

START_TEST(holds_a_pipe_to_its_maximum)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    MF_SCOPED(mf_secret_done) struct secret secret = {0};
    struct err err = {0}, again = {0};
    char name[32];
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "12345123456", 11), 11);
    ck_assert_int_gt(snprintf(name, sizeof name, "/dev/fd/%d", ends[0]), 0);
    mf_ck_refused(mf_secret_read_file(name, 4, &secret, &again), again, "larger than 4 bytes");
    mf_ck_refused(mf_file_read(name, 5, &text, &err), err, "larger than 5 bytes");
    close(ends[0]);
    close(ends[1]);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("input");
    TCase *tc = tcase_create("input");

    tcase_set_timeout(tc, 30);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, refuses_what_cannot_be_read_to_an_end, 0, MF_LEN(refused));
    tcase_add_loop_test(tc, reads_a_named_pipe_whose_writer_comes_when_it_likes, 0, MF_LEN(texts));
    tcase_add_loop_test(tc, reads_a_pipe_by_the_name_of_its_descriptor, 0, MF_LEN(texts));
    tcase_add_loop_test(tc, waits_for_a_descriptor_that_does_not_block, 0, MF_LEN(texts));
    tcase_add_test(tc, waits_for_a_given_descriptor_also_on_a_machine_up_for_long);
    tcase_add_test(tc, gives_up_on_a_writer_that_is_silent);
    tcase_add_test(tc, holds_a_pipe_to_its_maximum);
    suite_add_tcase(suite, tc);
    return suite;
}
