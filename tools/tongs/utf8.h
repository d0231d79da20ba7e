/* SPDX-License-Identifier: MIT */
/* UTF-8 in texts of drivers and the kernel, which may be invalid. */
#ifndef TONGS_TOOL_UTF8_H
#define TONGS_TOOL_UTF8_H

/* Returns the length in bytes of the character at `text`, a string ended by 0; 0 if it is not well-formed. */
unsigned tongs_utf8_length(const unsigned char *text);

#endif
