/* The characters of a token in HTTP: methods, field names, directives. Source: RFC 9110 5.6.2. */
#ifndef MF_COMMON_NET_HTTP_TOKEN_H
#define MF_COMMON_NET_HTTP_TOKEN_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline bool mf_is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static inline bool mf_is_token(uint8_t c)
{
    return mf_is_alnum(c) || (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

#endif
