/* SPDX-License-Identifier: MIT */
/* A driver's manifest may be anything: there is a library in it, or none. */
#include "input.h"

#include "util/alloc.h"
#include "vulkan/driver.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
	VkResult result;
	char *library = tongs_driver_parse_manifest("/folder/manifest.json", (const char *)bytes, size, &result);
	REQUIRE(library ? result == VK_SUCCESS && *library : result != VK_ERROR_OUT_OF_HOST_MEMORY);
	tongs_free(NULL, library);
	return 0;
}
