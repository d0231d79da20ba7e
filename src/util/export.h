/* SPDX-License-Identifier: MIT */
/* Symbols that the libraries export in addition to the public interface. */
#ifndef TONGS_UTIL_EXPORT_H
#define TONGS_UTIL_EXPORT_H

/* What libtongs exports for the layer of the same build, under a version node of its own, TONGS_PRIVATE_… with the
 * project's version. */
#define TONGS_INTEROP __attribute__((visibility("default")))

/* What only tests call in the shared library. Hidden in a build without tests, where functions that are nothing but
 * hooks are left out altogether: #ifdef TONGS_TEST_HOOKS, which -Dtests=true and -Dfuzz=true define. */
#ifdef TONGS_TEST_HOOKS
#define TONGS_TEST_INTEROP TONGS_INTEROP
#else
#define TONGS_TEST_INTEROP
#endif

/* The entry point that the loader looks up in a layer by name. Old versions of vk_layer.h had a macro for this. */
#define TONGS_LAYER_ENTRY __attribute__((visibility("default")))

#endif
