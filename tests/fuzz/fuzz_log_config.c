/* A configuration is refused with its place, or says nothing that a server could not do. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/support/fuzz.h"
#include "transparency/log/log_config.h"

static void check(const struct log_settings *s)
{
    mf_require(s->directory[0] != '\0' && memchr(s->directory, 0, sizeof s->directory) != NULL);
    mf_require(s->listen.host[0] != '\0' &&
               memchr(s->listen.host, 0, sizeof s->listen.host) != NULL);
    mf_require(s->public_cadence_ms >= 10 && s->public_cadence_ms <= 60000);
    mf_require(s->threads >= 1 && s->threads <= 16 && s->workers >= 1 && s->workers <= 64);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct log_config config;
    char path[64];
    struct err err = {0};
    int fd = memfd_create("config", MFD_CLOEXEC);

    mf_require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (mf_log_config_read(path, &config, &err)) {
        mf_require(config.count >= 1 && config.count <= MF_LOGS_MAX);
        for (size_t i = 0; i < config.count; i++)
            check(&config.logs[i]);
    } else {
        mf_require(err.code != MF_OK && err.what[0] != '\0' && err.where[0] != '\0');
    }
    close(fd);
    return 0;
}
