/* SPDX-License-Identifier: MIT */
/* VK_EXT_external_memory_metal and VK_EXT_metal_objects for programs whose Vulkan headers lack them. Include it after,
 * or instead of, <vulkan/vulkan.h>. What those headers declare, this one does not. */
#ifndef TONGS_VULKAN_METAL_H
#define TONGS_VULKAN_METAL_H

#include <vulkan/vulkan_core.h>

/* If vulkan_core.h has these enumerators, the macros replace them with the same type and value. */
#define VK_STRUCTURE_TYPE_IMPORT_MEMORY_METAL_HANDLE_INFO_EXT ((VkStructureType)1000602000)
#define VK_STRUCTURE_TYPE_MEMORY_METAL_HANDLE_PROPERTIES_EXT ((VkStructureType)1000602001)
#define VK_STRUCTURE_TYPE_MEMORY_GET_METAL_HANDLE_INFO_EXT ((VkStructureType)1000602002)
#define VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT ((VkExternalMemoryHandleTypeFlagBits)0x00010000)
#define VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLTEXTURE_BIT_EXT ((VkExternalMemoryHandleTypeFlagBits)0x00020000)
#define VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLHEAP_BIT_EXT ((VkExternalMemoryHandleTypeFlagBits)0x00040000)

/* The declarations below are those of vulkan_metal.h, which requires VK_USE_PLATFORM_METAL_EXT. */
#ifndef VK_EXT_external_memory_metal
#define VK_EXT_external_memory_metal 1
#define VK_EXT_EXTERNAL_MEMORY_METAL_SPEC_VERSION 1
#define VK_EXT_EXTERNAL_MEMORY_METAL_EXTENSION_NAME "VK_EXT_external_memory_metal"

#ifdef __cplusplus
extern "C" {
#endif

/* Khronos' headers had it for a while, and there are programs that use it. */
typedef void *MTLResource_id;

/* In the pNext chain of VkMemoryAllocateInfo: imports `handle`, a Metal object that the new memory retains. */
typedef struct VkImportMemoryMetalHandleInfoEXT {
	VkStructureType sType;
	const void *pNext;
	VkExternalMemoryHandleTypeFlagBits handleType;
	void *handle;
} VkImportMemoryMetalHandleInfoEXT;

typedef struct VkMemoryMetalHandlePropertiesEXT {
	VkStructureType sType;
	void *pNext;
	uint32_t memoryTypeBits;
} VkMemoryMetalHandlePropertiesEXT;

typedef struct VkMemoryGetMetalHandleInfoEXT {
	VkStructureType sType;
	const void *pNext;
	VkDeviceMemory memory;
	VkExternalMemoryHandleTypeFlagBits handleType;
} VkMemoryGetMetalHandleInfoEXT;

typedef VkResult(VKAPI_PTR *PFN_vkGetMemoryMetalHandleEXT)(
	VkDevice device, const VkMemoryGetMetalHandleInfoEXT *pGetMetalHandleInfo, void **pHandle);
typedef VkResult(VKAPI_PTR *PFN_vkGetMemoryMetalHandlePropertiesEXT)(VkDevice device,
	VkExternalMemoryHandleTypeFlagBits handleType, const void *pHandle,
	VkMemoryMetalHandlePropertiesEXT *pMemoryMetalHandleProperties);

#ifdef __cplusplus
}
#endif
#endif

#ifndef VK_EXT_metal_objects
#define VK_EXT_metal_objects 1
#define VK_EXT_METAL_OBJECTS_SPEC_VERSION 2
#define VK_EXT_METAL_OBJECTS_EXTENSION_NAME "VK_EXT_metal_objects"

#ifdef __OBJC__
@protocol MTLDevice;
@protocol MTLCommandQueue;
@protocol MTLBuffer;
@protocol MTLTexture;
@protocol MTLSharedEvent;
/* Objects in Vulkan's structs are borrowed, under ARC, too: retain what is kept. GCC has no ARC, and lacks the word. */
#ifndef __clang__
#define __unsafe_unretained
#endif
typedef __unsafe_unretained id<MTLDevice> MTLDevice_id;
typedef __unsafe_unretained id<MTLCommandQueue> MTLCommandQueue_id;
typedef __unsafe_unretained id<MTLBuffer> MTLBuffer_id;
typedef __unsafe_unretained id<MTLTexture> MTLTexture_id;
typedef __unsafe_unretained id<MTLSharedEvent> MTLSharedEvent_id;
#ifndef __clang__
#undef __unsafe_unretained
#endif
#else
typedef void *MTLDevice_id;
typedef void *MTLCommandQueue_id;
typedef void *MTLBuffer_id;
typedef void *MTLTexture_id;
typedef void *MTLSharedEvent_id;
#endif
typedef struct __IOSurface *IOSurfaceRef;

#ifdef __cplusplus
extern "C" {
#endif

typedef enum VkExportMetalObjectTypeFlagBitsEXT {
	VK_EXPORT_METAL_OBJECT_TYPE_METAL_DEVICE_BIT_EXT = 0x00000001,
	VK_EXPORT_METAL_OBJECT_TYPE_METAL_COMMAND_QUEUE_BIT_EXT = 0x00000002,
	VK_EXPORT_METAL_OBJECT_TYPE_METAL_BUFFER_BIT_EXT = 0x00000004,
	VK_EXPORT_METAL_OBJECT_TYPE_METAL_TEXTURE_BIT_EXT = 0x00000008,
	VK_EXPORT_METAL_OBJECT_TYPE_METAL_IOSURFACE_BIT_EXT = 0x00000010,
	VK_EXPORT_METAL_OBJECT_TYPE_METAL_SHARED_EVENT_BIT_EXT = 0x00000020,
	VK_EXPORT_METAL_OBJECT_TYPE_FLAG_BITS_MAX_ENUM_EXT = 0x7FFFFFFF
} VkExportMetalObjectTypeFlagBitsEXT;
typedef VkFlags VkExportMetalObjectTypeFlagsEXT;

/* In the pNext chain of the create info of an instance, memory, an image, a view, a semaphore or an event: what Metal
 * objects vkExportMetalObjectsEXT may be asked for. One struct for each. */
typedef struct VkExportMetalObjectCreateInfoEXT {
	VkStructureType sType;
	const void *pNext;
	VkExportMetalObjectTypeFlagBitsEXT exportObjectType;
} VkExportMetalObjectCreateInfoEXT;

/* Its pNext chain has the structs that follow, whose last members vkExportMetalObjectsEXT sets: borrowed objects, which
 * live as long as the Vulkan object unless they are retained; NULL after a broken rule. An import's own object
 * is exported also where its create info asked for no export, with a warning. */
typedef struct VkExportMetalObjectsInfoEXT {
	VkStructureType sType;
	const void *pNext;
} VkExportMetalObjectsInfoEXT;

typedef struct VkExportMetalDeviceInfoEXT {
	VkStructureType sType;
	const void *pNext;
	MTLDevice_id mtlDevice;
} VkExportMetalDeviceInfoEXT;

typedef struct VkExportMetalCommandQueueInfoEXT {
	VkStructureType sType;
	const void *pNext;
	VkQueue queue;
	MTLCommandQueue_id mtlCommandQueue;
} VkExportMetalCommandQueueInfoEXT;

typedef struct VkExportMetalBufferInfoEXT {
	VkStructureType sType;
	const void *pNext;
	VkDeviceMemory memory;
	MTLBuffer_id mtlBuffer;
} VkExportMetalBufferInfoEXT;

/* In the pNext chain of VkMemoryAllocateInfo: an object that the new memory retains. */
typedef struct VkImportMetalBufferInfoEXT {
	VkStructureType sType;
	const void *pNext;
	MTLBuffer_id mtlBuffer;
} VkImportMetalBufferInfoEXT;

typedef struct VkExportMetalTextureInfoEXT {
	VkStructureType sType;
	const void *pNext;
	VkImage image;
	VkImageView imageView;
	VkBufferView bufferView;
	VkImageAspectFlagBits plane;
	MTLTexture_id mtlTexture;
} VkExportMetalTextureInfoEXT;

/* In the pNext chain of VkImageCreateInfo: an object that the new image retains, and whose memory it is bound to. */
typedef struct VkImportMetalTextureInfoEXT {
	VkStructureType sType;
	const void *pNext;
	VkImageAspectFlagBits plane;
	MTLTexture_id mtlTexture;
} VkImportMetalTextureInfoEXT;

typedef struct VkExportMetalIOSurfaceInfoEXT {
	VkStructureType sType;
	const void *pNext;
	VkImage image;
	IOSurfaceRef ioSurface;
} VkExportMetalIOSurfaceInfoEXT;

typedef struct VkImportMetalIOSurfaceInfoEXT {
	VkStructureType sType;
	const void *pNext;
	IOSurfaceRef ioSurface;
} VkImportMetalIOSurfaceInfoEXT;

typedef struct VkExportMetalSharedEventInfoEXT {
	VkStructureType sType;
	const void *pNext;
	VkSemaphore semaphore;
	VkEvent event;
	MTLSharedEvent_id mtlSharedEvent;
} VkExportMetalSharedEventInfoEXT;

/* In the pNext chain of VkSemaphoreCreateInfo or VkEventCreateInfo: an object that the new one retains. */
typedef struct VkImportMetalSharedEventInfoEXT {
	VkStructureType sType;
	const void *pNext;
	MTLSharedEvent_id mtlSharedEvent;
} VkImportMetalSharedEventInfoEXT;

typedef void(VKAPI_PTR *PFN_vkExportMetalObjectsEXT)(VkDevice device, VkExportMetalObjectsInfoEXT *pMetalObjectsInfo);

#ifdef __cplusplus
}
#endif
#endif

#endif
