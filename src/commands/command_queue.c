/* SPDX-License-Identifier: MIT */
/* MTLCommandQueue: makes command buffers, which run in its lane in the order of their commits. */
#include "commands/command.h"
#include "metal/device.h"
#include "util/log.h"

static struct tongs_object *destroy(struct tongs_object *object) {
	struct tongs_command_queue *queue = (struct tongs_command_queue *)object;
	for (size_t i = 0; i < TONGS_SPARE_COMMANDS; i++)
		tongs_own_commands_destroy(atomic_load(&queue->spare[i]));
	if (queue->waiting_queue && queue->process == tongs_lane_get_process())
		tongs_own_device_give_queue(tongs_device_get_own_device(queue->device), queue->waiting_queue);
	tongs_lane_release(queue->lane);
	tongs_label_finish(&queue->label);
	tongs_device_unref(queue->device);
	return tongs_object_free(object);
}

struct tongs_command_queue *tongs_device_new_command_queue(struct tongs_device *device) {
	struct tongs_lane *lane = tongs_lane_create();
	struct tongs_command_queue *queue = lane ? (struct tongs_command_queue *)tongs_object_create(
							   TONGS_KIND_COMMAND_QUEUE, sizeof(*queue), destroy)
						 : NULL;
	if (!queue) {
		tongs_log_error("newCommandQueue: out of memory");
		tongs_lane_release(lane);
		return NULL;
	}
	queue->lane = lane;
	queue->device = tongs_device_ref(device);
	return queue;
}

struct tongs_command_buffer *tongs_command_queue_new_command_buffer(struct tongs_command_queue *queue) {
	return tongs_command_buffer_create(queue);
}

struct tongs_device *tongs_command_queue_get_device(const struct tongs_command_queue *queue) {
	return queue->device;
}

const char *tongs_command_queue_get_label(const struct tongs_command_queue *queue) {
	return tongs_label_get(&queue->label);
}

void tongs_command_queue_set_label(struct tongs_command_queue *queue, const char *label) {
	if (!tongs_label_set(&queue->label, label))
		tongs_log_error("setLabel: out of memory");
}
