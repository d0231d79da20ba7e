/* SPDX-License-Identifier: MIT */
/* objc_msgSend for aarch64, which is enough for all results there: the look-up of GCC's runtime, then a jump to the
 * method, which sees its caller's stack and registers. Every register that can hold an argument is kept: eight integers,
 * the address of a struct's result (x8), the static chain (x18), eight vectors. */
#include "functions.inc"

	.text

begin objc_msgSend
	hint #34 /* bti c: may be called by pointer */
	cbz x0, 1f
	stp x29, x30, [sp, #-224]!
	.cfi_def_cfa_offset 224
	.cfi_offset x29, -224
	.cfi_offset x30, -216
	mov x29, sp
	stp x0, x1, [sp, #16]
	stp x2, x3, [sp, #32]
	stp x4, x5, [sp, #48]
	stp x6, x7, [sp, #64]
	stp x8, x18, [sp, #80]
	stp q0, q1, [sp, #96]
	stp q2, q3, [sp, #128]
	stp q4, q5, [sp, #160]
	stp q6, q7, [sp, #192]
	adrp x16, :got:objc_msg_lookup
	ldr x16, [x16, :got_lo12:objc_msg_lookup]
	blr x16
	mov x16, x0 /* from this register a jump may lead to bti c */
	ldp x0, x1, [sp, #16]
	ldp x2, x3, [sp, #32]
	ldp x4, x5, [sp, #48]
	ldp x6, x7, [sp, #64]
	ldp x8, x18, [sp, #80]
	ldp q0, q1, [sp, #96]
	ldp q2, q3, [sp, #128]
	ldp q4, q5, [sp, #160]
	ldp q6, q7, [sp, #192]
	ldp x29, x30, [sp], #224
	.cfi_def_cfa_offset 0
	.cfi_restore x29
	.cfi_restore x30
	br x16
1:	mov x0, #0
	mov x1, #0
	movi v0.2d, #0
	movi v1.2d, #0
	movi v2.2d, #0
	movi v3.2d, #0
	ret
end objc_msgSend

	.section .note.GNU-stack, "", %progbits

#ifdef __ARM_FEATURE_BTI_DEFAULT
	/* GNU_PROPERTY_AARCH64_FEATURE_1_AND: BTI */
	.section .note.gnu.property, "a"
	.p2align 3
	.word 4, 16, 5
	.asciz "GNU"
	.word 0xc0000000, 4, 1, 0
#endif
