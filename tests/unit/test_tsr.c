/* Responses are written here by a table of edits to a whole one, so that each refusal has one
 * cause.
 */
#include "client/verify/tsr.h"
#include "common/codec/der.h"
#include "tests/support/suite.h"

enum piece { /* of a response; each may be replaced, left out or written twice */
             NONE,
             STATUS,
             TOKEN_TYPE,
             SD_VERSION,
             SD_DIGESTS,
             CONTENT_TYPE,
             TST,
             CERTIFICATES,
             REVOCATIONS,
             SI_VERSION,
             SI_SID,
             SI_DIGEST,
             SI_ATTRIBUTES,
             SI_ALGORITHM,
             SI_SIGNATURE,
             SI_UNSIGNED,
             SI_END,
             ATTR_TYPE,
             ATTR_DIGEST,
             ATTR_ESS,
             ATTR_ESS_OLD,
             ATTR_OTHER,
             SECOND_SIGNER,
             SD_END,
             TOKEN_END,
             RESPONSE_END,
             BEHIND
};

#define D(literal)                                      \
    {                                                   \
        (const uint8_t *)(literal), sizeof(literal) - 1 \
    }
#define OID_TST    "\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x04"
#define OID_SIGNED "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"
#define OID_TYPE   "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x09\x03"
#define OID_DIGEST "\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x09\x04"
#define OID_ESS2   "\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x02\x2F"
#define OID_ESS1   "\x06\x0B\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x02\x0C"
#define ALG(last)  "\x30\x0B\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" last
#define H32        "0123456789abcdef0123456789abcdef"
#define IMPRINT    "\x30\x2F" ALG("\x01") "\x04\x20" H32
#define TST_INFO                                                          \
    "\x30\x4C\x02\x01\x01\x06\x02\x2A\x03" IMPRINT "\x02\x01\x05\x18\x0F" \
    "20261124190018Z"
#define SID      "\x30\x05\x30\x00\x02\x01\x07"
#define A_TYPE   "\x30\x1A" OID_TYPE "\x31\x0D" OID_TST
#define A_DIGEST "\x30\x2F" OID_DIGEST "\x31\x22\x04\x20" H32
#define A_ESS2   "\x30\x37" OID_ESS2 "\x31\x28\x30\x26\x30\x24\x30\x22\x04\x20" H32
#define A_ESS1   "\x30\x19" OID_ESS1 "\x31\x0A\x30\x08\x30\x06\x30\x04\x04\x02\x61\x62"
static const struct {
    enum piece piece;
    struct span whole; /* what a good response has here, or nothing */
} pieces[] = {
    {STATUS, D("\x30\x03\x02\x01\x00")},
    {TOKEN_TYPE, D(OID_SIGNED)},
    {SD_VERSION, D("\x02\x01\x03")},
    {SD_DIGESTS, D("\x31\x00")},
    {CONTENT_TYPE, D(OID_TST)},
    {TST, D(TST_INFO)},
    {SI_VERSION, D("\x02\x01\x01")},
    {SI_SID, D(SID)},
    {SI_DIGEST, D(ALG("\x01"))},
    {SI_ALGORITHM, D("\x30\x0A\x06\x08\x2A\x86\x48\xCE\x3D\x04\x03\x02")},
    {SI_SIGNATURE, D("\x04\x02\xAA\xBB")},
    {ATTR_TYPE, D(A_TYPE)},
    {ATTR_DIGEST, D(A_DIGEST)},
    {ATTR_ESS, D(A_ESS2)},
};

static enum piece changed;
static struct span change;
static struct buf out;
static struct err error;

static void put(enum piece piece)
{
    struct span bytes = {0};

    for (size_t i = 0; i < MF_LEN(pieces); i++)
        if (pieces[i].piece == piece)
            bytes = pieces[i].whole;
    if (piece == changed)
        bytes = change;
    ck_assert(mf_buf_append(&out, bytes, &error));
}

static size_t begin(int tag)
{
    size_t mark = 0;

    ck_assert(mf_der_begin(&out, tag, &mark, &error));
    return mark;
}

static void end(size_t mark)
{
    ck_assert(mf_der_finish(&out, mark, &error));
}

static void put_signer(void)
{
    size_t set = begin(MF_DER_SET);
    size_t info = begin(MF_DER_SEQUENCE);

    put(SI_VERSION);
    put(SI_SID);
    put(SI_DIGEST);
    if (changed != SI_ATTRIBUTES) {
        size_t attributes = begin(MF_DER_CONTEXT_CONSTRUCTED(0));
        for (int piece = ATTR_TYPE; piece <= ATTR_OTHER; piece++)
            put((enum piece)piece);
        end(attributes);
    }
    put(SI_ALGORITHM);
    put(SI_SIGNATURE);
    put(SI_UNSIGNED);
    put(SI_END);
    end(info);
    put(SECOND_SIGNER);
    end(set);
}

static void put_signed_data(void)
{
    size_t data = begin(MF_DER_SEQUENCE);

    put(SD_VERSION);
    put(SD_DIGESTS);
    size_t content = begin(MF_DER_SEQUENCE);
    put(CONTENT_TYPE);
    size_t wrapped = begin(MF_DER_CONTEXT_CONSTRUCTED(0));
    size_t octets = begin(MF_DER_OCTET_STRING);
    put(TST);
    end(octets);
    end(wrapped);
    end(content);
    put(CERTIFICATES);
    put(REVOCATIONS);
    put_signer();
    put(SD_END);
    end(data);
}

/* A whole response but for one piece. */
static struct span response(enum piece piece, struct span bytes)
{
    changed = piece;
    change = bytes;
    out = (struct buf){.max = 1 << 20};
    size_t all = begin(MF_DER_SEQUENCE);
    put(STATUS);
    size_t token = begin(MF_DER_SEQUENCE);
    put(TOKEN_TYPE);
    size_t wrapped = begin(MF_DER_CONTEXT_CONSTRUCTED(0));
    put_signed_data();
    end(wrapped);
    put(TOKEN_END);
    end(token);
    put(RESPONSE_END);
    end(all);
    put(BEHIND);
    return mf_buf_span(&out);
}

static void teardown(void)
{
    mf_buf_done(&out);
}

static const struct {
    enum piece piece;
    struct span bytes;
    const char *message;
} refusals[] = {
    {BEHIND, D("\x05\x00"), "2 bytes follow the DER value"},
    {RESPONSE_END, D("\x05\x00"), "2 bytes follow the DER value"},
    {TOKEN_END, D("\x05\x00"), "2 bytes follow the DER value"},
    {STATUS, D("\x02\x01\x00"), "status: DER tag is 0x02, not 0x30"},
    {STATUS, D("\x30\x00"), "status: DER value with tag 0x02 is missing"},
    {STATUS, D("\x30\x03\x02\x01\x02"), "the authority refused (status 2)"},
    {STATUS, D("\x30\x03\x02\x01\xFF"), "status: "},
    {TOKEN_TYPE, D("\x06\x02\x2A\x03"), "token is not CMS SignedData"},
    {TOKEN_TYPE, D("\x05\x00"), "DER tag is 0x05, not 0x06"},
    {SD_VERSION, D("\x02\x01\x01"), "SignedData: version is 1, not 3"},
    {SD_VERSION, D(""), "SignedData: DER tag is 0x31, not 0x02"},
    {SD_DIGESTS, D("\x30\x00"), "SignedData: DER tag is 0x30, not 0x31"},
    {SD_END, D("\x05\x00"), "SignedData: 2 bytes follow the DER value"},
    {CONTENT_TYPE, D("\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x01"), "content is not a TSTInfo"},
    {CONTENT_TYPE, D(""), "SignedData: DER tag is 0xa0, not 0x06"},
    {CERTIFICATES, D("\xA0\x03\x30\x05\x00"), "SignedData: DER length 5 is past the end"},
    {REVOCATIONS, D("\xA1\x81\x00"), "SignedData: "},

    {TST, D("\x30\x00"), "SignedData: TSTInfo: DER value with tag 0x02 is missing"},
    {SI_VERSION, D("\x02\x01\x03"), "SignedData: SignerInfo: version is 3, not 1"},
    {SI_VERSION, D(""), "SignerInfo: DER tag is 0x30, not 0x02"},
    {SI_SID, D("\x80\x02\xAA\xBB"), "signer is named by key identifier, not by issuer"},
    {SI_SID, D("\x30\x00"), "SignerInfo: "},
    {SI_SID, D("\x30\x02\x30\x00"), "SignerInfo: DER value with tag 0x02 is missing"},
    {SI_SID, D("\x30\x07\x30\x00\x02\x01\x07\x05\x00"), "SignerInfo: 2 bytes follow"},
    {SI_DIGEST, D("\x30\x07\x06\x05\x2B\x0E\x03\x02\x1A"), "digest 1.3.14.3.2.26 is not SHA-256"},
    {SI_ATTRIBUTES, D(""), "SignerInfo: signed attributes are missing"},
    {SI_ALGORITHM, D(""), "SignerInfo: DER tag is 0x04, not 0x30"},
    {SI_ALGORITHM, D("\x30\x00"), "SignerInfo: DER value with tag 0x06 is missing"},
    {SI_SIGNATURE, D(""), "SignerInfo: DER value with tag 0x04 is missing"},
    {SI_UNSIGNED, D("\xA1\x7F"), "SignerInfo: DER length 127 is past the end"},
    {SI_END, D("\x05\x00"), "SignerInfo: 2 bytes follow the DER value"},
    {SECOND_SIGNER, D("\x30\x00"), "SignerInfo: more than one signer: 2 bytes follow"},

    {ATTR_TYPE, D(""), "content type or message digest is missing"},
    {ATTR_TYPE, D(A_TYPE A_TYPE), "content type attribute is not one TSTInfo"},
    {ATTR_TYPE, D("\x30\x11" OID_TYPE "\x31\x04\x06\x02\x2A\x03"), "attribute is not one TSTInfo"},
    {ATTR_TYPE, D("\x30\x0D" OID_TYPE "\x31\x00"), "SignerInfo: "},
    {ATTR_TYPE, D("\x30\x27" OID_TYPE "\x31\x1A" OID_TST OID_TST), "13 bytes follow"},
    {ATTR_TYPE, D("\x30\x1C" OID_TYPE "\x31\x0D" OID_TST "\x05\x00"), "SignerInfo: 2 bytes"},
    {ATTR_DIGEST, D(""), "content type or message digest is missing"},
    {ATTR_DIGEST, D(A_DIGEST A_DIGEST), "message digest attribute is not one string"},
    {ATTR_DIGEST, D("\x30\x0F" OID_DIGEST "\x31\x02\x05\x00"), "attribute is not one string"},
    {ATTR_ESS, D(""), "signing certificate attribute is missing"},
    {ATTR_ESS, D(A_ESS2 A_ESS2), "signing certificate attribute stands twice"},
    {ATTR_ESS_OLD, D(A_ESS1), "signing certificate attribute stands twice"},
    {ATTR_ESS, D("\x30\x11" OID_ESS2 "\x31\x02\x05\x00"), "attribute is no SEQUENCE"},
    {ATTR_ESS, D("\x30\x11" OID_ESS2 "\x31\x02\x30\x00"), "signing certificate attribute: DER"},
    {ATTR_ESS, D("\x30\x13" OID_ESS2 "\x31\x04\x30\x02\x30\x00"), "certificate attribute: DER"},
    {ATTR_ESS, D("\x30\x15" OID_ESS2 "\x31\x06\x30\x04\x30\x02\x30\x00"), "attribute: DER value"},
    {ATTR_ESS, D("\x30\x17" OID_ESS2 "\x31\x08\x30\x06\x30\x04\x30\x02\x05\x00"),
     "signing certificate attribute: DER tag is 0x05, not 0x04"},
    {ATTR_ESS, D("\x30\x19" OID_ESS2 "\x31\x0A\x30\x08\x30\x06\x30\x04\x30\x02\x05\x00"),
     "signing certificate attribute: DER tag is 0x05, not 0x06"},
    {ATTR_OTHER, D("\x30\x02\x05\x00"), "SignerInfo: DER tag is 0x05, not 0x06"},
    {ATTR_OTHER, D("\x05\x00"), "SignerInfo: DER tag is 0x05, not 0x30"},
};

START_TEST(refuses_a_response_with_one_fault)
{
    struct tsr t = {.certificate_count = 99};
    struct err err = {0};

    mf_ck_refused(mf_tsr_parse(response(refusals[_i].piece, refusals[_i].bytes), &t, &err), err,
                  refusals[_i].message);
    ck_assert_int_eq(err.code, MF_ERR_FORMAT);
    ck_assert_uint_eq(t.certificate_count, 99); /* a failed parse leaves its output alone */
}
END_TEST

static const struct {
    enum piece piece;
    struct span bytes;
    size_t certificates;
} accepted[] = {
    {NONE, {NULL, 0}, 0},
    {STATUS, D("\x30\x03\x02\x01\x01"), 0},
    {STATUS, D("\x30\x07\x02\x01\x00\x30\x02\x0C\x00"), 0},
    {CERTIFICATES, D("\xA0\x06\x30\x00\xA1\x00\x30\x00"), 2},
    {REVOCATIONS, D("\xA1\x02\x05\x00"), 0},
    {SI_UNSIGNED, D("\xA1\x02\x05\x00"), 0},
    {ATTR_OTHER, D("\x30\x08\x06\x02\x2A\x03\x31\x02\x05\x00"), 0},
    {ATTR_ESS, D(A_ESS1), 0},
};

START_TEST(takes_what_may_differ)
{
    struct tsr t;
    struct err err = {0};
    struct span der = response(accepted[_i].piece, accepted[_i].bytes);

    mf_ck_ok(mf_tsr_parse(der, &t, &err), err);
    ck_assert_uint_eq(t.certificate_count, accepted[_i].certificates);
    ck_assert(!t.has_nonce);
    ck_assert_int_eq(t.ess_alg, accepted[_i].piece == ATTR_ESS ? MF_SHA1 : MF_SHA256);
    ck_assert_uint_eq(t.ess_hash.n, accepted[_i].piece == ATTR_ESS ? 2 : 32);
    ck_assert(mf_span_eq(t.imprint, MF_SPAN(H32)) && mf_span_eq(t.message_digest, MF_SPAN(H32)));
    ck_assert(mf_span_eq(t.signer_serial, MF_SPAN("\x07")));
    ck_assert(mf_span_eq(t.signature, MF_SPAN("\xAA\xBB")));
    ck_assert_int_eq(t.gen_time.s, 1795546818);
}
END_TEST

START_TEST(takes_bytes_and_certificates_up_to_their_limit)
{
    MF_SCOPED(mf_buf_done) struct buf list = {.max = 1 << 17};
    struct tsr t;
    struct err err = {0};

    for (size_t i = 0; i < MF_TSR_CERTIFICATES_MAX; i++)
        ck_assert(mf_buf_append(&list, MF_SPAN("\x30\x00"), &err));
    for (int over = 0; over < 2; over++) {
        MF_SCOPED(mf_buf_done) struct buf set = {.max = 1 << 17};
        ck_assert(mf_der_put(&set, MF_DER_CONTEXT_CONSTRUCTED(0), mf_buf_span(&list), &err));
        struct span der = response(CERTIFICATES, mf_buf_span(&set));
        if (over == 0)
            mf_ck_ok(mf_tsr_parse(der, &t, &err), err);
        else
            mf_ck_refused(mf_tsr_parse(der, &t, &err), err, "more than 16 certificates");
        ck_assert(mf_buf_append(&list, MF_SPAN("\x30\x00"), &(struct err){0}));
        mf_buf_done(&out);
    }
    ck_assert_int_eq(err.code, MF_ERR_LIMIT);
    mf_err_clear(&err);
    size_t rest = MF_TSR_MAX - response(CERTIFICATES, MF_SPAN("")).n;
    mf_buf_reset(&list);
    while (list.n < rest)
        ck_assert(mf_buf_append_byte(&list, 0, &err));
    mf_buf_done(&out);
    mf_ck_refused(mf_tsr_parse(response(BEHIND, mf_buf_span(&list)), &t, &err), err,
                  "bytes follow the DER value");
    mf_err_clear(&err);
    ck_assert(mf_buf_append_byte(&list, 0, &err));
    mf_buf_done(&out);
    mf_ck_refused(mf_tsr_parse(response(BEHIND, mf_buf_span(&list)), &t, &err), err,
                  "larger than 65536 bytes");
}
END_TEST

Suite *mf_suite(void)
{
    Suite *suite = suite_create("tsr");
    TCase *all = tcase_create("response");

    tcase_add_checked_fixture(all, NULL, teardown);
    tcase_add_loop_test(all, refuses_a_response_with_one_fault, 0, MF_LEN(refusals));
    tcase_add_loop_test(all, takes_what_may_differ, 0, MF_LEN(accepted));
    tcase_add_test(all, takes_bytes_and_certificates_up_to_their_limit);
    suite_add_tcase(suite, all);
    return suite;
}
