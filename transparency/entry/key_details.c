#include "transparency/entry/key_details.h"

static const struct {
    const char *name;
    enum sig_scheme scheme;
    enum key_kind kind;
    unsigned bits;  /* of an RSA key; 0: any */
    bool usable;    /* scheme and kind are set */
    bool permitted; /* in hashedrekord 0.0.2 */
} table[] = {
    [MF_KD_UNSPECIFIED] = {.name = "PUBLIC_KEY_DETAILS_UNSPECIFIED"},
    [MF_KD_PKCS1_RSA_PKCS1V5] = {.name = "PKCS1_RSA_PKCS1V5"},
    [MF_KD_PKCS1_RSA_PSS] = {.name = "PKCS1_RSA_PSS"},
    [MF_KD_PKIX_RSA_PKCS1V5] = {"PKIX_RSA_PKCS1V5", MF_SIG_RSA_PKCS1_SHA256, MF_KEY_RSA, 0, true,
                                false},
    [MF_KD_PKIX_RSA_PSS] = {.name = "PKIX_RSA_PSS"},
    [MF_KD_PKIX_ECDSA_P256_SHA_256] = {"PKIX_ECDSA_P256_SHA_256", MF_SIG_ECDSA_SHA256, MF_KEY_P256,
                                       0, true, true},
    [MF_KD_PKIX_ECDSA_P256_HMAC_SHA_256] = {.name = "PKIX_ECDSA_P256_HMAC_SHA_256"},
    [MF_KD_PKIX_ED25519] = {"PKIX_ED25519", MF_SIG_ED25519, MF_KEY_ED25519, 0, true, false},
    [MF_KD_PKIX_ED25519_PH] = {"PKIX_ED25519_PH", MF_SIG_ED25519PH, MF_KEY_ED25519, 0, true, true},
    [MF_KD_PKIX_RSA_PKCS1V15_2048_SHA256] = {"PKIX_RSA_PKCS1V15_2048_SHA256",
                                             MF_SIG_RSA_PKCS1_SHA256, MF_KEY_RSA, 2048, true, true},
    [MF_KD_PKIX_RSA_PKCS1V15_3072_SHA256] = {"PKIX_RSA_PKCS1V15_3072_SHA256",
                                             MF_SIG_RSA_PKCS1_SHA256, MF_KEY_RSA, 3072, true, true},
    [MF_KD_PKIX_RSA_PKCS1V15_4096_SHA256] = {"PKIX_RSA_PKCS1V15_4096_SHA256",
                                             MF_SIG_RSA_PKCS1_SHA256, MF_KEY_RSA, 4096, true, true},
    [MF_KD_PKIX_ECDSA_P384_SHA_384] = {"PKIX_ECDSA_P384_SHA_384", MF_SIG_ECDSA_SHA384, MF_KEY_P384,
                                       0, true, true},
    [MF_KD_PKIX_ECDSA_P521_SHA_512] = {"PKIX_ECDSA_P521_SHA_512", MF_SIG_ECDSA_SHA512, MF_KEY_P521,
                                       0, true, true},
    [MF_KD_LMS_SHA256] = {.name = "LMS_SHA256"},
    [MF_KD_LMOTS_SHA256] = {.name = "LMOTS_SHA256"},
    [MF_KD_PKIX_RSA_PSS_2048_SHA256] = {.name = "PKIX_RSA_PSS_2048_SHA256"},
    [MF_KD_PKIX_RSA_PSS_3072_SHA256] = {.name = "PKIX_RSA_PSS_3072_SHA256"},
    [MF_KD_PKIX_RSA_PSS_4096_SHA256] = {.name = "PKIX_RSA_PSS_4096_SHA256"},
    [MF_KD_PKIX_ECDSA_P384_SHA_256] = {.name = "PKIX_ECDSA_P384_SHA_256"},
    [MF_KD_PKIX_ECDSA_P521_SHA_256] = {.name = "PKIX_ECDSA_P521_SHA_256"},
    [MF_KD_ML_DSA_65] = {.name = "ML_DSA_65"},
    [MF_KD_ML_DSA_87] = {.name = "ML_DSA_87"},
    [MF_KD_ML_DSA_44] = {.name = "ML_DSA_44"},
};
_Static_assert(MF_LEN(table) == MF_KD_COUNT_, "a row per number");

const char *mf_key_details_name(enum key_details d)
{
    return table[d].name;
}

bool mf_key_details_from_name(struct span name, enum key_details *out, struct err *err)
{
    for (unsigned d = MF_KD_UNSPECIFIED + 1; d < MF_KD_COUNT_; d++)
        if (mf_span_is(name, table[d].name)) {
            *out = (enum key_details)d;
            return true;
        }
    return mf_err_set(err, MF_ERR_FORMAT, "unknown key details \"%.*s\"", MF_SPAN_ARG(name));
}

bool mf_key_details_from_number(int64_t number, enum key_details *out, struct err *err)
{
    if (number <= MF_KD_UNSPECIFIED || number >= MF_KD_COUNT_)
        return mf_err_set(err, MF_ERR_FORMAT, "unknown key details %" PRId64, number);
    *out = (enum key_details)number;
    return true;
}

bool mf_key_details_is_permitted(enum key_details d)
{
    return table[d].permitted;
}

bool mf_key_details_scheme(enum key_details d, enum sig_scheme *out, struct err *err)
{
    if (!table[d].usable)
        return mf_err_set(err, MF_ERR_FORMAT, "%s is not supported", table[d].name);
    *out = table[d].scheme;
    return true;
}

bool mf_key_details_fits(enum key_details d, const struct public_key *key)
{
    return table[d].usable && table[d].kind == mf_public_key_kind(key) &&
           (table[d].bits == 0 || table[d].bits == mf_public_key_bits(key));
}

bool mf_key_details_default(const struct public_key *key, enum key_details *out, struct err *err)
{
    /* Of those permitted, exactly one or none fits any key. */
    for (unsigned d = MF_KD_UNSPECIFIED; d < MF_KD_COUNT_; d++)
        if (table[d].permitted && mf_key_details_fits((enum key_details)d, key)) {
            *out = (enum key_details)d;
            return true;
        }
    return mf_err_set(err, MF_ERR_FORMAT, "an %s key of %u bits cannot be logged",
                      mf_key_kind_name(mf_public_key_kind(key)), mf_public_key_bits(key));
}

/* In the order of their numbers, from 1. */
static const struct {
    enum digest_alg alg;
    const char *name;
} hashes[] = {
    {MF_SHA256, "SHA2_256"},
    {MF_SHA384, "SHA2_384"},
    {MF_SHA512, "SHA2_512"},
};

const char *mf_key_details_hash_name(enum digest_alg alg)
{
    for (size_t i = 0; i < MF_LEN(hashes); i++)
        if (hashes[i].alg == alg)
            return hashes[i].name;
    return "HASH_ALGORITHM_UNSPECIFIED";
}

bool mf_key_details_hash_from_name(struct span name, enum digest_alg *out, struct err *err)
{
    for (size_t i = 0; i < MF_LEN(hashes); i++)
        if (mf_span_is(name, hashes[i].name)) {
            *out = hashes[i].alg;
            return true;
        }
    return mf_err_set(err, MF_ERR_FORMAT, "unknown hash algorithm \"%.*s\"", MF_SPAN_ARG(name));
}

bool mf_key_details_hash_from_number(int64_t number, enum digest_alg *out, struct err *err)
{
    if (number < 1 || number > (int64_t)MF_LEN(hashes))
        return mf_err_set(err, MF_ERR_FORMAT, "unknown hash algorithm %" PRId64, number);
    *out = hashes[number - 1].alg;
    return true;
}

bool mf_key_details_hash_member(const struct json_node *object, const char *name,
                                enum digest_alg *out, struct err *err)
{
    const struct json_node *node = mf_json_get(object, name);
    struct span text;
    int64_t number = 0;

    if (node == NULL || mf_json_is_string(node))
        return mf_json_member_string(object, name, &text, err) &&
               (mf_key_details_hash_from_name(text, out, err) || mf_err_at(err, "%s", name));
    return mf_json_member_int64(object, name, &number, err) &&
           (mf_key_details_hash_from_number(number, out, err) || mf_err_at(err, "%s", name));
}
