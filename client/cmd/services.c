#include "client/cmd/services.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/cmd/service_config.h"
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/run/notify.h"

enum { LOG, CA };
enum { STOP_MS = 15000, INIT_STOP_MS = 1000 };
enum { RESTARTS_MAX = 3, QUICK_MS = 10000 }; /* so many ends, each within this of its start */

static const char *const names[MF_SERVICE_COUNT] = {"mayfly-log", "mayfly-ca"};
static const char *const starting[MF_SERVICE_COUNT] = {"starting mayfly-log", "starting mayfly-ca"};
static const char *const configs[MF_SERVICE_COUNT] = {"log.json", "ca.json"};

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static struct patience patience_of(struct services *s)
{
    return (struct patience){MF_SERVICE_SILENT_MS, s->signals, &s->asked_to_stop};
}

/* Runs the init of one of our programs; its output goes to the services' log. */
static bool run_init(struct services *s, const char *name, char *const *argv, const char *what,
                     struct err *err)
{
    struct process p = {.pidfd = -1, .words_fd = -1};
    struct patience patience = patience_of(s);

    mf_notify_status(what);
    if (!mf_process_start(name, argv, s->log_fd, &p, err))
        return false;
    if (mf_process_wait_done(&p, &patience, err))
        return true;
    mf_process_stop(&p, INIT_STOP_MS);
    mf_err_at(err, "%s", what);
    return mf_err_hint(err, "read why in %s/services.log", s->dir);
}

static bool init_log(struct services *s, const char *type, const char *origin, const char *folder,
                     const char *what, struct err *err)
{
    char path[PATH_MAX];
    char type_option[32];
    char origin_option[128];
    char dir_option[PATH_MAX + 16];
    char verb[] = "init";
    char name[] = "mayfly-log";

    if (!mf_path_join(s->dir, folder, path, sizeof path, err))
        return false;
    if (exists(path))
        return true;
    if (snprintf(type_option, sizeof type_option, "--type=%s", type) < 0 ||
        snprintf(origin_option, sizeof origin_option, "--origin=%s", origin) < 0 ||
        snprintf(dir_option, sizeof dir_option, "--directory=%s", path) < 0)
        return mf_err_set(err, MF_ERR_INTERNAL, "options cannot be formatted");
    char *argv[] = {name, verb, type_option, origin_option, dir_option, NULL};
    return run_init(s, name, argv, what, err);
}

static bool init_ca(struct services *s, struct err *err)
{
    char path[PATH_MAX];
    char dir_option[PATH_MAX + 16];
    char verb[] = "init";
    char name[] = "mayfly-ca";
    char dev_option[] = "--dev-issuer-rsa";

    if (!mf_path_join(s->dir, "ca", path, sizeof path, err))
        return false;
    if (exists(path))
        return true;
    if (snprintf(dir_option, sizeof dir_option, "--directory=%s", path) < 0)
        return mf_err_set(err, MF_ERR_INTERNAL, "options cannot be formatted");
    char *argv[] = {name, verb, dir_option, dev_option, NULL};
    return run_init(s, name, argv, "making the certificate authority", err);
}

bool mf_services_prepare(struct services *s, struct err *err)
{
    return init_log(s, "entries", MF_LOG_ORIGIN, "log", "making the transparency log", err) &&
           init_log(s, "ct", MF_CT_ORIGIN, "ct", "making the certificate log", err) &&
           init_ca(s, err) && mf_service_config_write(s->dir, s->port_base, err);
}

static uint64_t now_ms(void)
{
    struct clock clock = mf_clock_system();
    return mf_clock_monotonic_ns(&clock) / 1000000;
}

static bool start_one(struct services *s, int which, struct err *err)
{
    char path[PATH_MAX];
    char config_option[PATH_MAX + 16];
    char verb[] = "serve";
    char name[16];

    if (!mf_path_join(s->dir, configs[which], path, sizeof path, err))
        return false;
    if (snprintf(config_option, sizeof config_option, "--config=%s", path) < 0 ||
        snprintf(name, sizeof name, "%s", names[which]) < 0)
        return mf_err_set(err, MF_ERR_INTERNAL, "options cannot be formatted");
    char *argv[] = {name, verb, config_option, NULL};
    struct patience patience = patience_of(s);
    mf_notify_status(starting[which]);
    s->started_ms[which] = now_ms();
    if (!mf_process_start(names[which], argv, s->log_fd, &s->process[which], err))
        return false;
    if (mf_process_wait_ready(&s->process[which], &patience, err))
        return true;
    return mf_err_hint(err, "read why in %s/services.log", s->dir);
}

bool mf_services_start(struct services *s, struct err *err)
{
    return start_one(s, LOG, err) && start_one(s, CA, err);
}

static bool restart(struct services *s, int which, struct err *err)
{
    bool quick = now_ms() - s->started_ms[which] < QUICK_MS;

    s->restarts[which] = quick ? s->restarts[which] + 1 : 1;
    if (s->restarts[which] > RESTARTS_MAX) {
        mf_err_set(err, MF_ERR_UNAVAILABLE, "%s ended %d times in a row", names[which],
                   RESTARTS_MAX + 1);
        return mf_err_hint(err, "read why in %s/services.log", s->dir);
    }
    return start_one(s, which, err);
}

bool mf_services_watch(struct services *s, struct err *err)
{
    for (int i = 0; i < MF_SERVICE_COUNT; i++) {
        siginfo_t ended = {0};
        if (s->process[i].pid == 0 ||
            waitid(P_PID, (id_t)s->process[i].pid, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
            ended.si_pid == 0)
            continue;
        int status = mf_process_wait(&s->process[i]);
        fprintf(stderr, "mayfly: %s ended with status %d (%s); starting it again\n", names[i],
                status, s->process[i].said[0] != '\0' ? s->process[i].said : "it said nothing");
        if (!restart(s, i, err))
            return false;
    }
    return true;
}

void mf_services_stop(struct services *s)
{
    mf_process_stop(&s->process[CA], STOP_MS);
    mf_process_stop(&s->process[LOG], STOP_MS);
}
