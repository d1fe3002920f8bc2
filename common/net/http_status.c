#include "common/net/http_status.h"

#include "common/base/span.h"

unsigned mf_http_status_of(enum err_code code)
{
    switch (code) {
    case MF_OK:
        return 200;
    case MF_ERR_REJECTED:
    case MF_ERR_USAGE:
    case MF_ERR_FORMAT:
    case MF_ERR_LIMIT:
        return 400;
    case MF_ERR_DENIED:
        return 403;
    case MF_ERR_NOT_FOUND:
        return 404;
    case MF_ERR_EXISTS:
        return 409;
    case MF_ERR_UNAVAILABLE:
        return 503;
    case MF_ERR_SYSTEM:
    case MF_ERR_TRUST:
    case MF_ERR_INTERNAL:
    case MF_ERR_COUNT_:
        break;
    }
    return 500;
}

static const struct {
    unsigned status, grpc;
    const char *reason;
} table[] = {
    {200, 0, "OK"},
    {201, 0, "Created"},
    {204, 0, "No Content"},
    {304, 0, "Not Modified"},
    {400, 3, "Bad Request"},
    {401, 16, "Unauthorized"},
    {403, 7, "Forbidden"},
    {404, 5, "Not Found"},
    {405, 12, "Method Not Allowed"},
    {408, 4, "Request Timeout"},
    {409, 6, "Conflict"},
    {413, 3, "Content Too Large"},
    {415, 3, "Unsupported Media Type"},
    {429, 8, "Too Many Requests"},
    {431, 3, "Request Header Fields Too Large"},
    {500, 13, "Internal Server Error"},
    {501, 12, "Not Implemented"},
    {503, 14, "Service Unavailable"},
    {504, 4, "Gateway Timeout"},
};

unsigned mf_grpc_code_of(unsigned http_status)
{
    for (size_t i = 0; i < MF_LEN(table); i++)
        if (table[i].status == http_status)
            return table[i].grpc;
    return http_status >= 500 ? 13 : 2;
}

const char *mf_http_reason(unsigned status)
{
    for (size_t i = 0; i < MF_LEN(table); i++)
        if (table[i].status == status)
            return table[i].reason;
    return "Status";
}
