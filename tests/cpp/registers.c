/* SPDX-License-Identifier: MIT */
/* objc_msgSend and its kin, to the register: linked to a look-up of the test's own, which overwrites every register
 * that a called function may. Also for a processor that is emulated, with no library but C's; hence no framework.
 * Prints TAP. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unwind.h>

#ifdef __x86_64__
#define INTEGERS "rdi", "rsi", "rdx", "rcx", "r8", "r9", "rax", "r10"
enum { INTEGER_COUNT = 8, VECTOR_COUNT = 8 };
#else
#define INTEGERS "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x18"
enum { INTEGER_COUNT = 10, VECTOR_COUNT = 8 };
#endif

struct registers {
	uint64_t integers[INTEGER_COUNT];
	uint64_t vectors[VECTOR_COUNT][2];
	uint64_t stack; /* the stack pointer */
};

/* What the caller had in its registers, and what the method found in them. */
struct registers sent, received, returned;
void *lookup_receiver, *lookup_selector;
static int lookup_count, lookup_unwound; /* from the look-up by the tested function and `call` to main */
static uintptr_t lookup_alignment;

/* Loads all registers from `sent`, calls `function`, and stores what it returns. */
void call(void (*function)(void));
/* Stores all registers into `received`. */
void method(void);
void overwrite_registers(void);

#ifdef __x86_64__
__asm__(".text\n"
	".globl call\n"
	".type call, @function\n"
	"call:\n"
	".cfi_startproc\n"
	"push %rbp\n"
	".cfi_def_cfa_offset 16\n"
	".cfi_offset %rbp, -16\n"
	"mov %rsp, %rbp\n"
	".cfi_def_cfa_register %rbp\n"
	"mov %rdi, %r11\n"
	"mov sent@GOTPCREL(%rip), %rax\n"
	"mov %rsp, 192(%rax)\n"
	"movups 64(%rax), %xmm0\n"
	"movups 80(%rax), %xmm1\n"
	"movups 96(%rax), %xmm2\n"
	"movups 112(%rax), %xmm3\n"
	"movups 128(%rax), %xmm4\n"
	"movups 144(%rax), %xmm5\n"
	"movups 160(%rax), %xmm6\n"
	"movups 176(%rax), %xmm7\n"
	"mov 0(%rax), %rdi\n"
	"mov 8(%rax), %rsi\n"
	"mov 16(%rax), %rdx\n"
	"mov 24(%rax), %rcx\n"
	"mov 32(%rax), %r8\n"
	"mov 40(%rax), %r9\n"
	"mov 56(%rax), %r10\n"
	"mov 48(%rax), %rax\n"
	"call *%r11\n"
	"mov returned@GOTPCREL(%rip), %rcx\n"
	"mov %rax, 0(%rcx)\n"
	"mov %rdx, 8(%rcx)\n"
	"movups %xmm0, 64(%rcx)\n"
	"movups %xmm1, 80(%rcx)\n"
	"pop %rbp\n"
	".cfi_def_cfa %rsp, 8\n"
	"ret\n"
	".cfi_endproc\n"
	".size call, . - call\n"

	".globl method\n"
	".type method, @function\n"
	"method:\n"
	"push %rax\n"
	"mov received@GOTPCREL(%rip), %rax\n"
	"mov %rdi, 0(%rax)\n"
	"mov %rsi, 8(%rax)\n"
	"mov %rdx, 16(%rax)\n"
	"mov %rcx, 24(%rax)\n"
	"mov %r8, 32(%rax)\n"
	"mov %r9, 40(%rax)\n"
	"pop %rcx\n"
	"mov %rcx, 48(%rax)\n"
	"mov %r10, 56(%rax)\n"
	"movups %xmm0, 64(%rax)\n"
	"movups %xmm1, 80(%rax)\n"
	"movups %xmm2, 96(%rax)\n"
	"movups %xmm3, 112(%rax)\n"
	"movups %xmm4, 128(%rax)\n"
	"movups %xmm5, 144(%rax)\n"
	"movups %xmm6, 160(%rax)\n"
	"movups %xmm7, 176(%rax)\n"
	"lea 8(%rsp), %rcx\n" /* as before the call */
	"mov %rcx, 192(%rax)\n"
	"mov $77, %eax\n"
	"ret\n"
	".size method, . - method\n"

	".globl overwrite_registers\n"
	".type overwrite_registers, @function\n"
	"overwrite_registers:\n"
	"mov $-1, %rax\n"
	"mov %rax, %rdi\n"
	"mov %rax, %rsi\n"
	"mov %rax, %rdx\n"
	"mov %rax, %rcx\n"
	"mov %rax, %r8\n"
	"mov %rax, %r9\n"
	"mov %rax, %r10\n"
	"mov %rax, %r11\n"
	"pcmpeqb %xmm0, %xmm0\n"
	"pcmpeqb %xmm1, %xmm1\n"
	"pcmpeqb %xmm2, %xmm2\n"
	"pcmpeqb %xmm3, %xmm3\n"
	"pcmpeqb %xmm4, %xmm4\n"
	"pcmpeqb %xmm5, %xmm5\n"
	"pcmpeqb %xmm6, %xmm6\n"
	"pcmpeqb %xmm7, %xmm7\n"
	"ret\n"
	".size overwrite_registers, . - overwrite_registers\n");
#else
__asm__(".text\n"
	".globl call\n"
	".type call, %function\n"
	"call:\n"
	".cfi_startproc\n"
	"stp x29, x30, [sp, #-16]!\n"
	".cfi_def_cfa_offset 16\n"
	".cfi_offset x29, -16\n"
	".cfi_offset x30, -8\n"
	"mov x29, sp\n"
	"mov x16, x0\n"
	"adrp x17, sent\n"
	"add x17, x17, :lo12:sent\n"
	"mov x9, sp\n"
	"str x9, [x17, #208]\n"
	"ldp q0, q1, [x17, #80]\n"
	"ldp q2, q3, [x17, #112]\n"
	"ldp q4, q5, [x17, #144]\n"
	"ldp q6, q7, [x17, #176]\n"
	"ldp x0, x1, [x17, #0]\n"
	"ldp x2, x3, [x17, #16]\n"
	"ldp x4, x5, [x17, #32]\n"
	"ldp x6, x7, [x17, #48]\n"
	"ldp x8, x18, [x17, #64]\n"
	"blr x16\n"
	"adrp x17, returned\n"
	"add x17, x17, :lo12:returned\n"
	"stp x0, x1, [x17, #0]\n"
	"stp q0, q1, [x17, #80]\n"
	"stp q2, q3, [x17, #112]\n"
	"ldp x29, x30, [sp], #16\n"
	".cfi_restore x29\n"
	".cfi_restore x30\n"
	".cfi_def_cfa_offset 0\n"
	"ret\n"
	".cfi_endproc\n"
	".size call, . - call\n"

	".globl method\n"
	".type method, %function\n"
	"method:\n"
	"adrp x17, received\n"
	"add x17, x17, :lo12:received\n"
	"stp x0, x1, [x17, #0]\n"
	"stp x2, x3, [x17, #16]\n"
	"stp x4, x5, [x17, #32]\n"
	"stp x6, x7, [x17, #48]\n"
	"stp x8, x18, [x17, #64]\n"
	"stp q0, q1, [x17, #80]\n"
	"stp q2, q3, [x17, #112]\n"
	"stp q4, q5, [x17, #144]\n"
	"stp q6, q7, [x17, #176]\n"
	"mov x9, sp\n"
	"str x9, [x17, #208]\n"
	"mov x0, #77\n"
	"ret\n"
	".size method, . - method\n"

	".globl overwrite_registers\n"
	".type overwrite_registers, %function\n"
	"overwrite_registers:\n"
	"mov x0, #-1\n"
	"mov x1, x0\n"
	"mov x2, x0\n"
	"mov x3, x0\n"
	"mov x4, x0\n"
	"mov x5, x0\n"
	"mov x6, x0\n"
	"mov x7, x0\n"
	"mov x8, x0\n"
	"mov x16, x0\n"
	"mov x17, x0\n"
	"mov x18, x0\n"
	"movi v0.16b, #255\n"
	"movi v1.16b, #255\n"
	"movi v2.16b, #255\n"
	"movi v3.16b, #255\n"
	"movi v4.16b, #255\n"
	"movi v5.16b, #255\n"
	"movi v6.16b, #255\n"
	"movi v7.16b, #255\n"
	"ret\n"
	".size overwrite_registers, . - overwrite_registers\n");
#endif

int main(void);

/* The frames at which two functions were found; -1: not. */
struct walk {
	int frame, call, main;
};

static _Unwind_Reason_Code look_at_frame(struct _Unwind_Context *context, void *user) {
	struct walk *walk = user;
	const uintptr_t function = (uintptr_t)_Unwind_FindEnclosingFunction((void *)(_Unwind_GetIP(context) - 1));
	if (function == (uintptr_t)call)
		walk->call = walk->frame;
	if (function == (uintptr_t)main)
		walk->main = walk->frame;
	walk->frame++;
	return walk->frame < 20 ? _URC_NO_REASON : _URC_END_OF_STACK;
}

typedef void (*implementation)(void);
implementation objc_msg_lookup(void *receiver, void *selector);

__attribute__((noinline)) implementation objc_msg_lookup(void *receiver, void *selector) {
	struct walk walk = {.call = -1, .main = -1};
	lookup_count++;
	lookup_receiver = receiver;
	lookup_selector = selector;
	lookup_alignment = (uintptr_t)__builtin_dwarf_cfa() % 16;
	_Unwind_Backtrace(look_at_frame, &walk);
	lookup_unwound = walk.call == 2 && walk.main > walk.call;
	overwrite_registers();
	return method;
}

void objc_msgSend(void);
#ifdef __x86_64__
void objc_msgSend_stret(void);
void objc_msgSend_fpret(void);
void objc_msgSend_fp2ret(void);
#endif

static const struct function {
	const char *name;
	void (*function)(void);
	unsigned receiver;    /* the index of its register; the selector is in the next */
	unsigned x87_results; /* zeros for nil */
} functions[] = {
	{"objc_msgSend", objc_msgSend, 0, 0},
#ifdef __x86_64__
	{"objc_msgSend_stret", objc_msgSend_stret, 1, 0},
	{"objc_msgSend_fpret", objc_msgSend_fpret, 0, 1},
	{"objc_msgSend_fp2ret", objc_msgSend_fp2ret, 0, 2},
#endif
};
enum { FUNCTION_COUNT = sizeof(functions) / sizeof(functions[0]) };

static int number, failed;

static void check(int holds, const char *function, const char *what) {
	failed |= !holds;
	printf("%s %d - %s %s\n", holds ? "ok" : "not ok", ++number, function, what);
}

static void fill(void) {
	for (unsigned i = 0; i < INTEGER_COUNT; i++)
		sent.integers[i] = UINT64_C(0x1111111111111111) * (i + 1);
	for (unsigned i = 0; i < VECTOR_COUNT; i++)
		for (unsigned half = 0; half < 2; half++)
			sent.vectors[i][half] = UINT64_C(0x0101010101010101) * (16 + 2 * i + half);
}

static int all_arrived(void) {
	static const char *const names[] = {INTEGERS};
	for (unsigned i = 0; i < INTEGER_COUNT; i++)
		if (sent.integers[i] != received.integers[i])
			printf("# %s was %#llx, is %#llx\n", names[i], (unsigned long long)sent.integers[i],
				(unsigned long long)received.integers[i]);
	return memcmp(&sent, &received, offsetof(struct registers, stack)) == 0;
}

static void send_to_object(const struct function *tested) {
	fill();
	memset(&received, 0, sizeof(received));
	lookup_count = 0;
	call(tested->function);
	check(all_arrived(), tested->name, "keeps every register of an argument");
	check(lookup_receiver == (void *)sent.integers[tested->receiver] &&
			lookup_selector == (void *)sent.integers[tested->receiver + 1] && lookup_count == 1,
		tested->name, "looks up the receiver and the selector once");
	check(received.stack == sent.stack, tested->name, "leaves the stack as the caller had it");
	check(lookup_alignment == 0, tested->name, "calls the look-up with an aligned stack");
	check(lookup_unwound, tested->name, "is unwound from inside the look-up");
	check(returned.integers[0] == 77, tested->name, "returns what the method returns");
}

#ifdef __x86_64__
/* How many of the x87 registers hold something, of which each is a zero; -1 if one is not. They are emptied. */
static int take_x87(void) {
	struct {
		uint32_t control, status, tags, rest[4];
	} environment;
	__asm__ volatile("fnstenv %0\n\tfldenv %0" : "=m"(environment));
	int held = 0;
	for (unsigned i = 0; i < 8; i++)
		held += (environment.tags >> 2 * i & 3) != 3;
	for (int i = 0; i < held; i++) {
		long double value;
		__asm__ volatile("fstpt %0" : "=m"(value));
		if (value != 0)
			held = -1;
	}
	return held;
}
#else
static int take_x87(void) {
	return 0;
}
#endif

static int all_zero(const struct function *tested) {
	const uint64_t zeros[2] = {0};
	if (tested->receiver == 1) /* the address of the struct */
		return returned.integers[0] == sent.integers[0];
	int zero = memcmp(returned.integers, zeros, 16) == 0;
#ifdef __x86_64__
	const unsigned vectors = 2;
#else
	const unsigned vectors = 4;
#endif
	for (unsigned i = 0; i < vectors; i++)
		zero &= memcmp(returned.vectors[i], zeros, 16) == 0;
	return zero;
}

static void send_to_nil(const struct function *tested) {
	fill();
	memset(&received, 0, sizeof(received));
	memset(&returned, 255, sizeof(returned));
	lookup_count = 0;
	sent.integers[tested->receiver] = 0;
	call(tested->function);
	check(all_zero(tested), tested->name, "to nil returns zero");
	check(take_x87() == (int)tested->x87_results, tested->name, "to nil returns its x87 zeros");
	check(lookup_count == 0 && received.stack == 0, tested->name, "to nil calls nothing");
	/* As metal-cpp does, which takes the zero of an SSE register only. */
	for (int i = 0; i < 20; i++)
		call(tested->function);
	check(take_x87() == (int)tested->x87_results, tested->name, "to nil fills no x87 registers when repeated");
}

int main(void) {
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("1..%d\n", FUNCTION_COUNT * 10);
	for (unsigned i = 0; i < FUNCTION_COUNT; i++) {
		send_to_object(&functions[i]);
		send_to_nil(&functions[i]);
	}
	return failed;
}
