#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "common/base/file.h"
#include "common/codec/pem.h"
#include "common/crypto/pbes2.h"
#include "common/crypto/verifier.h"
#include "common/keys/key_file.h"
#include "tests/support/suite.h"

static char folder[] = "/tmp/mayfly-key-file-XXXXXX";
static char path[128];
static struct crypto *crypto;
static const struct span message = MF_SPAN_INIT("message");

static void setup(void)
{
    struct err err = {0};

    ck_assert_ptr_nonnull(mkdtemp(folder));
    mf_ck_ok(mf_path_join(folder, "key.pem", path, sizeof path, &err), err);
    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
}

static void teardown(void)
{
    unlink(path);
    rmdir(folder);
    mf_crypto_free(&crypto);
}

static struct secret secret_of(const char *text)
{
    struct secret s = {0};
    struct err err = {0};

    mf_ck_ok(mf_secret_copy(mf_span_str(text), &s, &err), err);
    return s;
}

static void write_text(const char *text, mode_t mode)
{
    struct err err = {0};

    mf_ck_ok(mf_file_write(path, mf_span_str(text), mode, MF_FILE_REPLACE, &err), err);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static void assert_same_key(const struct private_key *a, const struct private_key *b)
{
    MF_SCOPED(mf_public_key_free) struct public_key *pa = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *pb = NULL;
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    struct err err = {0};

    mf_ck_ok(mf_private_key_public(crypto, a, &pa, &err), err);
    mf_ck_ok(mf_private_key_public(crypto, b, &pb, &err), err);
    ck_assert(mf_span_eq(mf_public_key_spki(pa), mf_public_key_spki(pb)));
    enum sig_scheme scheme = mf_sig_scheme_of(mf_private_key_kind(b));
    mf_ck_ok(mf_sign(crypto, b, scheme, message, &signature, &err), err);
    mf_ck_ok(mf_verify(crypto, pa, scheme, message, mf_buf_span(&signature), &err), err);
}

static const struct {
    enum key_kind kind;
    bool encrypted;
} kinds[] = {
    {MF_KEY_P256, false}, {MF_KEY_P384, false},   {MF_KEY_ED25519, false}, {MF_KEY_RSA, false},
    {MF_KEY_P256, true},  {MF_KEY_ED25519, true}, {MF_KEY_RSA, true},
};

START_TEST(reads_back_what_it_wrote)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_private_key_free) struct private_key *again = NULL;
    MF_SCOPED(mf_secret_done) struct secret passphrase = secret_of("correct horse");
    const struct secret *given = kinds[_i].encrypted ? &passphrase : NULL;
    struct err err = {0};
    struct stat st;

    mf_ck_ok(mf_private_key_generate(crypto, kinds[_i].kind, &key, &err), err);
    mf_ck_ok(mf_key_file_create(crypto, path, key, given, &err), err);
    ck_assert_int_eq(stat(path, &st), 0);
    ck_assert_uint_eq(st.st_mode & 07777, 0600);
    mf_ck_ok(mf_key_file_read(crypto, path, given, &again, &err), err);
    assert_same_key(key, again);
}
END_TEST

START_TEST(writes_what_openssl_reads)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_secret_done) struct secret passphrase = secret_of("correct horse");
    char text[] = "correct horse";
    struct err err = {0};

    mf_ck_ok(mf_private_key_generate(crypto, kinds[_i].kind, &key, &err), err);
    mf_ck_ok(mf_key_file_create(crypto, path, key, kinds[_i].encrypted ? &passphrase : NULL, &err),
             err);
    BIO *bio = BIO_new_file(path, "r");
    EVP_PKEY *theirs = PEM_read_bio_PrivateKey(bio, NULL, NULL, kinds[_i].encrypted ? text : NULL);
    ck_assert_ptr_nonnull(theirs);
    unsigned char *spki = NULL;
    int n = i2d_PUBKEY(theirs, &spki);
    MF_SCOPED(mf_public_key_free) struct public_key *half = NULL;
    mf_ck_ok(mf_private_key_public(crypto, key, &half, &err), err);
    ck_assert(mf_span_eq(mf_public_key_spki(half), (struct span){spki, (size_t)n}));
    OPENSSL_free(spki);
    EVP_PKEY_free(theirs);
    BIO_free(bio);
}
END_TEST

/* What OpenSSL's own tools write: PBKDF2 with the hash given, or scrypt. */
static const struct {
    int cipher_nid; /* with PBES2 */
    int prf_nid;    /* 0: scrypt */
} theirs[] = {
    {NID_aes_256_cbc, NID_hmacWithSHA1},
    {NID_aes_256_cbc, NID_hmacWithSHA256},
    {NID_aes_128_cbc, NID_hmacWithSHA384},
    {NID_aes_256_cbc, NID_hmacWithSHA512},
    {NID_aes_256_cbc, 0},
};

START_TEST(reads_what_openssl_writes)
{
    const EVP_CIPHER *cipher = EVP_get_cipherbynid(theirs[_i].cipher_nid);
    EVP_PKEY *pkey = EVP_EC_gen("P-256");
    PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(pkey);
    X509_ALGOR *alg = theirs[_i].prf_nid != 0
                          ? PKCS5_pbe2_set_iv(cipher, 2048, NULL, 0, NULL, theirs[_i].prf_nid)
                          : PKCS5_pbe2_set_scrypt(cipher, NULL, 0, NULL, 1024, 8, 1);
    X509_SIG *sealed = PKCS8_set0_pbe("correct horse", 13, plain, alg);
    BIO *bio = BIO_new_file(path, "w");
    ck_assert_int_eq(PEM_write_bio_PKCS8(bio, sealed), 1);
    BIO_free(bio);
    ck_assert_int_eq(chmod(path, 0600), 0);

    MF_SCOPED(mf_secret_done) struct secret passphrase = secret_of("correct horse");
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    struct err err = {0};
    mf_ck_ok(mf_key_file_read(crypto, path, &passphrase, &key, &err), err);
    ck_assert_int_eq(mf_private_key_kind(key), MF_KEY_P256);
    X509_SIG_free(sealed);
    PKCS8_PRIV_KEY_INFO_free(plain);
    EVP_PKEY_free(pkey);
}
END_TEST

START_TEST(never_overwrites)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_buf_done) struct buf kept = {0};
    struct err err = {0};

    write_text("precious", 0600);
    mf_ck_ok(mf_private_key_generate(crypto, MF_KEY_P256, &key, &err), err);
    mf_ck_refused(mf_key_file_create(crypto, path, key, NULL, &err), err, path);
    ck_assert_int_eq(err.code, MF_ERR_EXISTS);
    struct err again = {0};
    mf_ck_ok(mf_file_read(path, 100, &kept, &again), again);
    ck_assert(mf_span_is(mf_buf_span(&kept), "precious"));
}
END_TEST

static const mode_t loose[] = {0640, 0604, 0660, 0602, 0610, 0644};

START_TEST(refuses_a_file_that_others_may_use)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_secret_done) struct secret passphrase = {0};
    struct err err = {0}, again = {0};
    char hint[200];

    ck_assert_int_gt(snprintf(hint, sizeof hint, "run: chmod 600 %s", path), 0);
    write_text("x", loose[_i]);
    mf_ck_refused(mf_key_file_read(crypto, path, NULL, &key, &err), err, hint);
    mf_ck_refused(mf_key_file_passphrase(path, &passphrase, &again), again,
                  "others than its owner");
}
END_TEST

static void make_directory(void)
{
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void make_fifo(void)
{
    ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static void make_device(void)
{
    ck_assert_int_eq(symlink("/dev/zero", path), 0);
}

static void (*const irregular[])(void) = {make_directory, make_fifo, make_device};

START_TEST(refuses_what_is_no_regular_file)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_secret_done) struct secret secret = {0};
    struct err err = {0}, passphrase = {0};

    irregular[_i]();
    mf_ck_refused(mf_key_file_read(crypto, path, NULL, &key, &err), err, "not a regular file");
    ck_assert_str_eq(err.where, path);
    mf_ck_refused(mf_key_file_passphrase(path, &secret, &passphrase), passphrase,
                  "not a regular file");
    rmdir(path);
}
END_TEST

/* Seals a PKCS#8 file under a passphrase, whatever is in it. */
static void write_sealed(struct span plain, const struct secret *passphrase)
{
    MF_SCOPED(mf_secret_done) struct secret der = {0};
    MF_SCOPED(mf_secret_done) struct secret text = {0};
    MF_SCOPED(mf_buf_done) struct buf sealed = {.max = MF_KEY_FILE_MAX};
    struct err err = {0};

    mf_ck_ok(mf_secret_copy(plain, &der, &err), err);
    mf_ck_ok(mf_pbes2_encrypt(crypto, &der, passphrase, &sealed, &err), err);
    mf_ck_ok(mf_pem_write_secret("ENCRYPTED PRIVATE KEY", mf_buf_span(&sealed), &text, &err), err);
    mf_ck_ok(mf_file_write(path, mf_secret_span(&text), 0600, MF_FILE_REPLACE, &err), err);
}

static const struct {
    struct span plain;
    const char *message;
} sealed[] = {
    /* X25519 (1.3.101.110), which signs nothing. */
    {MF_SPAN_INIT("\x30\x0E\x02\x01\x00\x30\x05\x06\x03\x2B\x65\x6E\x04\x02\x04\x00"),
     "private key: key has the unknown algorithm 1.3.101.110"},
    {MF_SPAN_INIT("\x30\x03\x02\x01\x02"), "private key: DER value with tag 0x30 is missing"},
    {MF_SPAN_INIT("\x30\x03\x02\x01\x02\x00"), "passphrase is wrong, or the file is damaged"},
    {MF_SPAN_INIT("nonsense"), "passphrase is wrong, or the file is damaged"},
};

START_TEST(tells_a_key_that_it_cannot_use_from_a_wrong_passphrase)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_secret_done) struct secret passphrase = secret_of("correct horse");
    struct err err = {0};

    write_sealed(sealed[_i].plain, &passphrase);
    mf_ck_refused(mf_key_file_read(crypto, path, &passphrase, &key, &err), err, sealed[_i].message);
    ck_assert_ptr_nonnull(strstr(err.where, path));
}
END_TEST

START_TEST(refuses_a_wrong_passphrase)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_private_key_free) struct private_key *again = NULL;
    MF_SCOPED(mf_secret_done) struct secret right = secret_of("correct horse");
    MF_SCOPED(mf_secret_done) struct secret wrong = secret_of("battery staple");
    struct err err = {0}, none = {0};

    mf_ck_ok(mf_private_key_generate(crypto, MF_KEY_P256, &key, &err), err);
    mf_ck_ok(mf_key_file_create(crypto, path, key, &right, &err), err);
    /* Another's error, which is still in OpenSSL's queue, is neither told nor taken away. */
    ERR_raise(ERR_LIB_PEM, PEM_R_NO_START_LINE);
    unsigned long older = ERR_peek_last_error();
    mf_ck_refused(mf_key_file_read(crypto, path, &wrong, &again, &err), err,
                  "passphrase is wrong, or the file is damaged");
    ck_assert_ptr_null(strstr(err.what, "start line"));
    ck_assert_uint_eq(ERR_get_error(), older);
    ck_assert_uint_eq(ERR_get_error(), 0);
    mf_ck_refused(mf_key_file_read(crypto, path, NULL, &again, &none), none,
                  "private key is encrypted: give the file that holds its passphrase");
    ck_assert_ptr_null(again);
}
END_TEST

START_TEST(refuses_a_truncated_or_damaged_file)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    struct err err = {0};

    mf_ck_ok(mf_private_key_generate(crypto, MF_KEY_P256, &key, &err), err);
    mf_ck_ok(mf_key_file_create(crypto, path, key, NULL, &err), err);
    mf_ck_ok(mf_file_read(path, MF_KEY_FILE_MAX, &text, &err), err);
    /* The last line end is not missed. */
    for (size_t n = 0; n + 1 < text.n; n += 7) {
        MF_SCOPED(mf_private_key_free) struct private_key *again = NULL;
        struct err cut = {0};
        struct span part = mf_span_first(mf_buf_span(&text), n);
        mf_ck_ok(mf_file_write(path, part, 0600, MF_FILE_REPLACE, &err), err);
        mf_ck_refused(mf_key_file_read(crypto, path, NULL, &again, &cut), cut, path);
        ck_assert_int_eq(cut.code, MF_ERR_FORMAT);
    }
}
END_TEST

static const struct {
    const char *text;
    const char *message;
} texts[] = {
    {"", "no PEM block begins"},
    {"-----BEGIN EC PRIVATE KEY-----\nMAA=\n-----END EC PRIVATE KEY-----\n",
     "convert it with: openssl pkcs8 -topk8"},
    {"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
     "PEM block is \"CERTIFICATE\", not \"PRIVATE KEY\""},
    {"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\nmore", "something follows"},
    {"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "private key: DER"},
};

START_TEST(refuses_what_is_no_key)
{
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    struct err err = {0};

    write_text(texts[_i].text, 0600);
    mf_ck_refused(mf_key_file_read(crypto, path, NULL, &key, &err), err, texts[_i].message);
}
END_TEST

static const struct {
    const char *text;
    const char *want;
    const char *message;
} passphrases[] = {
    {"secret\n", "secret", NULL},
    {"secret", "secret", NULL},
    {" two words \r\n", " two words ", NULL},
    {"\n", NULL, "passphrase is empty"},
    {"", NULL, "passphrase is empty"},
};

START_TEST(reads_a_passphrase_without_its_line_end)
{
    MF_SCOPED(mf_secret_done) struct secret s = {0};
    struct err err = {0};

    write_text(passphrases[_i].text, 0400);
    if (passphrases[_i].want == NULL) {
        mf_ck_refused(mf_key_file_passphrase(path, &s, &err), err, passphrases[_i].message);
        return;
    }
    mf_ck_ok(mf_key_file_passphrase(path, &s, &err), err);
    ck_assert(mf_span_is(mf_secret_span(&s), passphrases[_i].want));
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("key_file");
    TCase *tc = tcase_create("key_file");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, reads_back_what_it_wrote, 0, MF_LEN(kinds));
    tcase_add_loop_test(tc, writes_what_openssl_reads, 0, MF_LEN(kinds));
    tcase_add_loop_test(tc, reads_what_openssl_writes, 0, MF_LEN(theirs));
    tcase_add_test(tc, never_overwrites);
    tcase_add_loop_test(tc, refuses_a_file_that_others_may_use, 0, MF_LEN(loose));
    tcase_add_loop_test(tc, refuses_what_is_no_regular_file, 0, MF_LEN(irregular));
    tcase_add_loop_test(tc, tells_a_key_that_it_cannot_use_from_a_wrong_passphrase, 0,
                        MF_LEN(sealed));
    tcase_add_test(tc, refuses_a_wrong_passphrase);
    tcase_add_test(tc, refuses_a_truncated_or_damaged_file);
    tcase_add_loop_test(tc, refuses_what_is_no_key, 0, MF_LEN(texts));
    tcase_add_loop_test(tc, reads_a_passphrase_without_its_line_end, 0, MF_LEN(passphrases));
    suite_add_tcase(suite, tc);
    return suite;
}
