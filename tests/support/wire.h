/* Raw TCP on loopback for tests: bytes out, bytes in, no HTTP library in between. */
#ifndef MF_TESTS_SUPPORT_WIRE_H
#define MF_TESTS_SUPPORT_WIRE_H

#include "common/base/buf.h"

/* A connected blocking socket; fails the test otherwise. Reads give up after 10 s. */
int mf_wire_connect(uint16_t port);
/* A listening socket on 127.0.0.1 with a port of the kernel's choice. */
int mf_wire_listen(uint16_t *port);
/* All of it, or the test fails. */
void mf_wire_send(int fd, struct span bytes);
/* As much as the other side takes; false when it has closed or reset. */
bool mf_wire_try_send(int fd, struct span bytes);
/* Until the other side closes; true for an orderly end, false for a reset. NUL-terminated. */
bool mf_wire_read_all(int fd, struct buf *out);
/* Until text has been seen `times` times in out, or the end; true when it was. NUL-terminated. */
bool mf_wire_read_until(int fd, struct buf *out, const char *text, unsigned times);
/* Closes so that the other side gets a reset. */
void mf_wire_reset(int fd);
/* Milliseconds of a clock that never goes back. */
uint64_t mf_wire_now_ms(void);
/* How often text stands in bytes. */
unsigned mf_wire_count(const struct buf *bytes, const char *text);

#endif
