/* SPDX-License-Identifier: MIT */
/* What an MTLRenderPassDescriptor says. */
#ifndef TONGS_OBJC_RENDER_PASS_H
#define TONGS_OBJC_RENDER_PASS_H

#include <stdbool.h>

#include <objc/runtime.h>
#include <tongs/metal.h>

/* Fills `info`; its textures are the descriptor's. False, with an error logged that begins with `method`, for anything
 * other than a live descriptor of the class. */
bool tongs_render_pass_get_info(const void *descriptor, SEL method, struct tongs_render_pass_info *info);

#endif
