/* mayfly-witness's verbs. They return the exit status. */
#ifndef MF_TRANSPARENCY_WITNESS_WITNESS_VERBS_H
#define MF_TRANSPARENCY_WITNESS_WITNESS_VERBS_H

int mf_witness_verb_init(int argc, char **argv);
int mf_witness_verb_serve(int argc, char **argv);

#endif
