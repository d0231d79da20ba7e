/* SPDX-License-Identifier: MIT */
/* TONGS_LEAKS=1: what is reported at exit. The program runs itself: with an argument it only creates objects and exits.
 */
#include "support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tools/process.h"
#include "commands/command.h"

static void deaf(enum tongs_message_severity severity, const char *text, void *user) {
	(void)severity;
	(void)text;
	(void)user;
}

/* What a child leaves behind. */
static void none(void) {
	tongs_device_unref(new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU));
}

static void three(void) {
	struct tongs_device *device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	const struct tongs_heap_info info = {.size = 65536, .resource_options = MTLResourceStorageModeShared};
	struct tongs_heap *heap = tongs_device_new_heap(device, &info);
	tongs_heap_set_label(heap, "pool");
	tongs_buffer_ref(tongs_device_new_buffer(device, 64, MTLResourceStorageModeShared));
	tongs_buffer_unref(tongs_device_new_buffer(device, 64, MTLResourceStorageModeShared));
	tongs_set_message_callback(deaf, NULL);
}

static void many(void) {
	struct tongs_device *device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	for (size_t i = 0; i < 149; i++)
		tongs_device_new_buffer(device, 64, MTLResourceStorageModeShared);
}

/* A forked child does not report them. */
static void forked(void) {
	three();
	pid_t child = fork();
	if (child == 0)
		exit(0);
	waitpid(child, NULL, 0);
}

enum { PATIENCE_S = 30 };

/* What the program may still do after exit() in one of its callbacks: messages, and releasing objects. */
static void *kept;

static void use_at_exit(void) {
	tongs_buffer_from_handle(kept); /* which is dead: a warning */
	tongs_device_unref(new_plain_device(VK_PHYSICAL_DEVICE_TYPE_OTHER));
}

static void make_dead(struct tongs_device *device) {
	kept = tongs_device_new_buffer(device, 64, MTLResourceStorageModeShared);
	tongs_buffer_unref(kept);
	alarm(PATIENCE_S);
	atexit(use_at_exit);
}

static void leave(enum tongs_message_severity severity, const char *text, void *user) {
	(void)severity, (void)text;
	if (!atomic_exchange((atomic_bool *)user, true))
		exit(0);
}

static void exit_in_message(void) {
	static atomic_bool left;
	three();
	make_dead(new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU));
	tongs_set_message_callback(leave, &left);
	tongs_buffer_from_handle(kept);
	_exit(1);
}

static void leave_with_pages(void *pages, NSUInteger length, void *user) {
	(void)pages, (void)length, (void)user;
	exit(0);
}

static void exit_in_deallocator(void) {
	three();
	struct tongs_device *device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	make_dead(device);
	tongs_buffer_unref(tongs_device_new_buffer_no_copy(
		device, aligned_alloc(65536, 65536), 65536, MTLResourceStorageModeShared, leave_with_pages, NULL));
	_exit(1);
}

static void stay(enum tongs_message_severity severity, const char *text, void *user) {
	(void)severity, (void)text;
	*(atomic_bool *)user = true;
	for (;;)
		pause();
}

static void *tell(void *unused) {
	tongs_buffer_from_handle(kept);
	return unused;
}

/* Another thread is in the callback, and stays there. */
static void exit_beside_message(void) {
	static atomic_bool there;
	pthread_t thread;
	three();
	kept = tongs_device_new_buffer(new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU), 64, MTLResourceStorageModeShared);
	tongs_buffer_unref(kept);
	alarm(PATIENCE_S);
	tongs_set_message_callback(stay, &there);
	if (pthread_create(&thread, NULL, tell, NULL) != 0)
		_exit(1);
	while (!there)
		usleep(1000);
	exit(0);
}

static void linger(void *unused) {
	(void)unused;
	usleep(100000);
}

static void ignore(struct tongs_command_buffer *commands, void *unused) {
	(void)commands, (void)unused;
}

/* The queue's thread still has the command buffer when those who waited for it go on. */
static void exit_after_waiting(void) {
	struct tongs_device *device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	struct tongs_command_queue *queue = tongs_device_new_command_queue(device);
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(queue);
	tongs_command_buffer_add_handler(commands, false, ignore, linger, NULL);
	tongs_command_buffer_commit(commands);
	tongs_command_buffer_wait_until_completed(commands);
	tongs_command_buffer_unref(commands);
	tongs_command_queue_unref(queue);
	tongs_device_unref(device);
}

static void leave_after_lingering(struct tongs_command_buffer *commands, void *there) {
	(void)commands;
	*(atomic_bool *)there = true;
	linger(NULL);
}

/* As after a semaphore that a completed handler signals. */
static void exit_beside_handler(void) {
	static atomic_bool there;
	struct tongs_device *device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	struct tongs_command_queue *queue = tongs_device_new_command_queue(device);
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(queue);
	tongs_command_buffer_add_completed_handler(commands, leave_after_lingering, &there);
	tongs_command_buffer_commit(commands);
	tongs_command_buffer_unref(commands);
	tongs_command_queue_unref(queue);
	tongs_device_unref(device);
	while (!there)
		usleep(1000);
}

static void leave_notified(struct tongs_shared_event *event, uint64_t value, void *there) {
	(void)event, (void)value;
	*(atomic_bool *)there = true;
	linger(NULL);
}

/* A listener's thread, too, and it waits for more. */
static void exit_after_notification(void) {
	static atomic_bool there;
	struct tongs_device *device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	struct tongs_shared_event *event = tongs_device_new_shared_event(device);
	struct tongs_shared_event_listener *listener = tongs_shared_event_listener_new();
	tongs_shared_event_notify(event, listener, 1, leave_notified, &there);
	tongs_shared_event_set_signaled_value(event, 1);
	tongs_shared_event_listener_unref(listener);
	tongs_shared_event_unref(event);
	tongs_device_unref(device);
	while (!there)
		usleep(1000);
}

static void leave_in_handler(struct tongs_command_buffer *commands, void *unused) {
	(void)commands, (void)unused;
	exit(0);
}

/* Does not wait for itself. */
static void exit_in_handler(void) {
	struct tongs_device *device = new_plain_device(VK_PHYSICAL_DEVICE_TYPE_CPU);
	struct tongs_command_queue *queue = tongs_device_new_command_queue(device);
	struct tongs_command_buffer *commands = tongs_command_queue_new_command_buffer(queue);
	alarm(PATIENCE_S);
	tongs_command_buffer_add_completed_handler(commands, leave_in_handler, NULL);
	tongs_command_buffer_commit(commands);
	for (;;)
		pause();
}

static const struct {
	const char *name;
	void (*run)(void);
} children[] = {{"none", none}, {"three", three}, {"many", many}, {"forked", forked},
	{"exit in message", exit_in_message}, {"exit in deallocator", exit_in_deallocator},
	{"exit beside message", exit_beside_message}, {"exit after waiting", exit_after_waiting},
	{"exit beside handler", exit_beside_handler}, {"exit in handler", exit_in_handler},
	{"exit after notification", exit_after_notification}};

static struct process run(const char *child, const char *setting) {
	const char *const arguments[] = {"/proc/self/exe", child, NULL};
	/* LeakSanitizer, which waits for ever in a child of fork() now and then, leaves leaks to Tongs here. */
	const char *const changes[] = {setting, "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0", NULL};
	struct process process = process_run(arguments, changes);
	if (process.status != 0)
		fail_msg("%s: status %d: %s", child, process.status, process.err);
	return process;
}

static void expect(const char *child, const char *setting, unsigned lines, const char *const *parts, size_t count) {
	struct process process = run(child, setting);
	for (size_t i = 0; i < count; i++)
		if (!strstr(process.err, parts[i]))
			fail_msg("%s: `%s' was expected: %s", child, parts[i], process.err);
	if (process_count(process.err, "\n") != lines)
		fail_msg("%s: %u lines were expected: %s", child, lines, process.err);
	process_finish(&process);
}

static const char *const three_parts[] = {
	"tongs: warning: 3 Metal objects are alive at exit: MTLDevice 1 MTLHeap 1 MTLBuffer 1\n",
	"alive at exit: MTLDevice ",
	" `plain', references ",
	"alive at exit: MTLHeap ",
	" `pool', 65536 bytes, references 1\n",
	"alive at exit: MTLBuffer ",
	", 4096 bytes, references 2\n",
};

static void each_object_is_reported(void **state) {
	(void)state;
	expect("three", "TONGS_LEAKS=1", 4, three_parts, LENGTH(three_parts));
	expect("three", "TONGS_LEAKS=on", 4, three_parts, LENGTH(three_parts));
}

static void the_list_is_bounded(void **state) {
	(void)state;
	const char *const parts[] = {"150 Metal objects are alive at exit", "alive at exit: and 50 more"};
	expect("many", "TONGS_LEAKS=1", 102, parts, LENGTH(parts));
}

static void nothing_is_reported_of_nothing(void **state) {
	(void)state;
	expect("none", "TONGS_LEAKS=1", 0, NULL, 0);
}

static void nothing_is_reported_by_default(void **state) {
	(void)state;
	expect("three", "TONGS_LEAKS", 0, NULL, 0);
	expect("three", "TONGS_LEAKS=", 0, NULL, 0);
	expect("three", "TONGS_LEAKS=0", 0, NULL, 0);
	expect("three", "TONGS_LEAKS=off", 0, NULL, 0);
}

static void other_values_are_reported(void **state) {
	(void)state;
	const char *const parts[] = {
		"TONGS_LEAKS is `yes'; it can be 1, on or true, 0, off or false; the value is ignored"};
	expect("three", "TONGS_LEAKS=yes", 1, parts, LENGTH(parts));
}

static void a_fork_reports_nothing(void **state) {
	(void)state;
	expect("forked", "TONGS_LEAKS=1", 4, three_parts, LENGTH(three_parts));
}

/* The process exits normally, with everything reported. */
static void exit_in_a_callback(void **state) {
	(void)state;
	expect("exit in message", "TONGS_LEAKS=1", 4, three_parts, LENGTH(three_parts));
	expect("exit in message", "TONGS_LEAKS=0", 0, NULL, 0);
	expect("exit in deallocator", "TONGS_LEAKS=1", 4, three_parts, LENGTH(three_parts));
	expect("exit beside message", "TONGS_LEAKS=1", 4, three_parts, LENGTH(three_parts));
}

static void what_a_lane_gives_back_is_not_reported(void **state) {
	(void)state;
	const char *const parts[] = {
		"3 Metal objects are alive at exit: MTLDevice 1 MTLCommandQueue 1 MTLCommandBuffer 1\n"};
	expect("exit after waiting", "TONGS_LEAKS=1", 0, NULL, 0);
	expect("exit beside handler", "TONGS_LEAKS=1", 0, NULL, 0);
	expect("exit after notification", "TONGS_LEAKS=1", 0, NULL, 0);
	expect("exit in handler", "TONGS_LEAKS=1", 4, parts, LENGTH(parts));
}

int main(int count, char **arguments) {
	for (size_t i = 0; count > 1 && i < LENGTH(children); i++) {
		if (strcmp(arguments[1], children[i].name) == 0) {
			children[i].run();
			return 0;
		}
	}
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_object_is_reported),
		cmocka_unit_test(the_list_is_bounded),
		cmocka_unit_test(nothing_is_reported_of_nothing),
		cmocka_unit_test(nothing_is_reported_by_default),
		cmocka_unit_test(other_values_are_reported),
		cmocka_unit_test(a_fork_reports_nothing),
		cmocka_unit_test(exit_in_a_callback),
		cmocka_unit_test(what_a_lane_gives_back_is_not_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
