# SPDX-License-Identifier: MIT
# A Vulkan buffer as an MTLBuffer, and an MTLBuffer as Vulkan's memory, from Python by ctypes alone.
#
#     tongs run python3 share_buffer.py
import ctypes
from ctypes import POINTER, Structure, byref, c_char_p, c_float, c_int32, c_size_t, c_uint32, c_uint64, c_uint8, c_void_p

SIZE = 4096
MTLBUFFER = 0x10000  # VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT
HOST_VISIBLE = 2
APPLICATION_INFO, INSTANCE_INFO, QUEUE_INFO, DEVICE_INFO, ALLOCATE_INFO, BUFFER_INFO = 0, 1, 2, 3, 5, 12
PROPERTIES_2, ID_PROPERTIES, EXTERNAL_BUFFER_INFO, EXPORT_INFO = 1000059001, 1000071004, 1000072000, 1000072002
IMPORT_HANDLE, HANDLE_PROPERTIES, GET_HANDLE = 1000602000, 1000602001, 1000602002


def struct(name, *fields):
    """A Vulkan struct: sType, pNext, and `fields`, pairs of name and type."""
    return type(name, (Structure,), {"_fields_": [("sType", c_int32), ("pNext", c_void_p), *fields]})


ApplicationInfo = struct("ApplicationInfo", ("name", c_char_p), ("version", c_uint32), ("engine", c_char_p),
                         ("engineVersion", c_uint32), ("apiVersion", c_uint32))
InstanceInfo = struct("InstanceInfo", ("flags", c_uint32), ("application", c_void_p), ("layerCount", c_uint32),
                      ("layers", c_void_p), ("extensionCount", c_uint32), ("extensions", c_void_p))
QueueInfo = struct("QueueInfo", ("flags", c_uint32), ("family", c_uint32), ("count", c_uint32),
                   ("priorities", POINTER(c_float)))
DeviceInfo = struct("DeviceInfo", ("flags", c_uint32), ("queueCount", c_uint32), ("queues", POINTER(QueueInfo)),
                    ("layerCount", c_uint32), ("layers", c_void_p), ("extensionCount", c_uint32),
                    ("extensions", POINTER(c_char_p)), ("features", c_void_p))
BufferInfo = struct("BufferInfo", ("flags", c_uint32), ("size", c_uint64), ("usage", c_uint32),
                    ("sharing", c_uint32), ("familyCount", c_uint32), ("families", c_void_p))
AllocateInfo = struct("AllocateInfo", ("size", c_uint64), ("memoryType", c_uint32))
HandleTypes = struct("HandleTypes", ("types", c_uint32))  # of a buffer, and of an export
GetHandleInfo = struct("GetHandleInfo", ("memory", c_uint64), ("type", c_uint32))
ImportInfo = struct("ImportInfo", ("type", c_uint32), ("handle", c_void_p))
HandleProperties = struct("HandleProperties", ("memoryTypes", c_uint32))
IdProperties = struct("IdProperties", ("deviceUUID", c_uint8 * 16), ("driverUUID", c_uint8 * 16),
                      ("deviceLUID", c_uint8 * 8), ("nodeMask", c_uint32), ("luidValid", c_uint32))
# The properties themselves, of which this program reads nothing, are 824 bytes.
Properties2 = struct("Properties2", ("properties", c_uint64 * 103))


class Requirements(Structure):
    _fields_ = [("size", c_uint64), ("alignment", c_uint64), ("memoryTypes", c_uint32)]


class MemoryType(Structure):
    _fields_ = [("properties", c_uint32), ("heap", c_uint32)]


class MemoryProperties(Structure):
    _fields_ = [("typeCount", c_uint32), ("types", MemoryType * 32), ("heapCount", c_uint32),
                ("heaps", c_uint64 * 32)]


vulkan = ctypes.CDLL("libvulkan.so.1")
tongs = ctypes.CDLL("libtongs.so.0")
for function in (tongs.tongs_buffer_from_handle, tongs.tongs_buffer_ref, tongs.tongs_buffer_get_contents,
                 tongs.tongs_device_new_from_uuids, tongs.tongs_device_new_buffer):
    function.restype = c_void_p
tongs.tongs_buffer_get_length.restype = c_size_t


def check(result, command):
    if result == -7:
        raise SystemExit(f"{command}: the extension is not there: start this program with `tongs run`")
    if result:
        raise SystemExit(f"{command}: VkResult {result}")


def expect(condition, what):
    if not condition:
        raise SystemExit(f"wrong: {what}")


def open_device():
    application = ApplicationInfo(APPLICATION_INFO, apiVersion=1 << 22 | 1 << 12)
    instance, physical, device, count = c_void_p(), c_void_p(), c_void_p(), c_uint32(1)
    info = InstanceInfo(INSTANCE_INFO, application=ctypes.addressof(application))
    check(vulkan.vkCreateInstance(byref(info), None, byref(instance)), "vkCreateInstance")
    vulkan.vkEnumeratePhysicalDevices(instance, byref(count), byref(physical))
    expect(physical, "there is no Vulkan device")
    queue = QueueInfo(QUEUE_INFO, count=1, priorities=POINTER(c_float)(c_float(1)))
    extensions = (c_char_p * 1)(b"VK_EXT_external_memory_metal")
    info = DeviceInfo(DEVICE_INFO, queueCount=1, queues=POINTER(QueueInfo)(queue), extensionCount=1,
                      extensions=extensions)
    check(vulkan.vkCreateDevice(physical, byref(info), None, byref(device)), "vkCreateDevice")
    return instance, physical, device


def command(device, name, *arguments):
    """A command that the loader does not export: what vkGetDeviceProcAddr returns, as a function."""
    vulkan.vkGetDeviceProcAddr.restype = c_void_p
    return ctypes.CFUNCTYPE(c_int32, *arguments)(vulkan.vkGetDeviceProcAddr(device, name))


def create_buffer(physical, device, types_of_handle=None, chain=None, size=0):
    """A buffer and its memory, which is exported, or imported by `chain`."""
    external = HandleTypes(EXTERNAL_BUFFER_INFO, types=MTLBUFFER)
    info = BufferInfo(BUFFER_INFO, ctypes.addressof(external), size=SIZE, usage=2)
    buffer, memory, requirements, properties = c_uint64(), c_uint64(), Requirements(), MemoryProperties()
    check(vulkan.vkCreateBuffer(device, byref(info), None, byref(buffer)), "vkCreateBuffer")
    vulkan.vkGetBufferMemoryRequirements(device, buffer, byref(requirements))
    vulkan.vkGetPhysicalDeviceMemoryProperties(physical, byref(properties))
    allowed = requirements.memoryTypes & (0xFFFFFFFF if types_of_handle is None else types_of_handle)
    memory_type = next(i for i in range(properties.typeCount)
                       if allowed >> i & 1 and properties.types[i].properties & HOST_VISIBLE)
    chain = chain or HandleTypes(EXPORT_INFO, types=MTLBUFFER)
    info = AllocateInfo(ALLOCATE_INFO, ctypes.addressof(chain), size or requirements.size, memory_type)
    check(vulkan.vkAllocateMemory(device, byref(info), None, byref(memory)), "vkAllocateMemory")
    check(vulkan.vkBindBufferMemory(device, buffer, memory, c_uint64(0)), "vkBindBufferMemory")
    return buffer, memory


def map_memory(device, memory):
    pointer = c_void_p()
    check(vulkan.vkMapMemory(device, memory, c_uint64(0), c_uint64(SIZE), 0, byref(pointer)), "vkMapMemory")
    return pointer


def destroy(device, buffer, memory):
    vulkan.vkDestroyBuffer(device, buffer, None)
    vulkan.vkFreeMemory(device, memory, None)


def export_buffer(physical, device):
    """Vulkan to Metal: the bytes outlive the Vulkan memory."""
    buffer, memory = create_buffer(physical, device)
    ctypes.memmove(map_memory(device, memory), bytes(range(256)), 256)
    get_handle = command(device, b"vkGetMemoryMetalHandleEXT", c_void_p, c_void_p, c_void_p)
    handle = c_void_p()
    info = GetHandleInfo(GET_HANDLE, memory=memory, type=MTLBUFFER)
    check(get_handle(device, ctypes.addressof(info), ctypes.addressof(handle)), "vkGetMemoryMetalHandleEXT")
    metal = c_void_p(tongs.tongs_buffer_ref(c_void_p(tongs.tongs_buffer_from_handle(handle))))
    destroy(device, buffer, memory)
    expect(tongs.tongs_buffer_get_length(metal) >= SIZE, "the MTLBuffer's length")
    contents = ctypes.string_at(tongs.tongs_buffer_get_contents(metal), 256)
    expect(contents == bytes(range(256)), "what Metal reads")
    tongs.tongs_buffer_unref(metal)


def import_buffer(physical, device):
    """Metal to Vulkan, and back: a mapping of the memory shows, and changes, the MTLBuffer's bytes."""
    ids = IdProperties(ID_PROPERTIES)
    properties = Properties2(PROPERTIES_2, ctypes.addressof(ids))
    vulkan.vkGetPhysicalDeviceProperties2(physical, byref(properties))
    metal_device = c_void_p(tongs.tongs_device_new_from_uuids(ids.deviceUUID, ids.driverUUID))
    metal = c_void_p(tongs.tongs_device_new_buffer(metal_device, c_size_t(SIZE), c_size_t(0)))
    expect(metal, "newBufferWithLength:options:")
    contents = tongs.tongs_buffer_get_contents(metal)
    ctypes.memmove(contents, b"from Metal", 10)

    get_properties = command(device, b"vkGetMemoryMetalHandlePropertiesEXT", c_void_p, c_uint32, c_void_p, c_void_p)
    types = HandleProperties(HANDLE_PROPERTIES)
    check(get_properties(device, MTLBUFFER, metal, ctypes.addressof(types)), "vkGetMemoryMetalHandlePropertiesEXT")
    chain = ImportInfo(IMPORT_HANDLE, type=MTLBUFFER, handle=metal.value)
    buffer, memory = create_buffer(physical, device, types.memoryTypes, chain, SIZE)
    mapped = map_memory(device, memory)
    expect(ctypes.string_at(mapped, 10) == b"from Metal", "what Vulkan reads")
    ctypes.memmove(mapped, b"from Vulkan", 11)
    expect(ctypes.string_at(contents, 11) == b"from Vulkan", "what Metal reads of an import")
    destroy(device, buffer, memory)
    tongs.tongs_buffer_unref(metal)
    tongs.tongs_device_unref(metal_device)


instance, physical, device = open_device()
export_buffer(physical, device)
import_buffer(physical, device)
vulkan.vkDestroyDevice(device, None)
vulkan.vkDestroyInstance(instance, None)
print("Python: Metal read Vulkan's buffer, Vulkan Metal's")
