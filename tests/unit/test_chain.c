#include "common/x509/chain.h"
#include "common/x509/oid.h"
#include "tests/support/suite.h"
#include "tests/support/x509_maker.h"

enum { LEAF, INTERMEDIATE, ROOT, KEYS };
enum { BEGIN = 1764000000, END = 1764000600, NOW = 1764000300 };

static EVP_PKEY *keys[KEYS];
static struct crypto *crypto;

static void setup(void)
{
    struct err err = {0};

    mf_ck_ok(mf_crypto_new(MF_CRYPTO_DEFAULT, &crypto, &err), err);
    keys[LEAF] = made_key("P-256");
    keys[INTERMEDIATE] = made_key("P-256");
    keys[ROOT] = made_key("P-384");
}

static void teardown(void)
{
    for (int i = 0; i < KEYS; i++)
        EVP_PKEY_free(keys[i]);
    mf_crypto_free(&crypto);
}

static const struct made_cert leaf_template = {
    .issuer = "intermediate",
    .not_before = BEGIN,
    .not_after = END,
    .extensions = {{"keyUsage", "critical,digitalSignature"},
                   {"extendedKeyUsage", "codeSigning"},
                   {"subjectAltName", "critical,email:someone@example.org"}},
};
static const struct made_cert intermediate_template = {
    .subject = "intermediate",
    .issuer = "root",
    .not_before = BEGIN,
    .not_after = END,
    .extensions = {{"keyUsage", "critical,keyCertSign"},
                   {"extendedKeyUsage", "codeSigning"},
                   {"basicConstraints", "critical,CA:TRUE,pathlen:0"},
                   {"subjectKeyIdentifier", "hash"}},
};
static const struct made_cert root_template = {
    .subject = "root",
    .not_before = BEGIN,
    .not_after = END,
    .extensions = {{"keyUsage", "critical,keyCertSign"},
                   {"basicConstraints", "critical,CA:TRUE"},
                   {"subjectKeyIdentifier", "hash"}},
};

/* Certificates with the bytes that they borrow from. */
struct made {
    struct buf der;
    struct cert cert;
};

static struct made make(const struct made_cert *want, EVP_PKEY *key, EVP_PKEY *issuer_key)
{
    struct made m = {.der = made_cert(want, key, issuer_key)};
    struct err err = {0};

    mf_ck_ok(mf_cert_parse(mf_buf_span(&m.der), &m.cert, &err), err);
    return m;
}

static void made_done(struct made *m)
{
    mf_buf_done(&m->der);
}

static const struct instant now = {NOW, 0};

static struct chain_params params_for(const struct cert *leaf, const struct cert *pool, size_t n)
{
    return (struct chain_params){.leaf = leaf,
                                 .pool = pool,
                                 .pool_count = n,
                                 .times = &now,
                                 .time_count = 1,
                                 .purpose = mf_oid_eku_code_signing};
}

/* Verifies leaf, intermediate, root as changed by a row; null means accepted. */
static void expect(const struct made_cert want[KEYS], struct instant at, struct span leaf_critical,
                   const char *message)
{
    MF_SCOPED(made_done) struct made root = make(&want[ROOT], keys[ROOT], keys[ROOT]);
    MF_SCOPED(made_done)
    struct made middle = make(&want[INTERMEDIATE], keys[INTERMEDIATE], keys[ROOT]);
    MF_SCOPED(made_done) struct made leaf = make(&want[LEAF], keys[LEAF], keys[INTERMEDIATE]);
    const struct cert pool[] = {middle.cert, root.cert};
    struct chain_params p = params_for(&leaf.cert, pool, MF_LEN(pool));
    struct err err = {0};
    size_t issuer = 42;

    p.times = &at;
    p.leaf_critical = leaf_critical;
    if (message == NULL) {
        mf_ck_ok(mf_chain_verify(crypto, &p, &issuer, &err), err);
        ck_assert_uint_eq(issuer, 0);
    } else {
        mf_ck_refused(mf_chain_verify(crypto, &p, &issuer, &err), err, message);
        ck_assert_int_eq(err.code, MF_ERR_REJECTED);
        ck_assert_uint_eq(issuer, 42);
    }
}

static const struct {
    int which;
    struct made_extension set; /* replaces the one of that name; a null value removes it */
    const char *message;
} rules[] = {
    {LEAF, {NULL, NULL}, NULL},
    {LEAF, {"extendedKeyUsage", "serverAuth"}, "certificate: extended key usage does not list"},
    {LEAF, {"extendedKeyUsage", "anyExtendedKeyUsage"}, "certificate: extended key usage does not"},
    {LEAF, {"extendedKeyUsage", NULL}, "certificate: extended key usage does not list"},
    {LEAF, {"extendedKeyUsage", "critical,codeSigning"}, NULL},
    {LEAF, {"1.2.3.4", "critical,DER:05:00"}, "critical extension 1.2.3.4 is not known"},
    {LEAF, {"1.2.3.4", "DER:05:00"}, NULL},
    {LEAF,
     {"1.3.6.1.4.1.11129.2.4.3", "critical,DER:05:00"},
     "critical extension 1.3.6.1.4.1.1112"},
    {LEAF, {"authorityKeyIdentifier", "DER:30:05:80:03:01:02:03"}, "no trusted certificate has"},
    {INTERMEDIATE, {"basicConstraints", "critical,CA:FALSE"}, "issuer 1: not a CA"},
    {INTERMEDIATE, {"basicConstraints", NULL}, "issuer 1: not a CA"},
    {INTERMEDIATE, {"basicConstraints", "CA:TRUE"}, NULL},
    {INTERMEDIATE, {"keyUsage", "critical,digitalSignature"}, "issuer 1: key usage does not allow"},
    {INTERMEDIATE, {"keyUsage", NULL}, NULL},
    {INTERMEDIATE, {"extendedKeyUsage", "timeStamping"}, "issuer 1: extended key usage does not"},
    {INTERMEDIATE, {"extendedKeyUsage", "anyExtendedKeyUsage"}, NULL},
    {INTERMEDIATE, {"extendedKeyUsage", NULL}, NULL},
    {INTERMEDIATE,
     {"nameConstraints", "critical,permitted;email:example.org"},
     "issuer 1: name constraints are not supported"},
    {INTERMEDIATE,
     {"nameConstraints", "permitted;email:example.org"},
     "issuer 1: name constraints are not supported"},
    {INTERMEDIATE, {"policyConstraints", "critical,inhibitPolicyMapping:0"}, "2.5.29.36 is not"},
    {ROOT, {"basicConstraints", "critical,CA:TRUE,pathlen:0"}, "path length 0 allows no 1 issuers"},
    {ROOT, {"basicConstraints", "critical,CA:TRUE,pathlen:1"}, NULL},
    {ROOT, {"basicConstraints", "critical,CA:FALSE"}, "issuer 2: not a CA"},
    {ROOT, {"keyUsage", "cRLSign"}, "issuer 2: key usage does not allow"},
    {ROOT, {"extendedKeyUsage", "timeStamping"}, "issuer 2: extended key usage does not list"},
    {ROOT, {"1.2.3.4", "critical,DER:05:00"}, "issuer 2: critical extension 1.2.3.4 is not known"},
};

static void change(struct made_cert *want, struct made_extension set)
{
    struct made_extension kept[MADE_EXTENSIONS_MAX] = {{NULL, NULL}};
    size_t n = 0;

    for (size_t i = 0; want->extensions[i].name != NULL; i++)
        if (set.name == NULL || strcmp(want->extensions[i].name, set.name) != 0)
            kept[n++] = want->extensions[i];
    if (set.value != NULL)
        kept[n] = set;
    for (size_t i = 0; i < MADE_EXTENSIONS_MAX; i++)
        want->extensions[i] = kept[i];
}

START_TEST(holds_each_certificate_to_its_rules)
{
    struct made_cert want[] = {leaf_template, intermediate_template, root_template};

    change(&want[rules[_i].which], rules[_i].set);
    expect(want, (struct instant){NOW, 0}, (struct span){0}, rules[_i].message);
}
END_TEST

START_TEST(admits_one_more_critical_extension_in_the_leaf_only)
{
    struct made_cert want[] = {leaf_template, intermediate_template, root_template};
    const struct made_extension poison = {"1.3.6.1.4.1.11129.2.4.3", "critical,DER:05:00"};

    change(&want[LEAF], poison);
    expect(want, (struct instant){NOW, 0}, mf_oid_precert_poison, NULL);
    change(&want[INTERMEDIATE], poison);
    expect(want, (struct instant){NOW, 0}, mf_oid_precert_poison, "issuer 1: critical extension");
}
END_TEST

static const struct {
    int which;
    int64_t begin, end;
    const char *message;
} windows[] = {
    {LEAF, NOW, NOW, NULL},
    {LEAF, NOW + 1, END, "certificate: not valid at 2025-11-24T16:05:00Z: its validity begins"},
    {LEAF, BEGIN, NOW - 1, "certificate: not valid at 2025-11-24T16:05:00Z: its validity ended"},
    {INTERMEDIATE, NOW, NOW, NULL},
    {INTERMEDIATE, NOW + 1, END, "issuer 1: not valid at"},
    {INTERMEDIATE, BEGIN, NOW - 1, "issuer 1: not valid at"},
    {ROOT, NOW, NOW, NULL},
    {ROOT, NOW + 1, END, "issuer 2: not valid at"},
    {ROOT, BEGIN, NOW - 1, "issuer 2: not valid at"},
};

START_TEST(wants_every_certificate_valid_at_the_time)
{
    struct made_cert want[] = {leaf_template, intermediate_template, root_template};

    want[windows[_i].which].not_before = windows[_i].begin;
    want[windows[_i].which].not_after = windows[_i].end;
    expect(want, (struct instant){NOW, 0}, (struct span){0}, windows[_i].message);
}
END_TEST

START_TEST(refuses_a_signature_by_another_key)
{
    MF_SCOPED(made_done) struct made root = make(&root_template, keys[ROOT], keys[ROOT]);
    MF_SCOPED(made_done)
    struct made middle = make(&intermediate_template, keys[INTERMEDIATE], keys[ROOT]);
    MF_SCOPED(made_done)
    struct made forged_middle = make(&intermediate_template, keys[INTERMEDIATE], keys[LEAF]);
    MF_SCOPED(made_done)
    struct made leaf = make(&leaf_template, keys[LEAF], keys[INTERMEDIATE]);
    MF_SCOPED(made_done) struct made forged = make(&leaf_template, keys[LEAF], keys[LEAF]);
    const struct cert pool[] = {middle.cert, root.cert};
    const struct cert forged_pool[] = {forged_middle.cert, root.cert};
    struct err err = {0};

    struct chain_params p = params_for(&forged.cert, pool, 2);
    mf_ck_refused(mf_chain_verify(crypto, &p, NULL, &err), err,
                  "issuer 1: signature does not verify");
    struct err again = {0};
    p = params_for(&leaf.cert, forged_pool, 2);
    mf_ck_refused(mf_chain_verify(crypto, &p, NULL, &again), again,
                  "issuer 2: signature does not verify");
}
END_TEST

START_TEST(takes_any_certificate_for_the_anchor)
{
    MF_SCOPED(made_done)
    struct made middle = make(&intermediate_template, keys[INTERMEDIATE], keys[ROOT]);
    MF_SCOPED(made_done)
    struct made leaf = make(&leaf_template, keys[LEAF], keys[INTERMEDIATE]);
    struct chain_params p = params_for(&leaf.cert, &middle.cert, 1);
    struct err err = {0};
    size_t issuer = 42;

    mf_ck_ok(mf_chain_verify(crypto, &p, &issuer, &err), err);
    ck_assert_uint_eq(issuer, 0);
}
END_TEST

START_TEST(allows_version_1_to_an_anchor_only)
{
    struct made_cert old_root = root_template, old_middle = intermediate_template;
    old_root.version_1 = old_middle.version_1 = true;
    change(&old_root, (struct made_extension){"keyUsage", NULL});
    change(&old_root, (struct made_extension){"basicConstraints", NULL});
    change(&old_root, (struct made_extension){"subjectKeyIdentifier", NULL});
    memset(old_middle.extensions, 0, sizeof old_middle.extensions);
    MF_SCOPED(made_done) struct made root = make(&old_root, keys[ROOT], keys[ROOT]);
    MF_SCOPED(made_done)
    struct made middle = make(&intermediate_template, keys[INTERMEDIATE], keys[ROOT]);
    MF_SCOPED(made_done)
    struct made weak = make(&old_middle, keys[INTERMEDIATE], keys[ROOT]);
    MF_SCOPED(made_done)
    struct made leaf = make(&leaf_template, keys[LEAF], keys[INTERMEDIATE]);
    const struct cert pool[] = {middle.cert, root.cert};
    const struct cert weak_pool[] = {weak.cert, root.cert};
    struct err err = {0};

    ck_assert_uint_eq(root.cert.version, 1);
    struct chain_params p = params_for(&leaf.cert, pool, 2);
    mf_ck_ok(mf_chain_verify(crypto, &p, NULL, &err), err);
    p = params_for(&leaf.cert, weak_pool, 2);
    mf_ck_refused(mf_chain_verify(crypto, &p, NULL, &err), err, "issuer 1: not a version 3");
}
END_TEST

START_TEST(goes_back_from_an_issuer_that_leads_nowhere)
{
    struct made_cert elsewhere = intermediate_template;
    elsewhere.issuer = "another root";
    MF_SCOPED(made_done) struct made root = make(&root_template, keys[ROOT], keys[ROOT]);
    MF_SCOPED(made_done)
    struct made stray = make(&elsewhere, keys[INTERMEDIATE], keys[LEAF]);
    MF_SCOPED(made_done)
    struct made other_key = make(&intermediate_template, keys[LEAF], keys[ROOT]);
    MF_SCOPED(made_done)
    struct made middle = make(&intermediate_template, keys[INTERMEDIATE], keys[ROOT]);
    MF_SCOPED(made_done)
    struct made leaf = make(&leaf_template, keys[LEAF], keys[INTERMEDIATE]);
    const struct cert pool[] = {stray.cert, other_key.cert, middle.cert, root.cert};
    struct chain_params p = params_for(&leaf.cert, pool, MF_LEN(pool));
    struct err err = {0};
    size_t issuer = 42;

    mf_ck_ok(mf_chain_verify(crypto, &p, &issuer, &err), err);
    ck_assert_uint_eq(issuer, 2);
}
END_TEST

/* Eight self-issued copies of one name: every order of them would be a path. */
START_TEST(bounds_the_search)
{
    struct made_cert self = intermediate_template;
    struct cert pool[MF_CHAIN_MAX];
    struct err err = {0};

    self.issuer = self.subject;
    change(&self, (struct made_extension){"basicConstraints", "CA:TRUE"});
    MF_SCOPED(made_done) struct made one = make(&self, keys[INTERMEDIATE], keys[INTERMEDIATE]);
    MF_SCOPED(made_done) struct made root = make(&root_template, keys[ROOT], keys[ROOT]);
    MF_SCOPED(made_done)
    struct made leaf = make(&leaf_template, keys[LEAF], keys[INTERMEDIATE]);
    for (size_t i = 0; i < MF_LEN(pool); i++)
        pool[i] = i + 1 < MF_LEN(pool) ? one.cert : root.cert;
    struct chain_params p = params_for(&leaf.cert, pool, MF_LEN(pool));
    mf_ck_refused(mf_chain_verify(crypto, &p, NULL, &err), err, "more than 32 signatures");
}
END_TEST

/* One chain for all times: its signatures are looked at once, its validity at each. */
START_TEST(wants_the_chain_to_be_valid_at_every_time)
{
    MF_SCOPED(made_done) struct made root = make(&root_template, keys[ROOT], keys[ROOT]);
    MF_SCOPED(made_done)
    struct made middle = make(&intermediate_template, keys[INTERMEDIATE], keys[ROOT]);
    MF_SCOPED(made_done) struct made leaf = make(&leaf_template, keys[LEAF], keys[INTERMEDIATE]);
    const struct cert pool[] = {middle.cert, root.cert};
    struct chain_params p = params_for(&leaf.cert, pool, MF_LEN(pool));
    const struct instant inside[] = {leaf.cert.not_before, now, leaf.cert.not_after};
    const struct instant late[] = {now, {leaf.cert.not_after.s + 1, 0}};
    const struct instant early[] = {now, now, {leaf.cert.not_before.s - 1, 0}};
    struct err err = {0}, again = {0};

    p.times = inside;
    p.time_count = MF_LEN(inside);
    mf_ck_ok(mf_chain_verify(crypto, &p, NULL, &err), err);
    p.times = late;
    p.time_count = MF_LEN(late);
    mf_ck_refused(mf_chain_verify(crypto, &p, NULL, &err), err, "its validity ended");
    p.times = early;
    p.time_count = MF_LEN(early);
    mf_ck_refused(mf_chain_verify(crypto, &p, NULL, &again), again, "its validity begins");
}
END_TEST

START_TEST(refuses_to_run_without_pool_time_or_purpose)
{
    MF_SCOPED(made_done) struct made root = make(&root_template, keys[ROOT], keys[ROOT]);
    struct chain_params p = params_for(&root.cert, &root.cert, 0);
    struct err err = {0}, again = {0}, timeless = {0};

    mf_ck_refused(mf_chain_verify(crypto, &p, NULL, &err), err, "chain needs 1 to 8 issuers");
    p = params_for(&root.cert, &root.cert, 1);
    p.purpose = (struct span){0};
    mf_ck_refused(mf_chain_verify(crypto, &p, NULL, &again), again, "and a purpose");
    p = params_for(&root.cert, &root.cert, 1);
    p.time_count = 0;
    mf_ck_refused(mf_chain_verify(crypto, &p, NULL, &timeless), timeless, "a time");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("chain");
    TCase *tc = tcase_create("chain");

    tcase_set_timeout(tc, 30);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, holds_each_certificate_to_its_rules, 0, MF_LEN(rules));
    tcase_add_test(tc, admits_one_more_critical_extension_in_the_leaf_only);
    tcase_add_loop_test(tc, wants_every_certificate_valid_at_the_time, 0, MF_LEN(windows));
    tcase_add_test(tc, refuses_a_signature_by_another_key);
    tcase_add_test(tc, takes_any_certificate_for_the_anchor);
    tcase_add_test(tc, allows_version_1_to_an_anchor_only);
    tcase_add_test(tc, goes_back_from_an_issuer_that_leads_nowhere);
    tcase_add_test(tc, bounds_the_search);
    tcase_add_test(tc, refuses_to_run_without_pool_time_or_purpose);
    tcase_add_test(tc, wants_the_chain_to_be_valid_at_every_time);
    suite_add_tcase(suite, tc);
    return suite;
}
