#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/run/sandbox.h"
#include "tests/support/suite.h"

enum { FINE = 0, WRONG = 9 };

static int do_exec(void)
{
    char path[] = "/bin/true";
    char *const argv[] = {path, NULL};
    char *const envp[] = {NULL};

    execve(path, argv, envp);
    return errno;
}

static int do_open(void)
{
    int fd = open("/dev/null", O_RDONLY);

    return fd >= 0 ? FINE : errno;
}

static int do_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? FINE : errno;
}

static int do_packet_socket(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0) >= 0 ? FINE : errno;
}

static int do_map_code(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                   0);

    return p != MAP_FAILED ? FINE : errno;
}

static int do_map_data(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return p != MAP_FAILED ? FINE : errno;
}

static int do_protect_code(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return mprotect(p, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) == 0 ? FINE : errno;
}

static int do_read_other_memory(void)
{
    return syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0) == 0 ? FINE : errno;
}

static int do_unshare(void)
{
    return unshare(CLONE_NEWNS) == 0 ? FINE : errno;
}

static int do_keyctl(void)
{
    return syscall(SYS_keyctl, 0, 0, 0, 0, 0) >= 0 ? FINE : errno;
}

static int do_userfaultfd(void)
{
    return syscall(SYS_userfaultfd, 1) >= 0 ? FINE : errno;
}

static void *nothing(void *state)
{
    return state;
}

static int do_thread(void)
{
    pthread_t t;
    int rc = pthread_create(&t, NULL, nothing, NULL);

    return rc != 0 ? rc : pthread_join(t, NULL);
}

static int do_resolve(void)
{
    struct addrinfo *found = NULL;
    int rc = getaddrinfo("localhost", "80", NULL, &found);

    if (rc == 0)
        freeaddrinfo(found);
    return rc == 0 ? FINE : WRONG;
}

static int do_write(void)
{
    return write(STDERR_FILENO, "", 0) == 0 ? FINE : errno;
}

static const struct {
    enum sandbox_profile profile;
    int (*act)(void);
    int status; /* errno that the call gives, or FINE */
    int signal; /* that ends the process */
} rows[] = {
    {MF_SANDBOX_SIGNER, do_write, FINE, 0},
    {MF_SANDBOX_SIGNER, do_map_data, FINE, 0},
    {MF_SANDBOX_SIGNER, do_map_code, 0, SIGSYS},
    {MF_SANDBOX_SIGNER, do_protect_code, 0, SIGSYS},
    {MF_SANDBOX_SIGNER, do_exec, 0, SIGSYS},
    {MF_SANDBOX_SIGNER, do_open, 0, SIGSYS},
    {MF_SANDBOX_SIGNER, do_socket, 0, SIGSYS},
    {MF_SANDBOX_SIGNER, do_thread, 0, SIGSYS},
    {MF_SANDBOX_SIGNER, do_read_other_memory, 0, SIGSYS},
    {MF_SANDBOX_SERVER, do_write, FINE, 0},
    {MF_SANDBOX_SERVER, do_open, FINE, 0},
    {MF_SANDBOX_SERVER, do_socket, FINE, 0},
    {MF_SANDBOX_SERVER, do_thread, FINE, 0},
    {MF_SANDBOX_SERVER, do_resolve, FINE, 0},
    {MF_SANDBOX_SERVER, do_map_data, FINE, 0},
    {MF_SANDBOX_SERVER, do_map_code, EPERM, 0},
    {MF_SANDBOX_SERVER, do_protect_code, EPERM, 0},
    {MF_SANDBOX_SERVER, do_exec, EPERM, 0},
    {MF_SANDBOX_SERVER, do_packet_socket, EAFNOSUPPORT, 0},
    {MF_SANDBOX_SERVER, do_read_other_memory, EPERM, 0},
    {MF_SANDBOX_SERVER, do_unshare, EPERM, 0},
    {MF_SANDBOX_SERVER, do_keyctl, EPERM, 0},
    {MF_SANDBOX_SERVER, do_userfaultfd, EPERM, 0},
};

START_TEST(allows_what_the_work_takes_and_no_more)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        struct err err = {0};
        if (!mf_sandbox_enter(rows[_i].profile, &err))
            _exit(200);
        _exit(rows[_i].act());
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    if (rows[_i].signal != 0)
        ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == rows[_i].signal,
                      "row %d: status %x", _i, (unsigned)status);
    else
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == rows[_i].status,
                      "row %d: status %x", _i, (unsigned)status);
}
END_TEST

#ifndef __SANITIZE_ADDRESS__
START_TEST(a_server_cannot_trace)
{
    struct err err = {0};

    mf_ck_ok(mf_sandbox_enter(MF_SANDBOX_SERVER, &err), err);
    ck_assert_int_eq(ptrace(PTRACE_TRACEME, 0, NULL, NULL), -1);
    ck_assert_int_eq(errno, EPERM);
}
END_TEST
#endif

Suite *mf_suite(void)
{
    Suite *suite = suite_create("sandbox");
    TCase *tc = tcase_create("sandbox");

    tcase_add_loop_test(tc, allows_what_the_work_takes_and_no_more, 0, MF_LEN(rows));
#ifndef __SANITIZE_ADDRESS__
    tcase_add_test(tc, a_server_cannot_trace);
#endif
    suite_add_tcase(suite, tc);
    return suite;
}
