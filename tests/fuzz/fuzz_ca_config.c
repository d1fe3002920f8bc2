/* Any file is refused with the file named, or gives a configuration whose every text ends inside
 * its room, and whose issuers are refused by name or all usable. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ca-stub/identity/issuer.h"
#include "ca-stub/server/ca_config.h"
#include "ca-stub/server/signing_cert_api.h"
#include "tests/support/fuzz.h"

static char path[64];
static int file = -1;

static void write_file(const uint8_t *data, size_t size)
{
    if (file < 0) {
        file = memfd_create("ca.json", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    mf_require(ftruncate(file, 0) == 0);
    mf_require(size == 0 || pwrite(file, data, size, 0) == (ssize_t)size);
}

static void check_issuers(const struct ca_config *config)
{
    MF_SCOPED(mf_issuers_done) struct issuer_list list = {0};
    struct err err = {0};

    if (!mf_issuers_read(config->issuers, "/etc/ca.json", &list, &err)) {
        mf_require(err.what[0] != '\0' && err.code != MF_ERR_INTERNAL);
        mf_require(list.items == NULL && list.count == 0);
        return;
    }
    for (size_t i = 0; i < list.count; i++) {
        const struct issuer *issuer = &list.items[i];
        mf_require(issuer->audiences.count > 0 && issuer->lifetime_max_s > 0);
        mf_require(mf_issuers_find(&list, mf_span_str(issuer->url)) == issuer);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ca_config config = {0};
    struct err err = {0};

    write_file(data, size);
    if (!mf_ca_config_read(path, &config, &err)) {
        mf_require(err.what[0] != '\0' && err.code != MF_ERR_INTERNAL);
        mf_require(strncmp(err.where, path, strlen(path)) == 0 && config.doc == NULL);
        return 0;
    }
    mf_require(config.workers >= 1 && config.workers <= MF_ISSUE_WORKERS_MAX);
    mf_require(memchr(config.directory, 0, sizeof config.directory) != NULL);
    mf_require(memchr(config.ct_url, 0, sizeof config.ct_url) != NULL);
    mf_require(config.dev_path_count <= MF_DEV_ISSUER_PATHS_MAX);
    for (size_t i = 0; i < config.dev_path_count; i++)
        mf_require(memchr(config.dev_paths[i], 0, sizeof config.dev_paths[i]) != NULL);
    mf_require((config.ct_key.n > 0) != (config.ct_key_file[0] != '\0'));
    check_issuers(&config);
    mf_ca_config_done(&config);
    return 0;
}
