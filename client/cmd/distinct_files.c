#include "client/cmd/distinct_files.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/buf.h"

struct place { /* where a file's name stands */
    size_t at; /* in the list */
    dev_t device;
    ino_t folder;
    const char *name;
};

/* False when there is no such folder: whoever reads the file says so. */
static bool find_place(const char *file, size_t at, struct place *out)
{
    const char *slash = strrchr(file, '/');
    size_t n = slash == NULL ? 0 : (size_t)(slash - file) + 1;
    char folder[PATH_MAX] = ".";
    struct stat st;

    if (n >= sizeof folder)
        return false;
    if (n > 0) {
        memcpy(folder, file, n);
        folder[n] = '\0';
    }
    if (stat(folder, &st) != 0)
        return false;
    *out = (struct place){.at = at, .device = st.st_dev, .folder = st.st_ino, .name = file + n};
    return true;
}

static int compare_places(const struct place *a, const struct place *b)
{
    if (a->device != b->device)
        return a->device < b->device ? -1 : 1;
    if (a->folder != b->folder)
        return a->folder < b->folder ? -1 : 1;
    return strcmp(a->name, b->name);
}

/* By place, and the first that was named first. */
static int compare(const void *left, const void *right)
{
    const struct place *a = left;
    const struct place *b = right;
    int order = compare_places(a, b);

    if (order != 0 || a->at == b->at)
        return order;
    return a->at < b->at ? -1 : 1;
}

bool mf_distinct_files(char **files, size_t *count, struct err *err)
{
    MF_SCOPED(mf_free_done) struct place *places = mf_array_new(*count, sizeof *places);
    size_t found = 0;
    size_t kept = 0;

    if (places == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for the names of %zu files", *count);
    for (size_t i = 0; i < *count; i++)
        found += find_place(files[i], i, &places[found]) ? 1 : 0;
    qsort(places, found, sizeof *places, compare);
    for (size_t i = 1; i < found; i++)
        if (compare_places(&places[i - 1], &places[i]) == 0)
            files[places[i].at] = NULL;
    for (size_t i = 0; i < *count; i++)
        if (files[i] != NULL)
            files[kept++] = files[i];
    *count = kept;
    return true;
}
