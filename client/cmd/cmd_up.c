/* mayfly up: a whole private instance on this machine, from one command. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "client/cmd/instance.h"
#include "client/cmd/instance_files.h"
#include "client/cmd/instance_match.h"
#include "client/cmd/lock.h"
#include "client/cmd/ports.h"
#include "client/cmd/service_config.h"
#include "client/cmd/services.h"
#include "client/cmd/verbs.h"
#include "common/base/file.h"
#include "common/run/exit.h"
#include "common/run/notify.h"
#include "common/run/options.h"
#include "common/run/signals.h"

/* Longer than any step that the instance itself gives up on. */
enum { LOCK_WAIT_MS = 10000, DETACH_SILENT_MS = MF_SERVICE_SILENT_MS + 60 * 1000 };
enum { MIB = 1024 * 1024, NEW_INSTANCE_MIB = 80 };

struct up_options {
    const char *dir;
    uint64_t port_base; /* 0: as before, or the default */
    bool detach;
};

static bool open_log(const char *dir, int *fd, struct err *err)
{
    char path[PATH_MAX];

    if (!mf_path_join(dir, "services.log", path, sizeof path, err))
        return false;
    *fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0) {
        mf_err_sys(err, "cannot open");
        return mf_err_at(err, "%s", path);
    }
    return true;
}

static bool forget_instance(const char *dir, struct err *err)
{
    char path[PATH_MAX];

    if (!mf_path_join(dir, "instance.json", path, sizeof path, err))
        return false;
    (void)unlink(path); /* left by a killed run, or not there */
    return true;
}

/* Until a signal asks to stop, or a service keeps ending. */
static bool watch(struct services *s, int signals, struct err *err)
{
    /* Looks before it waits: what ended during the start has had its signal taken. */
    while (mf_services_watch(s, err)) {
        int got = mf_signals_wait(signals, -1);
        if (got == SIGINT || got == SIGTERM)
            return true;
    }
    return s->asked_to_stop;
}

static void print_next(const char *dir, const struct up_options *options, uint16_t port_base)
{
    char flag[PATH_MAX + 16] = "";

    if (options->dir != NULL && snprintf(flag, sizeof flag, " --instance %s", options->dir) < 0)
        flag[0] = '\0';
    printf("mayfly is up in %s\n"
           "  certificates and timestamps  http://127.0.0.1:%u\n"
           "  transparency log             http://127.0.0.1:%u\n"
           "  certificate log              http://127.0.0.1:%u\n"
           "  development issuer           http://127.0.0.1:%u\n\n"
           "Try next:\n"
           "  mayfly sign%s FILE\n"
           "  mayfly verify%s --identity %s --issuer http://127.0.0.1:%u FILE\n"
           "  mayfly inspect FILE.sigstore.json\n",
           dir, (unsigned)port_base, (unsigned)port_base + MF_PORT_REKOR,
           (unsigned)port_base + MF_PORT_CT, (unsigned)port_base + MF_PORT_OIDC, flag, flag,
           MF_DEV_IDENTITY, (unsigned)port_base + MF_PORT_OIDC);
    fflush(stdout);
    clearerr(stdout); /* advice: the instance runs without it */
}

static bool serve(struct services *s, const struct up_options *options, int signals,
                  struct err *err)
{
    if (!mf_services_start(s, err) || !mf_instance_files_write(s->dir, s->port_base, err))
        return false;
    print_next(s->dir, options, s->port_base);
    mf_notify_ready();
    return watch(s, signals, err);
}

/* A new instance reserves space for its logs: better refused before than begun and left. */
static bool check_space(const char *dir, struct err *err)
{
    char last[PATH_MAX]; /* of what the beginning makes, but for keys */
    struct statvfs disk;

    if (!mf_path_join(dir, "ct/identity.json", last, sizeof last, err))
        return false;
    if (access(last, F_OK) == 0 || statvfs(dir, &disk) != 0)
        return true;
    uint64_t free_mib = (uint64_t)disk.f_bavail * disk.f_frsize / MIB;
    if (free_mib >= NEW_INSTANCE_MIB)
        return true;
    mf_err_set(err, MF_ERR_SYSTEM,
               "No space left on device: a new instance takes %d MiB, and %llu are free",
               NEW_INSTANCE_MIB, (unsigned long long)free_mib);
    mf_err_hint(err, "free some space, or name another folder with --dir");
    return mf_err_at(err, "%s", dir);
}

static bool run_instance(const char *dir, const struct up_options *options, struct err *err)
{
    MF_SCOPED(mf_fd_done) int lock = -1;
    MF_SCOPED(mf_fd_done) int log_fd = -1;
    MF_SCOPED(mf_fd_done) int signals = -1;
    struct err ignored = {0};
    uint16_t port_base = 0;

    if (!mf_dir_make(dir, 0700, err) || !check_space(dir, err) ||
        !mf_lock_take(dir, LOCK_WAIT_MS, &lock, err) || !mf_instance_match(dir, err) ||
        !forget_instance(dir, err) || !open_log(dir, &log_fd, err) ||
        !mf_instance_port_base(dir, options->port_base, &port_base, err) ||
        !mf_ports_check(port_base, MF_PORT_COUNT, err) ||
        !mf_instance_port_base_keep(dir, port_base, err) || !mf_signals_open(&signals, err))
        return false;
    struct services s = {.dir = dir, .port_base = port_base, .log_fd = log_fd, .signals = signals};
    bool ok = (mf_services_prepare(&s, err) && serve(&s, options, signals, err)) || s.asked_to_stop;
    (void)forget_instance(dir, &ignored);
    mf_services_stop(&s);
    return ok;
}

/* What the user can be told at once, before the instance goes where only its log tells. */
static bool check_free(const char *dir, const struct up_options *options, struct err *err)
{
    MF_SCOPED(mf_fd_done) int lock = -1; /* let go of again: the instance takes it */
    uint16_t port_base = 0;

    return mf_dir_make(dir, 0700, err) && check_space(dir, err) &&
           mf_lock_take(dir, LOCK_WAIT_MS, &lock, err) && mf_instance_match(dir, err) &&
           mf_instance_port_base(dir, options->port_base, &port_base, err) &&
           mf_ports_check(port_base, MF_PORT_COUNT, err);
}

/* It has said why itself, in the words that are for the user. */
static int repeat(const struct process *p, const struct err *err)
{
    fprintf(stderr, "mayfly: %s\n", p->said);
    return mf_exit_status(err->code);
}

/* The rest of this function's process goes on in the background; the one that the user started
 * waits until the instance is ready, and tells how it went. */
static int run_detached(const char *dir, const struct up_options *options)
{
    struct err err = {0};
    char word_dir[PATH_MAX + 16];
    char word_port[32];
    char name[] = "mayfly";
    char verb[] = "up";
    MF_SCOPED(mf_fd_done) int log_fd = -1;
    struct process p = {.pidfd = -1, .words_fd = -1};
    const struct patience patience = {.silent_ms = DETACH_SILENT_MS, .signals = -1};

    if (snprintf(word_dir, sizeof word_dir, "--dir=%s", dir) < 0 ||
        snprintf(word_port, sizeof word_port, "--port-base=%llu",
                 (unsigned long long)options->port_base) < 0)
        return 70;
    char *argv[] = {name, verb, word_dir, options->port_base != 0 ? word_port : NULL, NULL};
    if (!check_free(dir, options, &err))
        return mf_exit_report("mayfly", &err);
    if (!open_log(dir, &log_fd, &err) || !mf_process_detach("mayfly", argv, log_fd, &p, &err))
        return mf_exit_report("mayfly", &err);
    if (!mf_process_wait_ready(&p, &patience, &err)) {
        if (p.pid == 0 && p.said[0] != '\0' && err.code != MF_ERR_UNAVAILABLE)
            return repeat(&p, &err);
        mf_err_hint(&err, "read why in %s/services.log", dir);
        return mf_exit_report("mayfly", &err);
    }
    printf("mayfly is up in %s (process %ld)\n", dir, (long)p.pid);
    return 0;
}

int mf_cmd_up(int argc, char **argv)
{
    struct up_options o = {0};
    const struct option options[] = {
        MF_DIR_OPTIONS(&o.dir, "where the instance keeps its keys, logs and files"),
        {.name = "port-base",
         .kind = MF_OPTION_NUMBER,
         .value = &o.port_base,
         .metavar = "N",
         .help = "first of four ports on 127.0.0.1",
         .min = 1024,
         .max = 65532},
        {.name = "detach",
         .kind = MF_OPTION_FLAG,
         .value = &o.detach,
         .help = "return once it is ready, and leave it running"},
    };
    const struct option_set set = {"mayfly up", "",
                                   "Starts a whole private signing service on this machine.",
                                   options, MF_LEN(options)};
    struct err err = {0};
    char dir[PATH_MAX];
    int operands = 0;
    int status = 0;
    bool chosen = false;

    if (!mf_verb_options(&set, argc, argv, &operands, &status) ||
        !mf_verb_no_operands(&set, operands, argv, &status))
        return status;
    if (!mf_instance_dir(o.dir, dir, sizeof dir, &chosen, &err))
        return mf_exit_report("mayfly", &err);
    if (o.detach)
        return run_detached(dir, &o);
    if (!run_instance(dir, &o, &err))
        return mf_exit_report("mayfly", &err);
    return 0;
}
