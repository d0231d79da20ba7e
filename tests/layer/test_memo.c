/* SPDX-License-Identifier: MIT */
/* The memory of the driver's answers: what is found is right, it is bounded, and threads may share it. */
#include "layer/memo.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static VkPhysicalDevice device_of(unsigned i) {
	return (VkPhysicalDevice)(uintptr_t)(0x1000 * (i + 1));
}

static union tongs_memo_answer answer_of(unsigned i) {
	return (union tongs_memo_answer){.buffer_features = i};
}

static void each_question_has_its_own_answer(void **state) {
	struct tongs_memo *memo = calloc(1, sizeof(*memo));
	struct tongs_canonical_question image = {.format = VK_FORMAT_R8G8B8A8_UNORM, .type = VK_IMAGE_TYPE_2D};
	struct tongs_memo_question questions[16];
	unsigned count = 0;
	(void)state;
	/* They differ from each other, and from the first image question, in one thing each. */
	questions[count++] = tongs_memo_device_question(device_of(0));
	questions[count++] = tongs_memo_device_question(device_of(1));
	questions[count++] = tongs_memo_buffer_question(device_of(0), 0, 0);
	questions[count++] = tongs_memo_buffer_question(device_of(0), 1, 0);
	questions[count++] = tongs_memo_buffer_question(device_of(0), 0, 1);
	questions[count++] = tongs_memo_image_question(device_of(0), &image, 1);
	questions[count++] = tongs_memo_image_question(device_of(1), &image, 1);
	questions[count++] = tongs_memo_image_question(device_of(0), &image, 3);
	image.multisampled = VK_TRUE;
	questions[count++] = tongs_memo_image_question(device_of(0), &image, 1);
	image.multisampled = VK_FALSE;
	image.type = VK_IMAGE_TYPE_3D;
	questions[count++] = tongs_memo_image_question(device_of(0), &image, 1);
	image.type = VK_IMAGE_TYPE_2D;
	image.tiling = VK_IMAGE_TILING_LINEAR;
	questions[count++] = tongs_memo_image_question(device_of(0), &image, 1);
	image.tiling = VK_IMAGE_TILING_OPTIMAL;
	image.usage = VK_IMAGE_USAGE_SAMPLED_BIT;
	questions[count++] = tongs_memo_image_question(device_of(0), &image, 1);
	image.usage = 0;
	image.flags = VK_IMAGE_CREATE_CUBE_COMPATIBLE_BIT;
	questions[count++] = tongs_memo_image_question(device_of(0), &image, 1);
	image.flags = 0;
	image.format = VK_FORMAT_R8_UNORM;
	questions[count++] = tongs_memo_image_question(device_of(0), &image, 1);
	for (unsigned i = 0; i < count; i++) {
		assert_null(tongs_memo_find(memo, &questions[i]));
		const union tongs_memo_answer answer = answer_of(i);
		tongs_memo_add(memo, &questions[i], &answer);
	}
	for (unsigned i = 0; i < count; i++) {
		const union tongs_memo_answer *found = tongs_memo_find(memo, &questions[i]);
		assert_non_null(found);
		assert_int_equal(found->buffer_features, i);
	}
	free(memo);
}

/* More questions than there is room for: some are not remembered, and none is mistaken. */
static void a_full_one_forgets_and_is_right(void **state) {
	enum { QUESTIONS = 4 * TONGS_MEMO_ENTRIES };
	struct tongs_memo *memo = calloc(1, sizeof(*memo));
	unsigned remembered = 0;
	(void)state;
	for (unsigned i = 0; i < QUESTIONS; i++) {
		const struct tongs_memo_question question = tongs_memo_buffer_question(device_of(0), 0, i);
		const union tongs_memo_answer answer = answer_of(i);
		tongs_memo_add(memo, &question, &answer);
	}
	for (unsigned i = 0; i < QUESTIONS; i++) {
		const struct tongs_memo_question question = tongs_memo_buffer_question(device_of(0), 0, i);
		const union tongs_memo_answer *found = tongs_memo_find(memo, &question);
		if (found)
			assert_int_equal(found->buffer_features, i);
		remembered += found != NULL;
	}
	assert_true(remembered > TONGS_MEMO_ENTRIES / 2 && remembered <= TONGS_MEMO_ENTRIES);
	free(memo);
}

static void *ask_all(void *user) {
	struct tongs_memo *memo = user;
	uintptr_t wrong = 0;
	for (unsigned round = 0; round < 1000; round++) {
		for (unsigned i = 0; i < TONGS_MEMO_ENTRIES / 2; i++) {
			const struct tongs_memo_question question = tongs_memo_buffer_question(device_of(0), i, 7);
			const union tongs_memo_answer *found = tongs_memo_find(memo, &question);
			const union tongs_memo_answer answer = answer_of(i);
			if (found)
				wrong += found->buffer_features != i;
			else
				tongs_memo_add(memo, &question, &answer);
		}
	}
	return (void *)wrong;
}

static void threads_share_it(void **state) {
	struct tongs_memo *memo = calloc(1, sizeof(*memo));
	pthread_t threads[3];
	void *wrong;
	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_all, memo), 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
	free(memo);
}

int main(void) {
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_question_has_its_own_answer),
		cmocka_unit_test(a_full_one_forgets_and_is_right),
		cmocka_unit_test(threads_share_it),
	};
	return cmocka_run_group_tests_name("layer: memo", tests, NULL, NULL);
}
