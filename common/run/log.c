#include "common/run/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "common/base/clock.h"
#include "common/base/utf8.h"
#include "common/codec/json.h"
#include "common/codec/timestamp.h"

enum { LINE_MAX_BYTES = 8192, TEXT_MAX = 1024 };

static const char *program_name = "mayfly";
static _Atomic int highest_level = MF_LOG_INFO;

static const char *const level_names[] = {"error", "warn", "info", "debug"};

void mf_log_init(const char *program, enum log_level level)
{
    program_name = program;
    atomic_store(&highest_level, (int)level);
}

static void put_field(struct json_writer *w, const struct log_field *field)
{
    char shown[TEXT_MAX];

    if (field->is_number) {
        mf_json_member_put_int(w, field->key, field->number);
        return;
    }
    /* Escaped here too: the line is read on terminals as often as by programs. */
    size_t n = mf_utf8_escape(field->text, shown, sizeof shown);
    mf_json_member_put(w, field->key, (struct span){(const uint8_t *)shown, n});
}

void mf_log_write(enum log_level level, const char *event, const struct log_field *fields,
                  size_t count)
{
    MF_SCOPED(mf_buf_done) struct buf line = {.max = LINE_MAX_BYTES};
    struct err err = {0};
    char when[MF_RFC3339_MAX];
    struct clock clock = mf_clock_system();

    if ((int)level > atomic_load(&highest_level))
        return;
    struct json_writer w = mf_json_writer(&line, &err);
    mf_rfc3339_write(mf_clock_now(&clock), when);
    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "time", when);
    mf_json_member_put_cstr(&w, "level", level_names[level]);
    mf_json_member_put_cstr(&w, "program", program_name);
    mf_json_member_put_cstr(&w, "event", event);
    for (size_t i = 0; i < count; i++)
        put_field(&w, &fields[i]);
    mf_json_end_object(&w);
    if (!mf_json_written(&w) || !mf_buf_append_byte(&line, '\n', &err))
        return;
    /* One write, so that lines of several threads do not mix. A log that cannot be written has
     * nowhere to say so. */
    ssize_t ignored = write(STDERR_FILENO, line.p, line.n);
    (void)ignored;
}

void mf_log_err(enum log_level level, const char *event, const struct err *err)
{
    mf_log(level, event, MF_LOG_TEXT("code", mf_err_name(err->code)),
           MF_LOG_TEXT("where", err->where), MF_LOG_TEXT("reason", err->what),
           MF_LOG_TEXT("hint", err->hint));
}
