/* Input: what a path names, opened to be read to its end without hanging.
 *
 * Regular files and pipes only: a pipe is what a shell's <(command) and a CI's token hand-over are.
 * A device, a socket or a directory is refused. A pipe that nobody writes into, or whose writer is
 * silent for too long, is an error. */
#ifndef MF_COMMON_BASE_INPUT_H
#define MF_COMMON_BASE_INPUT_H

#include <stdint.h>

#include "common/base/err.h"
#include "common/base/scope.h"

enum {
    MF_INPUT_WRITER_MS = 2000,  /* for a first writer to open the pipe */
    MF_INPUT_SILENT_MS = 60000, /* without a byte through a pipe that has a writer */
};

struct input {
    int fd;
    bool is_pipe;
    bool has_writer;   /* one was seen; this and the rest are for pipes */
    uint64_t since_ms; /* of the monotonic clock: opened, or the last byte */
    unsigned writer_ms, silent_ms;
};

/* MF_ERR_NOT_FOUND or MF_ERR_SYSTEM. The path is the error's place here, and nowhere else. */
MF_MUST_USE bool mf_input_open(const char *path, struct input *out, struct err *err);
/* A descriptor that somebody else opened, closes, and knows how long to wait for. */
struct input mf_input_given(int fd);
/* The next bytes, at most cap; *n is 0 at the end. */
MF_MUST_USE bool mf_input_read(struct input *in, uint8_t *out, size_t cap, size_t *n,
                               struct err *err);
/* Closes; may run twice. Start with {.fd = -1}. */
void mf_input_done(struct input *in);

#endif
