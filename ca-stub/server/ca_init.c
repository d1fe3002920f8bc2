/* `mayfly-ca init`: makes keys and certificates, and says what it made. */
#include <stdio.h>

#include "ca-stub/certificate/ca_keys.h"
#include "ca-stub/identity/dev_issuer.h"
#include "ca-stub/server/ca_commands.h"
#include "common/base/new_dir.h"
#include "common/keys/key_file.h"
#include "common/run/exit.h"
#include "common/run/options.h"

static const char program[] = "mayfly-ca init";

struct asked {
    const char *directory, *organization, *key_type, *root_passphrase_file, *passphrase_file;
    bool dev_issuer, dev_issuer_rsa;
};

static bool read_passphrase(const char *path, struct secret *out, struct err *err)
{
    return path == NULL || mf_key_file_passphrase(path, out, err);
}

static bool read_kind(const char *name, enum key_kind *out, struct err *err)
{
    if (strcmp(name, "p256") == 0)
        *out = MF_KEY_P256;
    else if (strcmp(name, "p384") == 0)
        *out = MF_KEY_P384;
    else
        return mf_err_set(err, MF_ERR_USAGE, "--key-type is neither p256 nor p384");
    return true;
}

static void say_keys(const struct asked *a, const char *d)
{
    printf("%s/%s  root key%s\n", d, MF_CA_ROOT_KEY, a->root_passphrase_file ? ", encrypted" : "");
    printf("%s/%s  issuing key\n", d, MF_CA_KEY);
    printf("%s/%s  issuing CA and root, for trust files and the CT log's roots\n", d, MF_CA_CHAIN);
    printf("%s/%s  timestamp key\n", d, MF_CA_TIMESTAMP_KEY);
    printf("%s/%s  timestamp certificate and root\n", d, MF_CA_TIMESTAMP_CHAIN);
    printf("The server does not need the root key: move %s/%s to a place that is not online.\n", d,
           MF_CA_ROOT_KEY);
}

static void say_dev_issuer(const struct asked *a, const char *d)
{
    if (a->dev_issuer || a->dev_issuer_rsa) {
        printf("%s/%s  development issuer's key\n", d, MF_DEV_ISSUER_EC_FILE);
        if (a->dev_issuer_rsa)
            printf("%s/%s  its RSA key\n", d, MF_DEV_ISSUER_RSA_FILE);
        printf("%s/%s  secret that asks it for tokens\n", d, MF_DEV_ISSUER_SECRET_FILE);
    }
}

static bool make_keys(struct crypto *c, const struct asked *a, const char *dir, struct err *err)
{
    MF_SCOPED(mf_secret_done) struct secret root_passphrase = {0};
    MF_SCOPED(mf_secret_done) struct secret passphrase = {0};
    struct clock clock = mf_clock_system();
    struct ca_init init = {
        .directory = dir, .organization = a->organization, .now_s = mf_clock_now(&clock).s};

    if (!read_kind(a->key_type, &init.kind, err) ||
        !read_passphrase(a->root_passphrase_file, &root_passphrase, err) ||
        !read_passphrase(a->passphrase_file, &passphrase, err))
        return false;
    init.root_passphrase = a->root_passphrase_file ? &root_passphrase : NULL;
    init.passphrase = a->passphrase_file ? &passphrase : NULL;
    return mf_ca_keys_init(c, &init, err);
}

static bool make_dev_issuer(struct crypto *c, const struct asked *a, const char *dir,
                            struct err *err)
{
    if (!a->dev_issuer && !a->dev_issuer_rsa)
        return true;
    return (mf_dev_issuer_init(c, dir, err) &&
            (!a->dev_issuer_rsa || mf_dev_issuer_init_rsa(c, dir, err))) ||
           mf_err_at(err, "development issuer");
}

static bool make_all(const struct asked *a, struct err *err)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    MF_SCOPED(mf_new_dir_done) struct new_dir dir = {.fd = -1};

    if (!mf_new_dir_begin(a->directory, 0700, &dir, err)) {
        if (err->code == MF_ERR_EXISTS)
            mf_err_hint(err, "give another --directory; keys are never overwritten");
        return false;
    }
    if (!mf_crypto_new(MF_CRYPTO_DEFAULT, &c, err) || !make_keys(c, a, dir.aside, err) ||
        !make_dev_issuer(c, a, dir.aside, err) || !mf_new_dir_finish(&dir, err))
        return false;
    say_keys(a, dir.path);
    say_dev_issuer(a, dir.path);
    return true;
}

int mf_ca_init_run(int argc, char **argv)
{
    struct asked a = {.organization = "mayfly", .key_type = "p256"};
    bool help = false;
    const struct option options[] = {
        {.name = "directory",
         .letter = 'd',
         .kind = MF_OPTION_TEXT,
         .value = &a.directory,
         .metavar = "DIR",
         .help = "where to make keys and certificates; an empty directory there is replaced"},
        {.name = "organization",
         .kind = MF_OPTION_TEXT,
         .value = &a.organization,
         .metavar = "NAME",
         .help = "organization in all names; default mayfly"},
        {.name = "key-type",
         .kind = MF_OPTION_TEXT,
         .value = &a.key_type,
         .metavar = "TYPE",
         .help = "p256 (default) or p384"},
        {.name = "root-passphrase-file",
         .kind = MF_OPTION_TEXT,
         .value = &a.root_passphrase_file,
         .metavar = "FILE",
         .help = "encrypt the root key with the passphrase in FILE"},
        {.name = "passphrase-file",
         .kind = MF_OPTION_TEXT,
         .value = &a.passphrase_file,
         .metavar = "FILE",
         .help = "encrypt the issuing and timestamp keys likewise"},
        {.name = "dev-issuer",
         .kind = MF_OPTION_FLAG,
         .value = &a.dev_issuer,
         .help = "also make the key and the secret of a development OIDC issuer"},
        {.name = "dev-issuer-rsa",
         .kind = MF_OPTION_FLAG,
         .value = &a.dev_issuer_rsa,
         .help = "the same, with an RSA key for RS256 tokens beside the other"},
    };
    const struct option_set set = {program, "",
                                   "Makes a CA: root, issuing CA, timestamp authority.", options,
                                   MF_LEN(options)};
    struct err err = {0};
    int operands = 0;

    if (!mf_options_parse(&set, argc, argv, &operands, &help, &err))
        return mf_exit_report(program, &err);
    if (help) {
        mf_options_help(&set);
        return 0;
    }
    if (operands > 0)
        mf_err_set(&err, MF_ERR_USAGE, "takes no arguments");
    else if (a.directory == NULL)
        mf_err_set(&err, MF_ERR_USAGE, "--directory is missing");
    else if (make_all(&a, &err))
        return 0;
    return mf_exit_report(program, &err);
}
