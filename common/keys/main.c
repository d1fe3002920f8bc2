/* mayfly-signer: one private key, one socket, nothing else. */
#include "common/keys/signer_process.h"

int main(int argc, char **argv)
{
    return mf_signer_process_main(argc, argv);
}
