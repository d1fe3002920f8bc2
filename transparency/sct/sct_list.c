/* Lists of SCTs: TLS inside, DER around it in a certificate. Source: RFC 6962 section 3.3. */
#include "common/codec/der.h"
#include "transparency/sct/sct.h"
#include "transparency/sct/tls_vector.h"

bool mf_sct_list_parse(struct span tls, struct sct_list *out, struct err *err)
{
    struct sct_list list = {.count = 0};
    struct span rest, one;

    if (!mf_tls_vector_take(&tls, 2, &rest) || tls.n != 0)
        return mf_err_set(err, MF_ERR_FORMAT, "SCT list is not as long as it says");
    if (rest.n == 0)
        return mf_err_set(err, MF_ERR_FORMAT, "SCT list is empty");
    while (rest.n > 0) {
        if (list.count == MF_SCT_LIST_MAX)
            return mf_err_set(err, MF_ERR_LIMIT, "more than %d SCTs", MF_SCT_LIST_MAX);
        if (!mf_tls_vector_take(&rest, 2, &one))
            return mf_err_set(err, MF_ERR_FORMAT, "SCT list is cut short");
        if (!mf_sct_parse(one, &list.scts[list.count], err))
            return mf_err_at(err, "SCT %zu", list.count);
        list.count++;
    }
    *out = list;
    return true;
}

bool mf_sct_list_write(const struct sct_list *list, struct buf *out, struct err *err)
{
    MF_SCOPED(mf_buf_done)
    struct buf all = {.max = MF_SCT_BYTES_MAX}, one = {.max = MF_SCT_BYTES_MAX};

    if (list->count == 0 || list->count > MF_SCT_LIST_MAX)
        return mf_err_set(err, MF_ERR_FORMAT, "SCT list has no or too many SCTs");
    for (size_t i = 0; i < list->count; i++) {
        mf_buf_reset(&one);
        if (!mf_sct_write(&list->scts[i], &one, err) ||
            !mf_tls_vector_put(&all, 2, mf_buf_span(&one), err))
            return false;
    }
    return mf_tls_vector_put(out, 2, mf_buf_span(&all), err);
}

bool mf_sct_list_from_extension(struct span value, struct sct_list *out, struct err *err)
{
    struct span tls;

    return mf_der_take(&value, MF_DER_OCTET_STRING, &tls, err) && mf_der_end(value, err) &&
           mf_sct_list_parse(tls, out, err);
}

bool mf_sct_list_to_extension(const struct sct_list *list, struct buf *out, struct err *err)
{
    size_t mark;

    return mf_der_begin(out, MF_DER_OCTET_STRING, &mark, err) &&
           mf_sct_list_write(list, out, err) && mf_der_finish(out, mark, err);
}
