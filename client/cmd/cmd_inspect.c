/* mayfly inspect: what a bundle says, for people and as JSON. It gives no verdict. */
#include <stdio.h>

#include "client/bundle/bundle.h"
#include "client/cmd/verbs.h"
#include "client/identity/signer_identity.h"
#include "client/verify/tsr.h"
#include "common/base/utf8.h"
#include "common/codec/hex.h"
#include "common/codec/timestamp.h"
#include "common/run/exit.h"

enum { OUTPUT_MAX = 4 * 1024 * 1024 };

struct view { /* names and values in order, printed as lines or as one object */
    struct json_writer writer;
    struct buf text;
    struct err err;
    bool json;
};

static void show(struct view *v, const char *name, struct span value)
{
    char shown[2048];

    if (v->json) {
        mf_json_member_put(&v->writer, name, value);
        return;
    }
    mf_utf8_escape(value, shown, sizeof shown);
    printf("%-22s %s\n", name, shown);
}

static void show_number(struct view *v, const char *name, int64_t value)
{
    if (v->json)
        mf_json_member_put_int(&v->writer, name, value);
    else
        printf("%-22s %lld\n", name, (long long)value);
}

static void show_hex(struct view *v, const char *name, struct span bytes)
{
    char hex[2 * MF_DIGEST_MAX + 1];

    if (bytes.n > MF_DIGEST_MAX)
        return;
    mf_hex_encode(bytes, hex);
    show(v, name, mf_span_str(hex));
}

static void show_time(struct view *v, const char *name, struct instant t)
{
    char when[MF_RFC3339_MAX];

    mf_rfc3339_write(t, when);
    show(v, name, mf_span_str(when));
}

static bool show_certificate(struct view *v, const struct bundle *b, struct err *err)
{
    struct signer_identity who;
    struct cert cert;

    if (b->has_key) {
        show(v, "key_hint", b->key_hint);
        return true;
    }
    if (!mf_cert_parse(mf_buf_span(&b->certificate), &cert, err) ||
        !mf_signer_identity_read(&cert, &who, err))
        return mf_err_at(err, "certificate");
    show(v, "identity", who.san.value);
    show(v, "issuer", who.issuer);
    show_time(v, "not_before", cert.not_before);
    show_time(v, "not_after", cert.not_after);
    show_hex(v, "serial", cert.serial);
    for (unsigned n = MF_FULCIO_ISSUER + 1; n <= MF_FULCIO_LAST; n++)
        if (who.values[n].n > 0)
            show(v, mf_fulcio_name(n), who.values[n]);
    return true;
}

/* What there may be several of is an array in JSON: no name stands twice in an object. */
static void begin_list(struct view *v, const char *name)
{
    if (!v->json)
        return;
    mf_json_key(&v->writer, name);
    mf_json_begin_array(&v->writer);
}

static void end_list(struct view *v)
{
    if (v->json)
        mf_json_end_array(&v->writer);
}

static void show_entries(struct view *v, const struct bundle *b)
{
    begin_list(v, "log_entries");
    for (size_t i = 0; i < b->entry_count; i++) {
        const struct tlog_entry *e = &b->entries[i];
        if (v->json)
            mf_json_begin_object(&v->writer);
        show(v, "log_entry_kind", e->kind);
        show(v, "log_entry_version", e->version);
        if (e->promise.n > 0)
            show_time(v, "integrated_time", (struct instant){.s = e->integrated_time});
        show_number(v, "log_index", e->log_index);
        show_hex(v, "log_id", e->log_id);
        show_number(v, "tree_size", e->tree_size);
        if (v->json)
            mf_json_end_object(&v->writer);
    }
    end_list(v);
}

static bool show_timestamps(struct view *v, const struct bundle *b, struct err *err)
{
    begin_list(v, "timestamps");
    for (size_t i = 0; i < b->timestamp_count; i++) {
        char when[MF_RFC3339_MAX];
        struct tsr t;
        if (!mf_tsr_parse(mf_buf_span(&b->timestamps[i]), &t, err))
            return mf_err_at(err, "timestamp %zu", i);
        mf_rfc3339_write(t.gen_time, when);
        if (v->json)
            mf_json_put_cstr(&v->writer, when);
        else
            show(v, "timestamp", mf_span_str(when));
    }
    end_list(v);
    return true;
}

static bool show_bundle(struct view *v, const struct bundle *b, struct err *err)
{
    show(v, "content", mf_span_str(b->is_dsse ? "dsseEnvelope" : "messageSignature"));
    if (b->is_dsse)
        show(v, "payload_type", b->payload_type);
    if (b->has_digest)
        show_hex(v, mf_digest_name(b->digest_alg), mf_buf_span(&b->digest));
    if (!show_certificate(v, b, err))
        return false;
    show_entries(v, b);
    return show_timestamps(v, b, err);
}

/* As in mf_bundle_read: a file that was read and does not hold. */
static bool damaged(const char *path, struct err *err)
{
    mf_err_as(err, MF_ERR_REJECTED);
    return mf_err_at(err, "%s", path);
}

static bool inspect(const char *path, bool json, struct err *err)
{
    MF_SCOPED(mf_bundle_free) struct bundle *bundle = NULL;
    struct view v = {.json = json, .text = {.max = OUTPUT_MAX}};

    if (!mf_bundle_read(path, &bundle, err))
        return false;
    if (json) {
        v.writer = mf_json_pretty_writer(&v.text, &v.err);
        mf_json_begin_object(&v.writer);
        mf_json_member_put_cstr(&v.writer, "schema", "mayfly.inspect/1");
    }
    bool ok = show_bundle(&v, bundle, err) || damaged(path, err);
    if (ok && json) {
        mf_json_end_object(&v.writer);
        ok = mf_json_written(&v.writer);
        if (ok)
            printf("%.*s\n", (int)v.text.n, (const char *)v.text.p);
        else
            *err = v.err;
    }
    if (ok && !json)
        printf("\nNothing of this was checked: mayfly verify does that.\n");
    mf_buf_done(&v.text);
    return ok;
}

int mf_cmd_inspect(int argc, char **argv)
{
    bool json = false;
    const struct option options[] = {
        {.name = "json", .kind = MF_OPTION_FLAG, .value = &json, .help = "as JSON"},
    };
    const struct option_set set = {"mayfly inspect", "FILE.sigstore.json",
                                   "Shows what a bundle says. Gives no verdict.", options,
                                   MF_LEN(options)};
    struct err err = {0};
    int operands = 0;
    int status = 0;

    if (!mf_verb_options(&set, argc, argv, &operands, &status))
        return status;
    if (operands != 1) {
        mf_err_set(&err, MF_ERR_USAGE, "inspect takes one bundle");
        return mf_exit_report("mayfly", &err);
    }
    return inspect(argv[1], json, &err) ? 0 : mf_exit_report("mayfly", &err);
}
