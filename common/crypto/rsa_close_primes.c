#include "common/crypto/rsa_close_primes.h"

#include <openssl/bn.h>

#include "common/crypto/crypto_context.h"

struct numbers { /* of one search */
    BN_CTX *ctx;
    BIGNUM *n, *a, *rest, *root, *t;
};

static void numbers_done(struct numbers *x)
{
    BN_free(x->n);
    BN_free(x->a);
    BN_free(x->rest);
    BN_free(x->root);
    BN_free(x->t);
    BN_CTX_free(x->ctx);
}

static bool numbers_new(struct numbers *x)
{
    x->ctx = BN_CTX_new();
    x->n = BN_new();
    x->a = BN_new();
    x->rest = BN_new();
    x->root = BN_new();
    x->t = BN_new();
    return x->ctx != NULL && x->n != NULL && x->a != NULL && x->rest != NULL && x->root != NULL &&
           x->t != NULL;
}

/* x->root = floor(sqrt(v)), by Newton's method from above. */
static bool square_root(struct numbers *x, const BIGNUM *v)
{
    BN_zero(x->root);
    if (BN_is_zero(v))
        return true;
    if (!BN_one(x->root) || !BN_lshift(x->root, x->root, (BN_num_bits(v) + 1) / 2))
        return false;
    for (;;) {
        if (!BN_div(x->t, NULL, v, x->root, x->ctx) || !BN_add(x->t, x->t, x->root) ||
            !BN_rshift1(x->t, x->t))
            return false;
        if (BN_cmp(x->t, x->root) >= 0)
            return true;
        if (BN_copy(x->root, x->t) == NULL)
            return false;
    }
}

/* Few numbers are squares modulo 64, 63, 65 and 11: one in 119 that is none gets through. */
static bool may_be_square(const BIGNUM *v)
{
    static const unsigned short moduli[] = {64, 63, 65, 11};

    for (size_t i = 0; i < MF_LEN(moduli); i++) {
        BN_ULONG rest = BN_mod_word(v, moduli[i]), k = 0;
        while (k < moduli[i] && k * k % moduli[i] != rest)
            k++;
        if (k == moduli[i])
            return false;
    }
    return true;
}

static bool is_square(struct numbers *x, bool *out)
{
    *out = false;
    if (!may_be_square(x->rest))
        return true;
    if (!square_root(x, x->rest) || !BN_sqr(x->t, x->root, x->ctx))
        return false;
    *out = BN_cmp(x->t, x->rest) == 0;
    return true;
}

/* a from the root up, rest = a * a - n: a square b * b there gives n = (a - b)(a + b). */
static bool search(struct numbers *x, bool *close)
{
    if (!square_root(x, x->n) || !BN_sqr(x->t, x->root, x->ctx))
        return false;
    *close = BN_cmp(x->t, x->n) == 0; /* one prime, twice */
    if (*close)
        return true;
    if (!BN_add(x->a, x->root, BN_value_one()) || !BN_sqr(x->rest, x->a, x->ctx) ||
        !BN_sub(x->rest, x->rest, x->n))
        return false;
    for (int i = 0; i < MF_FERMAT_ROUNDS; i++) {
        if (!is_square(x, close))
            return false;
        if (*close)
            return true;
        if (!BN_add(x->rest, x->rest, x->a) || !BN_add_word(x->a, 1) ||
            !BN_add(x->rest, x->rest, x->a))
            return false;
    }
    return true;
}

bool mf_rsa_has_close_primes(struct span modulus, bool *close, struct err *err)
{
    MF_CRYPTO_SCOPE;
    MF_SCOPED(numbers_done) struct numbers x = {0};
    bool found = false;

    if (!numbers_new(&x) || BN_bin2bn(modulus.p, (int)modulus.n, x.n) == NULL ||
        !search(&x, &found))
        return mf_crypto_err(err, MF_ERR_SYSTEM, "cannot check an RSA modulus");
    *close = found;
    return true;
}
