/* mayfly token: a workload token from the instance's development issuer. */
#include <stdio.h>
#include <unistd.h>

#include "client/cmd/token_choice.h"
#include "client/cmd/verbs.h"
#include "common/base/file.h"
#include "common/base/utf8.h"
#include "common/codec/timestamp.h"
#include "common/run/exit.h"

static bool print_raw(const struct secret *token, struct err *err)
{
    /* Not through stdio, whose buffer would keep a copy. */
    return (mf_write_all(STDOUT_FILENO, mf_secret_span(token), err) &&
            mf_write_all(STDOUT_FILENO, MF_SPAN("\n"), err)) ||
           mf_err_at(err, "standard output");
}

static void print_line(const char *name, struct span value)
{
    char shown[1024];

    mf_utf8_escape(value, shown, sizeof shown);
    printf("%-9s %s\n", name, shown);
}

static bool print_claims(const struct secret *token, struct err *err)
{
    MF_SCOPED(mf_token_claims_done) struct token_claims claims = {0};
    char when[MF_RFC3339_MAX];

    if (!mf_token_claims_read(token, &claims, err))
        return false;
    mf_rfc3339_write((struct instant){.s = claims.expires_s}, when);
    print_line("issuer", mf_buf_span(&claims.issuer));
    print_line("subject", mf_buf_span(&claims.subject));
    if (claims.email.n > 0)
        print_line("email", mf_buf_span(&claims.email));
    print_line("audience", mf_buf_span(&claims.audience));
    printf("%-9s %s\n", "expires", when);
    return true;
}

static bool get_token(const char *dir_option, const struct dev_request *request, bool raw,
                      struct err *err)
{
    const struct http_client_params params = {.user_agent = "mayfly/" MF_VERSION};
    MF_SCOPED(mf_instance_done) struct instance instance = {0};
    MF_SCOPED(mf_http_client_free) struct http_client *http = NULL;
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    char dir[PATH_MAX];
    bool chosen = false;

    return mf_instance_dir(dir_option, dir, sizeof dir, &chosen, err) &&
           mf_instance_open(dir, &instance, err) && mf_http_client_new(&params, &http, err) &&
           mf_token_of_instance(http, &instance, request, &token, err) &&
           (raw ? print_raw(&token, err) : print_claims(&token, err));
}

int mf_cmd_token(int argc, char **argv)
{
    struct dev_request request = {0};
    const char *instance = NULL;
    bool raw = false;
    const struct option options[] = {
        {.name = "instance",
         .kind = MF_OPTION_TEXT,
         .value = &instance,
         .metavar = "DIR",
         .help = "the instance to ask"},
        {.name = "subject",
         .kind = MF_OPTION_TEXT,
         .value = &request.subject,
         .metavar = "S",
         .help = "subject (and e-mail address) in place of the instance's own"},
        {.name = "claims",
         .kind = MF_OPTION_TEXT,
         .value = &request.claims_path,
         .metavar = "FILE",
         .help = "a JSON object of further claims"},
        {.name = "issuer-path",
         .kind = MF_OPTION_TEXT,
         .value = &request.path,
         .metavar = "PATH",
         .help = "another issuer of the instance: /github or /gitlab"},
        {.name = "raw",
         .kind = MF_OPTION_FLAG,
         .value = &raw,
         .help = "print the token itself, and nothing else"},
    };
    const struct option_set set = {"mayfly token", "",
                                   "Gets a workload token from an instance's development issuer.",
                                   options, MF_LEN(options)};
    struct err err = {0};
    int operands = 0;
    int status = 0;

    if (!mf_verb_options(&set, argc, argv, &operands, &status) ||
        !mf_verb_no_operands(&set, operands, argv, &status))
        return status;
    return get_token(instance, &request, raw, &err) ? 0 : mf_exit_report("mayfly", &err);
}
