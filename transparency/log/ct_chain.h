/* Chains submitted to a CT log: read, checked up to an accepted root, made into an entry. */
#ifndef MF_TRANSPARENCY_LOG_CT_CHAIN_H
#define MF_TRANSPARENCY_LOG_CT_CHAIN_H

#include "transparency/log/submission.h"

enum { MF_CT_BODY_MAX = 512 * 1024 }; /* bytes: a full chain of the largest certificates */

/* Reads {"chain":[..]} and fills in the entry: the certificate, or the precertificate's TBS without
 * its poison and the hash of its issuer's key. Each certificate must be signed by the next, the
 * last by (or be) an accepted root. The issuers' certificates are made readable before the entry
 * can be logged. */
MF_MUST_USE bool mf_ct_chain_read(struct submission *s, struct crypto *c, struct err *err);

/* What makes two submissions the same: type, issuer and the bytes that would be logged. */
void mf_ct_entry_key(struct crypto *c, const struct ct_entry *entry, uint8_t key[static 32]);

#endif
