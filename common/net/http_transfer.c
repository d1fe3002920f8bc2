#include "common/net/http_transfer.h"

#include <stdio.h>
#include <sys/random.h>

#include "common/net/cache_control.h"
#include "common/net/curl.h"
#include "common/net/retry.h"

enum { TOTAL_DEFAULT_MS = 60000, RETRY_AFTER_MAX_S = 3600 };

static void add_line(struct transfer *t, const char *line)
{
    struct curl_slist *at = &t->lines[t->line_count];

    /* libcurl only reads the list; its type has no const. */
    *at = (struct curl_slist){.data = (char *)(uintptr_t)line};
    if (t->line_count > 0)
        t->lines[t->line_count - 1].next = at;
    t->line_count++;
}

static bool is_plain(struct span text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] > 0x7e)
            return false;
    return true;
}

static bool add_field(struct transfer *t, char room[static MF_TRANSFER_FIELD_MAX], const char *name,
                      const char *value, struct err *err)
{
    if (value == NULL)
        return true;
    int n = snprintf(room, MF_TRANSFER_FIELD_MAX, "%s: %s", name, value);
    if (n < 0 || n >= MF_TRANSFER_FIELD_MAX || !is_plain(mf_span_str(value)))
        return mf_err_set(err, MF_ERR_USAGE, "%s is not fit for a header", name);
    add_line(t, room);
    return true;
}

/* The line lives in locked memory and is wiped. libcurl reads it in place and copies it into what
 * it sends; that copy is in ordinary memory, and is wiped when libcurl frees it. */
static bool add_bearer(struct transfer *t, struct err *err)
{
    static const char before[] = "Authorization: Bearer ";
    struct secret *line = &t->bearer_line;

    if (t->call->bearer == NULL)
        return true;
    struct span token = mf_secret_span(t->call->bearer);
    if (token.n == 0 || !is_plain(token) || mf_span_find(token, ' ') < token.n)
        return mf_err_set(err, MF_ERR_USAGE, "token has characters that no token has");
    if (!mf_secret_new(sizeof before + token.n, line, err))
        return false;
    memcpy(line->p, before, sizeof before - 1);
    memcpy(line->p + sizeof before - 1, token.p, token.n);
    line->n = sizeof before + token.n; /* with the NUL that the fresh memory has there */
    add_line(t, (const char *)line->p);
    return true;
}

static bool check_call(struct transfer *t, struct err *err)
{
    const struct http_call *call = t->call;

    if (!mf_url_parse(mf_span_str(call->url), &t->url, err))
        return mf_err_as(err, MF_ERR_USAGE);
    if (!t->url.https && !t->params->allow_plain_http && !mf_url_is_loopback(&t->url)) {
        mf_err_set(err, MF_ERR_USAGE, "plain http is for loopback hosts only");
        return mf_err_hint(err, "give an https URL");
    }
    if (strcmp(call->method, "GET") != 0 && strcmp(call->method, "POST") != 0)
        return mf_err_set(err, MF_ERR_USAGE, "method '%s' is neither GET nor POST", call->method);
    /* Names alone take back what libcurl would say by itself: that it waits for "100 Continue",
     * and that a body is a form. */
    add_line(t, "Expect:");
    if (call->content_type == NULL)
        add_line(t, "Content-Type:");
    return add_field(t, t->content_type, "Content-Type", call->content_type, err) &&
           add_field(t, t->accept, "Accept", call->accept, err) && add_bearer(t, err);
}

static bool at_url(const struct transfer *t, struct err *err)
{
    if (t->url.host.n == 0)
        return false;
    return mf_err_at(err, "%.*s", MF_SPAN_ARG(mf_url_shown(t->call->url)));
}

void mf_transfer_begin(struct transfer *t, const struct http_client_params *params,
                       const struct http_call *call, struct http_result *result, uint64_t now_ms)
{
    *result = (struct http_result){0};
    *t = (struct transfer){.params = params, .call = call, .result = result, .due_ms = now_ms};
    t->end_ms = now_ms + (call->total_ms > 0 ? call->total_ms : TOTAL_DEFAULT_MS);
    if (!check_call(t, &result->err)) {
        at_url(t, &result->err);
        t->state = MF_TRANSFER_DONE;
    }
}

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    struct err err = {0};
    size_t n = size * count; /* size is 1 */

    return mf_buf_append(&t->body, (struct span){(const uint8_t *)data, n}, &err) ? n : n + 1;
}

/* libcurl keeps every field, and of trailer fields without a bound: an endless trailer would take
 * all memory. */
static size_t on_head(char *data, size_t size, size_t count, void *arg)
{
    struct transfer *t = arg;
    size_t n = size * count; /* size is 1 */

    t->head_n += n;
    if (n > 4 && memcmp(data, "HTTP", 4) == 0)
        t->head_whole = false; /* the one before was of an interim answer */
    else if (n <= 2)
        t->head_whole = true;
    return t->head_n <= MF_TRANSFER_HEAD_MAX ? n : n + 1;
}

static void set_body(struct transfer *t)
{
    const struct http_call *call = t->call;

    if (strcmp(call->method, "POST") != 0)
        return;
    mf_curl()->easy_setopt(t->easy, CURLOPT_POST, 1L);
    mf_curl()->easy_setopt(t->easy, CURLOPT_POSTFIELDS,
                           call->body.n > 0 ? (const char *)call->body.p : "");
    mf_curl()->easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
}

static void set_transport(struct transfer *t)
{
    CURL *e = t->easy;

    mf_curl()->easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    mf_curl()->easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
    mf_curl()->easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    mf_curl()->easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    mf_curl()->easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    /* A resolver that hangs is left behind in its thread: waiting for it would pass the deadline.
     */
    mf_curl()->easy_setopt(e, CURLOPT_QUICK_EXIT, 1L);
    mf_curl()->easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
    mf_curl()->easy_setopt(e, CURLOPT_PATH_AS_IS, 1L);
    /* Debian's libcurl also looks into the system's folder of certificates: these are extra. */
    if (t->params->ca_file != NULL)
        mf_curl()->easy_setopt(e, CURLOPT_CAINFO, t->params->ca_file);
    if (mf_url_is_loopback(&t->url))
        mf_curl()->easy_setopt(e, CURLOPT_PROXY, "");
}

void mf_transfer_start(struct transfer *t, CURL *easy, uint64_t now_ms)
{
    uint64_t left = t->end_ms > now_ms ? t->end_ms - now_ms : 1;
    uint64_t attempt = t->call->attempt_ms > 0 && t->call->attempt_ms < left ? t->call->attempt_ms
                                                                             : left;

    t->easy = easy;
    /* Who shows a token may be given another. */
    t->body = (struct buf){.max = t->call->answer_max, .secret = t->call->bearer != NULL};
    t->head_n = 0;
    t->head_whole = false;
    t->said[0] = '\0';
    t->tries++;
    t->state = MF_TRANSFER_RUNNING;
    set_transport(t);
    set_body(t);
    mf_curl()->easy_setopt(t->easy, CURLOPT_URL, t->call->url);
    mf_curl()->easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->lines);
    mf_curl()->easy_setopt(t->easy, CURLOPT_USERAGENT, t->params->user_agent);
    mf_curl()->easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)t->params->connect_ms);
    mf_curl()->easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)attempt);
    mf_curl()->easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
    mf_curl()->easy_setopt(t->easy, CURLOPT_WRITEDATA, t);
    mf_curl()->easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_head);
    mf_curl()->easy_setopt(t->easy, CURLOPT_HEADERDATA, t);
    mf_curl()->easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->said);
    mf_curl()->easy_setopt(t->easy, CURLOPT_PRIVATE, t);
}

/* What a failure of libcurl's means to us. */
static const struct {
    CURLcode code;
    bool again; /* another try may go better */
    const char *what;
} failures[] = {
    {CURLE_COULDNT_RESOLVE_HOST, true, "host name cannot be resolved"},
    {CURLE_COULDNT_RESOLVE_PROXY, true, "proxy's host name cannot be resolved"},
    {CURLE_COULDNT_CONNECT, true, "cannot connect"},
    {CURLE_OPERATION_TIMEDOUT, true, "no whole answer in time"},
    {CURLE_SSL_CONNECT_ERROR, true, "TLS handshake failed"},
    {CURLE_GOT_NOTHING, true, "connection was closed without an answer"},
    {CURLE_SEND_ERROR, true, "connection was cut"},
    {CURLE_RECV_ERROR, true, "connection was cut"},
    {CURLE_OUT_OF_MEMORY, false, "line of the answer's head is too large, or memory ran out"},
    {CURLE_PARTIAL_FILE, true, "connection was closed in the middle of an answer"},
    {CURLE_PEER_FAILED_VERIFICATION, false, "server's certificate is not trusted"},
    {CURLE_WRITE_ERROR, false, "answer is larger than allowed"},
    {CURLE_UNSUPPORTED_PROTOCOL, false, "answer is not HTTP"},
    {CURLE_WEIRD_SERVER_REPLY, false, "answer is not HTTP"},
};

static size_t find_failure(CURLcode code)
{
    size_t i = 0;

    while (i < MF_LEN(failures) && failures[i].code != code)
        i++;
    return i;
}

static void fail(struct transfer *t, CURLcode code)
{
    struct err *err = &t->result->err;
    size_t i = find_failure(code);

    if (code == CURLE_SSL_CACERT_BADFILE)
        mf_err_set(err, MF_ERR_TRUST, "cannot read certificates from %s",
                   t->params->ca_file != NULL ? t->params->ca_file : "the system's store");
    else if (code == CURLE_WRITE_ERROR && t->head_n > MF_TRANSFER_HEAD_MAX)
        mf_err_set(err, MF_ERR_UNAVAILABLE, "head of the answer is larger than %d bytes",
                   MF_TRANSFER_HEAD_MAX);
    else if (code == CURLE_WRITE_ERROR)
        mf_err_set(err, MF_ERR_UNAVAILABLE, "answer is larger than %zu bytes", t->call->answer_max);
    else
        mf_err_set(err, MF_ERR_UNAVAILABLE, "%s (%s)",
                   i < MF_LEN(failures) ? failures[i].what : "no answer",
                   t->said[0] != '\0' ? t->said : mf_curl()->easy_strerror(code));
    at_url(t, err);
    t->state = MF_TRANSFER_DONE;
}

static void read_life(const struct transfer *t, struct http_answer *out)
{
    struct cache_control cache = {0};
    struct curl_header *line = NULL;
    size_t count = 0;

    for (size_t i = 0; i == 0 || i < count; i++) {
        if (mf_curl()->easy_header(t->easy, "Cache-Control", i, CURLH_HEADER, -1, &line) !=
            CURLHE_OK)
            break;
        count = line->amount;
        mf_cache_control_read(mf_span_str(line->value), &cache);
    }
    out->max_age_s = mf_cache_control_max_age(&cache);
    out->max_age_said = mf_cache_control_says(&cache);
}

static void succeed(struct transfer *t, unsigned status, unsigned retry_after_s)
{
    struct http_answer *a = &t->result->answer;
    char *type = NULL;

    a->status = status;
    a->retry_after_s = retry_after_s;
    read_life(t, a);
    if (mf_curl()->easy_getinfo(t->easy, CURLINFO_CONTENT_TYPE, &type) == CURLE_OK && type != NULL)
        snprintf(a->content_type, sizeof a->content_type, "%s", type); /* a cut one matches none */
    a->body = t->body;
    t->body = (struct buf){0}; /* moved */
    t->result->ok = true;
    t->state = MF_TRANSFER_DONE;
}

/* Another try, if there is one left and its wait ends before the call must. */
static bool again(struct transfer *t, unsigned retry_after_s, uint64_t now)
{
    uint64_t random = 0;

    if (t->tries >= t->call->tries || getrandom(&random, sizeof random, 0) != sizeof random)
        return false;
    uint64_t wait = mf_retry_wait_ms(t->tries, retry_after_s, random);
    if (wait >= t->end_ms - (now < t->end_ms ? now : t->end_ms))
        return false;
    t->due_ms = now + wait;
    t->state = MF_TRANSFER_WAITING;
    return true;
}

static unsigned retry_after(const struct transfer *t)
{
    curl_off_t s = 0;

    if (mf_curl()->easy_getinfo(t->easy, CURLINFO_RETRY_AFTER, &s) != CURLE_OK || s <= 0)
        return 0;
    return s > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : (unsigned)s;
}

void mf_transfer_settle(struct transfer *t, CURLcode code, uint64_t now_ms)
{
    long status = 0;
    unsigned wait_s = retry_after(t);

    mf_curl()->easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    /* To libcurl, a head that ends with the connection is a whole answer without a body. */
    if (code == CURLE_OK && !t->head_whole)
        code = CURLE_PARTIAL_FILE;
    size_t i = find_failure(code);
    if (code == CURLE_OK) {
        if (!mf_retry_status((unsigned)status) || !again(t, wait_s, now_ms))
            succeed(t, (unsigned)status, wait_s);
    } else if (i == MF_LEN(failures) || !failures[i].again || !again(t, 0, now_ms)) {
        fail(t, code);
    }
    mf_buf_done(&t->body);
}

void mf_transfer_no_memory(struct transfer *t)
{
    mf_err_set(&t->result->err, MF_ERR_SYSTEM, "no memory for a request");
    t->state = MF_TRANSFER_DONE;
}

void mf_transfer_end(struct transfer *t)
{
    mf_secret_done(&t->bearer_line);
    mf_buf_done(&t->body);
}
