/* Tile paths: names of hash tiles, entry bundles and static-ct data tiles, and their widths.
 * Sources: C2SP tlog-tiles, static-ct-api. */
#ifndef MF_TRANSPARENCY_TILE_TILE_PATH_H
#define MF_TRANSPARENCY_TILE_TILE_PATH_H

#include "common/base/err.h"
#include "common/base/span.h"

enum { MF_TILE_WIDTH = 256 }; /* hashes or entries in a full tile */
enum { MF_TILE_LEVEL_MAX = 63 };
enum { MF_TILE_BYTES = 256 * 32 }; /* of a full hash tile */
enum { MF_TILE_PATH_MAX = 64 };    /* bytes with NUL */

enum tile_kind {
    MF_TILE_HASHES,  /* tile/<L>/<N> */
    MF_TILE_ENTRIES, /* tile/entries/<N> */
    MF_TILE_DATA     /* tile/data/<N>: static-ct */
};

struct tile_id {
    enum tile_kind kind;
    unsigned level; /* 0 .. 63; 0 unless MF_TILE_HASHES */
    uint64_t index; /* below 10^18 */
    unsigned width; /* 1 .. 256; below 256 has .p/<W> */
};

/* Parses "tile/0/x001/234.p/5": no leading slash, nothing behind. One spelling per tile. */
MF_MUST_USE bool mf_tile_path_parse(struct span path, struct tile_id *out, struct err *err);
/* Writes the path with a NUL; returns its length. */
size_t mf_tile_path_format(const struct tile_id *tile, char out[static MF_TILE_PATH_MAX]);

/* Width of tile `index` at `level` in a tree of that size: 0 (no such tile) .. 256. Bundles have
 * the width of level 0. */
unsigned mf_tile_path_width(uint64_t size, unsigned level, uint64_t index);

#endif
