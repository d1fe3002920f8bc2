#include "ca-stub/certificate/key_strength.h"

#include "common/codec/der.h"
#include "common/crypto/rsa_close_primes.h"

static unsigned remainder_of(struct span number, unsigned divisor)
{
    unsigned rest = 0;

    for (size_t i = 0; i < number.n; i++)
        rest = (rest << 8 | number.p[i]) % divisor;
    return rest;
}

static bool is_power_of_65537(unsigned number, unsigned prime)
{
    unsigned power = 1;

    for (unsigned i = 0; i < prime; i++) {
        if (power == number)
            return true;
        power = power * (65537 % prime) % prime;
    }
    return false;
}

bool mf_rsa_is_roca(struct span modulus)
{
    static const uint8_t primes[] = {
        3,  5,  7,  11, 13, 17,  19,  23,  29,  31,  37,  41,  43,  47,  53,  59,  61,  67,  71,
        73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

    for (size_t i = 0; i < sizeof primes; i++)
        if (!is_power_of_65537(remainder_of(modulus, primes[i]), primes[i]))
            return false;
    return true;
}

static bool check_rsa(struct span pkcs1, struct err *err)
{
    struct span numbers, n, e;
    uint64_t exponent = 0;
    bool close = false;

    if (!mf_der_take(&pkcs1, MF_DER_SEQUENCE, &numbers, err) ||
        !mf_der_take(&numbers, MF_DER_INTEGER, &n, err) || !mf_der_unsigned(n, &n, err) ||
        !mf_der_take(&numbers, MF_DER_INTEGER, &e, err) || !mf_der_uint(e, &exponent, err))
        return false;
    if (exponent != 65537)
        return mf_err_set(err, MF_ERR_REJECTED, "RSA exponent is not 65537");
    if (mf_rsa_is_roca(n))
        return mf_err_set(err, MF_ERR_REJECTED,
                          "RSA modulus has the fingerprint of a broken generator (ROCA)");
    if (!mf_rsa_has_close_primes(n, &close, err))
        return false;
    if (close)
        return mf_err_set(err, MF_ERR_REJECTED, "RSA primes are too close to each other");
    return true;
}

bool mf_key_strength_check(const struct public_key *key, struct err *err)
{
    unsigned bits = mf_public_key_bits(key);

    if (mf_public_key_kind(key) != MF_KEY_RSA)
        return true;
    if (bits != 2048 && bits != 3072 && bits != 4096)
        return mf_err_set(err, MF_ERR_REJECTED, "RSA key has %u bits, not 2048, 3072 or 4096",
                          bits);
    return check_rsa(mf_public_key_raw(key), err);
}
