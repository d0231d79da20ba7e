/* SPDX-License-Identifier: MIT */
/* What each method of Metal's classes does, as libtongs says it. */
#include "info_metal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tongs/metal.h>
#include <tongs/version.h>

#include "client/command.h"
#include "client/terminal.h"
#include "json.h"

enum { WIDTH = 110 }; /* columns, where stdout is no terminal */

static const struct {
	const char *title, *key;
} answers[] = {
	[TONGS_METHOD_WORKS] = {"works", "works"},
	[TONGS_METHOD_KEEPS_VALUE] = {"keeps a value that nothing uses", "keepsValue"},
	[TONGS_METHOD_ANSWERS_NO] = {"answers no, 0 or nothing", "answersNo"},
	[TONGS_METHOD_REFUSES] = {"refuses", "refuses"},
};
enum { ANSWER_COUNT = sizeof answers / sizeof *answers };

struct method {
	const char *owner, *selector, *reason; /* no reason: "" */
	enum tongs_method_answer answer;
};

struct list {
	struct method *methods;
	size_t count, capacity;
	bool failed;
};

static void add(
	const char *owner, const char *selector, enum tongs_method_answer answer, const char *reason, void *user) {
	struct list *list = user;

	if (list->count == list->capacity) {
		const size_t capacity = list->capacity ? list->capacity * 2 : 1024;
		struct method *grown = realloc(list->methods, capacity * sizeof *grown);
		if (!grown) {
			list->failed = true;
			return;
		}
		list->methods = grown;
		list->capacity = capacity;
	}
	list->methods[list->count++] = (struct method){owner, selector, reason ? reason : "", answer};
}

/* By class, answer, reason and name. */
static int compare(const void *left, const void *right) {
	const struct method *a = left, *b = right;
	const int owners = strcmp(a->owner, b->owner);

	if (owners)
		return owners;
	if (a->answer != b->answer)
		return a->answer < b->answer ? -1 : 1;
	const int reasons = strcmp(a->reason, b->reason);
	return reasons ? reasons : strcmp(a->selector, b->selector);
}

/* The end of the methods that belong to the class of the first one, and the number of each answer. */
static size_t count_class(const struct list *list, size_t first, size_t counts[ANSWER_COUNT]) {
	size_t end = first;

	memset(counts, 0, ANSWER_COUNT * sizeof *counts);
	for (; end < list->count && !strcmp(list->methods[end].owner, list->methods[first].owner); end++)
		counts[list->methods[end].answer]++;
	return end;
}

static void print_class(const struct list *list, size_t first, size_t end, const size_t counts[ANSWER_COUNT]) {
	const int width = tongs_terminal_get_width(stdout, WIDTH);
	char head[512];
	int column = 0;

	snprintf(head, sizeof head, "%s: %zu work, %zu keep a value, %zu answer no, %zu refuse",
		list->methods[first].owner, counts[TONGS_METHOD_WORKS], counts[TONGS_METHOD_KEEPS_VALUE],
		counts[TONGS_METHOD_ANSWERS_NO], counts[TONGS_METHOD_REFUSES]);
	putchar('\n');
	tongs_terminal_print_wrapped(stdout, 0, 2, width, head);
	for (size_t i = first; i < end; i++) {
		const struct method *m = &list->methods[i];
		const bool begins = i == first || m->answer != m[-1].answer || strcmp(m->reason, m[-1].reason) != 0;
		if (begins) {
			snprintf(head, sizeof head, "  %s%s%s", answers[m->answer].title, *m->reason ? ": " : "",
				m->reason);
			fputs(i == first ? "" : "\n", stdout);
			tongs_terminal_print_wrapped(stdout, 0, 4, width, head);
			column = printf("   ");
		} else if (column + 1 + (int)strlen(m->selector) > width) {
			column = printf("\n   ") - 1;
		}
		column += printf(" %s", m->selector);
	}
	putchar('\n');
}

static void add_class(cJSON *classes, const struct list *list, size_t first, size_t end) {
	cJSON *object = tongs_json_add_object(classes), *arrays[ANSWER_COUNT];

	tongs_json_add_string(object, "name", list->methods[first].owner);
	for (size_t i = 0; i < ANSWER_COUNT; i++)
		arrays[i] = cJSON_AddArrayToObject(object, answers[i].key);
	for (size_t i = first; i < end; i++) {
		const struct method *m = &list->methods[i];
		cJSON *method = m->answer == TONGS_METHOD_REFUSES ? tongs_json_add_object(arrays[m->answer]) : NULL;
		if (!method) {
			tongs_json_add_string(arrays[m->answer], NULL, m->selector);
			continue;
		}
		tongs_json_add_string(method, "selector", m->selector);
		tongs_json_add_string(method, "reason", m->reason);
	}
}

static bool print(const struct list *list, bool as_json) {
	cJSON *json = as_json ? cJSON_CreateObject() : NULL, *classes = NULL;
	size_t counts[ANSWER_COUNT];

	if (as_json) {
		tongs_json_add_string(json, "tongs", TONGS_VERSION);
		classes = cJSON_AddArrayToObject(json, "classes");
	} else {
		puts("What the methods of Metal's protocols and classes do");
	}
	for (size_t first = 0, end; first < list->count; first = end) {
		end = count_class(list, first, counts);
		if (as_json)
			add_class(classes, list, first, end);
		else
			print_class(list, first, end, counts);
	}
	return !as_json || tongs_json_write(stdout, json);
}

bool tongs_info_print_metal(bool as_json) {
	struct list list = {0};

	tongs_visit_methods(add, &list);
	if (list.failed)
		tongs_command_error("out of memory");
	else if (list.count)
		qsort(list.methods, list.count, sizeof *list.methods, compare);
	const bool done = !list.failed && print(&list, as_json);
	free(list.methods);
	return done;
}
