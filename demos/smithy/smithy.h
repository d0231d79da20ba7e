/* SPDX-License-Identifier: MIT */
/* What the demo's picture shows: an anvil on its block, a hot horseshoe, tongs, a hammer, sparks. */
#ifndef TONGS_SMITHY_SMITHY_H
#define TONGS_SMITHY_SMITHY_H

#include "mesh.h"

/* Fills the empty `mesh`. False when memory runs out; finish it in any case. */
bool tongs_smithy_build(struct tongs_mesh *mesh);

#endif
