/* mayfly-witness init: makes a witness: its key and its folder. Never done by serve. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/new_dir.h"
#include "common/keys/key_file.h"
#include "common/run/exit.h"
#include "common/run/harden.h"
#include "common/run/options.h"
#include "transparency/witness/witness_dir.h"
#include "transparency/witness/witness_verbs.h"

static bool build(const char *path, const char *name, struct buf *vkey, struct err *err)
{
    MF_SCOPED(mf_crypto_free) struct crypto *c = NULL;
    MF_SCOPED(mf_private_key_free) struct private_key *key = NULL;
    MF_SCOPED(mf_public_key_free) struct public_key *public = NULL;
    MF_SCOPED(mf_note_key_done) struct note_key note_key = {0};
    struct clock clock = mf_clock_system();
    char file[PATH_MAX];

    return mf_crypto_new(MF_CRYPTO_DEFAULT, &c, err) &&
           mf_private_key_generate(c, MF_KEY_ED25519, &key, err) &&
           mf_private_key_public(c, key, &public, err) &&
           mf_note_key_init(c, MF_NOTE_KEY_COSIGNER, mf_span_str(name), mf_public_key_spki(public),
                            &note_key, err) &&
           mf_path_join(path, "key.pem", file, sizeof file, err) &&
           mf_key_file_create(c, file, key, NULL, err) &&
           mf_witness_dir_create(path, &note_key, mf_clock_now(&clock), err) &&
           mf_note_key_format(&note_key, vkey, err);
}

static bool make_witness(const char *name, const char *directory, struct err *err)
{
    MF_SCOPED(mf_buf_done) struct buf vkey = {.max = MF_NOTE_VKEY_MAX};
    MF_SCOPED(mf_new_dir_done) struct new_dir dir = {.fd = -1};

    if (name == NULL || directory == NULL)
        return mf_err_set(err, MF_ERR_USAGE, "init needs --name and --directory");
    if (!mf_note_name_is_valid(mf_span_str(name)))
        return mf_err_set(err, MF_ERR_USAGE,
                          "--name '%s' is no witness's name: a host name and path without scheme, "
                          "space and '+'",
                          name);
    if (!mf_new_dir_begin(directory, 0700, &dir, err)) {
        if (err->code == MF_ERR_EXISTS)
            mf_err_hint(err, "a witness is begun once; choose another directory");
        return false;
    }
    if (!build(dir.aside, name, &vkey, err) || !mf_new_dir_finish(&dir, err))
        return false;
    printf("witness %s in %s\n%.*s\n", name, dir.path, (int)vkey.n, (const char *)vkey.p);
    return true;
}

int mf_witness_verb_init(int argc, char **argv)
{
    const char *name = NULL, *directory = NULL;
    const struct option options[] = {
        {.name = "name",
         .kind = MF_OPTION_TEXT,
         .value = &name,
         .metavar = "NAME",
         .help = "the witness's name for ever: a host name and path, without scheme"},
        {.name = "directory",
         .kind = MF_OPTION_TEXT,
         .value = &directory,
         .metavar = "DIR",
         .help = "where it will live; an empty directory there is replaced"},
    };
    const struct option_set set = {"mayfly-witness init", "",
                                   "Makes a witness and prints its verifier key.", options,
                                   MF_LEN(options)};
    struct err err = {0};
    int operands = 0;
    bool help = false;

    if (!mf_options_parse(&set, argc, argv, &operands, &help, &err))
        return mf_exit_report("mayfly-witness", &err);
    if (help) {
        mf_options_help(&set);
        return 0;
    }
    if (operands > 0) {
        mf_err_set(&err, MF_ERR_USAGE, "init takes options only, not '%s'", argv[1]);
        return mf_exit_report("mayfly-witness", &err);
    }
    if (!mf_harden_server(&err) || !make_witness(name, directory, &err))
        return mf_exit_report("mayfly-witness", &err);
    return 0;
}
