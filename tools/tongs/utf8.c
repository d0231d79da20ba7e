/* SPDX-License-Identifier: MIT */
/* Validates UTF-8. */
#include "utf8.h"

unsigned tongs_utf8_length(const unsigned char *text) {
	static const struct {
		unsigned char mask, lead, second_from;
		unsigned length;
	} forms[] = {
		{0x80, 0x00, 0x00, 1},
		{0xe0, 0xc0, 0x80, 2},
		{0xf0, 0xe0, 0x80, 3},
		{0xf8, 0xf0, 0x80, 4},
	};

	for (unsigned i = 0; i < sizeof forms / sizeof *forms; i++) {
		if ((text[0] & forms[i].mask) != forms[i].lead)
			continue;
		for (unsigned n = 1; n < forms[i].length; n++)
			if ((text[n] & 0xc0) != 0x80)
				return 0;
		/* Overlong forms, surrogates, and what lies beyond U+10FFFF. */
		if (text[0] == 0xc0 || text[0] == 0xc1 || (text[0] == 0xe0 && text[1] < 0xa0) ||
			(text[0] == 0xed && text[1] > 0x9f) || (text[0] == 0xf0 && text[1] < 0x90) || text[0] > 0xf4 ||
			(text[0] == 0xf4 && text[1] > 0x8f))
			return 0;
		return forms[i].length;
	}
	return 0;
}
