/* SPDX-License-Identifier: MIT */
/* Surfaces belong to no device: their memory is host pages, which every device either imports or does not. */
#include "metal/surface.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "metal/interop.h"
#include "metal/surface_layout.h"
#include "util/fork.h"
#include "util/log.h"
#include "util/map.h"

static const char NEW[] = "IOSurface:";

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tongs_map ids; /* guarded by lock: ID to surface */
static uint32_t last_id;     /* guarded by lock */

TONGS_FORK_STATIC_LOCK(&lock, TONGS_LOCK_SURFACE, NULL);

/* Gives the surface an ID that no live one has. False when memory runs out. */
static bool take_id(struct tongs_surface *surface) {
	pthread_mutex_lock(&lock);
	do
		last_id++;
	while (last_id == 0 || tongs_map_get(&ids, last_id));
	const bool taken = tongs_map_insert(&ids, last_id, surface);
	if (taken)
		surface->id = last_id;
	pthread_mutex_unlock(&lock);
	return taken;
}

static void give_id_back(const struct tongs_surface *surface) {
	if (!surface->id)
		return;
	pthread_mutex_lock(&lock);
	tongs_map_remove_present(&ids, surface->id);
	pthread_mutex_unlock(&lock);
}

/* From here on no look-up finds the surface: it has left the registry. */
static struct tongs_object *destroy(struct tongs_object *object) {
	struct tongs_surface *surface = (struct tongs_surface *)object;
	give_id_back(surface);
	tongs_surface_values_remove_all(&surface->values);
	tongs_payload_unref(surface->payload);
	tongs_surface_share_destroy(atomic_load(&surface->share));
	return tongs_object_free(object);
}

struct tongs_surface *tongs_surface_alloc(void) {
	struct tongs_surface *surface =
		(struct tongs_surface *)tongs_object_create(TONGS_KIND_SURFACE, sizeof(*surface), destroy);
	if (!surface)
		tongs_log_error("%s out of memory for the object", NEW);
	return surface;
}

/* With a reference. NULL, with an error logged, on failure. */
static struct tongs_payload *get_pages(struct tongs_payload *payload, uint64_t size, bool shareable, const char *what) {
	if (!payload) {
		payload = shareable ? tongs_payload_create_shareable(size) : tongs_payload_create(size);
		if (!payload)
			tongs_log_error("%s out of memory%s for %llu bytes", what,
				shareable ? " or file descriptors" : "", (unsigned long long)size);
		return payload;
	}
	if (!tongs_payload_get_contents(payload) || tongs_payload_is_driver_memory(payload))
		tongs_log_error("%s memory of the driver cannot be a surface's: use host pages", what);
	else if (tongs_payload_get_size(payload) < size)
		tongs_log_error("%s the memory has %llu bytes, the surface takes %llu", what,
			(unsigned long long)tongs_payload_get_size(payload), (unsigned long long)size);
	else
		return tongs_payload_ref(payload);
	return NULL;
}

bool tongs_surface_init(struct tongs_surface *surface, const struct tongs_surface_info *info,
	struct tongs_payload *payload, bool shareable, const char *what) {
	struct tongs_surface_info resolved = *info;
	uint64_t size;
	if (surface->payload) {
		tongs_log_error("%s the surface has its properties already: allocate another one", what);
		return false;
	}
	if (!tongs_surface_layout_resolve(&resolved, &size, what) ||
		!(payload = get_pages(payload, payload ? resolved.alloc_size : size, shareable, what)))
		return false;
	surface->info = resolved;
	surface->payload = payload;
	if (take_id(surface))
		return true;
	tongs_log_error("%s out of memory for the surface's ID", what);
	return false;
}

static struct tongs_surface *create(
	const struct tongs_surface_info *info, struct tongs_payload *payload, bool shareable, const char *what) {
	struct tongs_surface *surface = tongs_surface_alloc();
	if (surface && tongs_surface_init(surface, info, payload, shareable, what))
		return surface;
	tongs_surface_unref(surface);
	return NULL;
}

struct tongs_surface *tongs_surface_new(const struct tongs_surface_info *info) {
	return create(info, NULL, false, NEW);
}

struct tongs_surface *tongs_surface_new_shareable(const struct tongs_surface_info *info) {
	return create(info, NULL, true, "tongs_surface_new_shareable:");
}

struct tongs_surface *tongs_interop_new_surface(struct tongs_payload *payload, const struct tongs_surface_info *info) {
	return create(info, payload, false, "exported IOSurface:");
}

/* The share is there before others find the surface. */
struct tongs_surface *tongs_surface_new_with_share(const struct tongs_surface_info *info, struct tongs_payload *payload,
	struct tongs_surface_share *share, const char *what) {
	struct tongs_surface *surface = tongs_surface_alloc();
	if (!surface)
		return NULL;
	atomic_store(&surface->share, share);
	if (tongs_surface_init(surface, info, payload, false, what))
		return surface;
	atomic_store(&surface->share, NULL);
	tongs_surface_unref(surface);
	return NULL;
}

static _Atomic uint32_t *get_seed(struct tongs_surface *surface) {
	struct tongs_surface_share *share = atomic_load(&surface->share);
	return share ? &share->page->seed : &surface->seed;
}

/* Has other processes see whether this one uses the surface. False with errno if they cannot. */
static bool show_use_locked(struct tongs_surface *surface) {
	struct tongs_surface_share *share = atomic_load(&surface->share);
	return !share || tongs_surface_share_set_used(share, atomic_load(&surface->use_count) > 0);
}

const struct tongs_surface_share *tongs_surface_get_share(struct tongs_surface *surface) {
	struct tongs_surface_share *share = atomic_load(&surface->share), *made;
	if (share || !(made = tongs_surface_share_create()))
		return share;
	pthread_mutex_lock(&lock);
	share = atomic_load(&surface->share);
	if (!share) {
		share = made;
		made = NULL;
		atomic_store(&share->page->seed, atomic_load(&surface->seed));
		atomic_store(&surface->share, share);
		show_use_locked(surface);
	}
	pthread_mutex_unlock(&lock);
	/* Another thread was first. */
	tongs_surface_share_destroy(made);
	return share;
}

struct tongs_payload *tongs_interop_get_surface_payload(const struct tongs_surface *surface) {
	return surface->payload;
}

/* Under the lock, a surface that has an ID is not yet freed; the registry knows whether it is still alive. */
struct tongs_surface *tongs_surface_new_from_id(uint32_t id) {
	pthread_mutex_lock(&lock);
	struct tongs_surface *surface = tongs_map_get(&ids, id);
	if (surface)
		surface = (struct tongs_surface *)tongs_object_acquire(surface, TONGS_KIND_SURFACE);
	pthread_mutex_unlock(&lock);
	return surface;
}

uint32_t tongs_surface_get_id(const struct tongs_surface *surface) {
	return surface->id;
}

void tongs_surface_get_info(const struct tongs_surface *surface, struct tongs_surface_info *info) {
	*info = surface->info;
}

static void *get_address(const struct tongs_surface *surface, NSUInteger offset) {
	return surface->payload ? (char *)tongs_payload_get_contents(surface->payload) + offset : NULL;
}

void *tongs_surface_get_base_address(const struct tongs_surface *surface) {
	return get_address(surface, surface->info.whole.offset);
}

void *tongs_surface_get_base_address_of_plane(const struct tongs_surface *surface, NSUInteger plane) {
	const struct tongs_surface_plane *found = tongs_surface_layout_get_plane(&surface->info, plane);
	if (found)
		return get_address(surface, found->offset);
	tongs_log_error("IOSurface: there is no plane %lu: the surface has %lu", (unsigned long)plane,
		(unsigned long)surface->info.plane_count);
	return NULL;
}

static bool add_lock(struct tongs_surface *surface, bool read_only) {
	uint32_t *held = read_only ? &surface->read_locks : &surface->locks;
	pthread_mutex_lock(&lock);
	const bool added = *held < UINT32_MAX;
	*held += added;
	pthread_mutex_unlock(&lock);
	return added;
}

/* False if none is held. `seed` receives the one after it. */
static bool remove_lock(struct tongs_surface *surface, bool read_only, uint32_t *seed) {
	uint32_t *held = read_only ? &surface->read_locks : &surface->locks;
	pthread_mutex_lock(&lock);
	const bool removed = *held > 0;
	const uint32_t change = removed && !read_only;
	*held -= removed;
	*seed = atomic_fetch_add(get_seed(surface), change) + change;
	pthread_mutex_unlock(&lock);
	return removed;
}

bool tongs_surface_lock(struct tongs_surface *surface, bool read_only, uint32_t *seed) {
	if (!add_lock(surface, read_only)) {
		tongs_log_error("IOSurface: too many locks are held: unlock the surface");
		return false;
	}
	if (seed)
		*seed = tongs_surface_get_seed(surface);
	return true;
}

bool tongs_surface_unlock(struct tongs_surface *surface, bool read_only, uint32_t *seed) {
	uint32_t now;
	if (!remove_lock(surface, read_only, &now)) {
		tongs_log_error("IOSurface: it is unlocked without a lock that is %sread-only: pass the options of the "
				"lock",
			read_only ? "" : "not ");
		return false;
	}
	if (seed)
		*seed = now;
	return true;
}

uint32_t tongs_surface_get_seed(const struct tongs_surface *surface) {
	const struct tongs_surface_share *share = atomic_load(&surface->share);
	return atomic_load(share ? &share->page->seed : &surface->seed);
}

/* False if the count would not be one. */
static bool change_use_count(struct tongs_surface *surface, int32_t change) {
	pthread_mutex_lock(&lock);
	const int32_t old = atomic_load(&surface->use_count);
	const bool changes = change > 0 ? old < INT32_MAX : old > 0;
	if (changes)
		atomic_store(&surface->use_count, old + change);
	const bool shown = !changes || (old != 0 && old + change != 0) || show_use_locked(surface);
	const int error = errno;
	pthread_mutex_unlock(&lock);
	if (!shown)
		/* NOLINTNEXTLINE(concurrency-mt-unsafe): glibc's is safe for known errors */
		tongs_log_error("IOSurface: other processes do not see its use count: %s", strerror(error));
	return changes;
}

void tongs_surface_increment_use_count(struct tongs_surface *surface) {
	if (!change_use_count(surface, 1))
		tongs_log_error("IOSurface: its use count is %d already: decrement it", INT32_MAX);
}

void tongs_surface_decrement_use_count(struct tongs_surface *surface) {
	if (!change_use_count(surface, -1))
		tongs_log_error("IOSurface: its use count is 0 already: decrement it once for each increment");
}

int32_t tongs_surface_get_use_count(const struct tongs_surface *surface) {
	return atomic_load(&surface->use_count);
}

bool tongs_surface_is_in_use(const struct tongs_surface *surface) {
	struct tongs_surface_share *share = atomic_load(&surface->share);
	if (tongs_surface_get_use_count(surface) > 0 || !share)
		return tongs_surface_get_use_count(surface) > 0;
	pthread_mutex_lock(&lock);
	const bool used = tongs_surface_share_is_used(share);
	pthread_mutex_unlock(&lock);
	return used;
}
