/* Any bytes are refused with a reason, or are a configuration from which only services of one
 * version, valid at the time and of different operators are chosen. */
#include "client/trust/signing_config.h"
#include "tests/support/fuzz.h"

static const int64_t versions[] = {2, 1};

static void check_choice(const struct service_list *list, uint32_t random)
{
    const struct service *chosen[MF_SERVICES_MAX];
    const struct instant at = {.s = 1800000000};
    struct err err = {0};
    size_t count = 0;

    mf_require(list->count <= MF_SERVICES_MAX);
    if (!mf_services_select(list, versions, MF_LEN(versions), at, random, chosen, &count, &err)) {
        mf_require(err.code == MF_ERR_TRUST && err.what[0] != '\0' && count == 0);
        return;
    }
    mf_require(count >= 1 && count <= list->count);
    mf_require(list->selector != MF_SELECT_ANY || count == 1);
    mf_require(list->selector != MF_SELECT_EXACT || count == list->exact);
    for (size_t i = 0; i < count; i++) {
        mf_require(chosen[i] >= list->items && chosen[i] < list->items + list->count);
        mf_require(chosen[i]->version == chosen[0]->version);
        mf_require(mf_validity_holds(&chosen[i]->valid, at));
        for (size_t k = 0; k < i; k++) {
            mf_require(chosen[k] != chosen[i]);
            mf_require(chosen[k]->operator_name.n == 0 ||
                       !mf_span_eq(chosen[k]->operator_name, chosen[i]->operator_name));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    MF_SCOPED(mf_signing_config_free) struct signing_config *config = NULL;
    struct err err = {0};

    if (!mf_signing_config_parse((struct span){data, size}, &config, &err)) {
        mf_require(err.code == MF_ERR_TRUST && err.what[0] != '\0' && config == NULL);
        return 0;
    }
    uint32_t random = (uint32_t)size * 2654435761U;
    check_choice(&config->cas, random);
    check_choice(&config->oidcs, random);
    check_choice(&config->tlogs, random);
    check_choice(&config->tsas, random);
    return 0;
}
