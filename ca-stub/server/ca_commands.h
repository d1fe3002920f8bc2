/* The verbs of mayfly-ca. Each returns the process's exit status. */
#ifndef MF_CA_STUB_SERVER_CA_COMMANDS_H
#define MF_CA_STUB_SERVER_CA_COMMANDS_H

int mf_ca_init_run(int argc, char **argv);
int mf_ca_serve_run(int argc, char **argv);

#endif
