/* mayfly-witness serve: runs the witness until a signal asks to stop. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "common/run/exit.h"
#include "common/run/harden.h"
#include "common/run/log.h"
#include "common/run/notify.h"
#include "common/run/options.h"
#include "common/run/sandbox.h"
#include "common/run/signals.h"
#include "transparency/witness/witness_service.h"
#include "transparency/witness/witness_verbs.h"

/* True for a signal to stop, false when the signer is gone. */
static bool wait_for_end(int signals, const struct witness_service *service)
{
    struct pollfd fds[] = {
        {.fd = signals, .events = POLLIN},
        {.fd = mf_signer_pidfd(service->witness.signer), .events = POLLIN},
    };

    for (;;) {
        if (poll(fds, MF_LEN(fds), -1) < 0)
            continue;
        if (fds[1].revents != 0)
            return false;
        int got = fds[0].revents != 0 ? mf_signals_wait(signals, 0) : 0;
        if (got == SIGINT || got == SIGTERM)
            return true;
    }
}

static void log_start(const struct witness_service *s)
{
    mf_log(MF_LOG_INFO, "witness is open", MF_LOG_TEXT("name", s->witness.dir.key.name),
           MF_LOG_TEXT("address", s->config->listen.host),
           MF_LOG_NUMBER("port", mf_http_server_port(s->http)),
           MF_LOG_NUMBER("logs", s->witness.log_count));
    for (size_t i = 0; i < s->witness.log_count; i++)
        if (s->witness.logs[i].memory.halted)
            mf_log(MF_LOG_ERROR, "a log is cosigned no more: what was cosigned of it is forgotten",
                   MF_LOG_TEXT("origin", s->witness.logs[i].whom->origin));
}

static bool run(const struct witness_config *config, struct err *err)
{
    MF_SCOPED(mf_fd_done) int signals = -1;
    struct witness_service service;

    if (!mf_signals_open(&signals, err) ||
        !mf_witness_service_start(config, mf_clock_system(), &service, err))
        return false;
    log_start(&service);
    /* The signer is running by now: nothing of this process may start another program. */
    bool ok = mf_sandbox_enter(MF_SANDBOX_SERVER, err);
    if (ok) {
        mf_notify_ready();
        if (!wait_for_end(signals, &service)) {
            ok = mf_err_set(err, MF_ERR_INTERNAL, "signer process has ended");
            mf_err_hint(err, "start the witness again; nothing cosigned is forgotten");
        }
        mf_notify_stopping();
    }
    mf_witness_service_stop(&service);
    if (ok)
        mf_log(MF_LOG_INFO, "stopped", MF_LOG_NUMBER("logs", config->log_count));
    return ok;
}

static bool serve(const char *config_path, bool check_only, struct err *err)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    MF_SCOPED(mf_witness_config_done) struct witness_config config = {0};

    if (!mf_harden_server(err) || !mf_crypto_new(MF_CRYPTO_DEFAULT, &c, err) ||
        !mf_witness_config_read(c, config_path, &config, err))
        return false;
    if (!check_only)
        return run(&config, err);
    printf("%s: good, %zu logs\n", config_path, config.log_count);
    return true;
}

int mf_witness_verb_serve(int argc, char **argv)
{
    const char *config_path = NULL;
    bool check_only = false;
    const struct option options[] = {
        {.name = "config",
         .kind = MF_OPTION_TEXT,
         .value = &config_path,
         .metavar = "FILE",
         .help = "the witness, its address, and the logs that it cosigns"},
        {.name = "check-config",
         .kind = MF_OPTION_FLAG,
         .value = &check_only,
         .help = "read the configuration, say whether it is good, and exit"},
    };
    const struct option_set set = {"mayfly-witness serve", "",
                                   "Cosigns checkpoints that continue the last ones.", options,
                                   MF_LEN(options)};
    struct err err = {0};
    int operands = 0;
    bool help = false;

    if (!mf_options_parse(&set, argc, argv, &operands, &help, &err))
        return mf_exit_report("mayfly-witness", &err);
    if (help) {
        mf_options_help(&set);
        return 0;
    }
    if (config_path == NULL || operands > 0) {
        mf_err_set(&err, MF_ERR_USAGE, "serve takes --config FILE and nothing else");
        return mf_exit_report("mayfly-witness", &err);
    }
    return serve(config_path, check_only, &err) ? 0 : mf_exit_report("mayfly-witness", &err);
}
