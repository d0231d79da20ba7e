/* SPDX-License-Identifier: MIT */
/* Memory that is exported or imported as Metal handles. */
#ifndef TONGS_LAYER_MEMORY_H
#define TONGS_LAYER_MEMORY_H

#include "layer/objects.h"

/* Releases the memory's Metal objects because of `cause`, and not `mem` itself. `mem` may be half-built. */
void tongs_memory_finish(struct tongs_layer_memory *mem, enum tongs_cause cause);

#endif
