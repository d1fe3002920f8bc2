/* The witness's HTTP interface. Source: C2SP tlog-witness.
 *
 *   POST PREFIX/add-checkpoint    a cosignature
 *   GET  PREFIX/HEX/checkpoint    the last checkpoint cosigned of the log with this origin hash
 *   GET  /healthz                 how many logs, and which are cosigned no more */
#ifndef MF_TRANSPARENCY_WITNESS_WITNESS_API_H
#define MF_TRANSPARENCY_WITNESS_WITNESS_API_H

#include "transparency/witness/witness_service.h"

/* On an I/O thread; state is the struct witness_service. */
void mf_witness_api_request(struct http_request *request, void *state);
/* The cosignature's line; takes it. */
void mf_witness_api_line(struct buf *line, struct http_reply *out);
/* A refusal: the reason in plain text. A conflict is the size of the last cosigned checkpoint and
 * nothing else; log is null unless it is known and this is its turn. */
void mf_witness_api_refusal(const struct witness_log *log, const struct err *err,
                            struct http_reply *out);

#endif
