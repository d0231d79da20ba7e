/* SPDX-License-Identifier: MIT */
/* Starting threads of Tongs in an application's process. */
#ifndef TONGS_UTIL_THREAD_H
#define TONGS_UTIL_THREAD_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

/* The thread takes no signals: they are for the application's threads. It is to be joined or detached. */
static inline bool tongs_thread_start(pthread_t *thread, void *(*body)(void *user), void *user) {
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	const bool started = pthread_create(thread, NULL, body, user) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return started;
}

/* Nobody joins it: it gives up what `user` is. */
static inline bool tongs_thread_start_detached(void *(*body)(void *user), void *user) {
	pthread_t thread;
	if (!tongs_thread_start(&thread, body, user))
		return false;
	pthread_detach(thread);
	return true;
}

#endif
