/* A path that is read is written back as the same text: each tile has one spelling. */
#include "tests/support/fuzz.h"
#include "transparency/tile/tile_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tile_id tile;
    char path[MF_TILE_PATH_MAX];
    struct err err = {0};

    if (!mf_tile_path_parse((struct span){data, size}, &tile, &err)) {
        mf_require(err.code == MF_ERR_FORMAT && err.what[0] != '\0');
        return 0;
    }
    mf_require(tile.level <= MF_TILE_LEVEL_MAX && tile.width >= 1 && tile.width <= MF_TILE_WIDTH);
    mf_require(tile.kind == MF_TILE_HASHES || tile.level == 0);
    mf_require(mf_tile_path_format(&tile, path) == size && memcmp(path, data, size) == 0);
    return 0;
}
