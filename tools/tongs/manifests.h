/* SPDX-License-Identifier: MIT */
/* The manifests of layers, in the folders where the Vulkan loader looks for them. */
#ifndef TONGS_TOOL_MANIFESTS_H
#define TONGS_TOOL_MANIFESTS_H

#include <limits.h>
#include <stdbool.h>

/* A layer in a manifest, which may hold several. */
struct tongs_manifest {
	const char *folder, *file; /* the name in that folder */
	const char *layer;
	const char *library; /* as the manifest has it */
};

typedef void (*tongs_manifest_visitor)(const struct tongs_manifest *manifest, void *user);

/* Visits the folders that the loader reads of itself, "implicit_layer.d" or "explicit_layer.d"; they need not exist. */
void tongs_manifests_visit_folders(const char *kind, void (*visit)(const char *folder, void *user), void *user);

/* Visits the layers of every manifest in `folder`, by name. */
void tongs_manifests_visit_folder(const char *folder, tongs_manifest_visitor visit, void *user);
/* Those of each folder in a colon-separated list, with `tail` appended. `list` may be NULL. */
void tongs_manifests_visit_list(const char *list, const char *tail, tongs_manifest_visitor visit, void *user);
/* Those of tongs_manifests_visit_folders. */
void tongs_manifests_visit_default(const char *kind, tongs_manifest_visitor visit, void *user);

/* Writes the path of the library: relative ones start at the manifest's folder. A bare name, which the dynamic linker
 * finds, stays as it is. */
void tongs_manifest_get_library(const struct tongs_manifest *manifest, char path[2 * PATH_MAX]);

#endif
