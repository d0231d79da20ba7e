/* SPDX-License-Identifier: MIT */
/* Stands for a libtongs of another version that a program has loaded: its name, and the functions for programs. */
const char *tongs_version(void);

const char *tongs_version(void) {
	return "0.0.9";
}
