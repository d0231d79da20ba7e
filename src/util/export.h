/* SPDX-License-Identifier: MIT */
/* What our libraries export besides the public interface. */
#ifndef TONGS_UTIL_EXPORT_H
#define TONGS_UTIL_EXPORT_H

/* What libtongs exports for the layer of the same build, and for tests, under a version node of its own,
 * TONGS_PRIVATE_… with the project's version. */
#define TONGS_INTEROP __attribute__((visibility("default")))

/* What the loader finds in a layer by its name. vk_layer.h had a macro for it once; the newer ones have none. */
#define TONGS_LAYER_ENTRY __attribute__((visibility("default")))

#endif
