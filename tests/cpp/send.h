/* SPDX-License-Identifier: MIT */
/* Messages as C++ wrappers of Objective-C send them: by a cast of the function that the result's type calls for. */
#ifndef TESTS_CPP_SEND_H
#define TESTS_CPP_SEND_H

#include <objc/message.h>
#include <objc/runtime.h>

#include <type_traits>

template <typename Result> constexpr bool is_returned_in_memory() {
	if constexpr (std::is_void_v<Result>)
		return false;
	else
		return std::is_class_v<Result> && sizeof(Result) > 2 * sizeof(void *);
}

template <typename Result, typename... Arguments>
Result send(const void *receiver, SEL selector, Arguments... arguments) {
	using function = Result (*)(const void *, SEL, Arguments...);
#ifdef __x86_64__
	if constexpr (std::is_floating_point_v<Result>) {
		return reinterpret_cast<function>(&objc_msgSend_fpret)(receiver, selector, arguments...);
	} else if constexpr (is_returned_in_memory<Result>()) {
		/* The compiler passes the address of the result first. */
		return reinterpret_cast<function>(&objc_msgSend_stret)(receiver, selector, arguments...);
	} else
#endif
		return reinterpret_cast<function>(&objc_msgSend)(receiver, selector, arguments...);
}

template <typename Result, typename... Arguments>
Result send(const void *receiver, const char *selector, Arguments... arguments) {
	return send<Result>(receiver, sel_registerName(selector), arguments...);
}

#endif
