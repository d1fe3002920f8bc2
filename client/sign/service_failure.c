#include "client/sign/service_failure.h"

#include "common/codec/url.h"

static const struct {
    const char *name;
    const char *on_refusal;
} services[] = {
    [MF_SERVICE_CA] = {"certificate authority",
                       "give a fresh token of an issuer and audience that it takes"},
    [MF_SERVICE_TSA] = {"timestamp authority",
                        "see that the signing configuration names a timestamp authority"},
    [MF_SERVICE_LOG] = {"transparency log", "see that the signing configuration names a log"},
};

void mf_service_failed(enum signing_service service, struct err *err)
{
    mf_err_at(err, "%s", services[service].name);
    if (err->hint[0] != '\0')
        return;
    if (err->code == MF_ERR_UNAVAILABLE)
        mf_err_hint(err, "see that it runs there and is the one that was meant, then try again");
    else if (err->code == MF_ERR_DENIED)
        mf_err_hint(err, "%s", services[service].on_refusal);
}

void mf_service_failed_at(enum signing_service service, const char *url, struct err *err)
{
    mf_err_at(err, "%.*s", MF_SPAN_ARG(mf_url_shown(url)));
    mf_service_failed(service, err);
}
