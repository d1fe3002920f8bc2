/* Sigstore bundle, v0.1 to v0.3: what was signed by whom, with its log entry and timestamps, in
 * one file. Source: protobuf-specs sigstore_bundle.proto. Everything in it, the media type too, is
 * chosen by whoever made the file: nothing here is trusted before the verifier has checked it. */
#ifndef MF_CLIENT_BUNDLE_BUNDLE_H
#define MF_CLIENT_BUNDLE_BUNDLE_H

#include "common/crypto/digest.h"
#include "transparency/entry/tlog_entry.h"

enum { MF_BUNDLE_MAX = 16 * 1024 * 1024 };                          /* bytes of the file */
enum { MF_BUNDLE_ENTRIES_MAX = 32, MF_BUNDLE_TIMESTAMPS_MAX = 32 }; /* sigstore-go's caps */

extern const char mf_bundle_media_type[]; /* the one we write */

struct bundle {
    struct json *doc;       /* owns the spans */
    unsigned minor_version; /* 3, 2 or 1 */
    bool has_key;           /* signed with a managed key: no certificate */
    struct span key_hint; /* which one, as its signer calls it; empty when absent; proves nothing */
    struct buf certificate; /* DER of the leaf */
    bool is_dsse;
    struct buf signature; /* raw */
    /* message signature */
    bool has_digest;
    enum digest_alg digest_alg;
    struct buf digest;
    /* DSSE envelope */
    struct span payload_type;
    struct buf payload;
    struct tlog_entry *entries;
    size_t entry_count;
    struct buf timestamps[MF_BUNDLE_TIMESTAMPS_MAX]; /* DER of TimeStampResp */
    size_t timestamp_count;
};

/* Parses and checks the shape: version and what it demands, exactly one content and one kind of
 * material, lengths and numbers. */
MF_MUST_USE bool mf_bundle_parse(struct span text, struct bundle **out, struct err *err);
MF_MUST_USE bool mf_bundle_read(const char *path, struct bundle **out, struct err *err);
void mf_bundle_free(struct bundle **bundle);

struct bundle_parts { /* what a signer has in hand; all borrowed */
    struct span certificate;
    struct span signature;
    enum digest_alg digest_alg;
    struct span digest;
    const struct tlog_entry *entry;
    struct span timestamp;
};
/* Appends the JSON of a message signature's bundle, with a final LF. */
MF_MUST_USE bool mf_bundle_write(const struct bundle_parts *parts, struct buf *out,
                                 struct err *err);

#endif
