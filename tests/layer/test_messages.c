/* SPDX-License-Identifier: MIT */
/* Which messengers receive messages, and how often each message was sent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <vulkan/vulkan_core.h>

#include "util/alloc.h"
#include "layer/messages.h"

#define ERROR VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT
#define WARNING VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT
#define VALIDATION VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT
#define GENERAL VK_DEBUG_UTILS_MESSAGE_TYPE_GENERAL_BIT_EXT

static void counted_by_key(void **state) {
	struct tongs_messages messages;
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
	struct tongs_messages messages;
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

static VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
	VkDebugUtilsMessageTypeFlagsEXT types, const VkDebugUtilsMessengerCallbackDataEXT *data, void *user) {
	assert_true(severity & (ERROR | WARNING));
	assert_int_equal(types, VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT);
	assert_string_equal(data->pMessage, "logged");
	++*(unsigned *)user;
	return VK_FALSE;
}

static VkDebugUtilsMessengerEXT handle(size_t i) {
	return (VkDebugUtilsMessengerEXT)(uintptr_t)(i + 1);
}

static bool add(struct tongs_messages *messages, size_t i, VkDebugUtilsMessageSeverityFlagsEXT severities,
	VkDebugUtilsMessageTypeFlagsEXT types, unsigned *heard) {
	const VkDebugUtilsMessengerCreateInfoEXT info = {
		.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
		.messageSeverity = severities,
		.messageType = types,
		.pfnUserCallback = on_message,
		.pUserData = heard,
	};
	return tongs_messages_add_messenger(messages, handle(i), &info, NULL);
}

static void messengers_get_what_they_enabled(void **state) {
	static const VkDebugUtilsMessengerCallbackDataEXT data = {.pMessage = "logged"};
	struct tongs_messages messages;
	unsigned heard[4] = {0};
	(void)state;
	tongs_messages_init(&messages, NULL);
	assert_false(tongs_messages_has_messenger(&messages));
	tongs_messages_send(&messages, ERROR, &data);
	assert_true(add(&messages, 0, ERROR | WARNING, VALIDATION, &heard[0]));
	assert_true(add(&messages, 1, ERROR, VALIDATION, &heard[1]));
	assert_true(add(&messages, 2, ERROR | WARNING, GENERAL, &heard[2]));
	assert_true(add(&messages, 3, WARNING, VALIDATION | GENERAL, &heard[3]));
	tongs_messages_send(&messages, ERROR, &data);
	tongs_messages_send(&messages, WARNING, &data);
	assert_true(heard[0] == 2 && heard[1] == 1 && heard[2] == 0 && heard[3] == 1);
	tongs_messages_remove_messenger(&messages, handle(1), NULL);
	tongs_messages_remove_messenger(&messages, handle(3), NULL);
	tongs_messages_remove_messenger(&messages, handle(77), NULL);
	tongs_messages_send(&messages, ERROR, &data);
	tongs_messages_send(&messages, WARNING, &data);
	assert_true(heard[0] == 4 && heard[1] == 1 && heard[2] == 0 && heard[3] == 1);
	assert_true(tongs_messages_has_messenger(&messages));
	tongs_messages_finish(&messages); /* with two that are left */
}

static void no_memory_for_a_messenger(void **state) {
	struct tongs_messages messages;
	unsigned heard = 0;
	(void)state;
	tongs_messages_init(&messages, NULL);
	tongs_alloc_fail_after(0);
	assert_false(add(&messages, 0, ERROR, VALIDATION, &heard));
	assert_false(tongs_messages_has_messenger(&messages));
	assert_true(add(&messages, 0, ERROR, VALIDATION, &heard));
	tongs_messages_remove_messenger(&messages, handle(0), NULL);
	assert_false(tongs_messages_has_messenger(&messages));
	tongs_messages_finish(&messages);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counted_by_key),
		cmocka_unit_test(oldest_is_forgotten),
		cmocka_unit_test(messengers_get_what_they_enabled),
		cmocka_unit_test(no_memory_for_a_messenger),
	};
	return cmocka_run_group_tests_name("layer: messages", tests, NULL, NULL);
}
