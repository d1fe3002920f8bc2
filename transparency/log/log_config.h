/* mayfly-log's configuration: one JSON file, one or several logs. */
#ifndef MF_TRANSPARENCY_LOG_LOG_CONFIG_H
#define MF_TRANSPARENCY_LOG_LOG_CONFIG_H

#include "transparency/log/log_service.h"

enum { MF_LOGS_MAX = 8 };

struct log_config {
    struct log_settings logs[MF_LOGS_MAX];
    size_t count;
};

MF_MUST_USE bool mf_log_config_read(const char *path, struct log_config *out, struct err *err);

#endif
