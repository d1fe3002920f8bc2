#include "client/cmd/verify_report.h"

#include <stdio.h>

#include "client/bundle/statement.h"
#include "client/cmd/who_report.h"
#include "common/base/utf8.h"
#include "common/codec/hex.h"
#include "common/codec/timestamp.h"

static void describe_signer(const struct verification *v, const struct managed_key *key, char *out,
                            size_t cap)
{
    char hex[2 * MF_SHA256_LEN + 1];
    char name[300];
    char issuer[300];

    if (v->by_key) {
        mf_hex_encode(MF_SPAN_OF(key->fingerprint), hex);
        snprintf(out, cap, "signed with key sha256:%s", hex);
        return;
    }
    mf_utf8_escape(v->signer.san.value, name, sizeof name);
    mf_utf8_escape(v->signer.issuer, issuer, sizeof issuer);
    snprintf(out, cap, "signed by %s (%s)", name, issuer);
}

/* The checks that would have been made of another bundle, or without an option that gives them up.
 */
static void describe_gaps(const struct verification *v, char *out, size_t cap)
{
    static const enum verify_step steps[] = {MF_STEP_LOG, MF_STEP_SCT};
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < MF_LEN(steps) && used < cap; i++) {
        if (v->steps[steps[i]] != MF_STEP_NOT_CHECKED || (v->by_key && steps[i] == MF_STEP_SCT))
            continue;
        int n = snprintf(out + used, cap - used, ", %s not checked: %s", mf_step_name(steps[i]),
                         v->notes[steps[i]]);
        used += n > 0 ? (size_t)n : cap;
    }
}

/* "signed by dev@example.org (http://...) on 2026-11-20, log entry 12" */
static void describe(const struct verification *v, const struct managed_key *key, char *out,
                     size_t cap)
{
    char who[640];
    char when[MF_RFC3339_MAX] = "";
    char entry[48] = "";
    char gaps[200];

    describe_signer(v, key, who, sizeof who);
    if (v->time_count > 0)
        mf_rfc3339_write(v->times[0], when);
    if (v->entry_count > 0)
        snprintf(entry, sizeof entry, ", log entry %lld", (long long)v->entries[0].index);
    describe_gaps(v, gaps, sizeof gaps);
    snprintf(out, cap, "%s%s%.10s%s%s", who, when[0] != '\0' ? " on " : "", when, entry, gaps);
}

static void put_note(struct json_writer *w, const char *why)
{
    char note[100];

    snprintf(note, sizeof note, "not checked: %s", why);
    mf_json_member_put_cstr(w, "note", note);
}

static void put_checks(struct json_writer *w, const struct verification *v)
{
    mf_json_key(w, "checks");
    mf_json_begin_array(w);
    for (unsigned i = 0; i < MF_STEP_COUNT; i++) {
        mf_json_begin_object(w);
        mf_json_member_put_cstr(w, "name", mf_step_name((enum verify_step)i));
        mf_json_member_put_cstr(w, "result", mf_step_result_name(v->steps[i]));
        if (v->steps[i] == MF_STEP_NOT_CHECKED)
            put_note(w, v->notes[i]);
        mf_json_end_object(w);
    }
    mf_json_end_array(w);
}

/* Who cosigned, by the policy's names; also beside a quorum that was missed. */
static void put_witnesses(struct json_writer *w, const struct verification *v,
                          const struct witness_policy *policy)
{
    char name[300];

    mf_json_key(w, "witnesses");
    mf_json_begin_array(w);
    for (size_t i = 0; i < policy->witness_count; i++) {
        if (!v->witnessed[i])
            continue;
        mf_utf8_escape(policy->witnesses[i].name, name, sizeof name);
        mf_json_put_cstr(w, name);
    }
    mf_json_end_array(w);
}

static void put_predicate(struct json_writer *w, const struct verification *v)
{
    MF_SCOPED(mf_buf_done) struct buf type = {.max = MF_PREDICATE_TYPE_MAX};
    struct err ignored = {0};

    if (v != NULL && v->payload.n > 0 && mf_statement_predicate_type(v->payload, &type, &ignored))
        mf_json_member_put(w, "predicate_type", mf_buf_span(&type));
}

static void put_trust(struct json_writer *w, const struct trust_choice *trust)
{
    char shown[1024];

    mf_utf8_escape(mf_span_str(trust->path), shown, sizeof shown);
    mf_json_key(w, "trusted_root");
    mf_json_begin_object(w);
    mf_json_member_put_cstr(w, "path", shown);
    if (trust->public_name != NULL) {
        mf_json_member_put_cstr(w, "name", trust->public_name);
        mf_json_member_put_cstr(w, "date", trust->date);
    }
    mf_json_end_object(w);
}

static const char *reason_of(const struct verification *v, const struct err *err)
{
    for (unsigned i = 0; v != NULL && i < MF_STEP_COUNT; i++)
        if (v->steps[i] == MF_STEP_FAILED)
            return mf_step_reason((enum verify_step)i);
    return mf_err_name(err->code);
}

static void put_signer(struct json_writer *w, const struct verification *v,
                       const struct managed_key *key)
{
    char when[MF_RFC3339_MAX];
    char name[sizeof "sha256:" + 2 * MF_SHA256_LEN] = "sha256:";

    if (v->by_key) {
        mf_hex_encode(MF_SPAN_OF(key->fingerprint), name + strlen(name));
        mf_json_member_put_cstr(w, "key", name);
    } else {
        mf_json_member_put(w, "identity", v->signer.san.value);
        mf_json_member_put(w, "issuer", v->signer.issuer);
    }
    mf_json_key(w, "signed_at");
    mf_json_begin_array(w);
    for (size_t i = 0; i < v->time_count; i++) {
        mf_rfc3339_write(v->times[i], when);
        mf_json_put_cstr(w, when);
    }
    mf_json_end_array(w);
    if (v->entry_count > 0)
        mf_json_member_put_int(w, "log_index", v->entries[0].index);
}

/* Null when it did not come to a verification, which sets every step's result at its begin. */
static const struct verification *begun(const struct list_verdict *verdict)
{
    const struct verification *v = &verdict->result;

    return v->steps[MF_STEP_REVOCATION] == MF_STEP_NOT_REACHED ? NULL : v;
}

/* Null until a certificate was found good: before that it may say anything. */
static const struct signer_identity *signer_of(const struct verification *v)
{
    return v != NULL && !v->by_key && v->steps[MF_STEP_CERTIFICATE] == MF_STEP_PASSED ? &v->signer
                                                                                      : NULL;
}

static void put_list(struct json_writer *w, const struct list_verdict *verdict)
{
    if (verdict->line == 0 && verdict->others == 0 && verdict->unreadable == 0)
        return;
    mf_json_key(w, "list");
    mf_json_begin_object(w);
    if (verdict->line > 0)
        mf_json_member_put_int(w, "line", (int64_t)verdict->line);
    mf_json_member_put_int(w, "other_bundles", (int64_t)verdict->others);
    mf_json_member_put_int(w, "unreadable_lines", (int64_t)verdict->unreadable);
    mf_json_end_object(w);
}

static void add_json(struct verify_report *report, const char *file,
                     const struct list_verdict *verdict, const struct err *err)
{
    const struct verification *v = begun(verdict);
    struct json_writer *w = &report->files.writer;
    char said[800];
    char shown[1024];

    mf_utf8_escape(mf_span_str(file), shown, sizeof shown);
    mf_json_begin_object(w);
    mf_json_member_put_cstr(w, "file", shown);
    mf_json_member_put_bool(w, "ok", err->code == MF_OK);
    if (err->code != MF_OK) {
        mf_err_render(err, said, sizeof said);
        mf_json_member_put_cstr(w, "reason", reason_of(v, err));
        mf_json_member_put_cstr(w, "message", said);
    }
    if (v != NULL &&
        v->steps[v->by_key ? MF_STEP_SIGNATURE : MF_STEP_CERTIFICATE] == MF_STEP_PASSED)
        put_signer(w, v, report->key);
    if (v != NULL && report->witnesses != NULL)
        put_witnesses(w, v, report->witnesses);
    if (report->demand != NULL)
        mf_who_report_json(w, report->demand, signer_of(v));
    if (v != NULL)
        put_checks(w, v);
    put_predicate(w, v);
    put_list(w, verdict);
    put_trust(w, report->trust);
    mf_json_end_object(w);
}

/* Who did not say whom to trust sees what was taken; beside a file that was not verified as well.
 */
static void print_trust(FILE *out, const struct trust_choice *trust)
{
    if (trust->public_name != NULL)
        fprintf(out, " (trusted root: %s of %s)", trust->public_name, trust->date);
}

static void add_text(struct verify_report *report, const char *file,
                     const struct list_verdict *verdict, const struct err *err)
{
    const struct verification *v = begun(verdict);
    char said[1000];
    char shown[1024];

    mf_utf8_escape(mf_span_str(file), shown, sizeof shown);
    if (err->code == MF_OK && report->print_payload) {
        fwrite(v->payload.p, 1, v->payload.n, stdout);
        putchar('\n');
    } else if (err->code == MF_OK && !report->files.quiet) {
        describe(v, report->key, said, sizeof said);
        printf("%s: verified  %s", shown, said);
        print_trust(stdout, report->trust);
        if (verdict->line > 0)
            printf(", bundle in line %zu, %zu others and %zu unreadable lines passed over",
                   verdict->line, verdict->others, verdict->unreadable);
        putchar('\n');
    }
    if (err->code != MF_OK) {
        mf_err_render(err, said, sizeof said);
        fprintf(stderr, "mayfly: %s: %s%s", shown,
                err->code == MF_ERR_REJECTED ? "not verified: " : "", said);
        if (err->code == MF_ERR_REJECTED)
            print_trust(stderr, report->trust);
        fputc('\n', stderr);
    }
    if (v != NULL && report->demand != NULL && v->steps[MF_STEP_IDENTITY] == MF_STEP_FAILED)
        mf_who_report_text(stderr, report->demand, &v->signer);
    for (unsigned i = 0; report->verbose && v != NULL && i < MF_STEP_COUNT; i++)
        fprintf(stderr, "  %-12s %s\n", mf_step_name((enum verify_step)i),
                mf_step_result_name(v->steps[i]));
}

/* Lists hold these two alone. */
static void put_digests(struct json_writer *w, const struct artifact *said)
{
    char hex[2 * MF_DIGEST_MAX + 1];

    if (said->has[MF_SHA256]) {
        mf_hex_encode(mf_artifact_digest(said, MF_SHA256), hex);
        mf_json_member_put_cstr(w, "sha256", hex);
    }
    if (said->has[MF_SHA512]) {
        mf_hex_encode(mf_artifact_digest(said, MF_SHA512), hex);
        mf_json_member_put_cstr(w, "sha512", hex);
    }
}

void mf_verify_report_listed(struct verify_report *report, const char *file,
                             const struct listed_file *listed, const struct err *err)
{
    struct json_writer *w = &report->files.writer;
    char list[1024];
    char shown[1024];
    char said[1000];

    mf_file_report_count(&report->files, err->code);
    mf_utf8_escape(mf_span_str(file), shown, sizeof shown);
    mf_utf8_escape(mf_span_str(listed->list), list, sizeof list);
    mf_err_render(err, said, sizeof said);
    if (report->files.json) {
        mf_json_begin_object(w);
        mf_json_member_put_cstr(w, "file", shown);
        mf_json_member_put_bool(w, "ok", err->code == MF_OK);
        if (err->code != MF_OK) {
            mf_json_member_put_cstr(
                w, "reason", listed->reason != NULL ? listed->reason : mf_err_name(err->code));
            mf_json_member_put_cstr(w, "message", said);
        }
        mf_json_member_put_cstr(w, "listed_in", list);
        put_digests(w, &listed->said);
        mf_json_end_object(w);
    } else if (err->code != MF_OK) {
        fprintf(stderr, "mayfly: %s: %s%s\n", shown,
                err->code == MF_ERR_REJECTED ? "not verified: " : "", said);
    } else if (!report->files.quiet) {
        printf("%s: verified  listed in %s\n", shown, list);
    }
}

void mf_verify_report_add(struct verify_report *report, const char *file,
                          const struct list_verdict *verdict, const struct err *err)
{
    mf_file_report_count(&report->files, err->code);
    if (report->files.json)
        add_json(report, file, verdict, err);
    else
        add_text(report, file, verdict, err);
}
