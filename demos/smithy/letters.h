/* SPDX-License-Identifier: MIT */
/* Letters five texels wide. */
#ifndef TONGS_SMITHY_LETTERS_H
#define TONGS_SMITHY_LETTERS_H

#include <stdbool.h>

#include "picture.h"

enum { TONGS_LETTER_WIDTH = 5, TONGS_LETTER_HEIGHT = 7, TONGS_LETTER_ADVANCE = TONGS_LETTER_WIDTH + 1 };

/* Whether `text`, in texels of its own font, covers (x, y). Small letters look like capitals; what has no letter is
 * blank. */
bool tongs_letters_is_ink(const char *text, uint32_t x, uint32_t y);

/* Writes `text` with its upper left corner at (x, y); what lies outside the picture is left out. */
void tongs_letters_draw(
	struct tongs_picture *picture, uint32_t x, uint32_t y, uint32_t scale, uint32_t rgb, const char *text);

#endif
