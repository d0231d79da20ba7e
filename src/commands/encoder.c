/* SPDX-License-Identifier: MIT */
/* What all encoders have in common. */
#include "commands/command.h"
#include "metal/device.h"
#include "util/log.h"

struct tongs_object *tongs_encoder_destroy(struct tongs_object *object) {
	struct tongs_encoder *encoder = (struct tongs_encoder *)object;
	tongs_label_finish(&encoder->label);
	tongs_device_unref(encoder->device);
	return tongs_object_free(object);
}

static bool is_open(const struct tongs_encoder *encoder, const char *what) {
	if (encoder->commands)
		return true;
	tongs_log_error("%s the encoder has ended: make a new one", what);
	return false;
}

bool tongs_encoder_check_kind(const struct tongs_encoder *encoder, enum tongs_kind kind, const char *what) {
	if (encoder->object.kind == kind)
		return is_open(encoder, what);
	tongs_log_error("%s the encoder is not an %s", what, tongs_kind_name(kind));
	return false;
}

bool tongs_encoder_check_device(
	const struct tongs_encoder *encoder, const struct tongs_storage *storage, const char *what) {
	if (storage->device == encoder->device)
		return true;
	tongs_log_error("%s a resource is of another device, %s: both devices must be the same", what,
		tongs_device_get_name(storage->device));
	return false;
}

/* Host pages are known by their address, for two no-copy buffers may have the same ones. */
struct tongs_own_bytes tongs_encoder_get_bytes(const struct tongs_storage *storage, uint64_t offset, uint64_t size) {
	static const char pages;
	const uintptr_t address = (uintptr_t)tongs_payload_get_contents(storage->payload);
	const uint64_t begin = address + storage->offset + offset;
	return (struct tongs_own_bytes){
		address ? (const void *)&pages : (const void *)storage->payload, begin, begin + size};
}

bool tongs_encoder_check_fence(const struct tongs_encoder *encoder, const struct tongs_fence *fence, const char *what) {
	if (fence->device == encoder->device)
		return true;
	tongs_log_error("%s the fence is of another device, %s", what, tongs_device_get_name(fence->device));
	return false;
}

void tongs_encoder_end(struct tongs_encoder *encoder) {
	if (!is_open(encoder, "endEncoding:"))
		return;
	if (encoder->end)
		encoder->end(encoder);
	encoder->commands = NULL;
}

struct tongs_device *tongs_encoder_get_device(const struct tongs_encoder *encoder) {
	return encoder->device;
}

const char *tongs_encoder_get_label(const struct tongs_encoder *encoder) {
	return tongs_label_get(&encoder->label);
}

void tongs_encoder_set_label(struct tongs_encoder *encoder, const char *label) {
	if (!tongs_label_set(&encoder->label, label))
		tongs_log_error("setLabel: out of memory");
}
