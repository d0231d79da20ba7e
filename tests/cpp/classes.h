/* SPDX-License-Identifier: MIT */
/* Metal's objects as C++ classes without data: a pointer to one is the object's, and each member sends a message. */
#ifndef TESTS_CPP_CLASSES_H
#define TESTS_CPP_CLASSES_H

#include <tongs/metal_types.h>

#include "send.h"

namespace cpp {

class Object {
      public:
	template <typename Result, typename... Arguments>
	Result send(const char *selector, Arguments... arguments) const {
		return ::send<Result>(this, selector, arguments...);
	}
	void retain() {
		send<Object *>("retain");
	}
	void release() {
		send<void>("release");
	}
	NSUInteger retainCount() const {
		return send<NSUInteger>("retainCount");
	}
	/* NULL if there is no such class. */
	template <typename Class> static Class *make(const char *name) {
		Object *allocated = ::send<Object *>(objc_lookUpClass(name), "alloc");
		return ::send<Class *>(allocated, "init");
	}
	Object() = delete;
	Object(const Object &) = delete;
	Object &operator=(const Object &) = delete;
	~Object() = delete;
};

class String : public Object {
      public:
	static String *string(const char *text) {
		return ::send<String *>(objc_lookUpClass("NSString"), "stringWithUTF8String:", text);
	}
	const char *utf8String() const {
		return send<const char *>("UTF8String");
	}
	bool isEqualToString(const String *other) const {
		return send<bool>("isEqualToString:", other);
	}
};

class Array : public Object {
      public:
	NSUInteger count() const {
		return send<NSUInteger>("count");
	}
	template <typename Class> Class *object(NSUInteger index) const {
		return send<Class *>("objectAtIndex:", index);
	}
};

class Pool : public Object {
      public:
	/* NULL without Foundation, to which messages may be sent all the same. */
	static Pool *make() {
		return Object::make<Pool>("NSAutoreleasePool");
	}
};

class Buffer : public Object {
      public:
	NSUInteger length() const {
		return send<NSUInteger>("length");
	}
	unsigned char *contents() {
		return static_cast<unsigned char *>(send<void *>("contents"));
	}
	void setLabel(const String *label) {
		send<void>("setLabel:", label);
	}
	String *label() const {
		return send<String *>("label");
	}
};

class TextureDescriptor : public Object {
      public:
	static TextureDescriptor *texture2D(MTLPixelFormat format, NSUInteger width, NSUInteger height) {
		return ::send<TextureDescriptor *>(objc_lookUpClass("MTLTextureDescriptor"),
			"texture2DDescriptorWithPixelFormat:width:height:mipmapped:", format, width, height, false);
	}
	void setStorageMode(MTLStorageMode mode) {
		send<void>("setStorageMode:", mode);
	}
	void setUsage(MTLTextureUsage usage) {
		send<void>("setUsage:", usage);
	}
	void setSwizzle(MTLTextureSwizzleChannels swizzle) {
		send<void>("setSwizzle:", swizzle);
	}
	MTLTextureSwizzleChannels swizzle() const {
		return send<MTLTextureSwizzleChannels>("swizzle");
	}
};

class Texture : public Object {
      public:
	NSUInteger width() const {
		return send<NSUInteger>("width");
	}
	void getBytes(void *bytes, NSUInteger pitch, MTLRegion region, NSUInteger level) {
		send<void>("getBytes:bytesPerRow:fromRegion:mipmapLevel:", bytes, pitch, region, level);
	}
	void replaceRegion(MTLRegion region, NSUInteger level, const void *bytes, NSUInteger pitch) {
		send<void>("replaceRegion:mipmapLevel:withBytes:bytesPerRow:", region, level, bytes, pitch);
	}
};

class HeapDescriptor : public Object {
      public:
	void setSize(NSUInteger size) {
		send<void>("setSize:", size);
	}
	void setStorageMode(MTLStorageMode mode) {
		send<void>("setStorageMode:", mode);
	}
};

class Heap : public Object {
      public:
	NSUInteger size() const {
		return send<NSUInteger>("size");
	}
	Buffer *newBuffer(NSUInteger length, MTLResourceOptions options) {
		return send<Buffer *>("newBufferWithLength:options:", length, options);
	}
	Texture *newTexture(const TextureDescriptor *descriptor) {
		return send<Texture *>("newTextureWithDescriptor:", descriptor);
	}
};

class SharedEvent : public Object {
      public:
	uint64_t signaledValue() const {
		return send<uint64_t>("signaledValue");
	}
};

class BlitCommandEncoder : public Object {
      public:
	void copy(const Buffer *from, NSUInteger offset, NSUInteger pitch, MTLSize size, Texture *to) {
		send<void>("copyFromBuffer:sourceOffset:sourceBytesPerRow:sourceBytesPerImage:sourceSize:toTexture:"
			   "destinationSlice:destinationLevel:destinationOrigin:",
			from, offset, pitch, pitch * size.height, size, to, NSUInteger(0), NSUInteger(0),
			MTLOrigin{0, 0, 0});
	}
	void copy(const Texture *from, MTLSize size, Buffer *to, NSUInteger offset, NSUInteger pitch) {
		send<void>("copyFromTexture:sourceSlice:sourceLevel:sourceOrigin:sourceSize:toBuffer:destinationOffset:"
			   "destinationBytesPerRow:destinationBytesPerImage:",
			from, NSUInteger(0), NSUInteger(0), MTLOrigin{0, 0, 0}, size, to, offset, pitch,
			pitch * size.height);
	}
	void endEncoding() {
		send<void>("endEncoding");
	}
};

class CommandBuffer : public Object {
      public:
	BlitCommandEncoder *blitCommandEncoder() {
		return send<BlitCommandEncoder *>("blitCommandEncoder");
	}
	void encodeSignalEvent(const SharedEvent *event, uint64_t value) {
		send<void>("encodeSignalEvent:value:", event, value);
	}
	void commit() {
		send<void>("commit");
	}
	void waitUntilCompleted() {
		send<void>("waitUntilCompleted");
	}
	MTLCommandBufferStatus status() const {
		return send<MTLCommandBufferStatus>("status");
	}
	double GPUStartTime() const {
		return send<double>("GPUStartTime");
	}
	double GPUEndTime() const {
		return send<double>("GPUEndTime");
	}
	Object *error() const {
		return send<Object *>("error");
	}
#ifdef __BLOCKS__
	void addCompletedHandler(void (^handler)(CommandBuffer *)) {
		send<void>("addCompletedHandler:", handler);
	}
#endif
};

class CommandQueue : public Object {
      public:
	CommandBuffer *commandBuffer() {
		return send<CommandBuffer *>("commandBuffer");
	}
};

class Device : public Object {
      public:
	String *name() const {
		return send<String *>("name");
	}
	MTLSizeAndAlign heapTextureSizeAndAlign(const TextureDescriptor *descriptor) const {
		return send<MTLSizeAndAlign>("heapTextureSizeAndAlignWithDescriptor:", descriptor);
	}
	Heap *newHeap(const HeapDescriptor *descriptor) {
		return send<Heap *>("newHeapWithDescriptor:", descriptor);
	}
	Buffer *newBuffer(NSUInteger length, MTLResourceOptions options) {
		return send<Buffer *>("newBufferWithLength:options:", length, options);
	}
	SharedEvent *newSharedEvent() {
		return send<SharedEvent *>("newSharedEvent");
	}
	CommandQueue *newCommandQueue() {
		return send<CommandQueue *>("newCommandQueue");
	}
};

} // namespace cpp

extern "C" {
cpp::Device *MTLCreateSystemDefaultDevice();
cpp::Array *MTLCopyAllDevices();
void MTLRemoveDeviceObserver(cpp::Object *observer);
#ifdef __BLOCKS__
cpp::Array *MTLCopyAllDevicesWithObserver(cpp::Object **observer, void (^handler)(cpp::Device *, cpp::String *));
#else
cpp::Array *MTLCopyAllDevicesWithObserver(cpp::Object **observer, void *handler);
#endif
extern cpp::String *const MTLCommandBufferErrorDomain;
}

#endif
