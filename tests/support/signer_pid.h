/* Who a signer process is, for tests that look at it from outside. */
#ifndef MF_TESTS_SUPPORT_SIGNER_PID_H
#define MF_TESTS_SUPPORT_SIGNER_PID_H

#include "common/keys/signer_client.h"

/* The id of a signer's process, which is all that its pidfd stands for; fails the test if none. */
pid_t pid_of(const struct signer *signer);

#endif
