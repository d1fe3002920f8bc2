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

struct listen_address {
    char host[64]; /* an IP address, without brackets */
    uint16_t port; /* 0 picks one */
};

/* "127.0.0.1:3000" or "[::1]:3000". */
MF_MUST_USE bool mf_listen_address_parse(struct span text, struct listen_address *out,
                                         struct err *err);
/* The member "listen". */
MF_MUST_USE bool mf_config_listen(const struct json_node *section, struct listen_address *out,
                                  struct err *err);
/* A number within low .. high; without the member *out stays as it is. */
MF_MUST_USE bool mf_config_number(const struct json_node *section, const char *name, uint64_t low,
                                  uint64_t high, uint64_t *out, struct err *err);

#endif
