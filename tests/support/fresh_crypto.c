#include "tests/support/fresh_crypto.h"

#include "tests/support/suite.h"

struct crypto *fresh_crypto(void)
{
    struct crypto *c = NULL;
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &c, &err), err);
    return c;
}

struct private_key *fresh_key(struct crypto *c, enum key_kind kind)
{
    struct private_key *key = NULL;
    struct err err = {0};

    mf_ck_ok(mf_private_key_generate(c, kind, &key, &err), err);
    return key;
}

struct public_key *public_of(struct crypto *c, const struct private_key *key)
{
    struct public_key *half = NULL;
    struct err err = {0};

    mf_ck_ok(mf_private_key_public(c, key, &half, &err), err);
    return half;
}
