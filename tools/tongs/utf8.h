/* SPDX-License-Identifier: MIT */
/* UTF-8 in texts of drivers and kernels, who promise it and need not keep to it. */
#ifndef TONGS_TOOL_UTF8_H
#define TONGS_TOOL_UTF8_H

/* How many bytes at `text`, which a 0 ends, are one well-formed character; 0: none. */
unsigned tongs_utf8_length(const unsigned char *text);

#endif
