/* mayfly version */
#include <stdio.h>

#include "client/cmd/verbs.h"

int mf_cmd_version(int argc, char **argv)
{
    bool json = false;
    const struct option options[] = {
        {.name = "json", .kind = MF_OPTION_FLAG, .value = &json, .help = "as JSON"},
    };
    const struct option_set set = {"mayfly version", "", "Prints the version.", options,
                                   MF_LEN(options)};
    int operands = 0;
    int status = 0;

    if (!mf_verb_options(&set, argc, argv, &operands, &status) ||
        !mf_verb_no_operands(&set, operands, argv, &status))
        return status;
    if (json)
        printf("{\"schema\":\"mayfly.version/1\",\"version\":\"%s\"}\n", MF_VERSION);
    else
        printf("mayfly %s\n", MF_VERSION);
    return 0;
}
