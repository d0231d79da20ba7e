// SPDX-License-Identifier: MIT
// A small program in C++ classes that send messages, with and without Foundation: memory, copies, an event, and what it
// reads back.
#include <atomic>
#include <csetjmp>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <dlfcn.h>
#include <vector>

extern "C" {
#include <cmocka.h>
}

#include <CoreFoundation/CoreFoundation.h>

#include "../objc/messages.h"
#include "classes.h"

// Of LeakSanitizer, where it is there.
extern "C" void __lsan_disable() __attribute__((weak));
extern "C" void __lsan_enable() __attribute__((weak));

namespace {

constexpr NSUInteger side = 64, pitch = 4 * side, bytes = pitch * side;

cpp::Pool *pool;
cpp::Device *device;

int open_device(void **state) {
	pool = cpp::Pool::make();
#ifdef WITH_FOUNDATION
	assert_non_null(pool);
#else
	assert_null(pool);
#endif
	device = MTLCreateSystemDefaultDevice();
	return device ? hear_messages(state) : -1;
}

// GNUstep loses a block when a dictionary is first made.
int use_dictionaries(void **) {
	if (__lsan_disable)
		__lsan_disable();
	::send<cpp::Object *>(objc_lookUpClass("NSMutableDictionary"), "dictionary");
	if (__lsan_enable)
		__lsan_enable();
	return 0;
}

int close_device(void **) {
	device->release();
	device = nullptr;
	if (pool)
		pool->release();
	return messages.count == 0 ? 0 : -1;
}

cpp::TextureDescriptor *describe() {
	auto *descriptor = cpp::TextureDescriptor::texture2D(MTLPixelFormatRGBA8Unorm, side, side);
	descriptor->setStorageMode(MTLStorageModeShared);
	descriptor->setUsage(MTLTextureUsageShaderRead);
	return descriptor;
}

// Foundation's pool releases it; without, it is the caller's.
void forget(cpp::Object *object) {
	if (!pool)
		object->release();
}

void strings_come_back(void **) {
	assert_true(strlen(device->name()->utf8String()) > 0);
	assert_true(device->name()->isEqualToString(device->name()));
	auto *buffer = device->newBuffer(16, MTLResourceStorageModeShared);
	assert_null(buffer->label());
	auto *label = cpp::String::string("a label");
	assert_int_equal(label != nullptr, pool != nullptr);
	buffer->setLabel(label);
	if (pool)
		assert_string_equal(buffer->label()->utf8String(), "a label");
	buffer->setLabel(MTLCommandBufferErrorDomain);
	assert_string_equal(buffer->label()->utf8String(), "MTLCommandBufferErrorDomain");
	buffer->release();
}

// As metal-cpp looks them up.
void constants_have_their_names(void **) {
	for (const char *name :
		{"MTLBinaryArchiveDomain", "MTLCaptureErrorDomain", "MTLCommandBufferEncoderInfoErrorKey",
			"MTLCommandBufferErrorDomain", "MTLCounterErrorDomain", "MTLDeviceRemovalRequestedNotification",
			"MTLDeviceWasAddedNotification", "MTLDeviceWasRemovedNotification", "MTLDynamicLibraryDomain",
			"MTLIOErrorDomain", "MTLLibraryErrorDomain"}) {
		auto *constant = static_cast<const cpp::String *const *>(dlsym(RTLD_DEFAULT, name));
		assert_non_null(constant);
		assert_string_equal((*constant)->utf8String(), name);
	}
}

void small_structs_pass_by_value(void **) {
	auto *descriptor = describe();
	const MTLTextureSwizzleChannels given = {
		MTLTextureSwizzleBlue, MTLTextureSwizzleGreen, MTLTextureSwizzleOne, MTLTextureSwizzleZero};
	descriptor->setSwizzle(given);
	const MTLTextureSwizzleChannels found = descriptor->swizzle();
	assert_memory_equal(&found, &given, sizeof(given));
	const MTLSizeAndAlign size = device->heapTextureSizeAndAlign(descriptor);
	assert_true(size.size >= bytes && size.align > 0);
	forget(descriptor);
}

void texels_come_back(void **) {
	auto *descriptor = describe();
	auto *heap_descriptor = cpp::Object::make<cpp::HeapDescriptor>("MTLHeapDescriptor");
	heap_descriptor->setSize(device->heapTextureSizeAndAlign(descriptor).size + 2 * bytes);
	heap_descriptor->setStorageMode(MTLStorageModeShared);
	auto *heap = device->newHeap(heap_descriptor);
	auto *texture = heap->newTexture(descriptor);
	auto *from = device->newBuffer(bytes, MTLResourceStorageModeShared);
	auto *to = heap->newBuffer(bytes, MTLResourceStorageModeShared);
	auto *event = device->newSharedEvent();
	auto *queue = device->newCommandQueue();
	assert_true(heap->size() >= 2 * bytes && texture->width() == side && from->length() == bytes);
	for (NSUInteger i = 0; i < bytes; i++)
		from->contents()[i] = static_cast<unsigned char>(i * 7 + i / 256);

	auto *commands = queue->commandBuffer();
	auto *blit = commands->blitCommandEncoder();
	blit->copy(from, 0, pitch, MTLSize{side, side, 1}, texture);
	blit->copy(texture, MTLSize{side, side, 1}, to, 0, pitch);
	blit->endEncoding();
	commands->encodeSignalEvent(event, 3);
#ifdef __BLOCKS__
	std::atomic<int> completed(0), *counter = &completed;
	const cpp::CommandBuffer *expected = commands;
	commands->addCompletedHandler(^(cpp::CommandBuffer *done) {
	  *counter += done == expected;
	});
#endif
	commands->commit();
	commands->waitUntilCompleted();
	assert_int_equal(commands->status(), MTLCommandBufferStatusCompleted);
	assert_null(commands->error());
	assert_true(commands->GPUStartTime() > 0 && commands->GPUEndTime() >= commands->GPUStartTime());
	assert_int_equal(event->signaledValue(), 3);
#ifdef __BLOCKS__
	assert_int_equal(completed, 1);
#endif
	assert_memory_equal(to->contents(), from->contents(), bytes);

	std::vector<unsigned char> texels(bytes), row(pitch, 0x5a);
	texture->replaceRegion(MTLRegion{{0, 1, 0}, {side, 1, 1}}, 0, row.data(), pitch);
	texture->getBytes(texels.data(), pitch, MTLRegion{{0, 0, 0}, {side, side, 1}}, 0);
	memcpy(from->contents() + pitch, row.data(), pitch);
	assert_memory_equal(texels.data(), from->contents(), bytes);

	queue->release();
	event->release();
	to->release();
	from->release();
	texture->release();
	heap->release();
	heap_descriptor->release();
	forget(descriptor);
}

void all_devices_are_listed(void **) {
	auto *devices = MTLCopyAllDevices();
	assert_true(devices->count() > 0);
	assert_true(strlen(devices->object<cpp::Device>(0)->name()->utf8String()) > 0);
	devices->release();
}

#ifdef __BLOCKS__
void observers_keep_their_block_until_they_are_removed(void **) {
	struct Captured {
		std::atomic<int> *copies;
		explicit Captured(std::atomic<int> *counter) : copies(counter) {
			++*copies;
		}
		Captured(const Captured &other) : copies(other.copies) {
			++*copies;
		}
		~Captured() {
			--*copies;
		}
	};
	std::atomic<int> copies(0);
	cpp::Object *observer = nullptr;
	{
		Captured captured(&copies);
		auto *devices = MTLCopyAllDevicesWithObserver(&observer, ^(cpp::Device *, cpp::String *) {
		  captured.copies->store(-1000);
		});
		auto *same = MTLCopyAllDevices();
		assert_int_equal(devices->count(), same->count());
		same->release();
		devices->release();
	}
	assert_non_null(observer);
	assert_int_equal(observer->retainCount(), 1);
	assert_int_equal(tongs_handle_kind(observer), TONGS_KIND_DEVICE_OBSERVER);
	assert_int_equal(copies, 1);
	MTLRemoveDeviceObserver(observer);
	assert_int_equal(copies, 0);
	MTLRemoveDeviceObserver(observer);
	observer->release();
	assert_int_equal(messages.count, 0);
	MTLRemoveDeviceObserver(observer);
	assert_true(was_logged("MTLRemoveDeviceObserver"));
	// One that is not removed takes its block with it.
	Captured captured(&copies);
	MTLCopyAllDevicesWithObserver(&observer, ^(cpp::Device *, cpp::String *) {
	  captured.copies->store(-1000);
	})->release();
	assert_true(copies > 1);
	observer->release();
	assert_int_equal(copies, 1 + 1); // `captured`, and the block on the stack
}
#endif

void observers_need_a_block_and_a_place(void **) {
	cpp::Object *observer = device;
	assert_null(MTLCopyAllDevicesWithObserver(&observer, nullptr));
	assert_true(was_logged("the handler is NULL"));
	assert_null(observer);
	assert_null(MTLCopyAllDevicesWithObserver(nullptr, nullptr));
	assert_true(was_logged("the observer is NULL"));
	MTLRemoveDeviceObserver(nullptr);
	assert_true(was_logged("MTLRemoveDeviceObserver"));
	MTLRemoveDeviceObserver(device);
	assert_true(was_logged("MTLRemoveDeviceObserver"));
}

void objects_are_counted_by_core_foundation(void **) {
	auto *buffer = device->newBuffer(16, MTLResourceStorageModeShared);
	assert_ptr_equal(CFRetain(buffer), buffer);
	assert_int_equal(buffer->retainCount(), 2);
	assert_int_equal(CFGetRetainCount(buffer), 2);
	CFRelease(buffer);
	assert_int_equal(buffer->retainCount(), 1);
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_BUFFER);
	CFRelease(buffer);
	assert_int_equal(tongs_handle_kind(buffer), TONGS_KIND_NONE);
	if (!pool)
		return;
	auto *string = ::send<cpp::String *>(cpp::String::string("a string that is not a constant"), "mutableCopy");
	const NSUInteger count = string->retainCount();
	CFRetain(string);
	assert_int_equal(CFGetRetainCount(string), count + 1);
	CFRelease(string);
	assert_int_equal(string->retainCount(), count);
	string->release();
}

#ifdef __clang__
void literals_are_strings(void **) {
	auto *ascii = (const cpp::String *)CFSTR("a literal");
	auto *wide = (const cpp::String *)CFSTR("g\u00fcn \u2713 \U0001f600");
	assert_string_equal(ascii->utf8String(), "a literal");
	assert_string_equal(wide->utf8String(), "g\u00fcn \u2713 \U0001f600");
	assert_int_equal(ascii->send<NSUInteger>("length"), 9);
	assert_int_equal(wide->send<NSUInteger>("length"), 8);
	assert_int_equal(wide->send<uint16_t>("characterAtIndex:", NSUInteger(1)), 0xfc);
	assert_int_equal(ascii->send<uint16_t>("characterAtIndex:", NSUInteger(8)), 'l');
	auto *buffer = device->newBuffer(16, MTLResourceStorageModeShared);
	for (const cpp::String *literal : {ascii, wide}) {
		buffer->setLabel(literal);
		assert_string_equal(buffer->label()->utf8String(), literal->utf8String());
		assert_true(buffer->label()->isEqualToString(literal));
		assert_true(literal->isEqualToString(buffer->label()));
		assert_true(literal->send<bool>("isEqual:", buffer->label()));
		assert_int_equal(literal->send<NSUInteger>("hash"), buffer->label()->send<NSUInteger>("hash"));
		assert_ptr_equal(CFRetain(literal), literal);
		CFRelease(literal);
		CFRelease(literal);
	}
	assert_false(ascii->isEqualToString(wide));
	assert_false(ascii->send<bool>("isEqual:", buffer));
	buffer->release();
	if (!pool)
		return;
	// Foundation's own methods, which the class inherits.
	auto *joined = ascii->send<cpp::String *>("stringByAppendingString:", wide);
	assert_string_equal(joined->utf8String(), "a literalg\u00fcn \u2713 \U0001f600");
	assert_true(ascii->send<bool>("isKindOfClass:", objc_lookUpClass("NSString")));
}
#endif

#ifndef WITH_FOUNDATION
// A name says nothing of what a method returns that nobody has.
void unknown_selectors_are_reported(void **) {
	struct Numbers {
		double number[8];
	};
	auto *buffer = device->newBuffer(16, MTLResourceStorageModeShared);
	assert_null(buffer->send<void *>("unknownWord"));
	assert_true(was_logged("unknownWord]: unrecognized selector"));
	buffer->send<Numbers>("unknownNumbers");
	assert_true(was_logged("-[TongsBuffer unknownNumbers]: unrecognized selector"));
	const auto size = buffer->send<MTLSize>("unknownSize:", NSUInteger(5));
	assert_true(was_logged("-[TongsBuffer unknownSize:]: unrecognized selector"));
	assert_true(size.width == 0 && size.height == 0);
	buffer->release();
}
#endif

} // namespace

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_device, close_device)

int main() {
	const CMUnitTest tests[] = {
		TEST(strings_come_back),
		TEST(constants_have_their_names),
		TEST(small_structs_pass_by_value),
		TEST(texels_come_back),
		TEST(all_devices_are_listed),
#ifdef __BLOCKS__
		TEST(observers_keep_their_block_until_they_are_removed),
#endif
		TEST(observers_need_a_block_and_a_place),
		TEST(objects_are_counted_by_core_foundation),
#ifndef WITH_FOUNDATION
		TEST(unknown_selectors_are_reported),
#endif
#ifdef __clang__
		TEST(literals_are_strings),
#endif
	};
	return cmocka_run_group_tests_name("cpp program", tests, use_dictionaries, nullptr);
}
