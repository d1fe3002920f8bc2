#include "ca-stub/identity/issuer.h"

#include <limits.h>
#include <stdlib.h>

#include "common/run/config.h"

enum { LIFETIME_DEFAULT_S = 3600, LIFETIME_LEAST_S = 60, LIFETIME_MOST_S = 86400 };

static const char *const members[] = {
    "issuer",
    "audience",
    "type",
    "jwks_file",
    "jwks_uri",
    "jwks_hosts",
    "ca_file",
    "allow_loopback_http",
    "subject_domain",
    "url",
    "skip_email_verification",
    "lifetime_max_s",
    NULL,
};

static const char *const type_names[] = {
    [MF_ISSUER_EMAIL] = "email",
    [MF_ISSUER_URI] = "uri",
    [MF_ISSUER_USERNAME] = "username",
    [MF_ISSUER_GITHUB_WORKFLOW] = "github-workflow",
    [MF_ISSUER_GITLAB_PIPELINE] = "gitlab-pipeline",
};
_Static_assert(MF_LEN(type_names) == MF_ISSUER_TYPE_COUNT_, "a name per type");

const char *mf_issuer_type_name(enum issuer_type type)
{
    return type_names[type];
}

bool mf_issuer_type_parse(struct span name, enum issuer_type *out, struct err *err)
{
    for (size_t i = 0; i < MF_LEN(type_names); i++)
        if (mf_span_is(name, type_names[i])) {
            *out = (enum issuer_type)i;
            return true;
        }
    mf_err_set(err, MF_ERR_FORMAT, "issuer type \"%.*s\" is unknown", MF_SPAN_ARG(name));
    return mf_err_hint(err, "use one of email, uri, username, github-workflow, gitlab-pipeline");
}

const char *mf_issuer_challenge_claim(enum issuer_type type)
{
    return type == MF_ISSUER_EMAIL ? "email" : "sub";
}

static void list_done(struct text_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    *list = (struct text_list){0};
}

static void issuer_done(struct issuer *issuer)
{
    free(issuer->url);
    free(issuer->jwks_file);
    free(issuer->jwks_uri);
    free(issuer->ca_file);
    free(issuer->subject_domain);
    free(issuer->base_url);
    list_done(&issuer->audiences);
    list_done(&issuer->jwks_hosts);
    *issuer = (struct issuer){0};
}

void mf_issuers_done(struct issuer_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        issuer_done(&list->items[i]);
    free(list->items);
    *list = (struct issuer_list){0};
}

const struct issuer *mf_issuers_find(const struct issuer_list *list, struct span url)
{
    for (size_t i = 0; i < list->count; i++)
        if (mf_span_is(url, list->items[i].url))
            return &list->items[i];
    return NULL;
}

bool mf_issuer_may_ask(const struct issuer *issuer, struct span text, struct url *out,
                       struct err *err)
{
    struct url url;

    if (!mf_url_parse(text, &url, err))
        return false;
    if (!url.https && !(issuer->allow_loopback_http && mf_url_is_loopback(&url))) {
        mf_err_set(err, MF_ERR_FORMAT, "\"%.*s\" is not https", MF_SPAN_ARG(text));
        return mf_err_hint(err, "http is for this machine, and only with allow_loopback_http");
    }
    *out = url;
    return true;
}

static bool take_text(struct span text, char **out, struct err *err)
{
    if (text.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "is empty");
    *out = mf_span_dup(text);
    return *out != NULL || mf_err_set(err, MF_ERR_SYSTEM, "no memory for an issuer");
}

static bool take_optional(const struct json_node *node, const char *name, char **out,
                          struct err *err)
{
    struct span text;

    if (mf_json_get(node, name) == NULL)
        return true;
    if (!mf_json_member_string(node, name, &text, err))
        return false;
    return take_text(text, out, err) || mf_err_at(err, "%s", name);
}

static bool take_path(const struct json_node *node, const char *config_path, const char *name,
                      char **out, struct err *err)
{
    char path[PATH_MAX];

    if (mf_json_get(node, name) == NULL)
        return true;
    if (!mf_config_path(config_path, node, name, path, sizeof path, err))
        return false;
    return take_text(mf_span_str(path), out, err) || mf_err_at(err, "%s", name);
}

static bool take_item(const struct json_node *node, struct text_list *out, struct err *err)
{
    struct span text;

    if (out->count == MF_ISSUER_AUDIENCES_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "has more than %d entries", MF_ISSUER_AUDIENCES_MAX);
    if (!mf_json_string(node, &text, err) || !take_text(text, &out->items[out->count], err))
        return false;
    out->count++;
    return true;
}

/* One text, or an array of them. */
static bool take_list(const struct json_node *node, const char *name, struct text_list *out,
                      struct err *err)
{
    const struct json_node *list = mf_json_get(node, name);

    if (!mf_json_is_array(list))
        return take_item(list, out, err) || mf_err_at(err, "%s", name);
    for (const struct json_node *item = NULL; (item = mf_json_next(list, item)) != NULL;)
        if (!take_item(item, out, err))
            return mf_err_at(err, "%s", name);
    if (out->count == 0) {
        mf_err_set(err, MF_ERR_FORMAT, "is empty");
        return mf_err_at(err, "%s", name);
    }
    return true;
}

static bool take_flag(const struct json_node *node, const char *name, bool *out, struct err *err)
{
    return mf_json_get(node, name) == NULL || mf_json_member_bool(node, name, out, err);
}

static bool take_lifetime(const struct json_node *node, int64_t *out, struct err *err)
{
    *out = LIFETIME_DEFAULT_S;
    if (mf_json_get(node, "lifetime_max_s") == NULL)
        return true;
    if (!mf_json_member_int64(node, "lifetime_max_s", out, err))
        return false;
    if (*out >= LIFETIME_LEAST_S && *out <= LIFETIME_MOST_S)
        return true;
    mf_err_set(err, MF_ERR_FORMAT, "is not within %d .. %d", LIFETIME_LEAST_S, LIFETIME_MOST_S);
    return mf_err_at(err, "lifetime_max_s");
}

static bool take_type(const struct json_node *node, struct issuer *out, struct err *err)
{
    struct span type;

    if (!mf_json_member_string(node, "type", &type, err))
        return false;
    return mf_issuer_type_parse(type, &out->type, err) || mf_err_at(err, "type");
}

static bool is_ci(const struct issuer *issuer)
{
    return issuer->type == MF_ISSUER_GITHUB_WORKFLOW || issuer->type == MF_ISSUER_GITLAB_PIPELINE;
}

static bool bad_member(struct err *err, const char *name, const char *what)
{
    mf_err_set(err, MF_ERR_FORMAT, "%s", what);
    return mf_err_at(err, "%s", name);
}

static bool check_subject_domain(const struct issuer *issuer, struct err *err)
{
    bool needs = issuer->type == MF_ISSUER_URI || issuer->type == MF_ISSUER_USERNAME;
    struct url url;

    if (!needs)
        return issuer->subject_domain == NULL ||
               bad_member(err, "subject_domain", "is for the types uri and username only");
    if (issuer->subject_domain == NULL)
        return bad_member(err, "subject_domain", "is missing, and the type needs it");

    struct span domain = mf_span_str(issuer->subject_domain);
    if (issuer->type == MF_ISSUER_URI) {
        if (!mf_url_parse(domain, &url, err))
            return mf_err_at(err, "subject_domain");
        return (url.path.n == 0 && url.query.n == 0) ||
               bad_member(err, "subject_domain", "has more than scheme and host");
    }
    for (size_t i = 0; i < domain.n; i++)
        if (domain.p[i] <= 0x20 || domain.p[i] >= 0x7F || strchr("/:!@", domain.p[i]) != NULL)
            return bad_member(err, "subject_domain", "is not a domain name");
    return true;
}

static bool check_base_url(struct issuer *issuer, struct err *err)
{
    struct url url;

    if (!is_ci(issuer))
        return issuer->base_url == NULL ||
               bad_member(err, "url", "is for the types github-workflow and gitlab-pipeline only");
    if (issuer->base_url == NULL) {
        const char *base = issuer->type == MF_ISSUER_GITHUB_WORKFLOW ? "https://github.com"
                                                                     : issuer->url;
        if (!take_text(mf_span_str(base), &issuer->base_url, err))
            return false;
    }
    size_t n = strlen(issuer->base_url);
    if (n > 0 && issuer->base_url[n - 1] == '/')
        issuer->base_url[n - 1] = '\0';
    if (!mf_issuer_may_ask(issuer, mf_span_str(issuer->base_url), &url, err))
        return mf_err_at(err, "url");
    return url.query.n == 0 || bad_member(err, "url", "has a query");
}

static bool check_keys(const struct issuer *issuer, struct err *err)
{
    struct url url;

    if (issuer->jwks_file != NULL && issuer->jwks_uri != NULL)
        return bad_member(err, "jwks_uri", "is there beside jwks_file; give one of them");
    if (issuer->jwks_uri != NULL &&
        !mf_issuer_may_ask(issuer, mf_span_str(issuer->jwks_uri), &url, err))
        return mf_err_at(err, "jwks_uri");
    if (issuer->skip_email_verification && issuer->type != MF_ISSUER_EMAIL)
        return bad_member(err, "skip_email_verification", "is for the type email only");
    return true;
}

static bool check_url(const struct issuer *issuer, struct err *err)
{
    struct url url;

    if (!mf_issuer_may_ask(issuer, mf_span_str(issuer->url), &url, err))
        return mf_err_at(err, "issuer");
    return url.query.n == 0 || bad_member(err, "issuer", "has a query");
}

static bool read_issuer(const struct json_node *node, const char *config_path, struct issuer *out,
                        struct err *err)
{
    if (!mf_json_is_object(node))
        return mf_err_set(err, MF_ERR_FORMAT, "is not a JSON object");
    if (!mf_json_known_members(node, members, err) ||
        !take_flag(node, "allow_loopback_http", &out->allow_loopback_http, err) ||
        !take_flag(node, "skip_email_verification", &out->skip_email_verification, err) ||
        !take_optional(node, "issuer", &out->url, err) || !take_type(node, out, err) ||
        !take_list(node, "audience", &out->audiences, err))
        return false;
    if (out->url == NULL)
        return bad_member(err, "issuer", "is missing");
    if (mf_json_get(node, "jwks_hosts") != NULL &&
        !take_list(node, "jwks_hosts", &out->jwks_hosts, err))
        return false;
    return take_path(node, config_path, "jwks_file", &out->jwks_file, err) &&
           take_path(node, config_path, "ca_file", &out->ca_file, err) &&
           take_optional(node, "jwks_uri", &out->jwks_uri, err) &&
           take_optional(node, "subject_domain", &out->subject_domain, err) &&
           take_optional(node, "url", &out->base_url, err) &&
           take_lifetime(node, &out->lifetime_max_s, err) && check_url(out, err) &&
           check_keys(out, err) && check_subject_domain(out, err) && check_base_url(out, err);
}

static bool read_next(const struct json_node *node, const char *config_path,
                      struct issuer_list *list, struct err *err)
{
    MF_SCOPED(issuer_done) struct issuer issuer = {0};

    if (!read_issuer(node, config_path, &issuer, err))
        return mf_err_at(err, "issuers[%zu]", list->count);
    if (mf_issuers_find(list, mf_span_str(issuer.url)) != NULL) {
        mf_err_set(err, MF_ERR_FORMAT, "issuer \"%s\" is there twice", issuer.url);
        return mf_err_at(err, "issuers[%zu]", list->count);
    }
    list->items[list->count++] = issuer;
    issuer = (struct issuer){0}; /* moved: the list owns it now */
    return true;
}

bool mf_issuers_read(const struct json_node *array, const char *config_path,
                     struct issuer_list *out, struct err *err)
{
    MF_SCOPED(mf_issuers_done) struct issuer_list list = {0};
    size_t count = mf_json_size(array);

    if (!mf_json_is_array(array) || count == 0)
        return bad_member(err, "issuers", "is not an array of one issuer or more");
    if (count > MF_ISSUERS_MAX)
        return mf_err_set(err, MF_ERR_LIMIT, "more than %d issuers", MF_ISSUERS_MAX);
    list.items = mf_array_new(count, sizeof *list.items);
    if (list.items == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the issuers");
    for (const struct json_node *node = NULL; (node = mf_json_next(array, node)) != NULL;)
        if (!read_next(node, config_path, &list, err))
            return false;
    *out = list;
    list = (struct issuer_list){0}; /* moved: the caller owns it now */
    return true;
}
