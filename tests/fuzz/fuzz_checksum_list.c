/* A checksum list that is read gives every name that it lists, and nothing for another. */
#include "client/bundle/checksum_list.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_checksum_list_free) struct checksum_list *list = NULL;
    struct artifact said;
    struct err err = {0};

    if (!mf_checksum_list_parse((struct span){data, size}, &list, &err)) {
        mf_require(err.code == MF_ERR_FORMAT || err.code == MF_ERR_LIMIT);
        mf_require(err.what[0] != '\0' && list == NULL);
        return 0;
    }
    mf_require(!mf_checksum_list_find(list, "", &said));
    if (mf_checksum_list_find(list, "a", &said))
        mf_require(said.has[MF_SHA256] || said.has[MF_SHA512]);
    mf_require(!said.has[MF_SHA384]);
    return 0;
}
