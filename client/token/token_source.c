#include "client/token/token_source.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/codec/json.h"

static bool check_token(struct secret *token, struct err *err)
{
    mf_secret_trim(token);
    if (token->n == 0)
        return mf_err_set(err, MF_ERR_USAGE, "the token is empty");
    return true;
}

/* Three base64url parts: a token, not a path. */
static bool looks_like_token(const char *value)
{
    struct span text = mf_span_str(value);

    return text.n > 40 && mf_span_starts(text, MF_SPAN("eyJ")) &&
           mf_span_find(text, '.') != text.n && mf_span_find(text, '/') == text.n;
}

static bool read_descriptor(const char *digits, struct secret *out, struct err *err)
{
    uint64_t fd = 0;

    if (!mf_span_decimal(mf_span_str(digits), &fd) || fd > 1024)
        return mf_err_set(err, MF_ERR_USAGE, "'fd:%s' names no descriptor", digits);
    return mf_secret_read_fd((int)fd, MF_TOKEN_MAX, out, err);
}

bool mf_token_option_is_file(const char *value)
{
    struct stat st;

    if (strcmp(value, "-") == 0 || strncmp(value, "fd:", 3) == 0)
        return false;
    return stat(value + (value[0] == '@'), &st) != 0 || S_ISREG(st.st_mode);
}

bool mf_token_from_option(const char *value, struct secret *out, struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret token = {0};
    bool ok = false;

    if (looks_like_token(value + (value[0] == '@'))) {
        mf_err_set(err, MF_ERR_USAGE, "--identity-token takes a file, not the token itself");
        return mf_err_hint(err, "give a path, -, @FILE or fd:N, or set SIGSTORE_ID_TOKEN");
    }
    if (strcmp(value, "-") == 0)
        ok = mf_secret_read_fd(STDIN_FILENO, MF_TOKEN_MAX, &token, err);
    else if (strncmp(value, "fd:", 3) == 0)
        ok = read_descriptor(value + 3, &token, err);
    else
        ok = mf_secret_read_file(value + (value[0] == '@'), MF_TOKEN_MAX, &token, err);
    if (!ok || !check_token(&token, err))
        return mf_err_at(err, "identity token");
    *out = token;
    token = (struct secret){0};
    return true;
}

bool mf_token_from_environment(struct secret *out, bool *found, struct err *err)
{
    const char *value = getenv("SIGSTORE_ID_TOKEN");

    *found = value != NULL && value[0] != '\0';
    if (!*found)
        return true;
    if (strlen(value) > MF_TOKEN_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "SIGSTORE_ID_TOKEN is larger than %d bytes",
                          MF_TOKEN_MAX);
    return mf_secret_copy(mf_span_str(value), out, err) && check_token(out, err);
}
