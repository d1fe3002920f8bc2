/* Sending certificates to a CT log. Source: RFC 6962 sections 4.1 and 4.2. */
#ifndef MF_TRANSPARENCY_SUBMIT_CT_SUBMIT_H
#define MF_TRANSPARENCY_SUBMIT_CT_SUBMIT_H

#include "common/net/http_client.h"
#include "transparency/sct/sct.h"

enum { MF_CT_SUBMIT_URL_MAX = 2048 + 32 };
enum { MF_CT_SUBMIT_BODY_MAX = 512 * 1024 }; /* bytes of a request */

struct ct_submission {
    const struct span *chain; /* DER; the (pre)certificate first, its issuers behind it */
    size_t count;             /* 1 .. 17 */
    bool is_precert;          /* add-pre-chain, else add-chain */
};

/* The pieces, for callers that send several calls at once: as in log_submit.h. */
MF_MUST_USE bool mf_ct_submit_call(const char *base_url, const struct ct_submission *submission,
                                   char url[static MF_CT_SUBMIT_URL_MAX], struct buf *body,
                                   struct http_call *call, struct err *err);
/* *storage is emptied and holds what *out borrows. Errors as in log_submit.h. */
MF_MUST_USE bool mf_ct_submit_answer(const struct http_answer *answer, struct buf *storage,
                                     struct sct *out, struct err *err);

/* Both in one: attempt 10 s, all tries 30 s, 3 tries. */
MF_MUST_USE bool mf_ct_submit(struct http_client *client, const char *base_url,
                              const struct ct_submission *submission, struct buf *storage,
                              struct sct *out, struct err *err);

/* Verifies an SCT for a precertificate: der is the precertificate (with poison), issuer_spki its
 * issuer's SubjectPublicKeyInfo. For a certificate, is_precert is false and issuer_spki unused. */
struct ct_submit_check {
    struct span der;
    bool is_precert;
    struct span issuer_spki;
};
MF_MUST_USE bool mf_ct_submit_verify(struct crypto *c, const struct sct *sct,
                                     const struct public_key *log_key,
                                     const struct ct_submit_check *check, struct err *err);

#endif
