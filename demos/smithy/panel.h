/* SPDX-License-Identifier: MIT */
/* The panel that Metal writes into Vulkan's picture. */
#ifndef TONGS_SMITHY_PANEL_H
#define TONGS_SMITHY_PANEL_H

#include "picture.h"

/* Fills the whole of `picture` with a framed panel that says who wrote it. */
void tongs_panel_draw(struct tongs_picture *picture);

#endif
