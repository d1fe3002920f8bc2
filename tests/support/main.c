/* Runs one suite and prints TAP, a line per test. */
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/suite.h"

const char *mf_fixtures(void)
{
    const char *dir = getenv("MAYFLY_FIXTURES");

    if (dir == NULL)
        dir = MF_DEFAULT_FIXTURES;
    return access(dir, R_OK) == 0 ? dir : NULL;
}

int main(void)
{
    SRunner *runner = srunner_create(mf_suite());

    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    srunner_free(runner);
    return 0; /* the harness reads TAP; a second voice would make a failure an error */
}
