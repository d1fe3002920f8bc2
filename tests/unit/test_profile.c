#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "ca-stub/certificate/authority.h"
#include "ca-stub/certificate/profile.h"
#include "tests/support/fresh_crypto.h"
#include "tests/support/suite.h"

static struct crypto *crypto;

static void open_crypto(void)
{
    crypto = fresh_crypto();
}

static void close_crypto(void)
{
    mf_crypto_free(&crypto);
}

/* ---- certificates of our own, over random identities ---- */

struct ca {
    struct private_key *key;
    struct public_key *public;
    struct buf der;
    struct cert cert;
};

static void ca_make(struct ca *ca)
{
    struct err err = {0};

    *ca = (struct ca){.der = {.max = MF_AUTHORITY_MAX}};
    mf_ck_ok(mf_private_key_generate(crypto, MF_KEY_P256, &ca->key, &err), err);
    mf_ck_ok(mf_private_key_public(crypto, ca->key, &ca->public, &err), err);
    const struct authority authority = {MF_AUTHORITY_ISSUING, "test",     "issuing CA",
                                        1700000000,           1800000000, ca->public};
    const struct authority_issuer issuer = {{0}, ca->key};
    mf_ck_ok(mf_authority_write(crypto, &authority, &issuer, &ca->der, &err), err);
    mf_ck_ok(mf_cert_parse(mf_buf_span(&ca->der), &ca->cert, &err), err);
}

static void ca_done(struct ca *ca)
{
    mf_private_key_free(&ca->key);
    mf_public_key_free(&ca->public);
    mf_buf_done(&ca->der);
}

static unsigned random_below(unsigned *seed, unsigned limit)
{
    *seed = *seed * 1103515245u + 12345u;
    return (*seed >> 16) % limit;
}

/* Printable text of a random length, for names and claims. */
static struct span random_text(unsigned *seed, char *room, size_t cap)
{
    size_t n = 1 + random_below(seed, (unsigned)cap - 1);

    for (size_t i = 0; i < n; i++)
        room[i] = (char)(' ' + random_below(seed, 95));
    return (struct span){(const uint8_t *)room, n};
}

struct random_identity {
    struct verified_identity identity;
    char rooms[MF_FULCIO_LAST + 1][200];
};

static void make_identity(unsigned *seed, struct random_identity *r)
{
    static const enum san_kind kinds[] = {MF_SAN_EMAIL, MF_SAN_URI, MF_SAN_OTHER_NAME};
    struct verified_identity *id = &r->identity;

    *id = (struct verified_identity){0};
    id->san_kind = kinds[random_below(seed, 3)];
    id->san = random_text(seed, r->rooms[0], sizeof r->rooms[0]);
    for (unsigned number = 1; number <= MF_FULCIO_LAST; number++) {
        if (number == MF_FULCIO_OTHER_NAME || random_below(seed, 3) == 0)
            continue;
        id->extensions[id->extension_count++] = (struct fulcio_value){
            number, random_text(seed, r->rooms[number], sizeof r->rooms[number])};
    }
}

static void sign_leaf(const struct ca *ca, const struct leaf *leaf, struct span scts,
                      struct buf *out)
{
    MF_SCOPED(mf_buf_done) struct buf tbs = {.max = MF_LEAF_MAX};
    MF_SCOPED(mf_buf_done) struct buf signature = {.max = MF_SIGNATURE_MAX};
    struct err err = {0};

    mf_ck_ok(mf_leaf_write_tbs(leaf, scts, &tbs, &err), err);
    mf_ck_ok(mf_sign(crypto, ca->key, MF_SIG_ECDSA_SHA256, mf_buf_span(&tbs), &signature, &err),
             err);
    mf_ck_ok(
        mf_certificate_join(mf_buf_span(&tbs), MF_KEY_P256, mf_buf_span(&signature), out, &err),
        err);
}

static const uint8_t some_scts[] = {0x04, 0x06, 0x00, 0x04, 0x00, 0x02, 0xAB, 0xCD};

/* OpenSSL reads it, by its own rules, and finds the order of Fulcio's certificates. */
static void check_by_openssl(const struct ca *ca, const struct leaf *leaf, const struct buf *der)
{
    const unsigned char *p = der->p, *ca_p = ca->der.p;
    X509 *cert = d2i_X509(NULL, &p, (long)der->n), *issuer = d2i_X509(NULL, &ca_p, (long)ca->der.n);
    static const int head[] = {NID_key_usage, NID_ext_key_usage, NID_subject_key_identifier,
                               NID_authority_key_identifier, NID_subject_alt_name};
    int count;

    ck_assert(cert != NULL && issuer != NULL && p == der->p + der->n);
    ck_assert_int_eq(X509_verify(cert, X509_get0_pubkey(issuer)), 1);
    count = X509_get_ext_count(cert);
    ck_assert_int_eq(count, (int)(MF_LEN(head) + leaf->identity->extension_count + 1));
    for (int i = 0; i < (int)MF_LEN(head); i++) {
        X509_EXTENSION *e = X509_get_ext(cert, i);
        ck_assert_int_eq(OBJ_obj2nid(X509_EXTENSION_get_object(e)), head[i]);
        ck_assert_int_eq(X509_EXTENSION_get_critical(e),
                         head[i] == NID_key_usage || head[i] == NID_subject_alt_name);
    }
    ck_assert_int_eq(OBJ_obj2nid(X509_EXTENSION_get_object(X509_get_ext(cert, count - 1))),
                     NID_ct_precert_scts);
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    ck_assert(names != NULL && sk_GENERAL_NAME_num(names) == 1);
    GENERAL_NAMES_free(names);
    X509_free(cert);
    X509_free(issuer);
}

START_TEST(writes_certificates_that_differ_from_their_precertificates_in_one_extension)
{
    struct ca ca;
    unsigned seed = 20261124;
    uint8_t serial[MF_SERIAL_LEN], key_id[MF_KEY_ID_LEN], last[MF_SERIAL_LEN] = {0};
    MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
    struct err err = {0};

    ca_make(&ca);
    MF_SCOPED(mf_private_key_free) struct private_key *private = NULL;
    mf_ck_ok(mf_private_key_generate(crypto, MF_KEY_P384, &private, &err), err);
    mf_ck_ok(mf_private_key_public(crypto, private, &key, &err), err);
    mf_key_id(crypto, key, key_id);
    for (int i = 0; i < 400; i++) {
        static struct random_identity r;
        MF_SCOPED(mf_buf_done) struct buf precert = {.max = MF_LEAF_MAX};
        MF_SCOPED(mf_buf_done) struct buf cert = {.max = MF_LEAF_MAX};
        make_identity(&seed, &r);
        mf_ck_ok(mf_serial_new(crypto, serial, &err), err);
        ck_assert(serial[0] > 0 && serial[0] < 0x80 && memcmp(serial, last, sizeof last) != 0);
        memcpy(last, serial, sizeof last);
        const struct leaf leaf = {MF_SPAN_OF(serial),
                                  ca.cert.subject,
                                  ca.cert.ski,
                                  MF_KEY_P256,
                                  1750000000,
                                  1750000600,
                                  mf_public_key_spki(key),
                                  MF_SPAN_OF(key_id),
                                  &r.identity};
        sign_leaf(&ca, &leaf, (struct span){0}, &precert);
        sign_leaf(&ca, &leaf, MF_SPAN_OF(some_scts), &cert);
        const struct leaf_check check = {mf_buf_span(&cert), mf_buf_span(&precert), ca.public};
        mf_ck_ok(mf_leaf_check(crypto, &leaf, &check, &err), err);
        check_by_openssl(&ca, &leaf, &cert);
    }
    ca_done(&ca);
}
END_TEST

/* ---- what the check before handing out catches ---- */

struct made {
    struct ca ca;
    uint8_t serial[MF_SERIAL_LEN], key_id[MF_KEY_ID_LEN];
    struct verified_identity identity;
    struct leaf leaf;
    struct buf precert, cert;
};

static void make_one(struct made *m)
{
    struct err err = {0};

    *m = (struct made){.precert = {.max = MF_LEAF_MAX}, .cert = {.max = MF_LEAF_MAX}};
    ca_make(&m->ca);
    m->identity.san_kind = MF_SAN_EMAIL;
    m->identity.san = MF_SPAN("person@example.org");
    m->identity.extensions[0] = (struct fulcio_value){MF_FULCIO_ISSUER, MF_SPAN("https://idp")};
    m->identity.extension_count = 1;
    mf_ck_ok(mf_serial_new(crypto, m->serial, &err), err);
    m->leaf = (struct leaf){MF_SPAN_OF(m->serial),
                            m->ca.cert.subject,
                            m->ca.cert.ski,
                            MF_KEY_P256,
                            1750000000,
                            1750000600,
                            mf_public_key_spki(m->ca.public),
                            MF_SPAN_OF(m->key_id),
                            &m->identity};
    sign_leaf(&m->ca, &m->leaf, (struct span){0}, &m->precert);
    sign_leaf(&m->ca, &m->leaf, MF_SPAN_OF(some_scts), &m->cert);
}

static void drop_one(struct made *m)
{
    mf_buf_done(&m->precert);
    mf_buf_done(&m->cert);
    ca_done(&m->ca);
}

enum change { WRONG_NAME, WRONG_KEY, WRONG_SERIAL, WRONG_TIME, OTHER_CLAIM, WRONG_SIGNATURE };
static const char *const caught[] = {
    [WRONG_NAME] = "new certificate: subject alternative name is not the identity's",
    [WRONG_KEY] = "public key is not the one that was proven",
    [WRONG_SERIAL] = "serial is not the one that was recorded",
    [WRONG_TIME] = "issuer, validity or basic constraints are not as meant",
    [OTHER_CLAIM] = "certificate is not the one that was logged",
    [WRONG_SIGNATURE] = "signature does not verify",
};

START_TEST(catches_a_certificate_that_is_not_what_was_meant)
{
    static const uint8_t other_serial[MF_SERIAL_LEN] = {1};
    struct made m;
    struct err err = {0};

    make_one(&m);
    struct verified_identity meant = m.identity;
    struct leaf leaf = m.leaf;
    leaf.identity = &meant;
    switch ((enum change)_i) {
    case WRONG_NAME:
        meant.san = MF_SPAN("other@example.org");
        break;
    case WRONG_KEY:
        leaf.spki = MF_SPAN("0");
        break;
    case WRONG_SERIAL:
        leaf.serial = MF_SPAN_OF(other_serial);
        break;
    case WRONG_TIME:
        leaf.not_after_s++;
        break;
    case OTHER_CLAIM:
        m.identity.extensions[0].value = MF_SPAN("https://other");
        mf_buf_reset(&m.cert);
        sign_leaf(&m.ca, &m.leaf, MF_SPAN_OF(some_scts), &m.cert);
        break;
    case WRONG_SIGNATURE:
        m.cert.p[m.cert.n - 1] ^= 1;
        break;
    }
    const struct leaf_check check = {mf_buf_span(&m.cert), mf_buf_span(&m.precert), m.ca.public};
    mf_ck_refused(mf_leaf_check(crypto, &leaf, &check, &err), err, caught[_i]);
    ck_assert_int_eq((int)err.code, MF_ERR_INTERNAL);
    drop_one(&m);
}
END_TEST

START_TEST(refuses_an_identity_that_makes_no_certificate)
{
    struct made m;
    static char large[MF_LEAF_MAX];
    MF_SCOPED(mf_buf_done) struct buf out = {.max = MF_LEAF_MAX};
    struct err err = {0};

    make_one(&m);
    memset(large, 'a', sizeof large);
    m.identity.extensions[0].value = (struct span){(const uint8_t *)large, sizeof large};
    mf_ck_refused(mf_leaf_write_tbs(&m.leaf, (struct span){0}, &out, &err), err, "");
    ck_assert_int_eq((int)err.code, MF_ERR_LIMIT);
    m.identity.extensions[0].value = MF_SPAN("\xff");
    mf_err_clear(&err);
    mf_ck_refused(mf_leaf_write_tbs(&m.leaf, (struct span){0}, &out, &err), err, "UTF-8");
    m.identity.san = (struct span){0};
    mf_err_clear(&err);
    mf_ck_refused(mf_leaf_write_tbs(&m.leaf, (struct span){0}, &out, &err), err,
                  "identity has no name");
    drop_one(&m);
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("profile");
    TCase *tc = tcase_create("leaf");

    tcase_add_checked_fixture(tc, open_crypto, close_crypto);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, writes_certificates_that_differ_from_their_precertificates_in_one_extension);
    tcase_add_loop_test(tc, catches_a_certificate_that_is_not_what_was_meant, 0, MF_LEN(caught));
    tcase_add_test(tc, refuses_an_identity_that_makes_no_certificate);
    suite_add_tcase(suite, tc);
    return suite;
}
