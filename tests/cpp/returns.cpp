// SPDX-License-Identifier: MIT
// Messages from C++ to methods of every kind of result and argument, to objects and to nil; exceptions and backtraces
// through them.
#include <complex>
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <unwind.h>

extern "C" {
#include <cmocka.h>
}

#include "send.h"

namespace {

struct Words {
	uint64_t first, second;
};
struct Doubles {
	double first, second;
};
struct Mixed {
	double first;
	uint64_t second;
};
struct Floats {
	float values[4];
};
struct Region {
	uint64_t origin[3], size[3];
};
struct Color {
	double red, green, blue, alpha;
};
struct Small {
	uint8_t values[3];
};

bool operator==(const Region &a, const Region &b) {
	return memcmp(&a, &b, sizeof(a)) == 0;
}

constexpr Region region = {{1, 2, 3}, {4, 5, 6}};

struct object {
	Class isa;
	long value;
};
object instance;
object *probe = &instance;

// The results of methods without arguments: a type, and the value.
#define RESULTS(RESULT) \
	RESULT(aChar, char, 'x') \
	RESULT(aBool, bool, true) \
	RESULT(aByte, uint8_t, 200) \
	RESULT(aShort, int16_t, -30000) \
	RESULT(anInt, int, -2000000000) \
	RESULT(aLong, uint64_t, 0x123456789abcdef0) \
	RESULT(aPointer, const void *, &instance) \
	RESULT(aFloat, float, 1.5f) \
	RESULT(aDouble, double, -2.25) \
	RESULT(aLongDouble, long double, 3.125L)

#define METHOD(name, type, value) \
	type name(object *self, SEL) { \
		return self == probe ? value : static_cast<type>(0); \
	}
RESULTS(METHOD)

Words twoWords(object *, SEL, uint64_t first, uint64_t second) {
	return {second, first};
}

Doubles twoDoubles(object *, SEL, double first, double second) {
	return {second, first};
}

Mixed doubleAndWord(object *, SEL, double first, uint64_t second) {
	return {first, second};
}

Floats fourFloats(object *, SEL, float first) {
	return {{first, first + 1, first + 2, first + 3}};
}

Small threeBytes(object *, SEL) {
	return {{1, 2, 3}};
}

Region regionTwice(object *self, SEL, Region given) {
	for (int i = 0; i < 3; i++)
		given.size[i] += given.origin[i] + static_cast<uint64_t>(self->value);
	return given;
}

Color colorOf(object *, SEL, double red, float green, uint64_t blue, Color base) {
	return {base.red + red, base.green + green, base.blue + static_cast<double>(blue), base.alpha};
}

double manyArguments(object *self, SEL, uint64_t a, double b, uint64_t c, double d, uint64_t e, double f, uint64_t g,
	double h, uint64_t i, double j, uint64_t k, double l, uint64_t m, double n, uint64_t o, double p, double q,
	double r) {
	return static_cast<double>(self->value) +
	       static_cast<double>(a + 2 * c + 3 * e + 4 * g + 5 * i + 6 * k + 7 * m + 8 * o) + b * 100 + d * 200 +
	       f * 300 + h * 400 + j * 500 + l * 600 + n * 700 + p * 800 + q * 900 + r * 1000;
}

double sum(object *, SEL, const char *types, ...) {
	double result = 0;
	va_list arguments;
	va_start(arguments, types);
	for (; *types; types++)
		result += *types == 'd' ? va_arg(arguments, double) : va_arg(arguments, int);
	va_end(arguments);
	return result;
}

#ifdef __x86_64__
using Complex = _Complex long double;

Complex aComplex(object *, SEL) {
	Complex result;
	__real__ result = 1.5L;
	__imag__ result = -2.5L;
	return result;
}
#endif

void throwsAnInt(object *self, SEL) {
	throw static_cast<int>(self->value);
}

double throwsDouble(object *, SEL) {
	throw std::runtime_error("double");
}

Region throwsRegion(object *, SEL, Region given) {
	throw given;
}

void *functions_above[3];

_Unwind_Reason_Code remember_function(_Unwind_Context *context, void *user) {
	unsigned *count = static_cast<unsigned *>(user);
	if (*count == sizeof(functions_above) / sizeof(functions_above[0]))
		return _URC_END_OF_STACK;
	functions_above[(*count)++] =
		_Unwind_FindEnclosingFunction(reinterpret_cast<void *>(_Unwind_GetIP(context) - 1));
	return _URC_NO_REASON;
}

__attribute__((noinline)) int looksUp(object *, SEL) {
	unsigned count = 0;
	_Unwind_Backtrace(remember_function, &count);
	return static_cast<int>(count);
}

int initialized;

// Overwrites what a look-up must keep: the first message to a class sends it this one.
void initialize(Class, SEL) {
	initialized++;
#ifdef __x86_64__
	asm volatile("pcmpeqb %%xmm0, %%xmm0; pcmpeqb %%xmm1, %%xmm1; pcmpeqb %%xmm2, %%xmm2; pcmpeqb %%xmm7, %%xmm7"
		     :
		     :
		     : "xmm0", "xmm1", "xmm2", "xmm7");
#endif
}

template <typename Function> void add(Class cls, const char *name, Function *function) {
	assert_true(class_addMethod(
		cls, sel_registerName(name), reinterpret_cast<IMP>(reinterpret_cast<void (*)()>(function)), "@@:"));
}

Class make_class(const char *name) {
	Class cls = objc_allocateClassPair(Nil, name, 0);
	class_addIvar(cls, "isa", sizeof(Class), __builtin_ctz(alignof(Class)), "#");
	objc_registerClassPair(cls);
	add(object_getClass(reinterpret_cast<id>(cls)), "initialize", initialize);
	return cls;
}

int set_up(void **) {
	Class cls = make_class("Probe");
#define ADD_RESULT(name, type, value) add(cls, #name, name);
	RESULTS(ADD_RESULT)
	add(cls, "twoWords", twoWords);
	add(cls, "twoDoubles", twoDoubles);
	add(cls, "doubleAndWord", doubleAndWord);
	add(cls, "fourFloats", fourFloats);
	add(cls, "threeBytes", threeBytes);
	add(cls, "regionTwice", regionTwice);
	add(cls, "colorOf", colorOf);
	add(cls, "manyArguments", manyArguments);
	add(cls, "sum", sum);
#ifdef __x86_64__
	add(cls, "aComplex", aComplex);
#endif
	add(cls, "throwsAnInt", throwsAnInt);
	add(cls, "throwsDouble", throwsDouble);
	add(cls, "throwsRegion", throwsRegion);
	add(cls, "looksUp", looksUp);
	instance.isa = cls;
	instance.value = 1000;
	return 0;
}

void simple_results_arrive(void **) {
#define CHECK_RESULT(name, type, value) assert_true(send<type>(probe, #name) == value);
	RESULTS(CHECK_RESULT)
}

void structs_arrive(void **) {
	Words words = send<Words>(probe, "twoWords", UINT64_C(7), UINT64_C(8));
	assert_int_equal(words.first, 8);
	assert_int_equal(words.second, 7);
	Doubles doubles = send<Doubles>(probe, "twoDoubles", 0.5, 0.25);
	assert_true(doubles.first == 0.25 && doubles.second == 0.5);
	Mixed mixed = send<Mixed>(probe, "doubleAndWord", 0.5, UINT64_C(9));
	assert_true(mixed.first == 0.5 && mixed.second == 9);
	Floats floats = send<Floats>(probe, "fourFloats", 1.f);
	for (int i = 0; i < 4; i++)
		assert_true(floats.values[i] == static_cast<float>(i + 1));
	Small small = send<Small>(probe, "threeBytes");
	assert_true(small.values[0] == 1 && small.values[1] == 2 && small.values[2] == 3);
}

void structs_in_memory_arrive(void **) {
	Region twice = send<Region>(probe, "regionTwice", region);
	assert_true((twice == Region{{1, 2, 3}, {1005, 1007, 1009}}));
	Color color = send<Color>(probe, "colorOf", 0.5, 0.25f, UINT64_C(3), Color{1, 2, 3, 4});
	assert_true(color.red == 1.5 && color.green == 2.25 && color.blue == 6 && color.alpha == 4);
}

// A caller that knows the address of the result itself, as metal-cpp does.
void a_struct_is_written_where_the_caller_says(void **) {
#ifdef __x86_64__
	Region result = {};
	reinterpret_cast<void *(*)(Region *, const void *, SEL, Region)> (&objc_msgSend_stret)(
		&result, probe, sel_registerName("regionTwice"), region);
	assert_int_equal(result.size[2], 1009);
#endif
}

void many_arguments_arrive(void **) {
	double result = send<double>(probe, "manyArguments", UINT64_C(1), 1., UINT64_C(2), 2., UINT64_C(3), 3.,
		UINT64_C(4), 4., UINT64_C(5), 5., UINT64_C(6), 6., UINT64_C(7), 7., UINT64_C(8), 8., 9., 10.);
	assert_true(result == 1000 + 204 + 38500);
}

void variadic_arguments_arrive(void **) {
	SEL selector = sel_registerName("sum");
	// The result is a double, for which the plain function is right.
	auto function = reinterpret_cast<double (*)(const void *, SEL, const char *, ...)>(&objc_msgSend);
	assert_true(function(probe, selector, "idid", 1, .5, 2, .25) == 3.75);
	assert_true(function(probe, selector, "dddddddddd", 1., 2., 3., 4., 5., 6., 7., 8., 9., 10.) == 55);
	assert_true(function(probe, selector, "iiiiiiiiii", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) == 55);
	assert_true(function(probe, selector, "") == 0);
}

void complex_results_arrive(void **) {
#ifdef __x86_64__
	auto function = reinterpret_cast<Complex (*)(const void *, SEL)>(&objc_msgSend_fp2ret);
	Complex result = function(probe, sel_registerName("aComplex"));
	assert_true(__real__ result == 1.5L && __imag__ result == -2.5L);
	result = function(nullptr, sel_registerName("aComplex"));
	assert_true(__real__ result == 0 && __imag__ result == 0);
#endif
}

void nil_returns_zero(void **) {
#define CHECK_NIL(name, type, value) assert_true(send<type>(nullptr, #name) == static_cast<type>(0));
	RESULTS(CHECK_NIL)
	Words words = send<Words>(nullptr, "twoWords", UINT64_C(7), UINT64_C(8));
	assert_true(words.first == 0 && words.second == 0);
	Doubles doubles = send<Doubles>(nullptr, "twoDoubles", 0.5, 0.25);
	assert_true(doubles.first == 0 && doubles.second == 0);
	Mixed mixed = send<Mixed>(nullptr, "doubleAndWord", 0.5, UINT64_C(9));
	assert_true(mixed.first == 0 && mixed.second == 0);
	Floats floats = send<Floats>(nullptr, "fourFloats", 1.f);
	for (float value : floats.values)
		assert_true(value == 0);
	auto function = reinterpret_cast<double (*)(const void *, SEL, const char *, ...)>(&objc_msgSend);
	assert_true(function(nullptr, sel_registerName("sum"), "d", 1.) == 0);
	send<void>(nullptr, "throwsAnInt");
}

// As on macOS, where callers clear it.
void nil_leaves_a_struct_in_memory_alone(void **) {
#ifdef __x86_64__
	Region result = region;
	auto function = reinterpret_cast<void *(*)(Region *, const void *, SEL, Region)>(&objc_msgSend_stret);
	assert_ptr_equal(function(&result, nullptr, sel_registerName("regionTwice"), region), &result);
	assert_true(result == region);
#endif
}

// What a wrapper leaves of the zeros of nil in the x87 unit must not disturb the caller's own arithmetic there.
void nil_leaves_long_doubles_alone(void **) {
	volatile long double third = 1;
	for (int i = 0; i < 20; i++) {
		assert_true(send<double>(nullptr, "aDouble") == 0);
		assert_true(send<float>(nullptr, "aFloat") == 0);
	}
	long double sums[6];
	for (int i = 0; i < 6; i++)
		sums[i] = third / 3 * i;
	assert_true(sums[3] > 0.999L && sums[5] < 1.667L);
	assert_true(send<long double>(nullptr, "aLongDouble") == 0);
}

// The first message to a class initializes it during the look-up.
void first_messages_keep_their_arguments(void **) {
	Class cls = make_class("LateProbe");
	add(cls, "colorOf", colorOf);
	object late = {cls, 0};
	initialized = 0;
	Color color = send<Color>(&late, "colorOf", 0.5, 0.25f, UINT64_C(3), Color{1, 2, 3, 4});
	assert_int_equal(initialized, 1);
	assert_true(color.red == 1.5 && color.green == 2.25 && color.blue == 6 && color.alpha == 4);
}

struct Guard {
	int &count;
	~Guard() {
		count++;
	}
};

void exceptions_pass(void **) {
	int destroyed = 0, caught = 0;
	try {
		Guard guard = {destroyed};
		send<void>(probe, "throwsAnInt");
	} catch (int value) {
		caught = value;
	}
	assert_int_equal(caught, 1000);
	try {
		Guard guard = {destroyed};
		send<double>(probe, "throwsDouble");
	} catch (const std::runtime_error &error) {
		assert_string_equal(error.what(), "double");
		caught++;
	}
	try {
		Guard guard = {destroyed};
		send<Region>(probe, "throwsRegion", region);
	} catch (const Region &thrown) {
		assert_true(thrown == region);
		caught++;
	}
	assert_int_equal(caught, 1002);
	assert_int_equal(destroyed, 3);
}

__attribute__((noinline)) int call_and_look(SEL selector) {
	return reinterpret_cast<int (*)(const void *, SEL)>(&objc_msgSend)(probe, selector) + 1;
}

// The method's caller is the function that sent the message; nothing is between them.
void a_backtrace_shows_the_caller(void **) {
	assert_int_equal(call_and_look(sel_registerName("looksUp")), 4);
	assert_ptr_equal(functions_above[0], reinterpret_cast<void *>(looksUp));
	assert_ptr_equal(functions_above[1], reinterpret_cast<void *>(call_and_look));
	assert_ptr_equal(functions_above[2], reinterpret_cast<void *>(a_backtrace_shows_the_caller));
}

} // namespace

int main() {
	const CMUnitTest tests[] = {
		cmocka_unit_test(simple_results_arrive),
		cmocka_unit_test(structs_arrive),
		cmocka_unit_test(structs_in_memory_arrive),
		cmocka_unit_test(a_struct_is_written_where_the_caller_says),
		cmocka_unit_test(many_arguments_arrive),
		cmocka_unit_test(variadic_arguments_arrive),
		cmocka_unit_test(complex_results_arrive),
		cmocka_unit_test(nil_returns_zero),
		cmocka_unit_test(nil_leaves_a_struct_in_memory_alone),
		cmocka_unit_test(nil_leaves_long_doubles_alone),
		cmocka_unit_test(first_messages_keep_their_arguments),
		cmocka_unit_test(exceptions_pass),
		cmocka_unit_test(a_backtrace_shows_the_caller),
	};
	return cmocka_run_group_tests_name("cpp returns", tests, set_up, nullptr);
}
