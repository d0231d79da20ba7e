/* SPDX-License-Identifier: MIT */
#include <objc/runtime.h>
