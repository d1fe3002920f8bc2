#include <openssl/bn.h>
#include <openssl/evp.h>

#include "ca-stub/certificate/key_strength.h"
#include "common/base/buf.h"
#include "common/crypto/rsa_close_primes.h"
#include "tests/support/suite.h"

START_TEST(knows_the_fingerprint_of_the_broken_generator)
{
    /* a power of 65537 is one modulo every prime */
    uint8_t power[8];

    mf_put_be64(power, UINT64_C(65537) * 65537 * 65537);
    ck_assert(mf_rsa_is_roca(MF_SPAN_OF(power)));
    power[7] ^= 2;
    ck_assert(!mf_rsa_is_roca(MF_SPAN_OF(power)));
}
END_TEST

/* Two neighbouring primes of 1,024 bits, and a modulus as OpenSSL makes them. */
START_TEST(finds_primes_that_lie_close_together)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *p = BN_new(), *q = BN_new(), *n = BN_new();
    uint8_t modulus[256];
    bool close = false;
    struct err err = {0};

    ck_assert(BN_generate_prime_ex(p, 1024, 0, NULL, NULL, NULL) == 1);
    ck_assert(BN_copy(q, p) != NULL);
    do
        ck_assert(BN_add_word(q, 2) == 1);
    while (BN_check_prime(q, ctx, NULL) != 1);
    ck_assert(BN_mul(n, p, q, ctx) == 1 && BN_bn2binpad(n, modulus, sizeof modulus) > 0);
    mf_ck_ok(mf_rsa_has_close_primes(MF_SPAN_OF(modulus), &close, &err), err);
    ck_assert(close);
    close = false;
    ck_assert(BN_sqr(n, p, ctx) == 1 && BN_bn2binpad(n, modulus, sizeof modulus) > 0);
    mf_ck_ok(mf_rsa_has_close_primes(MF_SPAN_OF(modulus), &close, &err), err);
    ck_assert(close);
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    BIGNUM *good = NULL;
    ck_assert(EVP_PKEY_get_bn_param(key, "n", &good) == 1);
    ck_assert(BN_bn2binpad(good, modulus, sizeof modulus) > 0);
    mf_ck_ok(mf_rsa_has_close_primes(MF_SPAN_OF(modulus), &close, &err), err);
    ck_assert(!close);
    BN_free(good);
    EVP_PKEY_free(key);
    BN_free(n);
    BN_free(q);
    BN_free(p);
    BN_CTX_free(ctx);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("key_strength");
    TCase *rsa = tcase_create("rsa");

    tcase_set_timeout(rsa, 60);
    tcase_add_test(rsa, knows_the_fingerprint_of_the_broken_generator);
    tcase_add_test(rsa, finds_primes_that_lie_close_together);
    suite_add_tcase(suite, rsa);
    return suite;
}
