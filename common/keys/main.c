/* mayfly-signer: one private key, one socket, nothing else. */
#include "common/keys/signer_process.h"

#ifdef __SANITIZE_ADDRESS__
/* The leak checker stops its own process to look at it, which the sandbox forbids. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}
#endif

int main(int argc, char **argv)
{
    return mf_signer_process_main(argc, argv);
}
