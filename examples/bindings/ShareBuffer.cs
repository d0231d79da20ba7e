// SPDX-License-Identifier: MIT
// A Vulkan buffer as an MTLBuffer, and an MTLBuffer as Vulkan's memory, from C# by P/Invoke.
//
//     mcs -unsafe ShareBuffer.cs -out:ShareBuffer.exe
//     tongs run mono ShareBuffer.exe
using System;
using System.Runtime.InteropServices;

// Vulkan's structs, which begin with sType and pNext.
unsafe struct ApplicationInfo { public int Type; public void* Next; public byte* Name; public uint Version; public byte* Engine; public uint EngineVersion, ApiVersion; }
unsafe struct InstanceInfo { public int Type; public void* Next; public uint Flags; public ApplicationInfo* Application; public uint LayerCount; public byte** Layers; public uint ExtensionCount; public byte** Extensions; }
unsafe struct QueueInfo { public int Type; public void* Next; public uint Flags, Family, Count; public float* Priorities; }
unsafe struct DeviceInfo { public int Type; public void* Next; public uint Flags, QueueCount; public QueueInfo* Queues; public uint LayerCount; public byte** Layers; public uint ExtensionCount; public byte** Extensions; public void* Features; }
unsafe struct BufferInfo { public int Type; public void* Next; public uint Flags; public ulong Size; public uint Usage, Sharing, FamilyCount; public uint* Families; }
unsafe struct AllocateInfo { public int Type; public void* Next; public ulong Size; public uint MemoryType; }
unsafe struct HandleTypes { public int Type; public void* Next; public uint Types; } // of a buffer, and of an export
unsafe struct ImportInfo { public int Type; public void* Next; public uint HandleType; public IntPtr Handle; }
unsafe struct HandleProperties { public int Type; public void* Next; public uint MemoryTypes; }
unsafe struct GetHandleInfo { public int Type; public void* Next; public ulong Memory; public uint HandleType; }
unsafe struct IdProperties { public int Type; public void* Next; public fixed byte Device[16]; public fixed byte Driver[16]; public fixed byte Luid[8]; public uint NodeMask, LuidValid; }
unsafe struct Properties2 { public int Type; public void* Next; public fixed ulong Properties[103]; } // none of which is read
unsafe struct MemoryProperties { public uint TypeCount; public fixed uint Types[64]; public uint HeapCount; public fixed ulong Heaps[32]; } // a type: properties, heap
struct Requirements { public ulong Size, Alignment; public uint MemoryTypes; }

static unsafe class Vulkan
{
	const string Library = "libvulkan.so.1";
	[DllImport(Library)] public static extern int vkCreateInstance(InstanceInfo* info, void* callbacks, IntPtr* instance);
	[DllImport(Library)] public static extern int vkEnumeratePhysicalDevices(IntPtr instance, uint* count, IntPtr* devices);
	[DllImport(Library)] public static extern void vkGetPhysicalDeviceMemoryProperties(IntPtr physical, MemoryProperties* properties);
	[DllImport(Library)] public static extern void vkGetPhysicalDeviceProperties2(IntPtr physical, Properties2* properties);
	[DllImport(Library)] public static extern int vkCreateDevice(IntPtr physical, DeviceInfo* info, void* callbacks, IntPtr* device);
	[DllImport(Library)] public static extern IntPtr vkGetDeviceProcAddr(IntPtr device, string name);
	[DllImport(Library)] public static extern int vkCreateBuffer(IntPtr device, BufferInfo* info, void* callbacks, ulong* buffer);
	[DllImport(Library)] public static extern void vkGetBufferMemoryRequirements(IntPtr device, ulong buffer, Requirements* requirements);
	[DllImport(Library)] public static extern int vkAllocateMemory(IntPtr device, AllocateInfo* info, void* callbacks, ulong* memory);
	[DllImport(Library)] public static extern int vkBindBufferMemory(IntPtr device, ulong buffer, ulong memory, ulong offset);
	[DllImport(Library)] public static extern int vkMapMemory(IntPtr device, ulong memory, ulong offset, ulong size, uint flags, byte** pointer);
	[DllImport(Library)] public static extern void vkDestroyBuffer(IntPtr device, ulong buffer, void* callbacks);
	[DllImport(Library)] public static extern void vkFreeMemory(IntPtr device, ulong memory, void* callbacks);
	[DllImport(Library)] public static extern void vkDestroyDevice(IntPtr device, void* callbacks);
	[DllImport(Library)] public static extern void vkDestroyInstance(IntPtr instance, void* callbacks);

	// The extension's commands, which the loader does not export.
	public delegate int GetHandle(IntPtr device, GetHandleInfo* info, IntPtr* handle);
	public delegate int GetHandleProperties(IntPtr device, uint handleType, IntPtr handle, HandleProperties* properties);
	public static T Command<T>(IntPtr device, string name) => Marshal.GetDelegateForFunctionPointer<T>(vkGetDeviceProcAddr(device, name));
}

static unsafe class Tongs
{
	const string Library = "libtongs.so.0";
	[DllImport(Library)] public static extern IntPtr tongs_device_new_from_uuids(byte* device, byte* driver);
	[DllImport(Library)] public static extern void tongs_device_unref(IntPtr device);
	[DllImport(Library)] public static extern IntPtr tongs_device_new_buffer(IntPtr device, UIntPtr length, UIntPtr options);
	[DllImport(Library)] public static extern IntPtr tongs_buffer_from_handle(IntPtr handle);
	[DllImport(Library)] public static extern IntPtr tongs_buffer_ref(IntPtr buffer);
	[DllImport(Library)] public static extern void tongs_buffer_unref(IntPtr buffer);
	[DllImport(Library)] public static extern UIntPtr tongs_buffer_get_length(IntPtr buffer);
	[DllImport(Library)] public static extern byte* tongs_buffer_get_contents(IntPtr buffer);
}

static unsafe class ShareBuffer
{
	const ulong Size = 4096;
	const uint MtlBuffer = 0x10000; // VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT
	const uint HostVisible = 2;
	static IntPtr instance, physical, device;

	static void Check(int result, string command)
	{
		if (result == -7)
			throw new Exception($"{command}: the extension is not there: start this program with `tongs run`");
		if (result != 0)
			throw new Exception($"{command}: VkResult {result}");
	}

	static void Expect(bool condition, string what)
	{
		if (!condition)
			throw new Exception($"wrong: {what}");
	}

	static void OpenDevice()
	{
		var application = new ApplicationInfo { ApiVersion = 1 << 22 | 1 << 12 };
		var instanceInfo = new InstanceInfo { Type = 1, Application = &application };
		IntPtr made;
		Check(Vulkan.vkCreateInstance(&instanceInfo, null, &made), "vkCreateInstance");
		instance = made;
		uint count = 1;
		made = IntPtr.Zero;
		Vulkan.vkEnumeratePhysicalDevices(instance, &count, &made);
		physical = made;
		Expect(physical != IntPtr.Zero, "there is no Vulkan device");

		var priority = 1f;
		var queue = new QueueInfo { Type = 2, Count = 1, Priorities = &priority };
		var name = (byte*)Marshal.StringToHGlobalAnsi("VK_EXT_external_memory_metal");
		var info = new DeviceInfo { Type = 3, QueueCount = 1, Queues = &queue, ExtensionCount = 1, Extensions = &name };
		Check(Vulkan.vkCreateDevice(physical, &info, null, &made), "vkCreateDevice");
		device = made;
		Marshal.FreeHGlobal((IntPtr)name);
	}

	struct Shared { public ulong Buffer, Memory; }

	// A buffer and its memory, which is what the chain says: exported, or the import of an object of these memory types.
	static Shared CreateBuffer(uint allowed, void* chain, ulong size)
	{
		var external = new HandleTypes { Type = 1000072000, Types = MtlBuffer };
		var info = new BufferInfo { Type = 12, Next = &external, Size = Size, Usage = 2 };
		ulong buffer, memory;
		Check(Vulkan.vkCreateBuffer(device, &info, null, &buffer), "vkCreateBuffer");
		Requirements requirements;
		Vulkan.vkGetBufferMemoryRequirements(device, buffer, &requirements);
		MemoryProperties properties;
		Vulkan.vkGetPhysicalDeviceMemoryProperties(physical, &properties);
		var type = 0;
		while (type < properties.TypeCount &&
			((allowed & requirements.MemoryTypes & 1u << type) == 0 || (properties.Types[2 * type] & HostVisible) == 0))
			type++;
		Expect(type < properties.TypeCount, "no memory type can be shared");

		var allocation = new AllocateInfo { Type = 5, Next = chain, Size = size != 0 ? size : requirements.Size, MemoryType = (uint)type };
		Check(Vulkan.vkAllocateMemory(device, &allocation, null, &memory), "vkAllocateMemory");
		Check(Vulkan.vkBindBufferMemory(device, buffer, memory, 0), "vkBindBufferMemory");
		return new Shared { Buffer = buffer, Memory = memory };
	}

	static byte* Map(ulong memory)
	{
		byte* pointer;
		Check(Vulkan.vkMapMemory(device, memory, 0, Size, 0, &pointer), "vkMapMemory");
		return pointer;
	}

	static void Destroy(Shared shared)
	{
		Vulkan.vkDestroyBuffer(device, shared.Buffer, null);
		Vulkan.vkFreeMemory(device, shared.Memory, null);
	}

	// Vulkan to Metal: the bytes outlive the Vulkan memory.
	static void ExportBuffer()
	{
		var chain = new HandleTypes { Type = 1000072002, Types = MtlBuffer };
		var shared = CreateBuffer(~0u, &chain, 0);
		var mapped = Map(shared.Memory);
		for (var i = 0; i < 256; i++)
			mapped[i] = (byte)i;

		var info = new GetHandleInfo { Type = 1000602002, Memory = shared.Memory, HandleType = MtlBuffer };
		IntPtr handle;
		Check(Vulkan.Command<Vulkan.GetHandle>(device, "vkGetMemoryMetalHandleEXT")(device, &info, &handle), "vkGetMemoryMetalHandleEXT");
		var metal = Tongs.tongs_buffer_ref(Tongs.tongs_buffer_from_handle(handle));
		Destroy(shared);

		Expect((ulong)Tongs.tongs_buffer_get_length(metal) >= Size, "the MTLBuffer's length");
		var contents = Tongs.tongs_buffer_get_contents(metal);
		for (var i = 0; i < 256; i++)
			Expect(contents[i] == i, "what Metal reads");
		Tongs.tongs_buffer_unref(metal);
	}

	// Metal to Vulkan, and back: a mapping of the memory shows, and changes, the MTLBuffer's bytes.
	static void ImportBuffer()
	{
		var ids = new IdProperties { Type = 1000071004 };
		var properties = new Properties2 { Type = 1000059001, Next = &ids };
		Vulkan.vkGetPhysicalDeviceProperties2(physical, &properties);
		var metalDevice = Tongs.tongs_device_new_from_uuids(ids.Device, ids.Driver);
		var metal = Tongs.tongs_device_new_buffer(metalDevice, (UIntPtr)Size, UIntPtr.Zero);
		Expect(metal != IntPtr.Zero, "newBufferWithLength:options:");
		var contents = Tongs.tongs_buffer_get_contents(metal);
		contents[Size - 1] = 17;

		var types = new HandleProperties { Type = 1000602001 };
		Check(Vulkan.Command<Vulkan.GetHandleProperties>(device, "vkGetMemoryMetalHandlePropertiesEXT")(device, MtlBuffer, metal, &types),
			"vkGetMemoryMetalHandlePropertiesEXT");
		var chain = new ImportInfo { Type = 1000602000, HandleType = MtlBuffer, Handle = metal };
		var shared = CreateBuffer(types.MemoryTypes, &chain, Size);
		var mapped = Map(shared.Memory);
		Expect(mapped[Size - 1] == 17, "what Vulkan reads");
		mapped[0] = 71;
		Expect(contents[0] == 71, "what Metal reads of an import");

		Destroy(shared);
		Tongs.tongs_buffer_unref(metal);
		Tongs.tongs_device_unref(metalDevice);
	}

	static int Main()
	{
		try
		{
			OpenDevice();
			ExportBuffer();
			ImportBuffer();
			Vulkan.vkDestroyDevice(device, null);
			Vulkan.vkDestroyInstance(instance, null);
		}
		catch (Exception exception)
		{
			Console.Error.WriteLine(exception.Message);
			return 1;
		}
		Console.WriteLine("C#: Metal read Vulkan's buffer, Vulkan Metal's");
		return 0;
	}
}
