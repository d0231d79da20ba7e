/* SPDX-License-Identifier: MIT */
/* Has the name of libobjc2, and with INTERPOSES a function that libtongs calls, which reaches this one then. */
#ifdef INTERPOSES
void *objc_msg_lookup(void *receiver, const void *selector);

__attribute__((visibility("default"))) void *objc_msg_lookup(void *receiver, const void *selector) {
	(void)receiver;
	(void)selector;
	return (void *)0;
}
#endif
typedef int not_empty;
