#include "transparency/log/ct_roots.h"

#include <stdlib.h>

#include "common/base/file.h"
#include "common/codec/pem.h"

enum { ROOTS_FILE_MAX = 4 * 1024 * 1024 };

static bool read_all(struct span rest, struct ct_roots *roots, struct err *err)
{
    for (;;) {
        struct buf *der = &roots->ders[roots->count];
        struct span label;
        if (roots->count == MF_CT_ROOTS_MAX)
            return mf_err_set(err, MF_ERR_LIMIT, "more than %d certificates", MF_CT_ROOTS_MAX - 1);
        der->max = MF_CERT_MAX;
        if (!mf_pem_next(&rest, &label, der, err)) {
            if (err->code != MF_ERR_NOT_FOUND)
                return false;
            mf_err_clear(err);
            return roots->count > 0 || mf_err_set(err, MF_ERR_FORMAT, "no certificate in it");
        }
        if (!mf_cert_parse(mf_buf_span(der), &roots->certs[roots->count], err))
            return mf_err_at(err, "certificate %zu", roots->count + 1);
        roots->count++;
    }
}

bool mf_ct_roots_load(const char *path, struct ct_roots **out, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf text = {0};
    MF_SCOPED(mf_ct_roots_free) struct ct_roots *roots = mf_array_new(1, sizeof *roots);

    if (roots == NULL)
        return mf_err_set(err, MF_ERR_SYSTEM, "no memory for roots");
    if (path[0] != '\0') {
        if (!mf_file_read(path, ROOTS_FILE_MAX, &text, err))
            return false;
        if (!read_all(mf_buf_span(&text), roots, err))
            return mf_err_at(err, "%s", path);
    }
    *out = MF_MOVE(roots);
    return true;
}

void mf_ct_roots_free(struct ct_roots **roots)
{
    if (*roots == NULL)
        return;
    for (size_t i = 0; i < MF_CT_ROOTS_MAX; i++)
        mf_buf_done(&(*roots)->ders[i]);
    free(*roots);
    *roots = NULL;
}

const struct cert *mf_ct_roots_find(struct crypto *c, const struct ct_roots *roots,
                                    const struct cert *last)
{
    for (size_t i = 0; i < roots->count; i++) {
        MF_SCOPED(mf_public_key_free) struct public_key *key = NULL;
        struct err ignored = {0};
        const struct cert *root = &roots->certs[i];
        if (mf_span_eq(root->der, last->der))
            return root;
        if (mf_span_eq(root->subject, last->issuer) &&
            mf_public_key_from_spki(c, root->spki, &key, &ignored) &&
            mf_cert_signed_by(c, last, root, key, &ignored))
            return root;
    }
    return NULL;
}
