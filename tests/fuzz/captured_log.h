/*
 * What goes to syslog(3), kept instead: the linker leads the programs here
 * (--wrap).
 */
#ifndef MARQUEE_TESTS_CAPTURED_LOG_H
#define MARQUEE_TESTS_CAPTURED_LOG_H

/* The last line; "" before the first. */
const char *captured_log(void);

#endif
