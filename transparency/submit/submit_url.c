#include "transparency/submit/submit_url.h"

#include <stdio.h>

#include "common/base/span.h"

bool mf_submit_url(const char *base_url, const char *path, char *url, size_t cap, struct err *err)
{
    struct span base = mf_span_str(base_url);

    if (base.n == 0 || base.n > MF_SUBMIT_BASE_URL_MAX)
        return mf_err_set(err, MF_ERR_USAGE, "log URL is empty or larger than %d bytes",
                          MF_SUBMIT_BASE_URL_MAX);
    if (mf_span_ends(base, MF_SPAN("/")))
        return mf_err_set(err, MF_ERR_USAGE, "log URL ends in a slash");
    int n = snprintf(url, cap, "%s%s", base_url, path);
    if (n < 0 || (size_t)n >= cap)
        return mf_err_set(err, MF_ERR_USAGE, "log URL is too long");
    return true;
}
