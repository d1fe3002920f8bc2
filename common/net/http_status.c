#include "common/net/http_status.h"

unsigned mf_http_status_of(enum err_code code)
{
    switch (code) {
    case MF_ERR_FORMAT:
    case MF_ERR_LIMIT:
    case MF_ERR_REJECTED:
        return 400;
    case MF_ERR_DENIED:
        return 403;
    case MF_ERR_NOT_FOUND:
        return 404;
    case MF_ERR_EXISTS:
        return 409;
    case MF_ERR_UNAVAILABLE:
        return 503;
    case MF_OK:
    case MF_ERR_USAGE:
    case MF_ERR_SYSTEM:
    case MF_ERR_TRUST:
    case MF_ERR_INTERNAL:
    case MF_ERR_COUNT_:
        return 500;
    }
    return 500;
}

/* Codes: google.rpc.Code; statuses as grpc-gateway maps them, and our own beside. */
static const struct {
    unsigned status;
    unsigned grpc;
    const char *reason;
} statuses[] = {
    {200, 0, "OK"},
    {201, 0, "Created"},
    {202, 0, "Accepted"},
    {204, 0, "No Content"},
    {301, 0, "Moved Permanently"},
    {302, 0, "Found"},
    {304, 0, "Not Modified"},
    {400, 3, "Bad Request"},
    {401, 16, "Unauthorized"},
    {403, 7, "Forbidden"},
    {404, 5, "Not Found"},
    {405, 12, "Method Not Allowed"},
    {408, 4, "Request Timeout"},
    {409, 6, "Conflict"},
    {410, 5, "Gone"},
    {413, 3, "Content Too Large"},
    {415, 3, "Unsupported Media Type"},
    {417, 3, "Expectation Failed"},
    {422, 3, "Unprocessable Content"},
    {425, 14, "Too Early"},
    {429, 8, "Too Many Requests"},
    {431, 3, "Request Header Fields Too Large"},
    {499, 1, "Client Closed Request"},
    {500, 13, "Internal Server Error"},
    {501, 12, "Not Implemented"},
    {502, 14, "Bad Gateway"},
    {503, 14, "Service Unavailable"},
    {504, 4, "Gateway Timeout"},
    {505, 12, "HTTP Version Not Supported"},
};

unsigned mf_grpc_code_of(unsigned http_status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].status == http_status)
            return statuses[i].grpc;
    return 2; /* unknown */
}

const char *mf_http_reason(unsigned status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].status == status)
            return statuses[i].reason;
    return "Unknown";
}
