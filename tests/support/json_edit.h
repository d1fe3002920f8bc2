/* A JSON document with one value changed: what rows of refusals are made of. */
#ifndef MF_TESTS_SUPPORT_JSON_EDIT_H
#define MF_TESTS_SUPPORT_JSON_EDIT_H

#include "common/base/buf.h"

/* Compact JSON of the document with the value at a path such as "tlogs[0].logId" replaced by raw
 * JSON, or left out when value is null. A last member that is not there is added. Any other path
 * that leads nowhere ends the program. The caller frees it. */
struct buf mf_json_edited(struct span text, const char *path, const char *value);
/* Raw JSON: an array of so many copies of a value; base64 of so many zero bytes. The caller frees.
 */
char *mf_json_copies(const char *value, size_t count);
char *mf_json_zeroes(size_t bytes);

#endif
