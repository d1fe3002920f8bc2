/* What is accepted here, another reader takes for the same value; what is refused for its grammar,
 * it refuses as well. cJSON never refuses what the scanner let through. */
#include <jansson.h>

#include "common/codec/json.h"
#include "tests/support/fuzz.h"

static const struct json_limits limits = {.bytes = 1 << 20, .depth = 64, .nodes = 5000};

static void same_value(const struct json_node *ours, json_t *theirs)
{
    struct err err = {0};
    struct span text;
    int64_t v = 0;
    bool yes = false;

    switch (json_typeof(theirs)) {
    case JSON_STRING:
        mf_require(mf_json_string(ours, &text, &err));
        mf_require(text.n == json_string_length(theirs));
        mf_require(memcmp(text.p, json_string_value(theirs), text.n) == 0);
        break;
    case JSON_INTEGER: /* "-0" is theirs alone */
        mf_require(mf_json_int64(ours, &v, &err) == (v != 0 || err.code == MF_OK));
        mf_require(v == json_integer_value(theirs));
        break;
    case JSON_REAL:
        mf_require(!mf_json_int64(ours, &v, &err));
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        mf_require(mf_json_bool(ours, &yes, &err) && yes == (json_typeof(theirs) == JSON_TRUE));
        break;
    case JSON_NULL:
        mf_require(!mf_json_is_string(ours) && !mf_json_bool(ours, &yes, &err));
        break;
    case JSON_OBJECT:
    case JSON_ARRAY:
    default:
        break;
    }
}

static void same_tree(const struct json_node *ours, json_t *theirs)
{
    size_t i = 0;

    same_value(ours, theirs);
    if (json_is_object(theirs)) {
        mf_require(mf_json_is_object(ours) && mf_json_size(ours) == json_object_size(theirs));
        for (const struct json_node *m = NULL; (m = mf_json_next(ours, m)) != NULL;) {
            json_t *other = json_object_get(theirs, mf_json_name(m));
            mf_require(other != NULL);
            same_tree(m, other);
        }
    } else if (json_is_array(theirs)) {
        mf_require(mf_json_is_array(ours) && mf_json_size(ours) == json_array_size(theirs));
        for (const struct json_node *e = NULL; (e = mf_json_next(ours, e)) != NULL; i++)
            same_tree(e, json_array_get(theirs, i));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_json_free) struct json *doc = NULL;
    struct err err = {0};
    json_error_t error;

    bool accepted = mf_json_parse((struct span){data, size}, &limits, &doc, &err);
    json_t *theirs = json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES,
                                &error);
    if (accepted) {
        /* Numbers beyond its types it refuses; ours are text until somebody asks. */
        mf_require(theirs != NULL || json_error_code(&error) == json_error_numeric_overflow);
        if (theirs != NULL)
            same_tree(mf_json_root(doc), theirs);
        mf_json_wipe_on_free(doc);
    } else {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && doc == NULL);
        /* A NUL behind the value it takes for the end. */
        mf_require(theirs == NULL || err.code == MF_ERR_LIMIT || memchr(data, 0, size) != NULL);
    }
    json_decref(theirs);

    /* With comments: no second reader, but the same promises on errors. */
    struct json_limits commented = limits;
    commented.comments = true;
    MF_SCOPED(mf_json_free) struct json *config = NULL;
    struct err config_err = {0};
    bool config_ok = mf_json_parse((struct span){data, size}, &commented, &config, &config_err);
    mf_require(config_ok || config_err.code == MF_ERR_FORMAT || config_err.code == MF_ERR_LIMIT);
    mf_require(config_ok || !accepted);
    return 0;
}
