/* A floor file that is read has indexes of logs and perhaps a time, and merging it with itself
 * changes nothing. */
#include "client/cmd/floor_file.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct verify_floor floor = {.log_count = 99};
    struct verify_floor again;
    struct err err = {0};

    if (!mf_floor_parse((struct span){data, size}, &floor, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && floor.log_count == 99);
        return 0;
    }
    mf_require(floor.log_count <= MF_TRUST_ENTRIES_MAX && floor.min_log_index == 0);
    again = floor;
    mf_floor_merge(&again, &floor);
    mf_require(again.has_time == floor.has_time && again.log_count == floor.log_count);
    for (size_t i = 0; i < floor.log_count; i++)
        mf_require(floor.logs[i].index >= 0 && again.logs[i].index >= floor.logs[i].index);
    return 0;
}
