#include "client/cmd/verify_checksums.h"

#include <string.h>

#include "client/bundle/checksum_list.h"
#include "common/base/file.h"

/* The bytes that are verified are the bytes that are read: the file is opened once. */
static bool read_list(struct verify_run *run, const char *path, struct list_verdict *verdict,
                      struct checksum_list **out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    struct artifact artifact;

    return mf_file_read(path, MF_CHECKSUM_LIST_MAX, &text, err) &&
           mf_artifact_of(run->crypto, mf_buf_span(&text), MF_DIGESTS_ALL, &artifact, err) &&
           mf_verify_run_read(run, path, &artifact, verdict, err) &&
           mf_checksum_list_parse(mf_buf_span(&text), out, err);
}

/* A list's names count from its own folder, as the tools that check them do when run there. */
static const char *from_folder_of(const char *list, const char *file)
{
    const char *slash = strrchr(list, '/');
    size_t n = slash != NULL ? (size_t)(slash - list) + 1 : 0;

    return strncmp(file, list, n) == 0 ? file + n : file;
}

static bool find(const struct checksum_list *list, const char *path, const char *file,
                 struct artifact *said)
{
    return mf_checksum_list_find(list, from_folder_of(path, file), said) ||
           mf_checksum_list_find(list, file, said);
}

static bool is_same(const struct artifact *said, const struct artifact *file)
{
    for (unsigned alg = 0; alg < MF_LEN(said->has); alg++)
        if (said->has[alg] && !mf_span_eq(mf_artifact_digest(said, (enum digest_alg)alg),
                                          mf_artifact_digest(file, (enum digest_alg)alg)))
            return false;
    return true;
}

/* list: null when there is no verified one, for the reason list_code. */
static bool check_file(struct verify_run *run, const struct checksum_list *list, const char *file,
                       enum err_code list_code, struct listed_file *out, struct err *err)
{
    struct artifact artifact;

    if (list == NULL) {
        out->reason = "list_not_verified";
        return mf_err_set(err, list_code, "the list of checksums is not verified");
    }
    out->reason = "not_listed";
    if (!find(list, out->list, file, &out->said)) {
        mf_err_set(err, MF_ERR_REJECTED, "is not listed in %s", out->list);
        return mf_err_hint(err, "name it as the list does, from the list's folder");
    }
    out->reason = NULL;
    if (!mf_artifact_read(run->crypto, file, MF_DIGESTS_ALL, &artifact, err))
        return false;
    if (is_same(&out->said, &artifact))
        return true;
    out->reason = "artifact_mismatch";
    return mf_err_set(err, MF_ERR_REJECTED, "%s has another digest: the file changed", out->list);
}

void mf_verify_checksums(struct verify_run *run, int count, char **files)
{
    MF_SCOPED(mf_list_verdict_done) struct list_verdict verdict = {0};
    MF_SCOPED(mf_checksum_list_free) struct checksum_list *list = NULL;
    const char *path = run->options->checksums;
    struct err list_err = {0};

    if (!read_list(run, path, &verdict, &list, &list_err) && list_err.hint[0] == '\0' &&
        list_err.code == MF_ERR_NOT_FOUND)
        mf_err_hint(&list_err, "check the name");
    mf_verify_report_add(&run->report, path, &verdict, &list_err);
    for (int i = 0; i < count && !mf_file_report_is_over(&run->report.files); i++) {
        struct listed_file listed = {.list = path};
        struct err err = {0};
        if (!check_file(run, list, files[i], list_err.code, &listed, &err) && err.hint[0] == '\0' &&
            err.code == MF_ERR_NOT_FOUND)
            mf_err_hint(&err, "check the name");
        mf_verify_report_listed(&run->report, files[i], &listed, &err);
    }
}
