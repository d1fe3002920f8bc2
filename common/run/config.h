/* Configuration: one strict JSON file with `//` comments; unknown keys are refused by the reader of
 * each section (mf_json_known_members). */
#ifndef MF_COMMON_RUN_CONFIG_H
#define MF_COMMON_RUN_CONFIG_H

#include "common/codec/json.h"

/* Every configuration file starts with "format": 1. A newer one is refused by name. */
MF_MUST_USE bool mf_config_read(const char *path, struct json **out, struct err *err);
/* A path of the file, taken relative to the file's own folder; written into out. */
MF_MUST_USE bool mf_config_path(const char *config_path, const struct json_node *section,
                                const char *name, char *out, size_t cap, struct err *err);

#endif
