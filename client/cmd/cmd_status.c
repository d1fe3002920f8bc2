/* mayfly status: is the instance running, and do its services answer? */
#include <stdio.h>

#include "client/cmd/instance.h"
#include "client/cmd/lock.h"
#include "client/cmd/verbs.h"
#include "common/base/utf8.h"
#include "common/codec/json.h"
#include "common/net/http_client.h"
#include "common/run/exit.h"

enum { ANSWER_MAX = 4096, ASK_MS = 2000, ASKED = 4 };

struct service_state {
    const char *name;
    struct span url;
    const char *path;
    bool ok;
    char unwell[512]; /* what it says is wrong; empty when it is silent */
};

/* {"reasons": ["..."]}, as mayfly-log says it; of another service the status alone. */
static void read_reasons(const struct http_answer *answer, struct service_state *s)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    MF_SCOPED(mf_buf_done) struct buf text = {.max = ANSWER_MAX};
    const struct json_node *list = NULL, *reason = NULL;
    struct span said;
    struct err ignored = {0};

    if (mf_json_parse(mf_buf_span(&answer->body), &mf_json_request_limits, &doc, &ignored) &&
        mf_json_member_array(mf_json_root(doc), "reasons", &list, &ignored))
        while ((reason = mf_json_next(list, reason)) != NULL)
            if (!mf_json_string(reason, &said, &ignored) ||
                !mf_buf_printf(&text, &ignored, "%s%.*s", text.n > 0 ? "; " : "",
                               MF_SPAN_ARG(said)))
                break;
    if (text.n > 0)
        mf_utf8_escape(mf_buf_span(&text), s->unwell, sizeof s->unwell);
    else if (snprintf(s->unwell, sizeof s->unwell, "answers with status %u", answer->status) < 0)
        s->unwell[0] = '\0';
}

/* Every service has an address that answers without a token. */
static void ask(struct http_client *http, struct service_state *s)
{
    MF_SCOPED(mf_buf_done) struct buf url = {.max = 2048};
    MF_SCOPED(mf_http_answer_done) struct http_answer answer = {0};
    struct err err = {0};

    if (!mf_buf_append(&url, s->url, &err) || !mf_buf_printf(&url, &err, "%s%c", s->path, 0))
        return;
    const struct http_call call = {
        .method = "GET",
        .url = (const char *)url.p,
        .answer_max = ANSWER_MAX,
        .attempt_ms = ASK_MS,
        .total_ms = ASK_MS,
        .tries = 1,
    };
    if (!mf_http_call(http, &call, &answer, &err))
        return;
    s->ok = answer.status == 200;
    if (!s->ok)
        read_reasons(&answer, s);
}

static void print_json(pid_t holder, const struct service_state *s)
{
    printf("{\"schema\":\"mayfly.status/1\",\"running\":true,\"process\":%ld,\"services\":{",
           (long)holder);
    for (size_t k = 0; k < ASKED; k++)
        printf("%s\"%s\":%s", k > 0 ? "," : "", s[k].name, s[k].ok ? "true" : "false");
    printf("}}\n");
}

static void print_text(const struct instance *i, pid_t holder, const struct service_state *s)
{
    char url[1024];

    printf("running in %s (process %ld)\n", i->dir, (long)holder);
    for (size_t k = 0; k < ASKED; k++) {
        mf_utf8_escape(s[k].url, url, sizeof url);
        printf("  %-8s %-7s %s%s%s\n", s[k].name,
               s[k].ok                  ? "answers"
               : s[k].unwell[0] != '\0' ? "unwell"
                                        : "SILENT",
               url, s[k].unwell[0] != '\0' ? "  " : "", s[k].unwell);
    }
}

static bool report(const char *dir, bool json, bool *all_ok, struct err *err)
{
    const struct http_client_params params = {.user_agent = "mayfly/" MF_VERSION};
    MF_SCOPED(mf_instance_done) struct instance i = {0};
    MF_SCOPED(mf_http_client_free) struct http_client *http = NULL;
    pid_t holder = 0;

    if (!mf_lock_holder(dir, &holder, err))
        return false;
    if (holder == 0) {
        mf_err_set(err, MF_ERR_UNAVAILABLE, "no instance is running here");
        mf_err_at(err, "%s", dir);
        return mf_err_hint(err, "start one with: mayfly up --dir %s", dir);
    }
    if (!mf_instance_open(dir, &i, err) || !mf_http_client_new(&params, &http, err))
        return false;
    struct service_state services[ASKED] = {
        {"fulcio", i.fulcio, "/healthz", false, ""},
        {"rekor", i.rekor, "/healthz", false, ""},
        {"ct", i.ct, "/healthz", false, ""},
        {"oidc", i.oidc, "/.well-known/openid-configuration", false, ""},
    };
    *all_ok = true;
    for (size_t k = 0; k < ASKED; k++) {
        ask(http, &services[k]);
        *all_ok = *all_ok && services[k].ok;
    }
    if (json)
        print_json(holder, services);
    else
        print_text(&i, holder, services);
    return true;
}

int mf_cmd_status(int argc, char **argv)
{
    const char *dir_option = NULL;
    bool json = false;
    const struct option options[] = {
        MF_DIR_OPTIONS(&dir_option, "the instance's directory"),
        {.name = "json", .kind = MF_OPTION_FLAG, .value = &json, .help = "as JSON"},
    };
    const struct option_set set = {"mayfly status", "",
                                   "Says whether an instance runs and answers.", options,
                                   MF_LEN(options)};
    struct err err = {0};
    char dir[PATH_MAX];
    int operands = 0;
    int status = 0;
    bool chosen = false;
    bool all_ok = false;

    if (!mf_verb_options(&set, argc, argv, &operands, &status) ||
        !mf_verb_no_operands(&set, operands, argv, &status))
        return status;
    if (!mf_instance_dir(dir_option, dir, sizeof dir, &chosen, &err) ||
        !report(dir, json, &all_ok, &err))
        return mf_exit_report("mayfly", &err);
    return all_ok ? 0 : mf_exit_status(MF_ERR_UNAVAILABLE);
}
