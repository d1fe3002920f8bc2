/* Writes bundles: members in the order of the protocol's messages. */
#include "client/bundle/bundle.h"
#include "transparency/entry/key_details.h"

const char mf_bundle_media_type[] = "application/vnd.dev.sigstore.bundle.v0.3+json";

static void put_material(struct json_writer *w, const struct bundle_parts *parts)
{
    mf_json_key(w, "verificationMaterial");
    mf_json_begin_object(w);
    mf_json_key(w, "certificate");
    mf_json_begin_object(w);
    mf_json_member_put_base64(w, "rawBytes", parts->certificate);
    mf_json_end_object(w);
    mf_json_key(w, "tlogEntries");
    mf_json_begin_array(w);
    mf_tlog_entry_put(w, parts->entry);
    mf_json_end_array(w);
    mf_json_key(w, "timestampVerificationData");
    mf_json_begin_object(w);
    mf_json_key(w, "rfc3161Timestamps");
    mf_json_begin_array(w);
    mf_json_begin_object(w);
    mf_json_member_put_base64(w, "signedTimestamp", parts->timestamp);
    mf_json_end_object(w);
    mf_json_end_array(w);
    mf_json_end_object(w);
    mf_json_end_object(w);
}

bool mf_bundle_write(const struct bundle_parts *parts, struct buf *out, struct err *err)
{
    struct json_writer w = mf_json_writer(out, err);

    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "mediaType", mf_bundle_media_type);
    put_material(&w, parts);
    mf_json_key(&w, "messageSignature");
    mf_json_begin_object(&w);
    mf_json_key(&w, "messageDigest");
    mf_json_begin_object(&w);
    mf_json_member_put_cstr(&w, "algorithm", mf_key_details_hash_name(parts->digest_alg));
    mf_json_member_put_base64(&w, "digest", parts->digest);
    mf_json_end_object(&w);
    mf_json_member_put_base64(&w, "signature", parts->signature);
    mf_json_end_object(&w);
    mf_json_end_object(&w);
    return mf_json_written(&w) && mf_buf_append_byte(out, '\n', err);
}
