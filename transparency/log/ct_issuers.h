/* Chains of issuers that led to an accepted root before: neither their signatures nor that they are
 * readable need be seen to again. Whoever submits does so again and again with the same ones. */
#ifndef MF_TRANSPARENCY_LOG_CT_ISSUERS_H
#define MF_TRANSPARENCY_LOG_CT_ISSUERS_H

#include "common/x509/cert.h"
#include "transparency/sct/ct_leaf.h"

struct ct_issuers;

struct issuer_chain {
    const struct cert *root;                   /* borrowed from the roots of the log */
    uint8_t fingerprints[MF_CT_CHAIN_MAX][32]; /* SHA-256 of each, the root's last */
    size_t count;
};

MF_MUST_USE bool mf_ct_issuers_new(struct ct_issuers **out, struct err *err);
void mf_ct_issuers_free(struct ct_issuers **issuers);
/* Both by the SHA-256 of all that follows the end certificate. Any thread. */
bool mf_ct_issuers_find(struct ct_issuers *issuers, const uint8_t key[static 32],
                        struct issuer_chain *out);
void mf_ct_issuers_remember(struct ct_issuers *issuers, const uint8_t key[static 32],
                            const struct issuer_chain *chain);

#endif
