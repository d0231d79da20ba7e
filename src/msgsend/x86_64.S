/* SPDX-License-Identifier: MIT */
/* objc_msgSend and its kin for x86-64: the look-up of GCC's runtime, then a jump to the method, which sees its caller's
 * stack and registers. Every register that can hold an argument is kept: six integers, the count of vector registers
 * of a variadic call (al), the static chain (r10), eight vectors (their low 128 bits, as C code expects). */
#include "functions.inc"

	.text

/* Looks up the method of the receiver and selector in the given registers, and jumps to it. */
.macro send receiver, selector
	push %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	mov %rsp, %rbp
	.cfi_def_cfa_register %rbp
	sub $192, %rsp
	mov %rax, -8(%rbp)
	mov %rdi, -16(%rbp)
	mov %rsi, -24(%rbp)
	mov %rdx, -32(%rbp)
	mov %rcx, -40(%rbp)
	mov %r8, -48(%rbp)
	mov %r9, -56(%rbp)
	mov %r10, -64(%rbp)
	movaps %xmm0, -80(%rbp)
	movaps %xmm1, -96(%rbp)
	movaps %xmm2, -112(%rbp)
	movaps %xmm3, -128(%rbp)
	movaps %xmm4, -144(%rbp)
	movaps %xmm5, -160(%rbp)
	movaps %xmm6, -176(%rbp)
	movaps %xmm7, -192(%rbp)
	.ifnc \receiver, %rdi
	mov \receiver, %rdi
	mov \selector, %rsi
	.endif
	call *objc_msg_lookup@GOTPCREL(%rip)
	mov %rax, %r11
	mov -8(%rbp), %rax
	mov -16(%rbp), %rdi
	mov -24(%rbp), %rsi
	mov -32(%rbp), %rdx
	mov -40(%rbp), %rcx
	mov -48(%rbp), %r8
	mov -56(%rbp), %r9
	mov -64(%rbp), %r10
	movaps -80(%rbp), %xmm0
	movaps -96(%rbp), %xmm1
	movaps -112(%rbp), %xmm2
	movaps -128(%rbp), %xmm3
	movaps -144(%rbp), %xmm4
	movaps -160(%rbp), %xmm5
	movaps -176(%rbp), %xmm6
	movaps -192(%rbp), %xmm7
	leave
	.cfi_def_cfa %rsp, 8
	.cfi_restore %rbp
	jmp *%r11
.endm

/* Zero in every integer and vector register of a result. */
.macro return_zero
	xor %eax, %eax
	xor %edx, %edx
	pxor %xmm0, %xmm0
	pxor %xmm1, %xmm1
	ret
.endm

begin objc_msgSend
	_CET_ENDBR
	test %rdi, %rdi
	jz 1f
	send %rdi, %rsi
1:	return_zero
end objc_msgSend

/* A struct in memory, whose address comes before the receiver, and is returned. */
begin objc_msgSend_stret
	_CET_ENDBR
	test %rsi, %rsi
	jz 1f
	send %rsi, %rdx
1:	mov %rdi, %rax
	ret
end objc_msgSend_stret

/* The x87 registers are empty between functions, except for a result, which the caller takes. metal-cpp calls this for
 * float and double, too, and leaves the zero there; emms empties them, so that it is one at most. */
begin objc_msgSend_fpret
	_CET_ENDBR
	test %rdi, %rdi
	jz 1f
	send %rdi, %rsi
1:	emms
	fldz
	return_zero
end objc_msgSend_fpret

begin objc_msgSend_fp2ret
	_CET_ENDBR
	test %rdi, %rdi
	jz 1f
	send %rdi, %rsi
1:	emms
	fldz
	fldz
	return_zero
end objc_msgSend_fp2ret

	.section .note.GNU-stack, "", %progbits
