#include "transparency/tile/tile_path.h"

#include <assert.h>

enum { GROUP = 3, GROUPS_MAX = 6 }; /* decimal digits in a part of the path; 18 digits in all */

static bool bad(struct err *err, const char *what)
{
    return mf_err_set(err, MF_ERR_FORMAT, "%s", what);
}

/* One part of the path, up to the next slash or the end. */
static struct span take_part(struct span *rest)
{
    size_t n = mf_span_find(*rest, '/');
    struct span part = mf_span_first(*rest, n);

    *rest = mf_span_from(*rest, n < rest->n ? n + 1 : n);
    return part;
}

static bool parse_small(struct span text, unsigned max, unsigned *out)
{
    uint64_t v = 0;

    if (!mf_span_decimal(text, &v) || v > max)
        return false;
    *out = (unsigned)v;
    return true;
}

static bool take_digits(struct span group, uint64_t *index)
{
    if (group.n != GROUP)
        return false;
    for (size_t i = 0; i < GROUP; i++) {
        if (group.p[i] < '0' || group.p[i] > '9')
            return false;
        *index = *index * 10 + (uint64_t)(group.p[i] - '0');
    }
    return true;
}

/* "x001/x234/067": every group but the last has an x, and the first is not all zeros. */
static bool parse_index(struct span *rest, bool *partial, uint64_t *out, struct err *err)
{
    static const struct span dot_p = MF_SPAN_INIT(".p");
    uint64_t index = 0;

    for (int groups = 0; groups < GROUPS_MAX; groups++) {
        bool slash = mf_span_find(*rest, '/') < rest->n;
        struct span part = take_part(rest);
        bool more = part.n > 0 && part.p[0] == 'x';
        *partial = mf_span_ends(part, dot_p);
        if (more ? *partial : slash != *partial)
            return bad(err, "tile index does not end where it should");
        if (*partial)
            part.n -= dot_p.n;
        if (!take_digits(more ? mf_span_from(part, 1) : part, &index))
            return bad(err, "tile index is not in groups of 3 digits");
        if (more && index == 0)
            return bad(err, "tile index has leading zeros");
        if (!more) {
            *out = index;
            return true;
        }
    }
    return bad(err, "tile index has more than 18 digits");
}

static bool parse_kind(struct span *rest, struct tile_id *tile, struct err *err)
{
    struct span part = take_part(rest);

    if (!mf_span_is(part, "tile"))
        return bad(err, "is no tile path");
    part = take_part(rest);
    if (mf_span_is(part, "entries")) {
        tile->kind = MF_TILE_ENTRIES;
    } else if (mf_span_is(part, "data")) {
        tile->kind = MF_TILE_DATA;
    } else {
        tile->kind = MF_TILE_HASHES;
        if (!parse_small(part, MF_TILE_LEVEL_MAX, &tile->level))
            return bad(err, "tile level is not 0 .. 63");
    }
    return true;
}

bool mf_tile_path_parse(struct span path, struct tile_id *out, struct err *err)
{
    struct tile_id tile = {.width = MF_TILE_WIDTH};
    bool partial = false;

    if (path.n >= MF_TILE_PATH_MAX)
        return bad(err, "is no tile path");
    if (!parse_kind(&path, &tile, err) || !parse_index(&path, &partial, &tile.index, err))
        return false;
    if (partial && (!parse_small(path, MF_TILE_WIDTH - 1, &tile.width) || tile.width == 0))
        return bad(err, "tile width is not 1 .. 255");
    *out = tile;
    return true;
}

size_t mf_tile_path_format(const struct tile_id *tile, char out[static MF_TILE_PATH_MAX])
{
    uint64_t divisor = 1;
    size_t n = 0;

    assert(tile->index < UINT64_C(1000000000000000000) && tile->level <= MF_TILE_LEVEL_MAX);
    assert(tile->width >= 1 && tile->width <= MF_TILE_WIDTH);
    /* Nothing below can be cut: 13 characters, 5 groups of 5, one of 3, ".p/255". */
    if (tile->kind == MF_TILE_HASHES)
        n = (size_t)snprintf(out, MF_TILE_PATH_MAX, "tile/%u/", tile->level);
    else
        n = (size_t)snprintf(out, MF_TILE_PATH_MAX, "tile/%s/",
                             tile->kind == MF_TILE_ENTRIES ? "entries" : "data");
    while (tile->index / divisor >= 1000)
        divisor *= 1000;
    for (; divisor > 1; divisor /= 1000)
        n += (size_t)snprintf(out + n, MF_TILE_PATH_MAX - n, "x%03u/",
                              (unsigned)(tile->index / divisor % 1000));
    n += (size_t)snprintf(out + n, MF_TILE_PATH_MAX - n, "%03u", (unsigned)(tile->index % 1000));
    if (tile->width < MF_TILE_WIDTH)
        n += (size_t)snprintf(out + n, MF_TILE_PATH_MAX - n, ".p/%u", tile->width);
    return n;
}

unsigned mf_tile_path_width(uint64_t size, unsigned level, uint64_t index)
{
    /* Complete subtrees of 256^level leaves; from level 8 on none fits 2^63 leaves. */
    uint64_t hashes = level < 8 ? size >> (8 * level) : 0;
    uint64_t full = hashes / MF_TILE_WIDTH;

    if (index < full)
        return MF_TILE_WIDTH;
    return index == full ? (unsigned)(hashes % MF_TILE_WIDTH) : 0;
}
