/* The URL of a log's endpoint. */
#ifndef MF_TRANSPARENCY_SUBMIT_SUBMIT_URL_H
#define MF_TRANSPARENCY_SUBMIT_SUBMIT_URL_H

#include "common/base/err.h"

enum { MF_SUBMIT_BASE_URL_MAX = 2048 }; /* bytes */

/* Joins base_url (no trailing slash) and path into url of cap bytes; else MF_ERR_USAGE. */
MF_MUST_USE bool mf_submit_url(const char *base_url, const char *path, char *url, size_t cap,
                               struct err *err);

#endif
