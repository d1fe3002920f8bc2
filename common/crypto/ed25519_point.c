/* Which 32 bytes may be an Ed25519 public key. Source: RFC 8032 section 5.1.3.
 *
 * OpenSSL 3.0 loads any. With a point of small order anybody can make signatures that verify, for
 * most messages, and no private key is needed; its check of public keys does not see that. */
#include <openssl/bn.h>

#include "common/crypto/crypto_context.h"

/* The y of the eight points of small order, but for the canonical spelling all are covered: the
 * sign bit is masked, and y >= p is refused before. Little-endian. */
static const uint8_t small_order[][32] = {
    {0},
    {1},
    /* p - 1 */
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    /* the two of order 8 */
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
     0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
     0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
     0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
     0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
};

static void bn_free(BIGNUM **bn)
{
    BN_free(*bn);
    *bn = NULL;
}

static void bn_ctx_free(BN_CTX **ctx)
{
    BN_CTX_free(*ctx);
    *ctx = NULL;
}

/* p = 2^255 - 19 */
static BIGNUM *field_prime(void)
{
    BIGNUM *p = BN_new();

    if (p != NULL && BN_set_bit(p, 255) == 1 && BN_sub_word(p, 19) == 1)
        return p;
    BN_free(p);
    return NULL;
}

/* x^2 = (y^2 - 1) / (d y^2 + 1) has a solution when the product of the two is a square. */
static bool is_on_curve(const BIGNUM *y, const BIGNUM *p)
{
    MF_SCOPED(bn_ctx_free) BN_CTX *ctx = BN_CTX_new();
    MF_SCOPED(bn_free) BIGNUM *d = NULL;
    MF_SCOPED(bn_free) BIGNUM *u = BN_new();
    MF_SCOPED(bn_free) BIGNUM *v = BN_new();
    bool ok = ctx != NULL && u != NULL && v != NULL &&
              BN_hex2bn(&d, "52036cee2b6ffe738cc740797779e89800700a4d4141d8ab75eb4dca135978a3");

    ok = ok && BN_mod_sqr(u, y, p, ctx) == 1 && BN_mod_mul(v, u, d, p, ctx) == 1 &&
         BN_add_word(v, 1) == 1 && BN_mod_sub(u, u, BN_value_one(), p, ctx) == 1 &&
         BN_mod_mul(u, u, v, p, ctx) == 1;
    return ok && BN_kronecker(u, p, ctx) == 1;
}

bool mf_ed25519_point_is_good(const uint8_t y[static 32])
{
    uint8_t masked[32];
    MF_SCOPED(bn_free) BIGNUM *p = field_prime();
    MF_SCOPED(bn_free) BIGNUM *number = NULL;

    memcpy(masked, y, sizeof masked);
    masked[31] &= 0x7F;
    for (size_t i = 0; i < MF_LEN(small_order); i++)
        if (memcmp(masked, small_order[i], sizeof masked) == 0)
            return false;
    number = BN_lebin2bn(masked, sizeof masked, NULL);
    return p != NULL && number != NULL && BN_cmp(number, p) < 0 && is_on_curve(number, p);
}
