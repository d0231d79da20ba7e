/* SPDX-License-Identifier: MIT */
/* Host pages, and how Vulkan imports them: VK_EXT_external_memory_host. New ones are a slot of a slab, or a mapping of
 * their own if they are too large for slabs or would leave too much of a slot unused. */
#include "memory/host_pages.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <sys/mman.h>

#include "memory/clear.h"
#include "memory/pool.h"
#include "util/alloc.h"
#include "util/mapped.h"
#include "util/memfd.h"
#include "util/poison.h"
#include "util/settings.h"

#define HANDLE_TYPE VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT

/* The pool rarely has mappings of this size or more. If they began with a huge page, the kernel would have to clear all
 * of it at the first access, which is nearly all that this access costs; beginning with small pages adds a few percent
 * to touching every byte. */
#define SMALL_PAGES_FIRST ((size_t)256 << 20)

/* The pages of one payload, kept for the next one of that size. */
struct mapping {
	struct tongs_pooled pooled; /* first */
};

struct host_pages {
	struct tongs_payload payload; /* first */
	/* At most one of these; none if the payload is external. */
	struct tongs_slab *slab;
	struct mapping *mapping;
	int fd;                        /* a memfd, never pooled, for others may hold it, too; -1: none */
	tongs_deallocator deallocator; /* external only; may be NULL */
	void *user;
};

static const struct tongs_payload_kind kind;

static void unmap(struct mapping *mapping) {
	tongs_free_pages(mapping->pooled.pages, mapping->pooled.size);
	tongs_free(NULL, mapping);
}

/* For the pool. */
static void destroy_pooled(struct tongs_pooled *item) {
	tongs_unpoison(item->pages, item->size);
	tongs_pool_release(item->size);
	unmap((struct mapping *)item);
}

static void *map(size_t size) {
	if (size < TONGS_HUGE_PAGE)
		return tongs_pool_map(size, tongs_page_size());
	char *pages = tongs_pool_map(size, TONGS_HUGE_PAGE);
	if (!pages)
		return NULL;
	/* The kernel puts no huge page where there is a small one. */
	if (size >= SMALL_PAGES_FIRST)
		*(volatile char *)pages = 0;
	/* Fails harmlessly on kernels without huge pages. */
	madvise(pages, size, MADV_HUGEPAGE);
	return pages;
}

/* `size` zeroed bytes, a multiple of the page size, in huge pages if there is room for one. NULL when memory runs
 * out. */
static struct mapping *create_mapping(size_t size) {
	struct mapping *mapping = (struct mapping *)tongs_pool_take(size);
	if (mapping) {
		tongs_pool_release(size);
		tongs_unpoison(mapping->pooled.pages, size);
		return mapping;
	}
	mapping = tongs_malloc(1, sizeof(*mapping));
	if (!mapping)
		return NULL;
	mapping->pooled.key = size;
	mapping->pooled.size = size;
	mapping->pooled.destroy = destroy_pooled;
	mapping->pooled.pages = map(size);
	if (!mapping->pooled.pages) {
		tongs_free(NULL, mapping);
		return NULL;
	}
	return mapping;
}

/* To the pool, or to the system if the pool is full. */
static void free_mapping(struct mapping *mapping) {
	struct tongs_pooled *pooled = &mapping->pooled;
	if (!tongs_pool_reserve(pooled->size)) {
		unmap(mapping);
		return;
	}
	/* Clearing less than a huge page takes no longer than unmapping it. */
	if (pooled->size >= TONGS_HUGE_PAGE) {
		tongs_pool_put_dirty(pooled);
		return;
	}
	tongs_pages_clear(pooled->pages, pooled->size);
	tongs_poison(pooled->pages, pooled->size);
	tongs_pool_put(pooled);
}

static struct host_pages *create_payload(void *pages, uint64_t size) {
	struct host_pages *host = tongs_malloc(1, sizeof(*host));
	if (!host)
		return NULL;
	host->payload.kind = &kind;
	host->payload.import = (struct tongs_import){.kind = &kind.import, .contents = pages, .size = size};
	host->payload.storage_mode = MTLStorageModeShared;
	host->fd = -1;
	atomic_init(&host->payload.refs, 1);
	return host;
}

static void *allocate(struct host_pages *host, uint64_t size) {
	if (tongs_pool_fits_slot(size))
		return tongs_pool_alloc_slot(size, &host->slab);
	host->mapping = create_mapping(size);
	return host->mapping ? host->mapping->pooled.pages : NULL;
}

/* Whole pages; 0: too many. */
static uint64_t round_up(uint64_t size) {
	const uint64_t page = tongs_page_size();
	uint64_t rounded;
	if (__builtin_add_overflow(size ? size : 1, page - 1, &rounded))
		return 0;
	rounded &= ~(page - 1);
	return rounded == (size_t)rounded ? rounded : 0;
}

struct tongs_payload *tongs_host_pages_adopt(int fd, uint64_t size) {
	struct host_pages *host = create_payload(NULL, size);
	if (!host) {
		errno = ENOMEM;
		return NULL;
	}
	host->payload.import.contents = tongs_memfd_map(fd, size);
	if (host->payload.import.contents) {
		host->fd = fd;
		return &host->payload;
	}
	tongs_free(NULL, host);
	return NULL;
}

static struct tongs_payload *create_shareable(uint64_t size) {
	const uint64_t rounded = round_up(size);
	const int fd = rounded ? tongs_memfd_create("tongs", rounded) : -1;
	struct tongs_payload *payload = fd >= 0 ? tongs_host_pages_adopt(fd, rounded) : NULL;
	if (!payload && fd >= 0)
		close(fd);
	return payload;
}

int tongs_host_pages_get_fd(const struct tongs_payload *payload) {
	return ((const struct host_pages *)payload)->fd;
}

static bool all_shareable; /* constant once the library is loaded */

static struct tongs_payload *create(uint64_t size) {
	const uint64_t rounded = round_up(size);
	if (!rounded)
		return NULL;
	tongs_pool_tick();
	/* Rather memory that cannot be sent than none, where there are no more file descriptors. */
	struct tongs_payload *shareable = all_shareable ? create_shareable(rounded) : NULL;
	if (shareable)
		return shareable;
	struct host_pages *host = create_payload(NULL, rounded);
	if (!host)
		return NULL;
	host->payload.import.contents = allocate(host, rounded);
	if (!host->payload.import.contents) {
		tongs_free(NULL, host);
		return NULL;
	}
	return &host->payload;
}

static void destroy(struct tongs_payload *payload) {
	struct host_pages *host = (struct host_pages *)payload;
	const struct tongs_import *import = &payload->import;
	if (host->slab)
		tongs_pool_free_slot(host->slab, import->contents, import->size);
	else if (host->mapping)
		free_mapping(host->mapping);
	else if (host->deallocator)
		host->deallocator(import->contents, import->size, host->user);
	if (host->fd >= 0) {
		tongs_free_pages(import->contents, import->size);
		close(host->fd);
	}
	tongs_free(NULL, host);
	tongs_pool_tick();
}

static const char *find_pin_fault(const struct tongs_payload *payload, uint64_t offset, uint64_t size) {
	return tongs_mapped_find_fault((const char *)payload->import.contents + offset, size, TONGS_MAPPED_PIN);
}

struct tongs_payload *tongs_host_pages_wrap(void *pages, uint64_t size) {
	struct host_pages *host = create_payload(pages, size);
	if (!host)
		return NULL;
	host->payload.external = true;
	return &host->payload;
}

void tongs_host_pages_set_deallocator(struct tongs_payload *payload, tongs_deallocator deallocator, void *user) {
	struct host_pages *host = (struct host_pages *)payload;
	host->deallocator = deallocator;
	host->user = user;
}

void tongs_host_pages_set_read_only(struct tongs_payload *payload) {
	payload->read_only = true;
}

static VkDeviceSize query_alignment(PFN_vkGetPhysicalDeviceProperties2 query, VkPhysicalDevice physical_device) {
	VkPhysicalDeviceExternalMemoryHostPropertiesEXT host = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT,
	};
	VkPhysicalDeviceProperties2 properties = {
		.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
		.pNext = &host,
	};
	query(physical_device, &properties);
	return host.minImportedHostPointerAlignment;
}

static VkResult query_memory_types(PFN_vkVoidFunction command, VkDevice device, const struct tongs_import *import,
	VkDeviceSize offset, uint32_t *memory_types) {
	*memory_types = 0;
	if (!command)
		return VK_ERROR_INVALID_EXTERNAL_HANDLE;
	VkMemoryHostPointerPropertiesEXT properties = {.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT};
	VkResult result = ((PFN_vkGetMemoryHostPointerPropertiesEXT)command)(
		device, HANDLE_TYPE, (const char *)import->contents + offset, &properties);
	if (result == VK_SUCCESS)
		*memory_types = properties.memoryTypeBits;
	return result;
}

_Static_assert(sizeof(VkImportMemoryHostPointerInfoEXT) <= sizeof(((struct tongs_import_info *)0)->words),
	"the struct's room");

static VkResult begin(
	const struct tongs_import *import, VkDeviceSize offset, const void *next, struct tongs_import_info *info) {
	const VkImportMemoryHostPointerInfoEXT pointer = {
		.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT,
		.pNext = next,
		.handleType = HANDLE_TYPE,
		.pHostPointer = (char *)import->contents + offset,
	};
	info->head = memcpy(info->words, &pointer, sizeof(pointer));
	return VK_SUCCESS;
}

static void end(struct tongs_import_info *info, VkResult result) {
	(void)info;
	(void)result;
}

/* A mapping of shared pages at a multiple of `alignment`. */
static void *map_shared_sample(uint64_t size, uint64_t alignment) {
	void *pages = tongs_alloc_pages(size, alignment);
	if (!pages || mmap(pages, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == pages)
		return pages;
	tongs_free_pages(pages, size);
	return NULL;
}

/* Like the pages of all payloads from `create`: some drivers import anonymous ones alone. */
static bool create_sample(uint64_t size, uint64_t alignment, struct tongs_import *sample) {
	void *pages = all_shareable ? map_shared_sample(size, alignment) : tongs_alloc_pages(size, alignment);
	*sample = (struct tongs_import){.kind = &kind.import, .contents = pages, .size = size};
	return pages;
}

static void destroy_sample(struct tongs_import *sample) {
	tongs_free_pages(sample->contents, sample->size);
}

static const struct tongs_payload_kind kind = {
	.import =
		{
			.name = "host pages",
			.handle_type = HANDLE_TYPE,
			.extension = VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME,
			.memory_types_command = "vkGetMemoryHostPointerPropertiesEXT",
			.query_alignment = query_alignment,
			.query_memory_types = query_memory_types,
			.begin = begin,
			.end = end,
			.create_sample = create_sample,
			.destroy_sample = destroy_sample,
		},
	.create = create,
	.create_shareable = create_shareable,
	.destroy = destroy,
	.find_pin_fault = find_pin_fault,
};

__attribute__((constructor)) static void add_kind(void) {
	all_shareable = tongs_settings_get(TONGS_SETTING_SHARE_PROCESSES);
	tongs_payload_add_kind(&kind);
}
