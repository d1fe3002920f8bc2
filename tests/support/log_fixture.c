#include "tests/support/log_fixture.h"

#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/keys/key_file.h"
#include "transparency/note/checkpoint.h"
#include "transparency/note/note_key.h"
#include "transparency/tile/entry_bundle.h"

#define ORIGIN "engine.test"

static void must(bool ok, const char *what, const struct err *err)
{
    char said[800];

    if (ok)
        return;
    mf_err_render(err, said, sizeof said);
    fprintf(stderr, "log fixture: %s: %s\n", what, said);
    abort();
}

static bool seal(void *state, struct crypto *c, struct append_job *job, uint64_t index,
                 uint64_t time_ms, struct buf *record, uint8_t leaf[static 32], struct err *err)
{
    const struct log_fixture_job *j = (const struct log_fixture_job *)job;

    (void)state;
    (void)c;
    (void)index;
    (void)time_ms;
    memcpy(leaf, job->key, 32);
    return mf_entry_bundle_append(record, (struct span){j->body, j->n}, err);
}

static bool reopen(void *state, struct crypto *c, struct span record, uint8_t leaf[static 32],
                   uint8_t key[static 32], struct err *err)
{
    struct span body;

    (void)state;
    if (!mf_entry_bundle_next(&record, &body, err))
        return false;
    mf_merkle_hash_leaf(c, body, leaf);
    memcpy(key, leaf, 32);
    return true;
}

static bool skip(struct span *bundle, struct err *err)
{
    struct span entry;

    return mf_entry_bundle_next(bundle, &entry, err);
}

static void keep_head(struct log_fixture *f, const struct commit *commit)
{
    MF_SCOPED(mf_note_done) struct note note = {.line_count = 0};
    struct checkpoint checkpoint;
    struct err err = {0};

    must(mf_note_parse(commit->note, &note, &err) &&
             mf_checkpoint_parse(note.text, &checkpoint, &err),
         "checkpoint", &err);
    must(checkpoint.size == commit->head.size && mf_span_is(checkpoint.origin, ORIGIN) &&
             memcmp(checkpoint.root, commit->head.root, 32) == 0,
         "checkpoint is not that of the head", &err);
    if (f->head_count < LOG_FIXTURE_HEADS_MAX)
        f->heads[f->head_count++] = commit->head;
}

static void verify(struct log_fixture *f, const struct append_job *job, const struct commit *commit)
{
    struct merkle_proof proof;
    struct err err = {0};
    uint8_t leaf[32];

    must(job->duplicate ? mf_engine_prove(f->engine, commit->crypto, job->index, commit->head.size,
                                          &proof, leaf, &err)
                        : mf_proof_build_inclusion(commit->crypto, commit->nodes, job->index,
                                                   commit->head.size, &proof, &err),
         "building a proof", &err);
    must(mf_proof_verify_inclusion(commit->crypto, &proof, job->index, job->key, &commit->head,
                                   &err),
         "verifying a proof", &err);
}

static void on_answered(void *state, struct append_job **jobs, size_t count,
                        const struct commit *commit, const struct err *err)
{
    struct log_fixture *f = state;
    size_t duplicates = 0;

    for (size_t i = 0; i < count; i++) {
        ((struct log_fixture_job *)jobs[i])->refused = commit == NULL;
        duplicates += commit != NULL && jobs[i]->duplicate;
        if (commit != NULL && !f->lax)
            verify(f, jobs[i], commit);
    }
    pthread_mutex_lock(&f->lock);
    if (commit != NULL && !f->lax)
        keep_head(f, commit);
    if (commit == NULL)
        f->refusal = *err;
    f->refused += commit == NULL ? count : 0;
    f->answered += count;
    f->duplicates += duplicates;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void on_fatal(void *state, const struct err *err)
{
    struct log_fixture *f = state;

    pthread_mutex_lock(&f->lock);
    f->failed = true;
    f->failure = *err;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void on_published(void *state, const struct err *err)
{
    struct log_fixture *f = state;

    if (err == NULL)
        return;
    pthread_mutex_lock(&f->lock);
    f->delays++;
    f->delay = *err;
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

static void init_plain(struct log_fixture *f)
{
    struct err err = {0};

    *f = (struct log_fixture){.cadence_ms = 20, .dir = {.lock_fd = -1}};
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    must(mf_crypto_new(MF_CRYPTO_DEFAULT, &f->crypto, &err), "crypto", &err);
    snprintf(f->path, sizeof f->path, "/tmp/mayfly-engine-XXXXXX");
    must(mkdtemp(f->path) != NULL, "mkdtemp", &err);
}

void mf_log_fixture_init(struct log_fixture *f)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *public = NULL;
    MF_SCOPED(mf_note_key_done) struct note_key note_key = {0};
    struct err err = {0};
    char path[PATH_MAX];

    init_plain(f);
    must(mf_private_key_generate(f->crypto, MF_KEY_ED25519, &key, &err) &&
             mf_private_key_public(f->crypto, key, &public, &err) &&
             mf_note_key_init(f->crypto, MF_NOTE_KEY_ED25519, MF_SPAN(ORIGIN),
                              mf_public_key_spki(public), &note_key, &err) &&
             mf_path_join(f->path, "key.pem", path, sizeof path, &err) &&
             mf_key_file_create(f->crypto, path, key, NULL, &err) &&
             mf_log_dir_create(f->path, MF_LOG_ENTRIES, MF_SPAN(ORIGIN), note_key.log_id,
                               mf_public_key_spki(public), (struct instant){.s = 1700000000}, &err),
         "making a log", &err);
}

bool mf_log_fixture_open(struct log_fixture *f, bool create, struct err *err)
{
    char key[PATH_MAX];

    if (!mf_log_dir_open(f->path, &f->dir, err) ||
        !mf_log_dir_path(&f->dir, "key.pem", key, sizeof key, err))
        return false;
    const struct signer_params signer = {
        .key_path = key, .use = MF_SIGNER_LOG, .origin = MF_SPAN(ORIGIN)};
    if (!mf_signer_start(&signer, &f->signer, err))
        return false;
    const struct engine_params params = {
        .dir = &f->dir,
        .signer = f->signer,
        .format = {.seal = seal, .reopen = reopen, .skip = skip, .records = MF_TILE_ENTRIES},
        .clock = mf_clock_system(),
        .public_cadence_ms = f->cadence_ms,
        .segment_size = f->segment_size,
        .create = create,
        .answered = on_answered,
        .fatal = on_fatal,
        .published = on_published,
        .state = f,
    };
    return mf_engine_open(&params, &f->engine, err);
}

void mf_log_fixture_close(struct log_fixture *f)
{
    mf_engine_close(&f->engine);
    mf_signer_free(&f->signer);
    mf_log_dir_done(&f->dir);
}

static void remove_folder(const char *path)
{
    char command[PATH_MAX + 64];
    struct err err = {0};

    snprintf(command, sizeof command, "rm -rf '%s'", path);
    must(system(command) == 0, command, &err);
}

void mf_log_fixture_done(struct log_fixture *f)
{
    mf_log_fixture_close(f);
    remove_folder(f->path);
    mf_crypto_free(&f->crypto);
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->changed);
}

/*
 * A copy beside running threads is no crash image: it has files of several moments, such as a
 * dedup index that is younger than the checkpoint. So this process stands still meanwhile. Threads
 * that are in a system call stop when it ends: wait until each one has.
 */
static const char copy_script[] =
    "kill -STOP $PPID; n=0; "
    "while grep -q '^State:[[:space:]]*[^T[:space:]]' /proc/$PPID/task/*/status; do "
    "n=$((n+1)); [ $n -lt 2000 ] || { kill -CONT $PPID; exit 1; }; sleep 0.005; done; "
    "cp -r '%s/.' '%s'; code=$?; kill -CONT $PPID; exit $code";

void mf_log_fixture_copy(const struct log_fixture *f, struct log_fixture *copy)
{
    char command[2 * PATH_MAX + sizeof copy_script];
    struct err err = {0};

    init_plain(copy);
    copy->cadence_ms = f->cadence_ms;
    copy->segment_size = f->segment_size;
    snprintf(command, sizeof command, copy_script, f->path, copy->path);
    must(system(command) == 0, "copy of a stopped log", &err);
    copy->head_count = f->head_count;
    memcpy(copy->heads, f->heads, sizeof f->heads);
}

struct log_fixture_job *mf_log_fixture_job(struct log_fixture *f, uint64_t number, size_t n)
{
    struct log_fixture_job *job = calloc(1, sizeof *job + n);
    struct err err = {0};

    must(job != NULL && n >= 8, "a job", &err);
    job->fixture = f;
    job->n = n;
    mf_put_be64(job->body, number);
    mf_merkle_hash_leaf(f->crypto, (struct span){job->body, n}, job->job.key);
    job->job.record_max = 2 + n;
    return job;
}

void mf_log_fixture_append(struct log_fixture *f, struct log_fixture_job **jobs, size_t count)
{
    size_t before = f->answered;
    size_t looked_up = 0;

    for (size_t i = 0; i < count; i++) {
        struct err err = {0};
        must(mf_engine_look_up(f->engine, f->crypto, &jobs[i]->job, &err), "look-up", &err);
        looked_up += jobs[i]->job.duplicate;
        if (!jobs[i]->job.duplicate)
            must(mf_engine_push(f->engine, &jobs[i]->job), "the queue is full", &err);
    }
    pthread_mutex_lock(&f->lock);
    while (f->answered - before < count - looked_up)
        pthread_cond_wait(&f->changed, &f->lock);
    f->duplicates += looked_up;
    pthread_mutex_unlock(&f->lock);
}

void mf_log_fixture_wait_delayed(struct log_fixture *f)
{
    pthread_mutex_lock(&f->lock);
    while (f->delays == 0)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

void mf_log_fixture_wait_failed(struct log_fixture *f)
{
    pthread_mutex_lock(&f->lock);
    while (!f->failed)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

void mf_log_fixture_check_heads(struct log_fixture *f)
{
    const struct tile_source tiles = mf_engine_tile_source(f->engine);
    struct merkle_head now;

    mf_engine_head(f->engine, &now, NULL);
    for (size_t i = 0; i < f->head_count; i++) {
        MF_SCOPED(mf_tile_reader_free) struct tile_reader *reader = NULL;
        struct compact_range range = {.size = 0};
        struct err err = {0};
        uint8_t root[32];
        must(f->heads[i].size <= now.size, "a head is gone", &err);
        must(mf_tile_reader_new(f->crypto, &tiles, f->heads[i].size, &reader, &err), "tiles", &err);
        const struct node_source nodes = mf_tile_reader_nodes(reader);
        must(mf_compact_range_load(&nodes, f->heads[i].size, &range, &err), "tiles", &err);
        mf_compact_range_root(f->crypto, &range, root);
        must(memcmp(root, f->heads[i].root, 32) == 0, "a head is contradicted", &err);
    }
}
