/* SPDX-License-Identifier: MIT */
/* The parser of driver manifests, with any bytes. */
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
