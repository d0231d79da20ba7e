// SPDX-License-Identifier: MIT
// The classes that heap.cpp uses, in the manner of metal-cpp and by its names: a class has no data, a pointer to it is the
// Objective-C object, and each method sends a message. A method whose name begins with `new` returns a reference of the
// caller's; all others return what is borrowed.
#ifndef TINY_METAL_HPP
#define TINY_METAL_HPP

#include <cstdint>

#include <objc/message.h>
#include <objc/runtime.h>

namespace NS {

using Integer = std::intptr_t;
using UInteger = std::uintptr_t;

struct Range {
	static Range Make(UInteger location, UInteger length) { return {location, length}; }
	UInteger location, length;
};

class Object {
public:
	void release() { send<void>("release"); }

protected:
	// Of results that the ABI returns in registers. Larger structs come from objc_msgSend_stret on x86-64.
	template <typename Result, typename... Arguments> Result send(const char *selector, Arguments... arguments) const {
		using Method = Result (*)(const void *, SEL, Arguments...);
		return reinterpret_cast<Method>(&objc_msgSend)(this, sel_registerName(selector), arguments...);
	}
};

template <class Class> class Referenced : public Object {
public:
	Class *retain() { return send<Class *>("retain"); }
};

}

namespace MTL {

enum ResourceOptions : NS::UInteger { ResourceStorageModeShared = 0 };
enum HeapType : NS::Integer { HeapTypePlacement = 1 };
enum CommandBufferStatus : NS::UInteger { CommandBufferStatusCompleted = 4 };

struct SizeAndAlign {
	NS::UInteger size, align;
};

class Buffer : public NS::Referenced<Buffer> {
public:
	void *contents() { return send<void *>("contents"); }
};

class BlitCommandEncoder : public NS::Referenced<BlitCommandEncoder> {
public:
	void fillBuffer(const Buffer *buffer, NS::Range range, std::uint8_t value) {
		send<void>("fillBuffer:range:value:", buffer, range, value);
	}
	void copyFromBuffer(const Buffer *from, NS::UInteger fromOffset, const Buffer *to, NS::UInteger toOffset,
		NS::UInteger size) {
		send<void>("copyFromBuffer:sourceOffset:toBuffer:destinationOffset:size:", from, fromOffset, to, toOffset, size);
	}
	void endEncoding() { send<void>("endEncoding"); }
};

class CommandBuffer : public NS::Referenced<CommandBuffer> {
public:
	BlitCommandEncoder *blitCommandEncoder() { return send<BlitCommandEncoder *>("blitCommandEncoder"); }
	void commit() { send<void>("commit"); }
	void waitUntilCompleted() { send<void>("waitUntilCompleted"); }
	CommandBufferStatus status() const { return send<CommandBufferStatus>("status"); }
};

class CommandQueue : public NS::Referenced<CommandQueue> {
public:
	CommandBuffer *commandBuffer() { return send<CommandBuffer *>("commandBuffer"); }
};

class Device : public NS::Referenced<Device> {
public:
	CommandQueue *newCommandQueue() { return send<CommandQueue *>("newCommandQueue"); }
	Buffer *newBuffer(NS::UInteger length, ResourceOptions options) {
		return send<Buffer *>("newBufferWithLength:options:", length, options);
	}
	SizeAndAlign heapBufferSizeAndAlign(NS::UInteger length, ResourceOptions options) {
		return send<SizeAndAlign>("heapBufferSizeAndAlignWithLength:options:", length, options);
	}
};

class Heap : public NS::Referenced<Heap> {
public:
	Device *device() const { return send<Device *>("device"); }
	HeapType type() const { return send<HeapType>("type"); }
	NS::UInteger size() const { return send<NS::UInteger>("size"); }
	ResourceOptions resourceOptions() const { return send<ResourceOptions>("resourceOptions"); }
	Buffer *newBuffer(NS::UInteger length, ResourceOptions options, NS::UInteger offset) {
		return send<Buffer *>("newBufferWithLength:options:offset:", length, options, offset);
	}
};

}

#endif
