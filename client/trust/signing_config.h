/* Signing configuration v0.2: which services signing calls, and how many of each.
 * Source: sigstore_trustroot.proto, SigningConfig. Errors are MF_ERR_TRUST. */
#ifndef MF_CLIENT_TRUST_SIGNING_CONFIG_H
#define MF_CLIENT_TRUST_SIGNING_CONFIG_H

#include "client/trust/validity.h"

enum { MF_SERVICES_MAX = 32 }; /* of one kind */

struct service {
    struct span url; /* borrowed from the configuration; one trailing slash is dropped */
    int64_t version; /* majorApiVersion */
    struct span operator_name;
    struct validity valid;
};

enum service_selector { MF_SELECT_ANY, MF_SELECT_ALL, MF_SELECT_EXACT };

struct service_list {
    struct service items[MF_SERVICES_MAX];
    size_t count;
    enum service_selector selector; /* MF_SELECT_ANY for kinds without a rule of their own */
    size_t exact;                   /* MF_SELECT_EXACT: how many */
};

struct signing_config {
    struct json *doc; /* owns the spans */
    struct service_list cas, oidcs, tlogs, tsas;
};

/* Parses signing_config.json, or the signingConfig member of a ClientTrustConfig. */
MF_MUST_USE bool mf_signing_config_parse(struct span text, struct signing_config **out,
                                         struct err *err);
MF_MUST_USE bool mf_signing_config_read(const char *path, struct signing_config **out,
                                        struct err *err);
void mf_signing_config_free(struct signing_config **config);

/* Chooses as the specification says: the highest of the versions supported (highest first, count of
 * them) that has a service valid at `at`; then of each operator the newest; then as many as the
 * selector asks, starting at a place that `random` picks. Never mixes versions.
 *   chosen   room for MF_SERVICES_MAX pointers into the list
 * MF_ERR_TRUST when none, or fewer than asked for, can be had. */
MF_MUST_USE bool mf_services_select(const struct service_list *list, const int64_t *versions,
                                    size_t version_count, struct instant at, uint32_t random,
                                    const struct service **chosen, size_t *count, struct err *err);

#endif
