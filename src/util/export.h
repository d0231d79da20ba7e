/* SPDX-License-Identifier: MIT */
/* Symbols that the libraries export beside the public interface. */
#ifndef TONGS_UTIL_EXPORT_H
#define TONGS_UTIL_EXPORT_H

/* What libtongs exports for the layer of the same build, under a version node of its own, TONGS_PRIVATE_… with the
 * project's version. */
#define TONGS_INTEROP __attribute__((visibility("default")))

/* What tests alone call in the shared library. Hidden in a build without tests; whole hooks are left out there, by
 * #ifdef TONGS_TEST_HOOKS, which -Dtests=true and -Dfuzz=true define. */
#ifdef TONGS_TEST_HOOKS
#define TONGS_TEST_INTEROP TONGS_INTEROP
#else
#define TONGS_TEST_INTEROP
#endif

/* What the loader finds in a layer by its name. vk_layer.h had a macro for it once; the newer ones have none. */
#define TONGS_LAYER_ENTRY __attribute__((visibility("default")))

#endif
