/* mayfly-log serve: runs the configured logs until a signal asks to stop. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/run/exit.h"
#include "common/run/harden.h"
#include "common/run/log.h"
#include "common/run/notify.h"
#include "common/run/options.h"
#include "common/run/sandbox.h"
#include "common/run/signals.h"
#include "transparency/log/log_config.h"
#include "transparency/log/log_verbs.h"

/* Readable once an engine cannot go on. */
static int fatal_fd = -1;

/* Whoever waits is refused, and the main thread ends the process without clean-up, which would
 * write: files of the engine cannot be believed any more. Recovery at the next start decides. */
static void on_fatal(const struct err *err)
{
    const uint64_t one = 1;

    mf_log_err(MF_LOG_ERROR, "cannot go on", err);
    if (write(fatal_fd, &one, sizeof one) != (ssize_t)sizeof one)
        _exit(mf_exit_status(MF_ERR_SYSTEM));
}

static bool start_all(const struct log_config *config, struct log_service *services,
                      size_t *started, struct err *err)
{
    for (size_t i = 0; i < config->count; i++) {
        struct log_service *s = &services[i];
        if (!mf_log_service_start(&config->logs[i], on_fatal, s, err))
            return false;
        ++*started;
        mf_log(MF_LOG_INFO, "log is open", MF_LOG_TEXT("origin", s->dir.origin),
               MF_LOG_TEXT("type", mf_log_type_name(s->dir.type)),
               MF_LOG_TEXT("address", config->logs[i].listen.host),
               MF_LOG_NUMBER("port", mf_http_server_port(s->http)));
    }
    return true;
}

static void log_ended_signer(const struct log_service *s)
{
    struct err err = {0};

    mf_err_set(&err, MF_ERR_INTERNAL, "signer process has ended");
    mf_err_at(&err, "%s", s->dir.origin);
    mf_err_hint(&err, "start the log again; nothing acknowledged is lost");
    mf_log_err(MF_LOG_ERROR, "cannot go on", &err);
}

/* True for a signal to stop, false when an engine gave up or a signer is gone: a log that cannot
 * sign must not look as if it could until somebody writes to it. */
static bool wait_for_end(int signals, const struct log_service *services, size_t count)
{
    struct pollfd fds[2 + MF_LOGS_MAX] = {{.fd = signals, .events = POLLIN},
                                          {.fd = fatal_fd, .events = POLLIN}};

    for (size_t i = 0; i < count; i++)
        fds[2 + i] = (struct pollfd){.fd = mf_signer_pidfd(services[i].signer), .events = POLLIN};
    for (;;) {
        if (poll(fds, 2 + count, -1) < 0)
            continue;
        if (fds[1].revents != 0)
            return false;
        for (size_t i = 0; i < count; i++) {
            if (fds[2 + i].revents == 0)
                continue;
            log_ended_signer(&services[i]);
            return false;
        }
        int got = fds[0].revents != 0 ? mf_signals_wait(signals, 0) : 0;
        if (got == SIGINT || got == SIGTERM)
            return true;
    }
}

static void give_up(struct log_service *services, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mf_log_service_abandon(&services[i]);
    _exit(mf_exit_status(MF_ERR_SYSTEM));
}

static bool run(const struct log_config *config, struct err *err)
{
    static struct log_service services[MF_LOGS_MAX]; /* large, and there is one server a process */
    MF_SCOPED(mf_fd_done) int signals = -1;
    size_t started = 0;

    fatal_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fatal_fd < 0)
        return mf_err_sys(err, "cannot make an event descriptor");
    /* The signers are running by now: nothing of this process may start another program. */
    bool ok = mf_signals_open(&signals, err) && start_all(config, services, &started, err) &&
              mf_sandbox_enter(MF_SANDBOX_SERVER, err);
    if (ok) {
        mf_notify_ready();
        if (!wait_for_end(signals, services, started))
            give_up(services, started);
        mf_notify_stopping();
    }
    for (size_t i = 0; i < started; i++)
        mf_log_service_stop(&services[i]);
    uint64_t failures = 0;
    if (ok && read(fatal_fd, &failures, sizeof failures) > 0)
        ok = mf_err_set(err, MF_ERR_SYSTEM, "a log could not write what it had to while stopping");
    if (ok)
        mf_log(MF_LOG_INFO, "stopped", MF_LOG_NUMBER("logs", started));
    return ok;
}

int mf_log_verb_serve(int argc, char **argv)
{
    const char *config_path = NULL;
    bool check_only = false;
    const struct option options[] = {
        {.name = "config",
         .kind = MF_OPTION_TEXT,
         .value = &config_path,
         .metavar = "FILE",
         .help = "which logs to serve, and where"},
        {.name = "check-config",
         .kind = MF_OPTION_FLAG,
         .value = &check_only,
         .help = "read the configuration, say whether it is good, and exit"},
    };
    const struct option_set set = {"mayfly-log serve", "", "Serves transparency and CT logs.",
                                   options, MF_LEN(options)};
    static struct log_config config;
    struct err err = {0};
    int operands = 0;
    bool help = false;

    if (!mf_options_parse(&set, argc, argv, &operands, &help, &err))
        return mf_exit_report("mayfly-log", &err);
    if (help) {
        mf_options_help(&set);
        return 0;
    }
    if (config_path == NULL || operands > 0) {
        mf_err_set(&err, MF_ERR_USAGE, "serve takes --config FILE and nothing else");
        return mf_exit_report("mayfly-log", &err);
    }
    if (!mf_log_config_read(config_path, &config, &err))
        return mf_exit_report("mayfly-log", &err);
    if (check_only) {
        printf("%s: good, %zu logs\n", config_path, config.count);
        return 0;
    }
    if (!mf_harden_server(&err) || !run(&config, &err))
        return mf_exit_report("mayfly-log", &err);
    return 0;
}
