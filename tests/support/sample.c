#include "tests/support/sample.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/file.h"

static void must(bool ok, const char *name, const struct err *err)
{
    char said[800];

    if (ok)
        return;
    mf_err_render(err, said, sizeof said);
    fprintf(stderr, "sample %s: %s\n", name, said);
    abort();
}

struct buf mf_sample(const char *name)
{
    struct buf text = {0};
    struct err err = {0};
    char path[PATH_MAX];

    must(mf_path_join(MF_SOURCE_ROOT "/tests/corpus", name, path, sizeof path, &err) &&
             mf_file_read(path, MF_BUNDLE_MAX, &text, &err),
         name, &err);
    return text;
}

struct bundle *mf_sample_bundle(void)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("bundle/message");
    struct bundle *bundle = NULL;
    struct err err = {0};

    must(mf_bundle_parse(mf_buf_span(&text), &bundle, &err), "bundle", &err);
    return bundle;
}

struct trusted_root *mf_sample_root(void)
{
    MF_SCOPED(mf_buf_done) struct buf text = mf_sample("trusted_root/instance");
    struct trusted_root *root = NULL;
    struct err err = {0};

    must(mf_trusted_root_parse(mf_buf_span(&text), &root, &err), "trusted root", &err);
    return root;
}
