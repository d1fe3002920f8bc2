/* Logged content: what a log must have taken for its entry to be of this bundle. */
#ifndef MF_CLIENT_VERIFY_LOGGED_CONTENT_H
#define MF_CLIENT_VERIFY_LOGGED_CONTENT_H

#include "transparency/entry/hashedrekord.h"

struct logged_content { /* all from artifact and bundle, nothing from the entry; borrowed */
    /* Signature, certificate or key, and the digest of the artifact or of the envelope's PAE. */
    struct hashedrekord record;
    bool is_dsse;
    struct span payload_type, payload; /* of the envelope */
};

#endif
