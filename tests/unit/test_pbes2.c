/* What a file under a passphrase may ask for. That OpenSSL reads ours and we its: test_key_file.c.
 */
#include "common/codec/der.h"
#include "common/crypto/pbes2.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/suite.h"

/* EncryptedPrivateKeyInfo that asks for this much work. */
static struct buf asking_for(bool scrypt, const uint64_t *numbers, size_t count, struct span prf)
{
    const struct span kdf = scrypt ? MF_SPAN("\x2B\x06\x01\x04\x01\xDA\x47\x04\x0B")
                                   : MF_SPAN("\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0C");
    struct buf b = {.max = 1024};
    struct err err = {0};
    size_t marks[5];

    bool ok = mf_der_begin(&b, MF_DER_SEQUENCE, &marks[0], &err) &&
              mf_der_begin(&b, MF_DER_SEQUENCE, &marks[1], &err) &&
              mf_der_put(&b, MF_DER_OID, MF_SPAN("\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0D"), &err) &&
              mf_der_begin(&b, MF_DER_SEQUENCE, &marks[2], &err) &&
              mf_der_begin(&b, MF_DER_SEQUENCE, &marks[3], &err) &&
              mf_der_put(&b, MF_DER_OID, kdf, &err) &&
              mf_der_begin(&b, MF_DER_SEQUENCE, &marks[4], &err) &&
              mf_der_put(&b, MF_DER_OCTET_STRING, MF_SPAN("saltsalt"), &err);
    for (size_t i = 0; ok && i < count; i++)
        ok = mf_der_put_uint(&b, numbers[i], &err);
    ok = ok && mf_buf_append(&b, prf, &err) && mf_der_finish(&b, marks[4], &err) &&
         mf_der_finish(&b, marks[3], &err) && mf_der_begin(&b, MF_DER_SEQUENCE, &marks[3], &err) &&
         mf_der_put(&b, MF_DER_OID, MF_SPAN("\x60\x86\x48\x01\x65\x03\x04\x01\x2A"), &err) &&
         mf_der_put(&b, MF_DER_OCTET_STRING, MF_SPAN("0123456789abcdef"), &err) &&
         mf_der_finish(&b, marks[3], &err) && mf_der_finish(&b, marks[2], &err) &&
         mf_der_finish(&b, marks[1], &err) &&
         mf_der_put(&b, MF_DER_OCTET_STRING, MF_SPAN("0123456789abcdef"), &err) &&
         mf_der_finish(&b, marks[0], &err);
    mf_ck_ok(ok, err);
    return b;
}

#define HMAC_SHA256 "\x06\x08\x2A\x86\x48\x86\xF7\x0D\x02\x09"

static const struct {
    bool scrypt;
    uint64_t numbers[4];
    size_t count;
    struct span prf; /* of PBKDF2, whole; may be empty */
    const char *message;
} work[] = {
    {false, {1}, 1, {0}, "passphrase is wrong"}, /* the frame itself is good */
    {false, {2048}, 1, MF_SPAN_INIT("\x30\x0C" HMAC_SHA256 "\x05\x00"), "passphrase is wrong"},
    {false, {2048}, 1, MF_SPAN_INIT("\x30\x0D" HMAC_SHA256 "\x05\x01\x00"), "DER NULL has content"},
    {false, {0}, 1, {0}, "PBKDF2 asks for too much work or none"},
    {false, {10000001}, 1, {0}, "PBKDF2 asks for too much work or none"},
    {false, {2048, 16}, 2, {0}, "key length does not fit the cipher"},
    {true, {1024, 8, 1}, 3, {0}, "passphrase is wrong"},
    {true, {1U << 30, 8, 1}, 3, {0}, "scrypt asks for too much work"},
    {true, {1U << 22, 64, 1}, 3, {0}, "scrypt asks for too much work"},
    {true, {1000, 8, 1}, 3, {0}, "scrypt asks for too much work"},
    {true, {1024, 8, 17}, 3, {0}, "scrypt asks for too much work"},
    {true, {1024, 0, 1}, 3, {0}, "scrypt asks for too much work"},
};

START_TEST(bounds_the_work_a_file_may_ask_for)
{
    MF_SCOPED(mf_buf_done)
    struct buf der = asking_for(work[_i].scrypt, work[_i].numbers, work[_i].count, work[_i].prf);
    MF_SCOPED(mf_crypto_free) struct crypto *c = fresh_crypto();
    MF_SCOPED(mf_secret_done) struct secret passphrase = {0};
    MF_SCOPED(mf_secret_done) struct secret out = {0};
    struct err err = {0};

    mf_ck_ok(mf_secret_copy(MF_SPAN("x"), &passphrase, &err), err);
    mf_ck_refused(mf_pbes2_decrypt(c, mf_buf_span(&der), &passphrase, &out, &err), err,
                  work[_i].message);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("pbes2");
    TCase *tc = tcase_create("pbes2");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, bounds_the_work_a_file_may_ask_for, 0, MF_LEN(work));
    suite_add_tcase(suite, tc);
    return suite;
}
