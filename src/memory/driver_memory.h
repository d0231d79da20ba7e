/* SPDX-License-Identifier: MIT */
/* Driver memory: payloads that a VkDevice allocated and exports as OPAQUE_FD. The VkDevice is the application's for
 * what the layer exports, and libtongs' own for what Metal makes. File descriptors exist only while they are needed:
 * for an import, and for memory that its VkDevice has freed while Metal objects still use it. */
#ifndef TONGS_MEMORY_DRIVER_MEMORY_H
#define TONGS_MEMORY_DRIVER_MEMORY_H

#include "memory/payload.h"
#include "vulkan/image_rule.h"
#include "vulkan/own_memory.h"

/* What driver memory is. */
struct tongs_driver_memory_info {
	uint64_t size;                  /* in bytes; imports have the same */
	uint32_t memory_type;           /* imports have the same */
	bool host_visible;              /* the memory type is; then the payload is Shared, else Private */
	bool dedicated;                 /* to an image: imports for images must be, too */
	struct tongs_image_shape image; /* that it is dedicated to */
};

/* A payload for memory that the application's VkDevice will allocate. NULL when memory runs out. */
TONGS_INTEROP struct tongs_payload *tongs_driver_memory_create(const struct tongs_driver_memory_info *info);
/* Sets the memory, once; until then imports of the payload fail. `get_fd` is the device's vkGetMemoryFdKHR. */
TONGS_INTEROP void tongs_driver_memory_attach(
	struct tongs_payload *payload, VkDevice device, VkDeviceMemory memory, PFN_vkGetMemoryFdKHR get_fd);
/* Before the memory is freed: keeps its bytes for the payload's other users, if there are any. If too many file
 * descriptors are open, `open_device` is called with `user` and libtongs' own device, which it returns, imports the
 * memory. Logs an error if the bytes cannot be kept: never for want of a file descriptor where that device exists and
 * its driver holds none for an import. Returns an image that the caller now destroys; VK_NULL_HANDLE: none. */
VkImage tongs_driver_memory_detach(
	struct tongs_payload *payload, struct tongs_own_device *(*open_device)(void *user), void *user);
/* A reference for the application's image that the memory is dedicated to, which does not count as a user. */
TONGS_INTEROP void tongs_driver_memory_add_image(struct tongs_payload *payload);
/* Its end, before the application destroys the image. RADV reads that whenever it exports memory that is dedicated to
 * it. So, if true, `image` must stay until detach returns it. VK_NULL_HANDLE: it cannot stay; from then on nothing
 * exports the VkDevice's memory, as if it were detached. */
bool tongs_driver_memory_remove_image(
	struct tongs_payload *payload, VkImage image, struct tongs_own_device *(*open_device)(void *user), void *user);

/* A payload that takes over memory of libtongs' own device. NULL when memory runs out; then the memory is freed. */
struct tongs_payload *tongs_driver_memory_wrap(
	const struct tongs_driver_memory_info *info, struct tongs_own_memory *memory);

/* The memory on `dev`, libtongs' own device, if that has allocated or imported it; else VK_NULL_HANDLE. Stays as long
 * as the caller's reference. NVIDIA's driver shows other texels in a second import on one VkDevice. */
VkDeviceMemory tongs_driver_memory_find_own(struct tongs_payload *payload, const struct tongs_own_device *dev);
/* For another process: what the memory is, and a file descriptor of it, which is the caller's. */
void tongs_driver_memory_get_info(const struct tongs_payload *payload, struct tongs_driver_memory_info *info);
VkResult tongs_driver_memory_get_fd(struct tongs_payload *payload, int *fd);
/* A payload of memory that another process exported as `fd`, which `dev`, libtongs' own device, must be able to import.
 * Takes over `fd` on success. VK_ERROR_TOO_MANY_OBJECTS: too many such payloads are kept already. */
VkResult tongs_driver_memory_adopt(const struct tongs_driver_memory_info *info, int fd, struct tongs_own_device *dev,
	struct tongs_payload **payload);

/* Whether the memory is dedicated to an image of this shape, which begins at offset 0. */
bool tongs_driver_memory_is_dedicated_to(const struct tongs_payload *payload, const struct tongs_image_shape *shape);
/* The mask that contains the payload's memory type. */
TONGS_INTEROP uint32_t tongs_driver_memory_get_types(const struct tongs_payload *payload);

#endif
