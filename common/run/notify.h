/* Readiness: tells whoever started this process that it now serves, and before that what it does.
 * Source: sd_notify(3). */
#ifndef MF_COMMON_RUN_NOTIFY_H
#define MF_COMMON_RUN_NOTIFY_H

/* Sends "READY=1" to the socket named by NOTIFY_SOCKET; does nothing where there is none. */
void mf_notify_ready(void);
/* Sends "STOPPING=1" likewise. */
void mf_notify_stopping(void);
/* Sends "STATUS=" and a line for people likewise, unless that would wait. */
void mf_notify_status(const char *line);

#endif
