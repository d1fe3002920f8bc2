/* Trusted root: the logs, CAs, CT logs and timestamp authorities that verification may believe,
 * each with its validity window. Source: sigstore_trustroot.proto, TrustedRoot.
 *
 * Every error of this room is MF_ERR_TRUST. Immutable once parsed: any number of threads may read.
 */
#ifndef MF_CLIENT_TRUST_TRUSTED_ROOT_H
#define MF_CLIENT_TRUST_TRUSTED_ROOT_H

#include "client/trust/validity.h"
#include "common/x509/cert.h"
#include "common/x509/chain.h"

enum { MF_TRUST_ENTRIES_MAX = 64 }; /* of each kind */

struct trusted_log {      /* a transparency log or a CT log */
    struct span base_url; /* empty when absent */
    struct buf spki;      /* DER SubjectPublicKeyInfo */
    uint8_t log_id[32];
    uint8_t checkpoint_key_id[4]; /* log_id's first four bytes unless the root says otherwise */
    struct validity valid;        /* start is always there */
    bool usable;                  /* false: a key of a kind we do not know; treated as absent */
};

struct trusted_chain { /* a certificate authority or a timestamp authority */
    struct span uri;
    struct buf ders[MF_CHAIN_MAX];
    struct cert *certs; /* count of them, issuing or signing certificate first, anchor last */
    size_t count;
    struct validity valid;
};

struct trusted_root {
    struct json *doc; /* owns the spans above */
    struct trusted_log *tlogs, *ctlogs;
    struct trusted_chain *cas, *tsas;
    size_t tlog_count, ctlog_count, ca_count, tsa_count;
    /* An empty list says that there is none. A list that is not there says nothing: it may have
     * been forgotten, or misspelt. */
    bool no_tlogs, no_ctlogs;
    size_t skipped_keys; /* logs whose key we cannot use; a caller warns */
};

/* Parses trusted_root.json, or the trustedRoot member of a ClientTrustConfig. */
MF_MUST_USE bool mf_trusted_root_parse(struct span text, struct trusted_root **out,
                                       struct err *err);
MF_MUST_USE bool mf_trusted_root_read(const char *path, struct trusted_root **out, struct err *err);
void mf_trusted_root_free(struct trusted_root **root);

/* The entry with this log ID, or null. */
const struct trusted_log *mf_trusted_root_tlog(const struct trusted_root *root,
                                               const uint8_t log_id[static 32]);
const struct trusted_log *mf_trusted_root_ctlog(const struct trusted_root *root,
                                                const uint8_t log_id[static 32]);

/* Whether the log, which is one of the root's, may be believed then. A root may name a log more
 * than once, each time with a window: one that holds is enough. */
bool mf_trusted_root_tlog_holds(const struct trusted_root *root, const struct trusted_log *log,
                                struct instant at);
bool mf_trusted_root_ctlog_holds(const struct trusted_root *root, const struct trusted_log *log,
                                 struct instant at);

#endif
