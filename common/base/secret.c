#include "common/base/secret.h"

#include <sys/mman.h>
#include <unistd.h>

#include "common/base/input.h"

bool mf_secret_new(size_t cap, struct secret *out, struct err *err)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t mapped = 0;

    if (__builtin_add_overflow(cap, page, &mapped))
        return mf_err_set(err, MF_ERR_LIMIT, "secret is too large");
    mapped -= mapped % page;
    void *p = mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return mf_err_sys(err, "cannot map memory for a secret");
    (void)mlock(p, mapped); /* over the limit; see the header */
    /* A kernel without either flag still has the process marked undumpable by run/harden. */
    (void)madvise(p, mapped, MADV_DONTDUMP);
    (void)madvise(p, mapped, MADV_WIPEONFORK);
    *out = (struct secret){.p = p, .n = 0, .mapped = mapped};
    return true;
}

bool mf_secret_copy(struct span bytes, struct secret *out, struct err *err)
{
    if (!mf_secret_new(bytes.n, out, err))
        return false;
    if (bytes.n > 0)
        memcpy(out->p, bytes.p, bytes.n);
    out->n = bytes.n;
    return true;
}

static bool read_input(struct input *in, size_t max, struct secret *out, struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret s = {0};
    size_t n = 0;

    if (!mf_secret_new(max + 1, &s, err))
        return false;
    do {
        if (!mf_input_read(in, s.p + s.n, max + 1 - s.n, &n, err))
            return false;
        s.n += n;
    } while (n > 0 && s.n <= max);
    if (s.n > max)
        return mf_err_set(err, MF_ERR_LIMIT, "larger than %zu bytes", max);
    *out = s;
    s = (struct secret){0}; /* moved: the caller owns it now */
    return true;
}

bool mf_secret_read_fd(int fd, size_t max, struct secret *out, struct err *err)
{
    struct input in = mf_input_given(fd);

    return read_input(&in, max, out, err);
}

bool mf_secret_read_file(const char *path, size_t max, struct secret *out, struct err *err)
{
    MF_SCOPED(mf_input_done) struct input in = {.fd = -1};

    return mf_input_open(path, &in, err) &&
           (read_input(&in, max, out, err) || mf_err_at(err, "%s", path));
}

static bool is_space(uint8_t b)
{
    return b == ' ' || b == '\t' || b == '\r' || b == '\n';
}

void mf_secret_trim(struct secret *s)
{
    size_t from = 0;

    while (s->n > 0 && is_space(s->p[s->n - 1]))
        s->n--;
    while (from < s->n && is_space(s->p[from]))
        from++;
    if (from > 0)
        memmove(s->p, s->p + from, s->n - from);
    s->n -= from;
}

void mf_secret_done(struct secret *s)
{
    if (s->p != NULL) {
        explicit_bzero(s->p, s->mapped);
        munmap(s->p, s->mapped);
    }
    *s = (struct secret){0};
}
