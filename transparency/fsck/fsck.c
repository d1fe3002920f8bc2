#include "transparency/fsck/fsck.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "common/base/file.h"
#include "transparency/fsck/fsck_index.h"
#include "transparency/fsck/fsck_issuers.h"
#include "transparency/fsck/fsck_parts.h"

static bool open_key(struct fsck *f, struct err *err)
{
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    struct span spki = mf_buf_span(&f->dir.spki);
    bool ct = f->dir.type == MF_LOG_CT;

    if (!mf_public_key_from_spki(f->crypto, spki, &key, err) ||
        !mf_note_key_init(f->crypto,
                          ct ? MF_NOTE_KEY_RFC6962 : mf_note_key_type_of(mf_public_key_kind(key)),
                          mf_span_str(f->dir.origin), spki, &f->key, err))
        return mf_err_at(err, "identity.json");
    if (memcmp(f->key.log_id, f->dir.log_id, sizeof f->dir.log_id) != 0)
        mf_fsck_fault(f, "identity.json", "logId is not that of this origin and publicKey",
                      "put the log's own identity.json back");
    return true;
}

static bool open_log(struct fsck *f, struct err *err)
{
    const struct fsck_params *p = f->params;

    if (!mf_log_dir_look(p->path, !p->online, &f->dir, err)) {
        if (err->code == MF_ERR_EXISTS)
            mf_err_hint(err, "stop it first, or look at its public tree alone with --online");
        return false;
    }
    f->dir_fd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->dir_fd < 0)
        return mf_err_sys(err, "cannot open %s", p->path);
    f->format = &p->formats[f->dir.type];
    f->result->type = f->dir.type;
    memcpy(f->result->origin, f->dir.origin, sizeof f->result->origin);
    return mf_crypto_new(MF_CRYPTO_DEFAULT, &f->crypto, err) && open_key(f, err) &&
           mf_fsck_issuers_new(&f->issuers, err);
}

/* That the journal could not be held against the tree is the tree's fault where it has any. */
static void tell_base(struct fsck *f)
{
    if (f->base_problem.code == MF_OK)
        return;
    if (f->tree_whole)
        mf_fsck_error(
            f, "state/journal", &f->base_problem,
            "restore the directory from a copy; do not start a second log under its name");
    else
        mf_fsck_note(f, "state/journal",
                     "was not held against the public tree, which has faults of its own");
}

static bool check(struct fsck *f, struct err *err)
{
    bool online = f->params->online;

    mf_fsck_read_heads(f);
    if (!online) {
        mf_fsck_index_begin(f); /* before there are threads */
        mf_fsck_journal(f);
    }
    f->result->end = f->journal_end > f->public.size ? f->journal_end : f->public.size;
    if (f->has_public && !mf_fsck_tree(f, err))
        return false;
    tell_base(f);
    mf_fsck_compare_heads(f);
    mf_fsck_walk(f);
    return true;
}

bool mf_fsck(const struct fsck_params *params, struct fsck_result *out, struct err *err)
{
    struct fsck f = {.params = params, .result = out, .dir = {.lock_fd = -1}, .dir_fd = -1};

    *out = (struct fsck_result){.size = 0};
    bool ok = open_log(&f, err) && check(&f, err);
    mf_fsck_index_end(&f, false);
    mf_fsck_issuers_free(&f.issuers);
    mf_note_key_done(&f.key);
    mf_crypto_free(&f.crypto);
    mf_log_dir_done(&f.dir);
    mf_fd_done(&f.dir_fd);
    return ok;
}
