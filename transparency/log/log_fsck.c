/* mayfly-log fsck: checks a log's directory from end to end, and writes nothing. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "common/run/exit.h"
#include "common/run/harden.h"
#include "common/run/options.h"
#include "transparency/fsck/fsck.h"
#include "transparency/log/log_verbs.h"
#include "transparency/log/submission.h"

enum { FINDING_MAX = 8192, PROGRESS_MS = 200 };

struct fsck_options {
    bool online, json, quiet;
};

struct printing {
    struct fsck_options options;
    struct clock clock;
    bool terminal; /* progress is shown */
    bool shown;
    uint64_t shown_ms;
    bool any; /* JSON: a finding was printed */
};

static const char *const kind_names[] = {"fault", "unread", "note"};
static const char *const unit_names[] = {"file", "entry", "hash", "byte"};

/* A file's name may be anybody's bytes. */
static const char *escaped(const char *name, struct err *storage)
{
    mf_err_set(storage, MF_ERR_FORMAT, "%s", name);
    return storage->what;
}

static void clear_progress(struct printing *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}

static void print_text(const struct finding *finding, const char *file)
{
    printf("%s%s", finding->kind == MF_FINDING_NOTE ? "note: " : "", file);
    if (finding->unit != MF_AT_FILE)
        printf(": %s %" PRIu64, unit_names[finding->unit], finding->at);
    printf(": %s", finding->what);
    if (finding->expected != NULL)
        printf(": expected %s", finding->expected);
    if (finding->found != NULL)
        printf("%s found %s", finding->expected != NULL ? "," : ":", finding->found);
    if (finding->todo != NULL)
        printf(": %s", finding->todo);
    putchar('\n');
}

static void put_if(struct json_writer *w, const char *name, const char *text)
{
    if (text != NULL)
        mf_json_member_put_cstr(w, name, text);
}

static void print_json(struct printing *p, const struct finding *finding, const char *file)
{
    MF_SCOPED(mf_buf_done) struct buf line = {.max = FINDING_MAX};
    struct err err = {0};
    struct json_writer w = mf_json_writer(&line, &err);

    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "kind", kind_names[finding->kind]);
    mf_json_member_put_cstr(&w, "file", file);
    if (finding->unit != MF_AT_FILE)
        mf_json_member_put_int(&w, unit_names[finding->unit], (int64_t)finding->at);
    mf_json_member_put_cstr(&w, "problem", finding->what);
    put_if(&w, "expected", finding->expected);
    put_if(&w, "found", finding->found);
    put_if(&w, "action", finding->todo);
    mf_json_end_object(&w);
    if (mf_json_written(&w))
        printf("%s\n%.*s", p->any ? "," : "", (int)line.n, (const char *)line.p);
    p->any = true;
}

static void on_found(void *state, const struct finding *finding)
{
    struct printing *p = state;
    struct err storage = {0};
    const char *file = escaped(finding->file, &storage);

    clear_progress(p);
    if (p->options.json)
        print_json(p, finding, file);
    else if (!p->options.quiet || finding->kind != MF_FINDING_NOTE)
        print_text(finding, file);
}

static void on_progress(void *state, uint64_t done, uint64_t all)
{
    struct printing *p = state;
    uint64_t now = mf_instant_ms(mf_clock_now(&p->clock));

    if (!p->terminal || now < p->shown_ms + PROGRESS_MS)
        return;
    fprintf(stderr, "\r\033[K%" PRIu64 " of %" PRIu64 " entries", done, all);
    p->shown = true;
    p->shown_ms = now;
}

static void print_error_json(const struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {.max = FINDING_MAX};
    struct err failed = {0};
    struct json_writer w = mf_json_writer(&text, &failed);
    char said[700];

    mf_err_render(err, said, sizeof said);
    mf_json_put_cstr(&w, said);
    if (mf_json_written(&w))
        printf("],\"ok\":false,\"error\":%.*s}\n", (int)text.n, (const char *)text.p);
}

static void print_end_json(const struct fsck_result *r, bool ok, double seconds)
{
    printf("%s],\"ok\":%s,\"type\":\"%s\",\"size\":%" PRIu64 ",\"end\":%" PRIu64
           ",\"entriesChecked\":%" PRIu64 ",\"journalEntriesChecked\":%" PRIu64
           ",\"bytesRead\":%" PRIu64 ",\"seconds\":%.3f,"
           "\"faults\":%" PRIu64 ",\"unread\":%" PRIu64 ",\"notes\":%" PRIu64 "}\n",
           r->faults + r->unread + r->notes > 0 ? "\n" : "", ok ? "true" : "false",
           mf_log_type_name(r->type), r->size, r->end, r->entries, r->journal_entries, r->bytes,
           seconds, r->faults, r->unread, r->notes);
}

static void print_end(const struct fsck_result *r, bool ok, double seconds)
{
    struct err storage = {0};
    double rate = seconds > 0 ? (double)r->bytes / 1e6 / seconds : 0;

    printf("%s log %s: ", mf_log_type_name(r->type), escaped(r->origin, &storage));
    if (ok)
        printf("whole");
    else
        printf("%" PRIu64 " fault%s", r->faults, r->faults == 1 ? "" : "s");
    if (r->unread > 0)
        printf(", %" PRIu64 " could not be read", r->unread);
    printf(": %" PRIu64 " public entries and %" PRIu64
           " of the journal checked in %.1f s, %.1f MB/s\n",
           r->entries, r->journal_entries, seconds, rate);
}

static int run(const char *path, struct printing *p)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    const struct fsck_params params = {
        .path = path,
        .online = p->options.online,
        .threads = cores < 1                     ? 1
                   : cores > MF_FSCK_THREADS_MAX ? MF_FSCK_THREADS_MAX
                                                 : (unsigned)cores,
        .formats = {[MF_LOG_ENTRIES] = mf_rekor_kind.format, [MF_LOG_CT] = mf_ct_kind.format},
        .found = on_found,
        .progress = on_progress,
        .state = p,
    };
    struct fsck_result result;
    struct err err = {0};
    uint64_t start = mf_instant_ms(mf_clock_now(&p->clock));

    if (p->options.json)
        printf("{\"schema\":\"mayfly.fsck/1\",\"findings\":[");
    bool done = mf_fsck(&params, &result, &err);
    double seconds = (double)(mf_instant_ms(mf_clock_now(&p->clock)) - start) / 1000;
    bool ok = done && result.faults == 0 && result.unread == 0;

    clear_progress(p);
    if (!done) {
        if (p->options.json)
            print_error_json(&err);
        return mf_exit_report("mayfly-log", &err);
    }
    if (p->options.json)
        print_end_json(&result, ok, seconds);
    else if (!p->options.quiet)
        print_end(&result, ok, seconds);
    if (result.faults > 0)
        return mf_exit_status(MF_ERR_REJECTED);
    return ok ? 0 : mf_exit_status(MF_ERR_SYSTEM);
}

int mf_log_verb_fsck(int argc, char **argv)
{
    struct printing p = {.clock = mf_clock_system(), .terminal = isatty(STDERR_FILENO) == 1};
    const struct option options[] = {
        {.name = "online",
         .kind = MF_OPTION_FLAG,
         .value = &p.options.online,
         .help = "check public/ only, also while the log is served"},
        {.name = "json",
         .kind = MF_OPTION_FLAG,
         .value = &p.options.json,
         .help = "print one JSON object"},
        {.name = "quiet",
         .letter = 'q',
         .kind = MF_OPTION_FLAG,
         .value = &p.options.quiet,
         .help = "print faults only"},
    };
    const struct option_set set = {"mayfly-log fsck", "DIR",
                                   "Checks everything in a log's directory, and writes nothing.",
                                   options, MF_LEN(options)};
    struct err err = {0};
    int operands = 0;
    bool help = false;

    if (!mf_options_parse(&set, argc, argv, &operands, &help, &err))
        return mf_exit_report("mayfly-log", &err);
    if (help) {
        mf_options_help(&set);
        return 0;
    }
    if (operands != 1) {
        mf_err_set(&err, MF_ERR_USAGE, "fsck takes one directory, not %d", operands);
        return mf_exit_report("mayfly-log", &err);
    }
    p.terminal = p.terminal && !p.options.quiet;
    return mf_harden_command(&err) ? run(argv[1], &p) : mf_exit_report("mayfly-log", &err);
}
