#include "ca-stub/server/ca_server.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "ca-stub/audit/refusal_budget.h"
#include "ca-stub/certificate/ct_door.h"
#include "ca-stub/identity/dev_issuer.h"
#include "ca-stub/identity/token_gate.h"
#include "ca-stub/server/ca_routes.h"
#include "common/base/file.h"
#include "common/codec/pem.h"
#include "common/keys/signer_client.h"
#include "common/net/http_client.h"
#include "common/run/clock_guard.h"
#include "common/run/log.h"
#include "common/run/sandbox.h"
#include "common/run/signals.h"
#include "common/run/trouble.h"
#include "common/x509/oid.h"

/* What is begun until the drain ends has the CT log's time left to be answered in the grace. */
enum { STOP_DRAIN_MS = 1500, STOP_GRACE_MS = STOP_DRAIN_MS + MF_CT_ATTEMPT_MS + 500 };
enum { CLOCK_STEP_MAX_MS = 1000, KEY_FILE_MAX = 4096 };

struct ca_server {
    const struct ca_config *config;
    struct clock clock;
    struct crypto *crypto; /* of the starting thread */
    struct signer *ca_signer, *timestamp_signer;
    struct ca_chain chain, timestamp_chain;
    struct public_key *ct_key;
    struct clock_guard *guard;
    struct audit_log *audit;
    struct refusal_budget *budget;
    struct trouble faults;
    struct ct_door *ct;
    struct token_gate *gate;
    struct dev_issuer *dev_issuer;
    struct ts_issuer *ts_issuer;
    struct ts_clock *ts_clock;
    struct signing_cert_pool *issuing;
    struct timestamp_pool *timestamps;
    struct trust_bundle *trust;
    struct ca_routes routes;
    struct http_server *dev_http, *http;
    int signal_fd;
};

static bool start_signer(const struct ca_server *s, const char *name, struct signer **out,
                         struct err *err)
{
    char path[PATH_MAX];
    const char *passphrase = s->config->passphrase_file;
    const struct signer_params params = {.key_path = path,
                                         .passphrase_path = passphrase[0] ? passphrase : NULL,
                                         .use = MF_SIGNER_BYTES};

    return mf_path_join(s->config->directory, name, path, sizeof path, err) &&
           mf_signer_start(&params, out, err);
}

static bool read_chain(struct ca_server *s, const char *name, struct span purpose,
                       const struct signer *signer, struct ca_chain *out, struct err *err)
{
    char path[PATH_MAX];

    if (!mf_path_join(s->config->directory, name, path, sizeof path, err) ||
        !mf_ca_chain_read(s->crypto, path, purpose, mf_clock_now(&s->clock), out, err))
        return false;
    if (!mf_span_eq(out->cert[0].spki, mf_public_key_spki(mf_signer_key(signer)))) {
        mf_err_set(err, MF_ERR_TRUST, "first certificate is not for the key beside it");
        return mf_err_at(err, "%s", path);
    }
    return true;
}

static bool read_ct_key(struct ca_server *s, struct err *err)
{
    const char *path = s->config->ct_key_file;
    MF_SCOPED(mf_buf_done) struct buf text = {.max = KEY_FILE_MAX};
    MF_SCOPED(mf_buf_done) struct buf der = {.max = KEY_FILE_MAX};

    if (s->config->ct_key.n > 0)
        return mf_public_key_from_spki(s->crypto, mf_buf_span(&s->config->ct_key), &s->ct_key,
                                       err) ||
               mf_err_at(err, "ct_log: public_key");
    if (!mf_file_read(path, KEY_FILE_MAX, &text, err))
        return mf_err_at(err, "ct_log: public_key");
    return (mf_pem_only(mf_buf_span(&text), "PUBLIC KEY", &der, err) &&
            mf_public_key_from_spki(s->crypto, mf_buf_span(&der), &s->ct_key, err)) ||
           mf_err_at(err, "%s", path);
}

/* A key that cannot be opened is told by the process that was to hold it; a folder that has none is
 * not a CA's. */
static bool check_directory(const struct ca_server *s, struct err *err)
{
    char path[PATH_MAX];

    if (!mf_path_join(s->config->directory, MF_CA_KEY, path, sizeof path, err))
        return false;
    if (access(path, F_OK) == 0)
        return true;
    mf_err_sys(err, "cannot open");
    mf_err_at(err, "%s", path);
    return mf_err_hint(err, "is this a CA's directory, and is its disk mounted? "
                            "mayfly-ca init makes one");
}

/* Keys first, in processes of their own; then this process gives up what it no longer needs. */
static bool start_keys(struct ca_server *s, struct err *err)
{
    return mf_crypto_new(MF_CRYPTO_DEFAULT, &s->crypto, err) && check_directory(s, err) &&
           start_signer(s, MF_CA_KEY, &s->ca_signer, err) &&
           start_signer(s, MF_CA_TIMESTAMP_KEY, &s->timestamp_signer, err) &&
           mf_http_client_prepare(err) && mf_sandbox_enter(MF_SANDBOX_SERVER, err) &&
           read_chain(s, MF_CA_CHAIN, mf_oid_eku_code_signing, s->ca_signer, &s->chain, err) &&
           read_chain(s, MF_CA_TIMESTAMP_CHAIN, mf_oid_eku_time_stamping, s->timestamp_signer,
                      &s->timestamp_chain, err) &&
           read_ct_key(s, err);
}

static bool open_audit(struct ca_server *s, struct err *err)
{
    struct audit_start found = {0};

    if (!mf_audit_log_open(s->config->audit_file, s->clock, &s->audit, &found, err))
        return false;
    if (found.cut_bytes > 0 || found.closed_intents > 0)
        mf_log(MF_LOG_WARN, "audit log was left unfinished",
               MF_LOG_NUMBER("cut_bytes", found.cut_bytes),
               MF_LOG_NUMBER("unknown_outcomes", found.closed_intents));
    mf_log(MF_LOG_INFO, "audit log opened", MF_LOG_NUMBER("records", found.records));
    return true;
}

/* The operator should not learn it from the first caller. It may get better by itself. */
static void warn_of_clock(struct ca_server *s)
{
    struct instant now;
    struct err err = {0};

    if (!mf_clock_guard_now(s->guard, &now, &err))
        mf_log_err(MF_LOG_WARN, "nothing is issued for now", &err);
}

static bool start_services(struct ca_server *s, struct err *err)
{
    const struct clock_guard_params guard = {s->clock, CLOCK_STEP_MAX_MS,
                                             s->config->require_clock_sync};
    const struct ct_door_params ct = {s->config->ct_url, s->ct_key, s->clock};

    return mf_clock_guard_new(&guard, &s->guard, err) && open_audit(s, err) &&
           mf_refusal_budget_new(s->clock, &s->budget, err) && mf_ct_door_new(&ct, &s->ct, err) &&
           mf_ts_clock_new(s->guard, &s->ts_clock, err) &&
           mf_ts_issuer_new(s->crypto, s->timestamp_chain.cert[0].der, s->timestamp_signer,
                            &s->ts_issuer, err);
}

static struct http_server_params listener(const struct ca_config *config,
                                          const struct listen_address *address, unsigned threads)
{
    return (struct http_server_params){
        .address = address->host,
        .port = address->port,
        .listen_fd = -1,
        .threads = threads,
        .body_max = MF_SIGNING_CERT_BODY_MAX,
        .head_max = 32 * 1024, /* a token of 16 KiB may be in a header */
        .request_deadline_ms = 10000,
        .idle_ms = 30000,
        .connections_max = 10000,
        .servers = config->has_dev_issuer ? 2 : 1,
    };
}

static void handle_dev(struct http_request *request, void *state)
{
    if (!mf_dev_issuer_handle(state, request))
        mf_http_reply_status(request, 404, MF_SPAN("Not Found"));
}

/* Before the gate, which may ask it for its keys at once. */
static bool start_dev_issuer(struct ca_server *s, struct err *err)
{
    const struct ca_config *config = s->config;
    struct http_server_params params = listener(config, &config->dev_listen, 1);
    const char *paths[MF_DEV_ISSUER_PATHS_MAX];
    char base[128];

    if (!config->has_dev_issuer)
        return true;
    for (size_t i = 0; i < config->dev_path_count; i++)
        paths[i] = config->dev_paths[i];
    bool v6 = strchr(config->dev_listen.host, ':') != NULL;
    snprintf(base, sizeof base, v6 ? "http://[%s]:%u" : "http://%s:%u", config->dev_listen.host,
             config->dev_listen.port); /* always fits */
    const struct dev_issuer_params issuer = {.directory = config->dev_directory,
                                             .base_url = base,
                                             .paths = paths,
                                             .path_count = config->dev_path_count,
                                             .audience = config->dev_audience,
                                             .clock = s->clock};
    if (!mf_dev_issuer_new(&issuer, &s->dev_issuer, err))
        return mf_err_at(err, "dev_issuer");
    params.handler = (struct http_handler){handle_dev, s->dev_issuer};
    if (!mf_http_server_start(&params, &s->dev_http, err))
        return mf_err_at(err, "dev_issuer");
    mf_log(MF_LOG_INFO, "development issuer is open",
           MF_LOG_TEXT("address", config->dev_listen.host),
           MF_LOG_NUMBER("port", mf_http_server_port(s->dev_http)));
    return true;
}

static void log_left_out(void *state, const char *issuer, size_t count, const char *why)
{
    (void)state;
    mf_log(MF_LOG_WARN, "keys of an issuer cannot be used", MF_LOG_TEXT("issuer", issuer),
           MF_LOG_NUMBER("count", count), MF_LOG_TEXT("first", why));
}

static bool start_gate(struct ca_server *s, struct err *err)
{
    const struct token_gate_params params = {
        .issuers = s->config->issuers,
        .config_path = s->config->path,
        .clock = s->clock,
        .report = {.left_out = log_left_out},
        /* half: an issuer that does not answer holds up no more */
        .waiters_max = s->config->workers > 1 ? s->config->workers / 2 : 1,
    };

    if (!mf_token_gate_new(&params, &s->gate, err))
        return false;
    mf_token_gate_warm(s->gate);
    return true;
}

static struct issuer_ca issuer_ca(const struct ca_server *s)
{
    return (struct issuer_ca){&s->chain, s->ca_signer, s->audit, s->ct, s->clock};
}

static bool start_pools(struct ca_server *s, struct err *err)
{
    const struct signing_cert_params issuing = {
        .ca = issuer_ca(s),
        .gate = s->gate,
        .guard = s->guard,
        .budget = s->budget,
        .faults = &s->faults,
        .workers = s->config->workers,
    };
    const struct timestamp_params timestamps = {s->ts_issuer, s->ts_clock,
                                                s->config->timestamp_workers};

    return mf_trust_bundle_new(&s->chain, &s->timestamp_chain, s->gate, &s->trust, err) &&
           mf_signing_cert_pool_new(&issuing, &s->issuing, err) &&
           mf_timestamp_pool_new(&timestamps, &s->timestamps, err);
}

static bool start_listener(struct ca_server *s, struct err *err)
{
    struct http_server_params params = listener(s->config, &s->config->listen,
                                                s->config->io_threads);

    s->routes.issuing = s->issuing;
    s->routes.timestamps = s->timestamps;
    s->routes.trust = s->trust;
    s->routes.audit = s->audit;
    params.handler = (struct http_handler){mf_ca_routes_handle, &s->routes};
    if (!mf_http_server_start(&params, &s->http, err))
        return false;
    mf_signing_cert_pool_serve(s->issuing, s->http);
    mf_timestamp_pool_serve(s->timestamps, s->http);
    warn_of_clock(s);
    atomic_store(&s->routes.ready, true);
    return true;
}

bool mf_ca_server_start(const struct ca_config *config, struct ca_server **out, struct err *err)
{
    struct ca_server *s = mf_array_new(1, sizeof *s);

    if (s == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the server");
    s->config = config;
    s->clock = mf_clock_system();
    s->signal_fd = -1;
    s->faults.interval_ms = 10000;
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is a full disk, which is answered 503 */
    if (!mf_signals_open(&s->signal_fd, err) || !start_keys(s, err) || !start_services(s, err) ||
        !start_dev_issuer(s, err) || !start_gate(s, err) || !start_pools(s, err) ||
        !start_listener(s, err)) {
        mf_ca_server_free(&s);
        return false;
    }
    *out = s;
    return true;
}

uint16_t mf_ca_server_port(const struct ca_server *server)
{
    return mf_http_server_port(server->http);
}

bool mf_ca_server_wait(struct ca_server *server, struct err *err)
{
    struct pollfd fds[] = {
        {.fd = server->signal_fd, .events = POLLIN},
        {.fd = mf_signer_pidfd(server->ca_signer), .events = POLLIN},
        {.fd = mf_signer_pidfd(server->timestamp_signer), .events = POLLIN},
    };

    for (;;) {
        if (poll(fds, MF_LEN(fds), -1) < 0)
            continue; /* EINTR */
        if (fds[1].revents != 0 || fds[2].revents != 0)
            return mf_err_set(err, MF_ERR_INTERNAL, "a signer process has ended");
        if (fds[0].revents == 0)
            continue;
        int number = mf_signals_wait(server->signal_fd, 0);
        if (number == SIGINT || number == SIGTERM)
            return true;
    }
}

/* The last count, which no further refusal will bring. */
static void record_rest(struct ca_server *s)
{
    const struct issuer_ca ca = issuer_ca(s);
    uint64_t left_out = 0;
    struct err err = {0};

    if (s->budget == NULL)
        return;
    if (!mf_issue_unrecorded(&ca, s->budget, &left_out, &err))
        mf_log_err(MF_LOG_WARN, "audit log", &err);
    if (left_out > 0)
        mf_log(MF_LOG_WARN, "refusals were not recorded", MF_LOG_NUMBER("count", left_out));
    mf_refusal_budget_free(&s->budget);
}

/* Against the order of the start. */
void mf_ca_server_free(struct ca_server **server)
{
    struct ca_server *s = *server;

    if (s == NULL)
        return;
    if (s->issuing != NULL)
        mf_signing_cert_pool_end(s->issuing, STOP_DRAIN_MS);
    if (s->http != NULL)
        mf_http_server_stop(s->http, STOP_GRACE_MS);
    mf_timestamp_pool_free(&s->timestamps);
    mf_signing_cert_pool_free(&s->issuing);
    record_rest(s);
    mf_http_server_free(&s->http);
    mf_trust_bundle_free(&s->trust);
    mf_token_gate_free(&s->gate);
    if (s->dev_http != NULL)
        mf_http_server_stop(s->dev_http, 0);
    mf_http_server_free(&s->dev_http);
    mf_dev_issuer_free(&s->dev_issuer);
    mf_ts_issuer_free(&s->ts_issuer);
    mf_ts_clock_free(&s->ts_clock);
    mf_ct_door_free(&s->ct);
    mf_audit_log_free(&s->audit);
    mf_clock_guard_free(&s->guard);
    mf_public_key_free(&s->ct_key);
    mf_ca_chain_done(&s->chain);
    mf_ca_chain_done(&s->timestamp_chain);
    mf_signer_free(&s->timestamp_signer);
    mf_signer_free(&s->ca_signer);
    mf_crypto_free(&s->crypto);
    mf_fd_done(&s->signal_fd);
    free(s);
    *server = NULL;
}
