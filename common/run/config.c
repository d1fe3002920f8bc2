#include "common/run/config.h"

#include <arpa/inet.h>

#include "common/base/file.h"

enum { FORMAT = 1 };

static bool check_format(const struct json_node *root, struct err *err)
{
    int64_t format = 0;

    if (!mf_json_is_object(root))
        return mf_err_set(err, MF_ERR_FORMAT, "configuration is not a JSON object");
    if (!mf_json_member_int64(root, "format", &format, err))
        return mf_err_hint(err, "begin the file with \"format\": %d", FORMAT);
    if (format != FORMAT) {
        mf_err_set(err, MF_ERR_FORMAT, "format %lld is not known", (long long)format);
        return mf_err_hint(err, "this release reads format %d", FORMAT);
    }
    return true;
}

bool mf_config_read(const char *path, struct json **out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;

    if (!mf_file_read(path, mf_json_config_limits.bytes, &text, err))
        return false;
    if (!mf_json_parse(mf_buf_span(&text), &mf_json_config_limits, &doc, err) ||
        !check_format(mf_json_root(doc), err))
        return mf_err_at(err, "%s", path);
    *out = MF_MOVE(doc);
    return true;
}

bool mf_config_path(const char *config_path, const struct json_node *section, const char *name,
                    char *out, size_t cap, struct err *err)
{
    struct span value;
    const char *slash = strrchr(config_path, '/');
    size_t dir = slash == NULL ? 0 : (size_t)(slash - config_path) + 1;

    if (!mf_json_member_string(section, name, &value, err))
        return false;
    if (value.n == 0) {
        mf_err_set(err, MF_ERR_FORMAT, "path is empty");
        return mf_err_at(err, "%s", name);
    }
    if (value.p[0] == '/')
        dir = 0;
    if (dir + value.n + 1 > cap) {
        mf_err_set(err, MF_ERR_LIMIT, "path is longer than %zu bytes", cap - 1);
        return mf_err_at(err, "%s", name);
    }
    memcpy(out, config_path, dir);
    memcpy(out + dir, value.p, value.n);
    out[dir + value.n] = '\0';
    return true;
}

bool mf_listen_address_parse(struct span text, struct listen_address *out, struct err *err)
{
    struct listen_address address = {0};
    struct span host = text, digits = {0};
    uint64_t port = 0;
    uint8_t binary[16];

    for (size_t i = text.n; i-- > 0;)
        if (text.p[i] == ':') {
            host = mf_span_first(text, i);
            digits = mf_span_from(text, i + 1);
            break;
        }
    bool v6 = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    if (v6)
        host = (struct span){host.p + 1, host.n - 2};
    if (!mf_span_decimal(digits, &port) || port > UINT16_MAX || host.n >= sizeof address.host)
        return mf_err_set(err, MF_ERR_FORMAT, "'%.*s' is not ADDRESS:PORT", MF_SPAN_ARG(text));
    if (host.n > 0)
        memcpy(address.host, host.p, host.n);
    if (inet_pton(v6 ? AF_INET6 : AF_INET, address.host, binary) != 1)
        return mf_err_set(err, MF_ERR_FORMAT, "'%.*s' does not begin with an IP address",
                          MF_SPAN_ARG(text));
    address.port = (uint16_t)port;
    *out = address;
    return true;
}

bool mf_config_listen(const struct json_node *section, struct listen_address *out, struct err *err)
{
    struct span text;

    if (!mf_json_member_string(section, "listen", &text, err))
        return false;
    return mf_listen_address_parse(text, out, err) || mf_err_at(err, "listen");
}

bool mf_config_number(const struct json_node *section, const char *name, uint64_t low,
                      uint64_t high, uint64_t *out, struct err *err)
{
    int64_t v = 0;

    if (mf_json_get(section, name) == NULL)
        return true;
    if (!mf_json_member_int64(section, name, &v, err))
        return false;
    if (v < 0 || (uint64_t)v < low || (uint64_t)v > high) {
        mf_err_set(err, MF_ERR_FORMAT, "%lld is not between %llu and %llu", (long long)v,
                   (unsigned long long)low, (unsigned long long)high);
        return mf_err_at(err, "%s", name);
    }
    *out = (uint64_t)v;
    return true;
}
