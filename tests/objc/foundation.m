/* SPDX-License-Identifier: MIT */
/* A program with GNUstep's Foundation: Metal objects live among its own. */
#import <Foundation/Foundation.h>
#import <IOSurface/IOSurface.h>
#import <Metal/Metal.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "device.h"
#include "messages.h"

/* Every case runs in a pool of its own, which is drained before the case is over. */
#define CASE(name) \
	static void name##_in_pool(void); \
	static void name(void **state) { \
		(void)state; \
		NSAutoreleasePool *pool = [NSAutoreleasePool new]; \
		name##_in_pool(); \
		[pool drain]; \
	} \
	static void name##_in_pool(void)

static MTLTextureDescriptor *small_texture(void) {
	return [MTLTextureDescriptor texture2DDescriptorWithPixelFormat:MTLPixelFormatRGBA8Unorm
								  width:8
								 height:4
							      mipmapped:NO];
}

CASE(arrays_hold_buffers) {
	NSMutableArray *array = [NSMutableArray array];
	id<MTLBuffer> first = nil;
	for (NSUInteger i = 1; i <= 10; i++) {
		id<MTLBuffer> buffer = [device newBufferWithLength:i * 100 options:0];
		((uint8_t *)[buffer contents])[0] = (uint8_t)i;
		[array addObject:buffer];
		assert_int_equal([buffer retainCount], 2);
		[buffer release];
		if (!first)
			first = buffer;
	}
	assert_true([array containsObject:first] && [array indexOfObject:first] == 0);
	NSUInteger i = 0;
	for (id<MTLBuffer> buffer in array) {
		i++;
		assert_int_equal(buffer.length, i * 100);
		assert_int_equal(((uint8_t *)[buffer contents])[0], i);
	}
	assert_int_equal(i, 10);
	[array removeObject:first];
	assert_int_equal([array count], 9);
	assert_int_equal(tongs_handle_kind(first), TONGS_KIND_NONE);
	id<MTLBuffer> last = [array lastObject];
	[array removeAllObjects];
	assert_int_equal(tongs_handle_kind(last), TONGS_KIND_NONE);
}

CASE(sets_and_dictionaries_hold_objects) {
	id<MTLBuffer> buffer = [device newBufferWithLength:64 options:0];
	NSSet *set = [NSSet setWithObjects:buffer, device, buffer, nil];
	assert_int_equal([set count], 2);
	assert_true([set containsObject:buffer]);
	NSDictionary *dictionary = [NSDictionary dictionaryWithObject:buffer forKey:@"buffer"];
	assert_ptr_equal([dictionary objectForKey:@"buffer"], buffer);
	MTLHeapDescriptor *key = [[MTLHeapDescriptor new] autorelease];
	key.size = 4096;
	NSMapTable *table = NSCreateMapTable(NSObjectMapKeyCallBacks, NSObjectMapValueCallBacks, 4);
	NSMapInsert(table, key, buffer);
	assert_ptr_equal(NSMapGet(table, key), buffer);
	NSFreeMapTable(table);
	[buffer release];
}

CASE(objects_describe_themselves) {
	MTLHeapDescriptor *d = [[MTLHeapDescriptor new] autorelease];
	d.size = 65536;
	id<MTLHeap> heap = [[device newHeapWithDescriptor:d] autorelease];
	id<MTLTexture> texture = [[device newTextureWithDescriptor:small_texture()] autorelease];
	id<MTLBuffer> buffer = [[device newBufferWithLength:77 options:0] autorelease];
	buffer.label = @"the buffer";
	NSArray *objects = [NSArray arrayWithObjects:device, heap, texture, buffer, d, small_texture(), nil];
	for (id object in objects) {
		NSString *name = NSStringFromClass([object class]);
		NSString *text = [NSString stringWithFormat:@"%@", object];
		assert_true([[object description] isKindOfClass:[NSString class]]);
		assert_true([text rangeOfString:name].location != NSNotFound);
		assert_true([[object debugDescription] rangeOfString:name].location != NSNotFound);
		assert_true([[objects description] rangeOfString:name].location != NSNotFound);
		NSLog(@"%@", object);
	}
	assert_true([[buffer description] rangeOfString:@"the buffer"].location != NSNotFound);
	assert_true([[buffer description] rangeOfString:@"77"].location != NSNotFound);
	assert_true([[MTLHeapDescriptor description] isEqual:@"MTLHeapDescriptor"]);
}

CASE(pools_release_what_is_autoreleased) {
	NSAutoreleasePool *pool = [NSAutoreleasePool new];
	id<MTLBuffer> buffer = [[[device newBufferWithLength:64 options:0] retain] autorelease];
	MTLTextureDescriptor *descriptor = small_texture();
	assert_int_equal([descriptor retainCount], 1);
	assert_int_equal(tongs_handle_kind(descriptor), TONGS_KIND_TEXTURE_DESCRIPTOR);
	[pool drain];
	assert_int_equal(tongs_handle_kind(descriptor), TONGS_KIND_NONE);
	assert_int_equal([buffer retainCount], 1);
	[buffer release];
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_NONE);
}

CASE(labels_are_nsstrings) {
	id<MTLBuffer> buffer = [[device newBufferWithLength:64 options:0] autorelease];
	assert_null(buffer.label);
	NSMutableString *label = [NSMutableString stringWithString:@"Größe"];
	buffer.label = label;
	[label appendString:@", changed"];
	assert_true([buffer.label isKindOfClass:[NSString class]]);
	assert_true([buffer.label isEqualToString:@"Größe"]);
	assert_string_equal(
		tongs_resource_get_label(tongs_buffer_get_resource((struct tongs_buffer *)buffer)), "Größe");
	assert_true([device.name
		isEqual:[NSString stringWithUTF8String:tongs_device_get_name((struct tongs_device *)device)]]);
	buffer.label = nil;
	assert_null(buffer.label);
	tongs_resource_set_label(tongs_buffer_get_resource((struct tongs_buffer *)buffer), "not UTF-8: \xfc");
	assert_true([buffer.label isEqual:@"not UTF-8: ü"]);
}

CASE(all_devices_come_in_an_nsarray) {
	NSArray *all = MTLCopyAllDevices();
	assert_true([all isKindOfClass:[NSArray class]]);
	assert_int_equal([all count], tongs_device_new_all(NULL, 0));
	NSUInteger seen = 0;
	for (id<MTLDevice> each in all) {
		assert_true([each conformsToProtocol:@protocol(MTLDevice)]);
		seen += each == device;
	}
	assert_int_equal(seen, 1);
	[all release];
}

CASE(protocols_are_adopted) {
	id<MTLBuffer> buffer = [[device newBufferWithLength:64 options:0] autorelease];
	assert_true([buffer conformsToProtocol:@protocol(MTLBuffer)]);
	assert_true([buffer conformsToProtocol:@protocol(MTLResource)]);
	assert_true([buffer conformsToProtocol:@protocol(NSObject)]);
	assert_false([buffer conformsToProtocol:@protocol(MTLTexture)]);
	assert_false([buffer conformsToProtocol:@protocol(NSCopying)]);
	assert_true([small_texture() conformsToProtocol:@protocol(NSCopying)]);
	assert_true([buffer respondsToSelector:@selector(contents)]);
	assert_false([buffer respondsToSelector:@selector(uppercaseString)]);
	assert_false([(id)buffer isKindOfClass:[NSObject class]]);
}

CASE(invocations_reach_methods) {
	SEL selector = @selector(newBufferWithLength:options:);
	NSMethodSignature *signature = [(id)device methodSignatureForSelector:selector];
	assert_int_equal([signature numberOfArguments], 4);
	NSInvocation *invocation = [NSInvocation invocationWithMethodSignature:signature];
	NSUInteger length = 4321;
	MTLResourceOptions options = MTLResourceStorageModeShared;
	id<MTLBuffer> buffer = nil;
	[invocation setTarget:device];
	[invocation setSelector:selector];
	[invocation setArgument:&length atIndex:2];
	[invocation setArgument:&options atIndex:3];
	[invocation invoke];
	[invocation getReturnValue:&buffer];
	assert_int_equal(buffer.length, 4321);
	[buffer release];

	selector = @selector(heapBufferSizeAndAlignWithLength:options:);
	signature = [(id)device methodSignatureForSelector:selector];
	assert_int_equal([signature methodReturnLength], sizeof(MTLSizeAndAlign));
	invocation = [NSInvocation invocationWithMethodSignature:signature];
	MTLSizeAndAlign answer = {0, 0};
	[invocation setTarget:device];
	[invocation setSelector:selector];
	[invocation setArgument:&length atIndex:2];
	[invocation setArgument:&options atIndex:3];
	[invocation invoke];
	[invocation getReturnValue:&answer];
	assert_true(answer.size >= 4321 && answer.align > 0);
	assert_non_null([(Class)[TongsObject class] instanceMethodSignatureForSelector:@selector(hash)]);
	assert_null([(id)device methodSignatureForSelector:@selector(uppercaseString)]);
}

@protocol Unknown
- (id)someObject;
- (int)someNumber;
- (double)someDouble;
- (MTLSize)someSize;
- (MTLSizeAndAlign)somePair;
@end

static const char *unknown_name; /* of the selector that was last refused */

static BOOL raises(id object, void (*send)(id<Unknown>)) {
	NSString *reason = nil;
	@try {
		send(object);
	} @catch (NSException *exception) {
		if ([[exception name] isEqual:NSInvalidArgumentException])
			reason = [exception reason];
	}
	NSString *name = [NSString stringWithUTF8String:unknown_name];
	return reason && [reason rangeOfString:name].location != NSNotFound &&
	       [reason rangeOfString:NSStringFromClass([object class])].location != NSNotFound;
}

static void send_object(id<Unknown> object) {
	unknown_name = "someObject";
	[object someObject];
}

static void send_number(id<Unknown> object) {
	unknown_name = "someNumber";
	(void)[object someNumber];
}

static void send_double(id<Unknown> object) {
	unknown_name = "someDouble";
	(void)[object someDouble];
}

static void send_size(id<Unknown> object) {
	unknown_name = "someSize";
	MTLSize size = [object someSize];
	(void)size;
}

static void send_pair(id<Unknown> object) {
	unknown_name = "somePair";
	MTLSizeAndAlign pair = [object somePair];
	(void)pair;
}

static void send_untyped(id<Unknown> object) {
	unknown_name = "nobodyDeclaresThis";
	[(id)object performSelector:NSSelectorFromString(@"nobodyDeclaresThis")];
}

static void send_refusal(id<Unknown> object) {
	unknown_name = "someObject";
	[(NSObject *)object doesNotRecognizeSelector:@selector(someObject)];
}

CASE(unknown_selectors_raise) {
	static void (*const sends[])(id<Unknown>) = {
		send_object, send_number, send_double, send_size, send_pair, send_untyped, send_refusal};
	id<MTLTexture> texture = [[device newTextureWithDescriptor:small_texture()] autorelease];
	NSArray *objects = [NSArray arrayWithObjects:device, texture, small_texture(), [MTLHeapDescriptor class], nil];
	for (id object in objects)
		for (size_t i = 0; i < sizeof(sends) / sizeof(sends[0]); i++)
			if (!raises(object, sends[i]))
				fail_msg("%s did not raise for %s", [[object description] UTF8String], unknown_name);
	assert_int_equal(messages.count, 0);
	assert_int_equal(texture.width, 8);
}

CASE(arrays_make_their_objects_perform) {
	id<MTLBuffer> buffer = [[device newBufferWithLength:64 options:0] autorelease];
	NSArray *array = [NSArray arrayWithObject:buffer];
	[array makeObjectsPerformSelector:@selector(setLabel:) withObject:@"performed"];
	assert_true([buffer.label isEqual:@"performed"]);
}

CASE(bytes_go_through_nsdata) {
	uint8_t texels[4][8][4];
	for (size_t i = 0; i < sizeof(texels); i++)
		((uint8_t *)texels)[i] = (uint8_t)(i * 5);
	NSData *data = [NSData dataWithBytes:texels length:sizeof(texels)];
	id<MTLTexture> texture = [[device newTextureWithDescriptor:small_texture()] autorelease];
	[texture replaceRegion:MTLRegionMake2D(0, 0, 8, 4) mipmapLevel:0 withBytes:[data bytes] bytesPerRow:32];
	NSMutableData *back = [NSMutableData dataWithLength:sizeof(texels)];
	[texture getBytes:[back mutableBytes] bytesPerRow:32 fromRegion:MTLRegionMake2D(0, 0, 8, 4) mipmapLevel:0];
	assert_true([back isEqual:data]);
	assert_int_equal(messages.count, 0);
}

static NSNumber *number(unsigned value) {
	return [NSNumber numberWithUnsignedInt:value];
}

/* The constants and NSStrings of the same text are the same keys. */
CASE(dictionaries_describe_surfaces) {
	NSDictionary *first =
		[NSDictionary dictionaryWithObjectsAndKeys:number(1920), kIOSurfacePlaneWidth, number(1080),
			      kIOSurfacePlaneHeight, number(2), kIOSurfacePlaneBytesPerElement, nil];
	NSDictionary *second = [NSDictionary dictionaryWithObjectsAndKeys:number(960), @"IOSurfacePlaneWidth",
					     [NSNumber numberWithLongLong:540], @"IOSurfacePlaneHeight",
					     [NSNumber numberWithShort:4], @"IOSurfacePlaneBytesPerElement", nil];
	NSMutableDictionary *properties = [NSMutableDictionary dictionary];
	[properties setObject:number(0x78343230) forKey:IOSurfacePropertyKeyPixelFormat]; /* x420 */
	[properties setObject:[NSArray arrayWithObjects:first, second, nil] forKey:(id)kIOSurfacePlaneInfo];
	assert_true([(id)kIOSurfaceName isKindOfClass:[NSString class]]);
	assert_true([@"IOSurfaceName" isEqual:(id)kIOSurfaceName] && [(id)kIOSurfaceName isEqual:@"IOSurfaceName"]);
	assert_int_equal([(id)kIOSurfaceName hash], [@"IOSurfaceName" hash]);
	assert_non_null([properties objectForKey:@"IOSurfacePlaneInfo"]);
	assert_ptr_equal(
		[properties objectForKey:(id)kIOSurfacePlaneInfo], [properties objectForKey:@"IOSurfacePlaneInfo"]);
	assert_ptr_equal([second objectForKey:(id)kIOSurfacePlaneWidth], [second objectForKey:@"IOSurfacePlaneWidth"]);
	assert_true([[properties description] rangeOfString:@"IOSurfacePixelFormat"].location != NSNotFound);
	assert_true([[@"the " stringByAppendingString:(id)kIOSurfaceWidth] isEqual:@"the IOSurfaceWidth"]);
	IOSurfaceRef surface = IOSurfaceCreate((CFDictionaryRef)properties);
	assert_non_null(surface);
	assert_int_equal(IOSurfaceGetPixelFormat(surface), 0x78343230);
	assert_int_equal(IOSurfaceGetPlaneCount(surface), 2);
	assert_int_equal(IOSurfaceGetWidth(surface), 1920);
	assert_int_equal(IOSurfaceGetHeight(surface), 1080);
	assert_int_equal(IOSurfaceGetBytesPerRowOfPlane(surface, 0), 3840);
	assert_int_equal(IOSurfaceGetWidthOfPlane(surface, 1), 960);
	assert_int_equal(IOSurfaceGetHeightOfPlane(surface, 1), 540);
	assert_int_equal(IOSurfaceGetBytesPerRowOfPlane(surface, 1), 3840);
	assert_int_equal(IOSurfaceGetBytesPerElementOfPlane(surface, 1), 4);

	IOSurface *object = (IOSurface *)surface;
	NSMutableArray *attached = [NSMutableArray array];
	[object setAttachment:attached forKey:@"list"];
	[object setAttachment:@"name" forKey:[NSMutableString stringWithString:@"näme"]];
	assert_int_equal([attached retainCount], 2);
	NSAutoreleasePool *pool = [NSAutoreleasePool new];
	assert_ptr_equal([object attachmentForKey:@"list"], attached);
	assert_int_equal([attached retainCount], 3);
	[pool drain];
	assert_int_equal([attached retainCount], 2);
	assert_true([[object attachmentForKey:@"näme"] isEqual:@"name"]);
	id copied = (id)IOSurfaceCopyValue(surface, (CFStringRef) @"list");
	assert_ptr_equal(copied, attached);
	[copied release];
	assert_true([[object description] rangeOfString:@"planeCount = 2"].location != NSNotFound);
	[object release];
	assert_int_equal(tongs_handle_kind(surface), TONGS_KIND_NONE);
	assert_int_equal([attached retainCount], 1);
	assert_int_equal(messages.count, 0);

	/* What is no number, and no dictionary. */
	[properties removeObjectForKey:(id)kIOSurfacePlaneInfo];
	[properties setObject:@"wide" forKey:@"IOSurfaceWidth"];
	assert_null([[IOSurface alloc] initWithProperties:properties]);
	assert_true(messages.count == 1);
	messages.count = 0;
	[properties setObject:[NSNull null] forKey:@"IOSurfaceWidth"];
	assert_null([[IOSurface alloc] initWithProperties:properties]);
	assert_true(was_logged("must be a number"));
	[properties setObject:[NSNumber numberWithInt:-5] forKey:@"IOSurfaceWidth"];
	assert_null([[IOSurface alloc] initWithProperties:properties]);
	assert_true(was_logged("must be a number"));
	assert_null(IOSurfaceCreate((CFDictionaryRef)[NSArray array]));
	assert_true(was_logged("objectForKey:"));
}

/* What GNUstep and the runtime keep to the end, and the order of their locks, are theirs. */
const char *__lsan_default_suppressions(void);
const char *__tsan_default_suppressions(void);

const char *__lsan_default_suppressions(void) {
	return "leak:libgnustep-base\nleak:libobjc\n";
}

const char *__tsan_default_suppressions(void) {
	return "deadlock:libgnustep-base\ndeadlock:libobjc\n";
}

CASE(objects_of_foundation_are_no_handles) {
	const id objects[] = {
		[[NSObject new] autorelease],
		@"a constant string",
		[NSMutableString stringWithString:@"a string"],
		[NSArray array],
		[NSNumber numberWithInt:7],
		[NSValue valueWithPointer:device],
		[NSObject class],
		(id) @protocol(MTLBuffer),
	};
	unsigned refused = 0;
	const unsigned count = sizeof(objects) / sizeof(objects[0]);
	for (unsigned i = 0; i < count; i++) {
		void *handle = (void *)objects[i];
		refused += tongs_handle_kind(handle) == TONGS_KIND_NONE && !tongs_heap_from_handle(handle) &&
			   !tongs_buffer_from_handle(handle) && !tongs_texture_from_handle(handle);
		assert_int_equal(messages.count, 0);
		assert_null([device newTextureWithDescriptor:objects[i]]);
		assert_true(was_logged("is not an MTLTextureDescriptor"));
		assert_null([device newHeapWithDescriptor:objects[i]]);
		assert_true(was_logged("is not an MTLHeapDescriptor"));
	}
	assert_int_equal(refused, count);
	printf("tally: bad handles tried %u\ntally: bad handles refused %u\n", count, refused);
}

#define TEST(name) cmocka_unit_test_setup(name, hear_messages)

int main(void) {
	const struct CMUnitTest tests[] = {
		TEST(arrays_hold_buffers),
		TEST(sets_and_dictionaries_hold_objects),
		TEST(objects_describe_themselves),
		TEST(pools_release_what_is_autoreleased),
		TEST(labels_are_nsstrings),
		TEST(all_devices_come_in_an_nsarray),
		TEST(protocols_are_adopted),
		TEST(invocations_reach_methods),
		TEST(unknown_selectors_raise),
		TEST(arrays_make_their_objects_perform),
		TEST(bytes_go_through_nsdata),
		TEST(dictionaries_describe_surfaces),
		TEST(objects_of_foundation_are_no_handles),
	};
	return cmocka_run_group_tests_name("objc with Foundation", tests, find_device, release_device);
}
