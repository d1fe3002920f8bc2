#include "client/trust/signing_config.h"

#include <stdlib.h>

#include "client/trust/trust_file.h"
#include "common/base/file.h"

static const char *const media_types[] = {
    "application/vnd.dev.sigstore.signingconfig.v0.2+json",
    NULL,
};

static bool parse_service(const struct json_node *node, struct service *s, struct err *err)
{
    if (!mf_json_member_string(node, "url", &s->url, err) ||
        !mf_json_member_int64(node, "majorApiVersion", &s->version, err) ||
        !mf_validity_parse(mf_json_get(node, "validFor"), &s->valid, err))
        return false;
    if (s->url.n > 0 && s->url.p[s->url.n - 1] == '/')
        s->url.n--;
    return mf_json_get(node, "operator") == NULL ||
           mf_json_member_string(node, "operator", &s->operator_name, err);
}

static bool parse_services(const struct json_node *object, const char *name,
                           struct service_list *out, struct err *err)
{
    const struct json_node *list = NULL;

    if (mf_json_get(object, name) == NULL)
        return true;
    if (!mf_json_member_array(object, name, &list, err))
        return false;
    if (mf_json_size(list) > MF_SERVICES_MAX) {
        mf_err_set(err, MF_ERR_LIMIT, "more than %d services", MF_SERVICES_MAX);
        return mf_err_at(err, "%s", name);
    }
    for (const struct json_node *n = mf_json_next(list, NULL); n != NULL; n = mf_json_next(list, n))
        if (!parse_service(n, &out->items[out->count++], err))
            return mf_err_at(err, "%s[%zu]", name, out->count - 1);
    return true;
}

static bool parse_selector(const struct json_node *node, struct service_list *out, struct err *err)
{
    struct span selector;
    int64_t count = 0;

    if (!mf_json_member_string(node, "selector", &selector, err))
        return false;
    if (mf_span_is(selector, "ANY"))
        out->selector = MF_SELECT_ANY;
    else if (mf_span_is(selector, "ALL"))
        out->selector = MF_SELECT_ALL;
    else if (mf_span_is(selector, "EXACT"))
        out->selector = MF_SELECT_EXACT;
    else
        return mf_err_set(err, MF_ERR_FORMAT, "selector '%.*s' is not ANY, ALL or EXACT",
                          MF_SPAN_ARG(selector));
    if (out->selector != MF_SELECT_EXACT)
        return true;
    if (!mf_json_member_int64(node, "count", &count, err))
        return false;
    if (count < 1 || count > MF_SERVICES_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "count is not between 1 and %d", MF_SERVICES_MAX);
    out->exact = (size_t)count;
    return true;
}

static bool parse_rule(const struct json_node *object, const char *name, struct service_list *out,
                       struct err *err)
{
    const struct json_node *rule = NULL;

    if (out->count == 0 && mf_json_get(object, name) == NULL)
        return true;
    if (!mf_json_member_object(object, name, &rule, err))
        return false;
    return parse_selector(rule, out, err) || mf_err_at(err, "%s", name);
}

static bool parse_all(struct span text, struct signing_config *config, struct err *err)
{
    const struct json_node *object = NULL;

    if (!mf_trust_file_parse(text, "signingConfig", media_types, "signing configuration v0.2",
                             &config->doc, &object, err))
        return false;
    return parse_services(object, "caUrls", &config->cas, err) &&
           parse_services(object, "oidcUrls", &config->oidcs, err) &&
           parse_services(object, "rekorTlogUrls", &config->tlogs, err) &&
           parse_services(object, "tsaUrls", &config->tsas, err) &&
           parse_rule(object, "rekorTlogConfig", &config->tlogs, err) &&
           parse_rule(object, "tsaConfig", &config->tsas, err);
}

bool mf_signing_config_parse(struct span text, struct signing_config **out, struct err *err)
{
    MF_SCOPED(mf_signing_config_free)
    struct signing_config *config = mf_array_new(1, sizeof *config);

    if (config == NULL) {
        mf_err_set(err, MF_ERR_SYSTEM, "no memory for the signing configuration");
        return mf_err_as(err, MF_ERR_TRUST);
    }
    if (!parse_all(text, config, err))
        return mf_err_as(err, MF_ERR_TRUST);
    *out = MF_MOVE(config);
    return true;
}

bool mf_signing_config_read(const char *path, struct signing_config **out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};

    if (!mf_file_read(path, MF_TRUST_FILE_MAX, &text, err))
        return mf_err_as(err, MF_ERR_TRUST);
    if (!mf_signing_config_parse(mf_buf_span(&text), out, err))
        return mf_err_at(err, "%s", path);
    return true;
}

void mf_signing_config_free(struct signing_config **config)
{
    if (*config == NULL)
        return;
    mf_json_free(&(*config)->doc);
    free(*config);
    *config = NULL;
}

static bool is_newer(const struct service *a, const struct service *b)
{
    if (a->valid.has_start != b->valid.has_start)
        return a->valid.has_start;
    return a->valid.has_start && mf_instant_cmp(a->valid.start, b->valid.start) > 0;
}

/* Keeps one service per operator, the newest. Services that name no operator stand for themselves.
 */
static void keep_newest(const struct service *s, const struct service **kept, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        if (s->operator_name.n == 0 || !mf_span_eq(kept[i]->operator_name, s->operator_name))
            continue;
        if (is_newer(s, kept[i]))
            kept[i] = s;
        return;
    }
    kept[(*count)++] = s;
}

static size_t candidates(const struct service_list *list, int64_t version, struct instant at,
                         const struct service **kept)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].version == version && mf_validity_holds(&list->items[i].valid, at))
            keep_newest(&list->items[i], kept, &count);
    return count;
}

bool mf_services_select(const struct service_list *list, const int64_t *versions,
                        size_t version_count, struct instant at, uint32_t random,
                        const struct service **chosen, size_t *count, struct err *err)
{
    const struct service *kept[MF_SERVICES_MAX];
    size_t found = 0;

    for (size_t i = 0; i < version_count && found == 0; i++)
        found = candidates(list, versions[i], at, kept);
    if (found == 0)
        return mf_err_set(err, MF_ERR_TRUST,
                          "no service of a version that we speak is valid now (%zu are listed)",
                          list->count);
    size_t wanted = list->selector == MF_SELECT_ALL     ? found
                    : list->selector == MF_SELECT_EXACT ? list->exact
                                                        : 1;
    if (wanted > found)
        return mf_err_set(err, MF_ERR_TRUST, "%zu services are asked for, %zu are valid now",
                          wanted, found);
    for (size_t i = 0; i < wanted; i++)
        chosen[i] = kept[(random % found + i) % found];
    *count = wanted;
    return true;
}
