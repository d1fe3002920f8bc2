#include "tests/support/fsck_case.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/keys/key_file.h"
#include "tests/support/log_fixture.h"
#include "tests/support/suite.h"
#include "transparency/log/submission.h"
#include "transparency/note/checkpoint.h"
#include "transparency/note/note_key.h"
#include "transparency/note/note_write.h"

enum { PUBLIC = 660, COMMITS = 40, LARGE = 65900, SEGMENT = 20 * 1024, FEW = 100 };

static char images[FSCK_IMAGES][PATH_MAX];

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    fprintf(stderr, "fsck case: %s\n", what);
    abort();
}

static void copy_folder(const char *from, const char *to)
{
    char command[2 * PATH_MAX + 64];

    snprintf(command, sizeof command, "cp -a '%s/.' '%s'", from, to);
    must(system(command) == 0, command);
}

static void remove_folder(const char *path)
{
    char command[2 * PATH_MAX + 64];

    snprintf(command, sizeof command, "chmod -R u+rwX '%s' && rm -rf '%s'", path, path);
    must(system(command) == 0, command);
}

static void append(struct log_fixture *f, uint64_t from, size_t count)
{
    struct log_fixture_job **jobs = calloc(count, sizeof(struct log_fixture_job *));

    must(jobs != NULL, "memory");
    for (size_t i = 0; i < count; i++)
        jobs[i] = mf_log_fixture_job(f, from + i, FSCK_BODY);
    mf_log_fixture_append(f, jobs, count);
    for (size_t i = 0; i < count; i++) {
        must(!jobs[i]->refused && jobs[i]->job.index == from + i, "an entry has another index");
        free(jobs[i]);
    }
    free(jobs);
}

static struct log_fixture *begin(size_t entries, size_t each)
{
    struct log_fixture *f = calloc(1, sizeof *f);
    struct err err = {0};

    must(f != NULL, "memory");
    mf_log_fixture_init(f);
    f->lax = true;
    f->cadence_ms = 60000; /* public once it is closed */
    must(mf_log_fixture_open(f, true, &err), "a log");
    for (size_t i = 0; i < entries; i += each)
        append(f, i, entries - i < each ? entries - i : each);
    mf_log_fixture_close(f);
    return f;
}

/* The folder stays, and is the image. */
static void keep(struct log_fixture *f, enum fsck_image image)
{
    must(snprintf(images[image], PATH_MAX, "%s", f->path) < PATH_MAX, "a long path");
    mf_log_fixture_close(f);
    mf_crypto_free(&f->crypto);
    free(f);
}

static void make_other(void)
{
    struct log_fixture *f = begin(PUBLIC, FEW);
    MF_SCOPED(mf_buf_done) struct buf note = {0};
    char path[PATH_MAX];
    struct err err = {0};

    must(mf_path_join(f->path, "public/checkpoint", path, sizeof path, &err), "a long path");
    note = mf_fsck_load(path);
    must(mf_log_fixture_open(f, false, &err), "a second start");
    append(f, PUBLIC, 2 * FEW);
    mf_log_fixture_close(f);
    must(mf_path_join(f->path, FSCK_OLDER, path, sizeof path, &err) &&
             mf_file_write(path, mf_buf_span(&note), 0644, MF_FILE_CREATE, &err),
         "a file");
    keep(f, FSCK_OTHER);
}

static void make_small(void)
{
    struct log_fixture *f = begin(PUBLIC, FEW);
    struct log_fixture *crashed = calloc(1, sizeof *crashed);
    struct err err = {0};

    must(crashed != NULL, "memory");
    f->segment_size = SEGMENT;
    must(mf_log_fixture_open(f, false, &err), "a second start");
    for (size_t i = 0; i < COMMITS; i++)
        append(f, PUBLIC + i, 1);
    mf_log_fixture_copy(f, crashed);
    keep(f, FSCK_CLOSED); /* its close publishes */
    keep(crashed, FSCK_CRASHED);
    make_other();
}

void mf_fsck_images_make(bool large)
{
    if (large)
        keep(begin(LARGE, 1000), FSCK_LARGE);
    else
        make_small();
}

void mf_fsck_images_remove(void)
{
    for (size_t i = 0; i < FSCK_IMAGES; i++) {
        if (images[i][0] != '\0')
            remove_folder(images[i]);
        images[i][0] = '\0';
    }
}

const char *mf_fsck_image(enum fsck_image image)
{
    return images[image];
}

void mf_fsck_case_init(struct fsck_case *c, enum fsck_image image)
{
    memset(c, 0, sizeof *c);
    snprintf(c->path, sizeof c->path, "/tmp/mayfly-fsck-XXXXXX");
    must(mkdtemp(c->path) != NULL, "mkdtemp");
    copy_folder(images[image], c->path);
}

void mf_fsck_case_done(struct fsck_case *c)
{
    remove_folder(c->path);
}

static void copy_text(char *out, size_t cap, const char *text)
{
    must(snprintf(out, cap, "%s", text != NULL ? text : "") < (int)cap, "a long text");
}

static void on_found(void *state, const struct finding *finding)
{
    struct fsck_case *c = state;

    if (c->count == FSCK_FOUND_MAX)
        return;
    struct told *t = &c->told[c->count++];
    *t = (struct told){.kind = finding->kind, .unit = finding->unit, .at = finding->at};
    copy_text(t->file, sizeof t->file, finding->file);
    copy_text(t->what, sizeof t->what, finding->what);
    copy_text(t->expected, sizeof t->expected, finding->expected);
    copy_text(t->found, sizeof t->found, finding->found);
    copy_text(t->todo, sizeof t->todo, finding->todo);
}

bool mf_fsck_case_run(struct fsck_case *c, bool online, struct err *err)
{
    const struct fsck_params params = {
        .path = c->path,
        .online = online,
        .threads = 2,
        .formats = {[MF_LOG_ENTRIES] = mf_rekor_kind.format, [MF_LOG_CT] = mf_ct_kind.format},
        .found = on_found,
        .state = c,
    };

    c->count = 0;
    return mf_fsck(&params, &c->result, err);
}

bool mf_fsck_case_starts(const struct fsck_case *c)
{
    struct log_fixture *f = calloc(1, sizeof *f);
    struct err err = {0};

    must(f != NULL && mf_crypto_new(MF_CRYPTO_DEFAULT, &f->crypto, &err), "memory");
    copy_text(f->path, sizeof f->path, c->path);
    f->dir.lock_fd = -1;
    f->cadence_ms = 20;
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    bool starts = mf_log_fixture_open(f, false, &err);
    mf_log_fixture_close(f);
    mf_crypto_free(&f->crypto);
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->changed);
    free(f);
    return starts;
}

void mf_fsck_case_check(struct fsck_case *c)
{
    struct err err = {0};

    mf_ck_ok(mf_fsck_case_run(c, false, &err), err);
}

const struct told *mf_fsck_case_told(const struct fsck_case *c, const char *file, const char *what)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->told[i].file, file) == 0 && strstr(c->told[i].what, what) != NULL)
            return &c->told[i];
    return NULL;
}

const char *mf_fsck_case_said(const struct fsck_case *c)
{
    static char text[16 * 1024];
    size_t n = 0;

    text[0] = '\0';
    for (size_t i = 0; i < c->count && n < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "\n  %d %s: %d %llu: %s: %s, %s: %s",
                              (int)c->told[i].kind, c->told[i].file, (int)c->told[i].unit,
                              (unsigned long long)c->told[i].at, c->told[i].what,
                              c->told[i].expected, c->told[i].found, c->told[i].todo);
    return text;
}

const char *mf_fsck_case_path(const struct fsck_case *c, const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned next;
    struct err err = {0};
    char *path = paths[next++ % MF_LEN(paths)];

    must(mf_path_join(c->path, name, path, PATH_MAX, &err), "a long path");
    return path;
}

const char *mf_fsck_case_segment(const struct fsck_case *c, size_t number)
{
    static char name[64];

    for (unsigned generation = 1; generation < 1000; generation++) {
        snprintf(name, sizeof name, "state/journal/%016x.journal", generation);
        if (access(mf_fsck_case_path(c, name), F_OK) == 0 && number-- == 0)
            return name;
    }
    return NULL;
}

void mf_fsck_case_sign(const struct fsck_case *c, struct crypto *crypto,
                       const struct merkle_head *head, struct buf *note)
{
    MF_SCOPED(mf_log_dir_done) struct log_dir dir = {.lock_fd = -1};
    MF_SCOPED(mf_note_key_done) struct note_key name = {0};
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_buf_done) struct buf text = {.max = MF_CHECKPOINT_TEXT_MAX};
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    struct err err = {0};

    must(mf_log_dir_look(c->path, false, &dir, &err) &&
             mf_note_key_init(crypto, MF_NOTE_KEY_ED25519, mf_span_str(dir.origin),
                              mf_buf_span(&dir.spki), &name, &err) &&
             mf_key_file_read(crypto, mf_fsck_case_path(c, "key.pem"), NULL, &key, &err),
         "the log's key");
    struct checkpoint checkpoint = {.origin = mf_note_key_name(&name), .size = head->size};
    memcpy(checkpoint.root, head->root, sizeof checkpoint.root);
    mf_buf_reset(note);
    note->max = MF_ENGINE_NOTE_MAX;
    must(mf_checkpoint_format(&checkpoint, &text, &err) &&
             mf_sign(crypto, key, MF_SIG_ED25519, mf_buf_span(&text), &signature, &err) &&
             mf_note_write_text(note, mf_buf_span(&text), &err) &&
             mf_note_write_line(note, mf_note_key_name(&name), name.id, mf_buf_span(&signature),
                                &err),
         "a signed note");
}

void mf_fsck_poke(const char *path, uint64_t offset, struct span bytes)
{
    MF_SCOPED(mf_fd_done) int fd = open(path, O_RDWR | O_CLOEXEC);
    struct err err = {0};

    must(fd >= 0 && mf_pwrite_all(fd, bytes, offset, &err), path);
}

void mf_fsck_flip(const char *path, uint64_t offset)
{
    MF_SCOPED(mf_fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct err err = {0};
    uint8_t byte = 0;

    must(fd >= 0 && mf_pread_all(fd, &byte, 1, offset, &err), path);
    byte ^= 1;
    mf_fsck_poke(path, offset, (struct span){&byte, 1});
}

struct buf mf_fsck_load(const char *path)
{
    struct buf b = {0};
    struct err err = {0};

    must(mf_file_read(path, 64 * 1024 * 1024, &b, &err), path);
    return b;
}

void mf_fsck_key(struct crypto *c, uint64_t i, uint8_t out[static 32])
{
    uint8_t body[FSCK_BODY] = {0};

    mf_put_be64(body, i);
    mf_merkle_hash_leaf(c, MF_SPAN_OF(body), out);
}

const struct told *mf_fsck_case_expect(const struct fsck_case *c, uint64_t faults, const char *file,
                                       const char *what)
{
    const struct told *told = mf_fsck_case_told(c, file, what);

    ck_assert_msg(c->result.faults == faults && told != NULL, "%llu faults:%s",
                  (unsigned long long)c->result.faults, mf_fsck_case_said(c));
    return told;
}
