/* Digits of either case decode to bytes that are written as the same digits in lower case. */
#include "common/codec/hex.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t bytes[256];
    char text[2 * sizeof bytes + 1];
    size_t n = size / 2 < sizeof bytes ? size / 2 : sizeof bytes;
    struct err err = {0};

    if (!mf_hex_decode_exact((struct span){data, size}, bytes, n, &err)) {
        mf_require(err.code == MF_ERR_FORMAT && err.what[0] != '\0');
        return 0;
    }
    mf_hex_encode((struct span){bytes, n}, text);
    mf_require(size == 2 * n && strlen(text) == size);
    for (size_t i = 0; i < size; i++) {
        uint8_t c = data[i];
        mf_require(text[i] == (c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c));
    }
    return 0;
}
