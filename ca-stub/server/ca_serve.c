/* `mayfly-ca serve`: runs the server until it is told to stop. */
#include <stdio.h>

#include "ca-stub/identity/issuer.h"
#include "ca-stub/server/ca_commands.h"
#include "ca-stub/server/ca_server.h"
#include "common/run/exit.h"
#include "common/run/log.h"
#include "common/run/notify.h"
#include "common/run/options.h"

static const char program[] = "mayfly-ca serve";

static void free_config(struct ca_config *config)
{
    mf_ca_config_done(config);
}

static bool serve(const struct ca_config *config, struct err *err)
{
    MF_SCOPED(mf_ca_server_free) struct ca_server *server = NULL;

    if (!mf_ca_server_start(config, &server, err))
        return false;
    mf_log(MF_LOG_INFO, "listening", MF_LOG_TEXT("address", config->listen.host),
           MF_LOG_NUMBER("port", mf_ca_server_port(server)));
    mf_notify_ready();
    bool ok = mf_ca_server_wait(server, err);
    mf_notify_stopping();
    mf_log(MF_LOG_INFO, "stopping", MF_LOG_TEXT("reason", ok ? "signal" : "fault"));
    return ok;
}

static bool check_issuers(const struct ca_config *config, struct err *err)
{
    MF_SCOPED(mf_issuers_done) struct issuer_list issuers = {0};

    return mf_issuers_read(config->issuers, config->path, &issuers, err) ||
           mf_err_at(err, "%s", config->path);
}

static bool run(const char *path, bool check_only, struct err *err)
{
    MF_SCOPED(free_config) struct ca_config config = {0};

    if (!mf_ca_config_read(path, &config, err))
        return false;
    if (!check_only)
        return serve(&config, err);
    if (!check_issuers(&config, err))
        return false;
    printf("%s: ok\n", path);
    return true;
}

int mf_ca_serve_run(int argc, char **argv)
{
    const char *path = NULL;
    bool check_only = false, help = false;
    const struct option options[] = {
        {.name = "config",
         .letter = 'c',
         .kind = MF_OPTION_TEXT,
         .value = &path,
         .metavar = "FILE",
         .help = "configuration; see mayfly-ca(1)"},
        {.name = "check-config",
         .kind = MF_OPTION_FLAG,
         .value = &check_only,
         .help = "check the configuration and exit"},
    };
    const struct option_set set = {program, "", "Runs the CA and the timestamp authority.", options,
                                   MF_LEN(options)};
    struct err err = {0};
    int operands = 0;

    if (!mf_options_parse(&set, argc, argv, &operands, &help, &err))
        return mf_exit_report(program, &err);
    if (help) {
        mf_options_help(&set);
        return 0;
    }
    if (operands > 0)
        mf_err_set(&err, MF_ERR_USAGE, "takes no arguments");
    else if (path == NULL)
        mf_err_set(&err, MF_ERR_USAGE, "--config is missing");
    else if (run(path, check_only, &err))
        return 0;
    return mf_exit_report(program, &err);
}
