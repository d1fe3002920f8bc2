/* A submission: one request on its way from the socket through workers and engine to its answer. */
#ifndef MF_TRANSPARENCY_LOG_SUBMISSION_H
#define MF_TRANSPARENCY_LOG_SUBMISSION_H

#include "common/net/http_server.h"
#include "transparency/engine/engine.h"
#include "transparency/log/log_service.h"
#include "transparency/sct/sct.h"

struct submission {
    struct append_job job; /* first: the engine knows only this */
    struct log_service *service;
    struct http_ticket ticket;
    bool is_precert;    /* CT: add-pre-chain */
    struct buf request; /* the body as it came */
    struct buf entry;   /* entry log: the canonical body. CT: what ct_api needs to seal */
    struct ct_entry ct; /* CT; spans into entry */
    struct span precert, issuers;
    struct buf promised;  /* CT: what the promise signs, which is also the leaf */
    struct buf signature; /* CT: of the promise */
    struct err failure;   /* this one alone cannot be answered */
};

/* On an I/O thread: takes the request for the workers, or refuses it. */
void mf_submission_take(struct log_service *service, struct http_request *request, bool is_precert);
/* On a worker, once its request is not needed any more. */
void mf_submission_taken(struct submission *s);
void mf_submission_free(struct submission *s);
/* Answers with an error: validation 400 with the reason, UNAVAILABLE 503 with Retry-After. */
void mf_submission_refuse(struct submission *s, const struct err *err);
/* The reply of an error. What is not the client's fault is logged. */
void mf_submission_refusal(struct log_service *service, const struct err *err,
                           struct http_reply *out);
/* 501, as gRPC gateways have it. */
void mf_submission_wrong_method(struct http_request *request);

enum { MF_ANSWER_BATCH = 64 }; /* answered together */

/* What differs between the kinds of log. */
struct log_kind {
    size_t body_max; /* bytes of a request */
    struct leaf_format format;
    /* On a worker: parse and verify; then the job's key is set. */
    bool (*prepare)(struct submission *s, struct crypto *c, struct err *err);
    /* The reply of one job: on the sequencer for a commit, on a worker for a duplicate. */
    bool (*answer)(struct submission *s, const struct commit *commit, struct http_reply *out,
                   struct err *err);
    /* Before the answers to several, at most MF_ANSWER_BATCH: what can be done for all of them at
     * once. One that cannot be answered gets its failure set. May be null. */
    void (*answer_all)(struct submission **list, size_t count, const struct commit *commit);
    /* On an I/O thread: true when the request was taken. */
    bool (*route)(struct log_service *service, struct http_request *request);
};
extern const struct log_kind mf_rekor_kind, mf_ct_kind;

/* Reads that both kinds share: checkpoint, tiles, bundles, health. */
bool mf_reads_route(struct log_service *service, struct http_request *request);

#endif
