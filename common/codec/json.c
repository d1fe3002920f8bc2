#include "common/codec/json.h"

#include <cjson/cJSON.h>

#include "common/codec/json_scan.h"

/* Found member names are sorted on the stack. */
enum { MEMBERS_MAX = 1024, PAIRWISE_MAX = 8 };

const struct json_limits mf_json_request_limits = {.bytes = 64 * 1024, .depth = 16, .nodes = 256};
const struct json_limits mf_json_file_limits = {
    .bytes = 16 * 1024 * 1024, .depth = 32, .nodes = 20000};
const struct json_limits mf_json_config_limits = {
    .bytes = 1024 * 1024, .depth = 16, .nodes = 20000, .comments = true};

/* A number's fields mean something else here than in cJSON: valueint says whether it is an integer
 * of 64 bits, and valuedouble's bytes are then that integer. */
struct json_node {
    cJSON item;
};
_Static_assert(sizeof(double) == sizeof(int64_t), "an integer fits where a double was");

struct json {
    cJSON *root;
    bool wipe;
};

static const cJSON *item_of(const struct json_node *node)
{
    return &node->item;
}

static const struct json_node *node_of(const cJSON *item)
{
    return (const struct json_node *)item;
}

static bool is_type(const struct json_node *node, int type)
{
    return node != NULL && (item_of(node)->type & 0xFF) == type;
}

/* The item after this one in the order of the text; parents[] holds what is open. */
static cJSON *next_item(cJSON *item, cJSON **parents, size_t *depth)
{
    if (item->child != NULL) {
        parents[(*depth)++] = item;
        return item->child;
    }
    while (item->next == NULL) {
        if (*depth == 0)
            return NULL;
        item = parents[--*depth];
    }
    return item->next;
}

static int compare_names(const void *a, const void *b)
{
    const char *const *x = a;
    const char *const *y = b;

    return strcmp(*x, *y);
}

static bool duplicate(const char *name, struct err *err)
{
    return mf_err_set(err, MF_ERR_FORMAT, "member \"%s\" is there twice", name);
}

static bool names_differ(const cJSON *object, struct err *err)
{
    const char *names[MEMBERS_MAX];
    size_t n = 0;

    for (const cJSON *m = object->child; m != NULL; m = m->next) {
        if (n == MEMBERS_MAX)
            return mf_err_set(err, MF_ERR_LIMIT, "an object has more than %d members", MEMBERS_MAX);
        for (size_t i = 0; n < PAIRWISE_MAX && i < n; i++)
            if (strcmp(names[i], m->string) == 0)
                return duplicate(m->string, err);
        names[n++] = m->string;
    }
    if (n <= PAIRWISE_MAX)
        return true;
    qsort(names, n, sizeof names[0], compare_names);
    for (size_t i = 1; i < n; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            return duplicate(names[i], err);
    return true;
}

/* Gives each number its exact value and finds names that are there twice, escapes resolved. */
static bool finish(cJSON *root, const struct json_scan *scan, struct err *err)
{
    cJSON *parents[MF_JSON_DEPTH_MAX];
    size_t depth = 0;
    size_t number = 0;

    for (cJSON *item = root; item != NULL; item = next_item(item, parents, &depth)) {
        if (cJSON_IsObject(item) && !names_differ(item, err))
            return false;
        if (!cJSON_IsNumber(item))
            continue;
        if (number == scan->number_count)
            return mf_err_set(err, MF_ERR_INTERNAL, "scanner and reader count numbers differently");
        memcpy(&item->valuedouble, &scan->numbers[number].value, sizeof(int64_t));
        item->valueint = scan->numbers[number].is_int64 ? 1 : 0;
        number++;
    }
    return true;
}

bool mf_json_parse(struct span text, const struct json_limits *limits, struct json **out,
                   struct err *err)
{
    MF_SCOPED(mf_json_scan_done) struct json_scan scan = {0};
    MF_SCOPED(mf_json_free) struct json *doc = NULL;

    if (!mf_json_scan(text, limits, &scan, err))
        return false;
    doc = mf_array_new(1, sizeof *doc);
    if (doc == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a JSON document");
    doc->wipe = true; /* until the caller has it: a refused text may hold a token as well */
    const char *accepted = scan.rewritten != NULL ? scan.rewritten : (const char *)text.p;
    doc->root = cJSON_ParseWithLengthOpts(accepted, text.n, NULL, 0);
    /* The scanner leaves nothing else to refuse; the fuzz target holds the two side by side. */
    if (doc->root == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for a JSON document");
    if (!finish(doc->root, &scan, err))
        return false;
    doc->wipe = false;
    *out = MF_MOVE(doc);
    return true;
}

static void wipe_strings(cJSON *root)
{
    cJSON *parents[MF_JSON_DEPTH_MAX];
    size_t depth = 0;

    for (cJSON *item = root; item != NULL; item = next_item(item, parents, &depth)) {
        if (item->valuestring != NULL)
            explicit_bzero(item->valuestring, strlen(item->valuestring));
        if (item->string != NULL)
            explicit_bzero(item->string, strlen(item->string));
        explicit_bzero(&item->valuedouble, sizeof item->valuedouble);
    }
}

void mf_json_free(struct json **doc)
{
    if (*doc == NULL)
        return;
    if ((*doc)->wipe && (*doc)->root != NULL)
        wipe_strings((*doc)->root);
    cJSON_Delete((*doc)->root);
    free(*doc);
    *doc = NULL;
}

void mf_json_wipe_on_free(struct json *doc)
{
    doc->wipe = true;
}

const struct json_node *mf_json_root(const struct json *doc)
{
    return node_of(doc->root);
}

const struct json_node *mf_json_get(const struct json_node *object, const char *name)
{
    if (!mf_json_is_object(object))
        return NULL;
    for (const cJSON *m = item_of(object)->child; m != NULL; m = m->next)
        if (strcmp(m->string, name) == 0)
            return cJSON_IsNull(m) ? NULL : node_of(m);
    return NULL;
}

bool mf_json_is_object(const struct json_node *node)
{
    return is_type(node, cJSON_Object);
}

bool mf_json_is_array(const struct json_node *node)
{
    return is_type(node, cJSON_Array);
}

bool mf_json_is_string(const struct json_node *node)
{
    return is_type(node, cJSON_String);
}

size_t mf_json_size(const struct json_node *node)
{
    size_t n = 0;

    for (const struct json_node *c = NULL; (c = mf_json_next(node, c)) != NULL;)
        n++;
    return n;
}

const struct json_node *mf_json_at(const struct json_node *array, size_t index)
{
    const struct json_node *c = mf_json_is_array(array) ? mf_json_next(array, NULL) : NULL;

    for (; c != NULL && index > 0; index--)
        c = mf_json_next(array, c);
    return c;
}

const struct json_node *mf_json_next(const struct json_node *parent, const struct json_node *after)
{
    if (after != NULL)
        return node_of(item_of(after)->next);
    if (!mf_json_is_object(parent) && !mf_json_is_array(parent))
        return NULL;
    return node_of(item_of(parent)->child);
}

const char *mf_json_name(const struct json_node *member)
{
    return member != NULL && item_of(member)->string != NULL ? item_of(member)->string : "";
}

static const char *type_name(const struct json_node *node)
{
    if (node == NULL)
        return "missing";
    switch (item_of(node)->type & 0xFF) {
    case cJSON_Object:
        return "an object";
    case cJSON_Array:
        return "an array";
    case cJSON_String:
        return "a string";
    case cJSON_Number:
        return "a number";
    case cJSON_NULL:
        return "null";
    default:
        return "true or false";
    }
}

/* "is a number, not a string" */
static bool wrong_type(const struct json_node *node, const char *expected, struct err *err)
{
    if (node == NULL)
        return mf_err_set(err, MF_ERR_FORMAT, "is missing, expected %s", expected);
    return mf_err_set(err, MF_ERR_FORMAT, "is %s, not %s", type_name(node), expected);
}

bool mf_json_string(const struct json_node *node, struct span *out, struct err *err)
{
    if (!mf_json_is_string(node))
        return wrong_type(node, "a string", err);
    *out = mf_span_str(item_of(node)->valuestring);
    return true;
}

bool mf_json_bool(const struct json_node *node, bool *out, struct err *err)
{
    if (!is_type(node, cJSON_True) && !is_type(node, cJSON_False))
        return wrong_type(node, "true or false", err);
    *out = is_type(node, cJSON_True);
    return true;
}

/* "12" or "-12": no sign but minus, no leading zero. */
static bool int64_of_text(struct span text, int64_t *out)
{
    uint64_t v = 0;
    bool negative = text.n > 0 && text.p[0] == '-';

    if (mf_span_is(text, "-9223372036854775808")) {
        *out = INT64_MIN;
        return true;
    }
    if (!mf_span_decimal(negative ? mf_span_from(text, 1) : text, &v) || (negative && v == 0))
        return false;
    *out = negative ? -(int64_t)v : (int64_t)v;
    return true;
}

bool mf_json_int64(const struct json_node *node, int64_t *out, struct err *err)
{
    if (is_type(node, cJSON_Number) && item_of(node)->valueint == 1) {
        memcpy(out, &item_of(node)->valuedouble, sizeof *out);
        return true;
    }
    if (mf_json_is_string(node) && int64_of_text(mf_span_str(item_of(node)->valuestring), out))
        return true;
    if (is_type(node, cJSON_Number) || mf_json_is_string(node))
        return mf_err_set(err, MF_ERR_FORMAT, "is no plain integer of 64 bits");
    return wrong_type(node, "an integer", err);
}
