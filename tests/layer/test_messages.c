/* SPDX-License-Identifier: MIT */
/* How often each message was told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <vulkan/vulkan_core.h>

#include "layer/messages.h"

static void counted_by_key(void **state) {
	struct tongs_messages messages = {0};
	(void)state;
	tongs_messages_init(&messages, NULL);
	for (uint32_t i = 1; i <= 20; i++) {
		assert_int_equal(tongs_messages_count(&messages, 0), i);
		assert_int_equal(tongs_messages_count(&messages, UINT64_MAX), i);
	}
	tongs_messages_finish(&messages);
}

/* The oldest is forgotten, and then counts from 1 again. */
static void oldest_is_forgotten(void **state) {
	struct tongs_messages messages = {0};
	(void)state;
	tongs_messages_init(&messages, NULL);
	for (uint64_t key = 0; key < TONGS_MESSAGES_COUNTED; key++)
		assert_int_equal(tongs_messages_count(&messages, key), 1);
	assert_int_equal(tongs_messages_count(&messages, 0), 2);
	assert_int_equal(tongs_messages_count(&messages, 1000), 1);
	assert_int_equal(tongs_messages_count(&messages, TONGS_MESSAGES_COUNTED - 1), 2);
	assert_int_equal(tongs_messages_count(&messages, 1), 2);
	assert_int_equal(tongs_messages_count(&messages, 0), 1);
	assert_int_equal(tongs_messages_count(&messages, 1000), 2);
	tongs_messages_finish(&messages);
}

static void messengers_of_the_creation(void **state) {
	const VkDebugUtilsMessengerCreateInfoEXT second = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
	};
	VkDebugUtilsMessengerCreateInfoEXT first = second;
	struct tongs_messages messages = {0};
	(void)state;
	first.pNext = &second;
	tongs_messages_init(&messages, &first);
	assert_int_equal(messages.creation_messengers, 2);
	assert_int_equal(messages.messengers, 0);
	tongs_messages_finish(&messages);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counted_by_key),
		cmocka_unit_test(oldest_is_forgotten),
		cmocka_unit_test(messengers_of_the_creation),
	};
	return cmocka_run_group_tests_name("layer: messages", tests, NULL, NULL);
}
