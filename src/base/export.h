/* SPDX-License-Identifier: MIT */
/* What libtongs exports for the layer of the same build, and for tests, under the version node TONGS_PRIVATE. */
#ifndef TONGS_BASE_EXPORT_H
#define TONGS_BASE_EXPORT_H

#define TONGS_INTEROP __attribute__((visibility("default")))

#endif
