#include "client/cmd/token_choice.h"

#include "common/base/file.h"

enum { CLAIMS_MAX = 16 * 1024 };

/* The claims of an e-mail identity, unless the file given has an email of its own. */
static bool write_claims(const struct instance *instance, const struct dev_request *request,
                         struct buf *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct json_writer w = mf_json_writer(out, err);
    bool add_email = request->path == NULL;

    if (request->claims_path != NULL) {
        if (!mf_file_read(request->claims_path, CLAIMS_MAX, &text, err))
            return false;
        if (!mf_json_parse(mf_buf_span(&text), &mf_json_request_limits, &doc, err) ||
            (!mf_json_is_object(mf_json_root(doc)) &&
             !mf_err_set(err, MF_ERR_FORMAT, "claims are not a JSON object")))
            return mf_err_at(err, "%s", request->claims_path);
        if (!add_email || mf_json_get(mf_json_root(doc), "email") != NULL)
            return mf_buf_append(out, mf_buf_span(&text), err);
    }
    mf_json_begin_object(&w);
    if (add_email) {
        mf_json_member_put(&w, "email",
                           request->subject != NULL ? mf_span_str(request->subject)
                                                    : instance->identity);
        mf_json_member_put_bool(&w, "email_verified", true);
    }
    mf_json_end_object(&w);
    if (!mf_json_written(&w))
        return false;
    if (doc == NULL || mf_json_size(mf_json_root(doc)) == 0)
        return true;
    /* Two objects, both just parsed or written, become one: "}" and "{" give way to a comma. */
    size_t open = mf_span_find(mf_buf_span(&text), '{');
    out->p[out->n - 1] = ',';
    return mf_buf_append(out, mf_span_from(mf_buf_span(&text), open + 1), err);
}

bool mf_token_of_instance(struct http_client *http, const struct instance *instance,
                          const struct dev_request *request, struct secret *out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf claims = {.max = 2 * CLAIMS_MAX};
    MF_SCOPED(mf_buf_done) struct buf url = {.max = 2048};
    char secret_path[PATH_MAX];

    if (!mf_instance_path(instance, MF_DEV_SECRET_FILE, secret_path, sizeof secret_path, err) ||
        !write_claims(instance, request, &claims, err) ||
        !mf_buf_append(&url, instance->oidc, err) ||
        !mf_buf_printf(&url, err, "%s%c", request->path != NULL ? request->path : "", 0))
        return false;
    const struct dev_token ask = {
        .url = (const char *)url.p,
        .secret_path = secret_path,
        .audience = instance->audience,
        .subject = request->subject != NULL ? mf_span_str(request->subject) : instance->identity,
        .claims = mf_buf_span(&claims),
    };
    return mf_token_from_dev_issuer(http, &ask, out, err);
}

bool mf_token_choose(const char *option, struct http_client *http, const struct instance *instance,
                     struct secret *out, struct err *err)
{
    const struct dev_request own = {0};
    bool found = false;

    if (option != NULL)
        return mf_token_from_option(option, out, err);
    if (!mf_token_from_environment(out, &found, err))
        return false;
    if (found)
        return true;
    if (instance != NULL && instance->doc != NULL)
        return mf_token_of_instance(http, instance, &own, out, err);
    mf_err_set(err, MF_ERR_USAGE, "there is no token to sign with");
    return mf_err_hint(err, "give one with --identity-token FILE or in SIGSTORE_ID_TOKEN");
}
