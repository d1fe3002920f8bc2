/* A witness's configuration is refused with its place, or says nothing that a server could not do.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/fuzz.h"
#include "transparency/witness/witness_config.h"

static void check(const struct witness_config *config)
{
    size_t prefix_n = strlen(config->prefix);

    mf_require(config->directory[0] != '\0' && config->listen.host[0] != '\0');
    mf_require(config->log_count >= 1 && config->log_count <= MF_WITNESS_LOGS_MAX);
    mf_require(config->threads >= 1 && config->threads <= 16);
    mf_require(config->workers >= 1 && config->workers <= 64);
    mf_require(prefix_n == 0 ||
               (prefix_n > 1 && config->prefix[0] == '/' && config->prefix[prefix_n - 1] != '/'));
    mf_require(strstr(config->prefix, "//") == NULL && strstr(config->prefix, "..") == NULL);
    for (size_t i = 0; i < config->log_count; i++) {
        const struct witnessed_log *log = &config->logs[i];
        mf_require(log->origin[0] != '\0' && strchr(log->origin, '\n') == NULL);
        mf_require(log->key_count >= 1 && log->key_count <= MF_WITNESSED_KEYS_MAX);
        for (size_t k = 0; k < i; k++)
            mf_require(strcmp(log->origin, config->logs[k].origin) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crypto *c;
    struct witness_config config = {0};
    char path[64];
    struct err err = {0};
    int fd = memfd_create("config", MFD_CLOEXEC);

    if (c == NULL)
        mf_require(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err));
    mf_require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (mf_witness_config_read(c, path, &config, &err)) {
        check(&config);
        mf_witness_config_done(&config);
    } else {
        mf_require(err.code != MF_OK && err.what[0] != '\0' && err.where[0] != '\0');
    }
    close(fd);
    return 0;
}
