/* Configuration of `mayfly-ca serve`. One strict JSON file; paths are relative to its folder.
 *
 *   {"format": 1,
 *    "listen": "127.0.0.1:5555",
 *    "directory": "ca",                       made by `mayfly-ca init`
 *    "passphrase_file": "ca.passphrase",      when ca.key and timestamp.key are encrypted
 *    "ct_log": {"url": "http://127.0.0.1:6962/ct", "public_key": "ct.pub"},
 *                                             a PEM file, or the base64 of the DER key itself
 *    "issuers": [...],                        see ca-stub/identity/issuer.h
 *    "audit": {"file": "audit.jsonl"},
 *    "timestamp": {"workers": 2},
 *    "dev_issuer": {"listen": "127.0.0.1:5556", "directory": "ca", "audience": "sigstore",
 *                   "paths": ["", "/github"]},    directory: as above when absent
 *    "require_clock_sync": true,
 *    "workers": 16,
 *    "io_threads": 2}
 * listen, directory, ct_log, issuers and audit must be there. */
#ifndef MF_CA_STUB_SERVER_CA_CONFIG_H
#define MF_CA_STUB_SERVER_CA_CONFIG_H

#include <limits.h>

#include "ca-stub/identity/dev_issuer.h"
#include "common/run/config.h"

struct ca_config {
    const char *path; /* of the file; borrowed */
    struct json *doc; /* owns the text behind issuers */
    const struct json_node *issuers;
    struct listen_address listen;
    char directory[PATH_MAX];
    char passphrase_file[PATH_MAX]; /* "" for none */
    char ct_url[2048];
    struct buf ct_key; /* DER; empty when it is in the file */
    char ct_key_file[PATH_MAX];
    char audit_file[PATH_MAX];
    bool has_dev_issuer;
    struct listen_address dev_listen;
    char dev_directory[PATH_MAX];
    char dev_audience[MF_DEV_ISSUER_AUDIENCE_MAX];
    char dev_paths[MF_DEV_ISSUER_PATHS_MAX][MF_DEV_ISSUER_PATH_MAX];
    size_t dev_path_count;
    bool require_clock_sync;
    unsigned workers;
    unsigned timestamp_workers;
    unsigned io_threads;
};

/* Errors name the file and the member. */
MF_MUST_USE bool mf_ca_config_read(const char *path, struct ca_config *out, struct err *err);
void mf_ca_config_done(struct ca_config *config);

#endif
