/* SPDX-License-Identifier: MIT */
/* Functions of libobjc2. libobjc2.symbols says what it exports. */
#ifndef TESTS_OBJC_LIBOBJC2_RUNTIME_H
#define TESTS_OBJC_LIBOBJC2_RUNTIME_H

#include <objc/objc.h>

typedef struct objc_ivar *Ivar;
typedef struct objc_method *Method;

Class object_getClass(id object);
const char *object_getClassName(id object);

BOOL class_addMethod(Class owner, SEL name, IMP method, const char *types);
BOOL class_addProtocol(Class owner, Protocol *protocol);
BOOL class_conformsToProtocol(Class owner, Protocol *protocol);
Method class_getInstanceMethod(Class owner, SEL name);
IMP class_getMethodImplementation(Class owner, SEL name);
const char *class_getName(Class owner);
Class class_getSuperclass(Class owner);
BOOL class_isMetaClass(Class owner);
IMP class_replaceMethod(Class owner, SEL name, IMP method, const char *types);
BOOL class_respondsToSelector(Class owner, SEL name);
const char *method_getTypeEncoding(Method method);

Class objc_allocateClassPair(Class super, const char *name, size_t extra);
void objc_registerClassPair(Class owner);
Class objc_lookUpClass(const char *name);
Protocol *objc_allocateProtocol(const char *name);
Protocol *objc_getProtocol(const char *name);

const char *sel_getName(SEL selector);
const char *sel_getType_np(SEL selector);
SEL sel_registerName(const char *name);
SEL sel_registerTypedName_np(const char *name, const char *types);

#endif
