// SPDX-License-Identifier: MIT
//! A Vulkan buffer as an MTLBuffer, and an MTLBuffer as Vulkan's memory, from Rust without a crate: every command is a
//! function pointer, as in ash.
//!
//!     rustc --edition 2021 share_buffer.rs -o share_buffer_rust
//!     tongs run ./share_buffer_rust
#![allow(non_snake_case, clippy::missing_transmute_annotations)]

use std::ffi::{c_void, CStr};
use std::mem::{size_of, transmute, zeroed};
use std::os::raw::{c_char, c_int};
use std::ptr::{null, null_mut};
use std::slice::from_raw_parts;

const SIZE: u64 = 4096;
const MTLBUFFER: u32 = 0x10000; // VK_EXTERNAL_MEMORY_HANDLE_TYPE_MTLBUFFER_BIT_EXT
const HOST_VISIBLE: u32 = 2;

type Handle = *mut c_void; // a dispatchable handle, or a Metal object
type Function = unsafe extern "system" fn();
type Destroy = unsafe extern "system" fn(Handle, *const c_void);
type DestroyChild = unsafe extern "system" fn(Handle, u64, *const c_void);
/// vkCreate… of `I`, a create info, for `P`, a parent; `O` is what is made.
type Create<P, I, O> = unsafe extern "system" fn(P, *const I, *const c_void, *mut O) -> i32;

/// Declares structs of Vulkan's that begin with sType and pNext, and a function that fills those two.
macro_rules! structs {
	($($name:ident = $type:literal { $($field:ident: $kind:ty),* })*) => { $(
		#[repr(C)]
		struct $name { sType: i32, pNext: *const c_void, $($field: $kind),* }
		impl $name {
			fn new() -> Self { Self { sType: $type, ..unsafe { zeroed() } } }
		}
	)* };
}

structs! {
	ApplicationInfo = 0 { name: *const c_char, version: u32, engine: *const c_char, engineVersion: u32, apiVersion: u32 }
	InstanceInfo = 1 { flags: u32, application: *const ApplicationInfo, layerCount: u32, layers: *const c_void,
		extensionCount: u32, extensions: *const c_void }
	QueueInfo = 2 { flags: u32, family: u32, count: u32, priorities: *const f32 }
	DeviceInfo = 3 { flags: u32, queueCount: u32, queues: *const QueueInfo, layerCount: u32, layers: *const c_void,
		extensionCount: u32, extensions: *const *const c_char, features: *const c_void }
	AllocateInfo = 5 { size: u64, memoryType: u32 }
	BufferInfo = 12 { flags: u32, size: u64, usage: u32, sharing: u32, familyCount: u32, families: *const u32 }
	ExternalBufferInfo = 1000072000 { handleTypes: u32 }
	ExportInfo = 1000072002 { handleTypes: u32 }
	ImportInfo = 1000602000 { handleType: u32, handle: Handle }
	HandleProperties = 1000602001 { memoryTypes: u32 }
	GetHandleInfo = 1000602002 { memory: u64, handleType: u32 }
	IdProperties = 1000071004 { deviceUUID: [u8; 16], driverUUID: [u8; 16], luid: [u8; 8], nodeMask: u32, luidValid: u32 }
	Properties2 = 1000059001 { properties: [u64; 103] } // of which this program reads nothing
}

#[repr(C)]
struct Requirements {
	size: u64,
	alignment: u64,
	memoryTypes: u32,
}

#[repr(C)]
struct MemoryProperties {
	typeCount: u32,
	types: [[u32; 2]; 32], // the properties, and the heap
	heapCount: u32,
	heaps: [[u64; 2]; 16],
}

extern "C" {
	fn dlopen(name: *const c_char, flags: c_int) -> *mut c_void;
	fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
}

fn c(text: &'static str) -> *const c_char {
	CStr::from_bytes_with_nul(text.as_bytes()).unwrap().as_ptr()
}

fn library(name: &'static str) -> *mut c_void {
	let library = unsafe { dlopen(c(name), 2) };
	assert!(!library.is_null(), "{} is not there", name);
	library
}

fn check(result: i32, command: &str) {
	match result {
		0 => {}
		-7 => fail(&format!("{command}: the extension is not there: start this program with `tongs run`")),
		_ => fail(&format!("{command}: VkResult {result}")),
	}
}

fn fail(message: &str) {
	eprintln!("{message}");
	std::process::exit(1);
}

fn expect(condition: bool, what: &str) {
	if !condition {
		fail(&format!("wrong: {what}"));
	}
}

/// The device, and where its commands come from.
struct Vulkan {
	get: unsafe extern "system" fn(Handle, *const c_char) -> Option<Function>,
	instance: Handle,
	physical: Handle,
	device: Handle,
}

/// `command!(vulkan, "vkName\0", type)`: the command as a function pointer of that type.
macro_rules! command {
	($vulkan:expr, $name:literal, $type:ty) => {
		transmute::<Function, $type>(
			($vulkan.get)($vulkan.instance, c($name)).expect(concat!("lacks ", $name)))
	};
}

/// `tongs!(library, "tongs_name\0", type)`: the same for a function of libtongs.
macro_rules! tongs {
	($library:expr, $name:literal, $type:ty) => {
		transmute::<*mut c_void, $type>(dlsym($library, c($name)))
	};
}

unsafe fn open_vulkan() -> Vulkan {
	let get = transmute(dlsym(library("libvulkan.so.1\0"), c("vkGetInstanceProcAddr\0")));
	let mut vk = Vulkan { get, instance: null_mut(), physical: null_mut(), device: null_mut() };

	let application = ApplicationInfo { apiVersion: 1 << 22 | 1 << 12, ..ApplicationInfo::new() };
	let info = InstanceInfo { application: &application, ..InstanceInfo::new() };
	let create = command!(vk, "vkCreateInstance\0", unsafe extern "system" fn(*const InstanceInfo, *const c_void, *mut Handle) -> i32);
	check(create(&info, null(), &mut vk.instance), "vkCreateInstance");

	let list = command!(vk, "vkEnumeratePhysicalDevices\0", unsafe extern "system" fn(Handle, *mut u32, *mut Handle) -> i32);
	list(vk.instance, &mut 1, &mut vk.physical);
	expect(!vk.physical.is_null(), "there is no Vulkan device");

	let queue = QueueInfo { count: 1, priorities: &1.0, ..QueueInfo::new() };
	let extension = c("VK_EXT_external_memory_metal\0");
	let info = DeviceInfo { queueCount: 1, queues: &queue, extensionCount: 1, extensions: &extension, ..DeviceInfo::new() };
	let create = command!(vk, "vkCreateDevice\0", Create<Handle, DeviceInfo, Handle>);
	check(create(vk.physical, &info, null(), &mut vk.device), "vkCreateDevice");
	vk
}

/// A buffer and its memory, which is what the chain says: exported, or the import of an object of these memory types.
unsafe fn create_buffer(vk: &Vulkan, allowed: u32, chain: *const c_void, size: Option<u64>) -> (u64, u64) {
	let external = ExternalBufferInfo { handleTypes: MTLBUFFER, ..ExternalBufferInfo::new() };
	let info = BufferInfo { pNext: &external as *const _ as _, size: SIZE, usage: 2, ..BufferInfo::new() };
	let (mut buffer, mut memory) = (0, 0);
	let create = command!(vk, "vkCreateBuffer\0", Create<Handle, BufferInfo, u64>);
	check(create(vk.device, &info, null(), &mut buffer), "vkCreateBuffer");

	let mut requirements: Requirements = zeroed();
	command!(vk, "vkGetBufferMemoryRequirements\0", unsafe extern "system" fn(Handle, u64, *mut Requirements))(
		vk.device, buffer, &mut requirements);
	let mut properties: MemoryProperties = zeroed();
	command!(vk, "vkGetPhysicalDeviceMemoryProperties\0", unsafe extern "system" fn(Handle, *mut MemoryProperties))(
		vk.physical, &mut properties);
	let memory_type = (0..properties.typeCount)
		.find(|i| allowed & requirements.memoryTypes & 1 << i != 0 && properties.types[*i as usize][0] & HOST_VISIBLE != 0)
		.expect("no memory type can be shared");

	let info = AllocateInfo {
		pNext: chain, size: size.unwrap_or(requirements.size), memoryType: memory_type, ..AllocateInfo::new()
	};
	let allocate = command!(vk, "vkAllocateMemory\0", Create<Handle, AllocateInfo, u64>);
	check(allocate(vk.device, &info, null(), &mut memory), "vkAllocateMemory");
	let bind = command!(vk, "vkBindBufferMemory\0", unsafe extern "system" fn(Handle, u64, u64, u64) -> i32);
	check(bind(vk.device, buffer, memory, 0), "vkBindBufferMemory");
	(buffer, memory)
}

unsafe fn map_memory(vk: &Vulkan, memory: u64) -> *mut u8 {
	let map = command!(vk, "vkMapMemory\0", unsafe extern "system" fn(Handle, u64, u64, u64, u32, *mut *mut u8) -> i32);
	let mut pointer = null_mut();
	check(map(vk.device, memory, 0, SIZE, 0, &mut pointer), "vkMapMemory");
	pointer
}

unsafe fn destroy(vk: &Vulkan, (buffer, memory): (u64, u64)) {
	command!(vk, "vkDestroyBuffer\0", DestroyChild)(vk.device, buffer, null());
	command!(vk, "vkFreeMemory\0", DestroyChild)(vk.device, memory, null());
}

/// Vulkan to Metal: the bytes outlive the Vulkan memory.
unsafe fn export_buffer(vk: &Vulkan, tongs: *mut c_void) {
	let chain = ExportInfo { handleTypes: MTLBUFFER, ..ExportInfo::new() };
	let shared = create_buffer(vk, !0, &chain as *const _ as _, None);
	let mapped = map_memory(vk, shared.1);
	(0..=255u8).for_each(|i| mapped.add(i as usize).write(i));

	let get_handle = command!(vk, "vkGetMemoryMetalHandleEXT\0", unsafe extern "system" fn(Handle, *const GetHandleInfo, *mut Handle) -> i32);
	let info = GetHandleInfo { memory: shared.1, handleType: MTLBUFFER, ..GetHandleInfo::new() };
	let mut metal = null_mut();
	check(get_handle(vk.device, &info, &mut metal), "vkGetMemoryMetalHandleEXT");
	metal = tongs!(tongs, "tongs_buffer_from_handle\0", unsafe extern "C" fn(Handle) -> Handle)(metal);
	metal = tongs!(tongs, "tongs_buffer_ref\0", unsafe extern "C" fn(Handle) -> Handle)(metal);
	destroy(vk, shared);

	let length = tongs!(tongs, "tongs_buffer_get_length\0", unsafe extern "C" fn(Handle) -> usize)(metal);
	expect(length >= SIZE as usize, "the MTLBuffer's length");
	let contents = tongs!(tongs, "tongs_buffer_get_contents\0", unsafe extern "C" fn(Handle) -> *const u8)(metal);
	expect(from_raw_parts(contents, 256).iter().copied().eq(0..=255), "what Metal reads");
	tongs!(tongs, "tongs_buffer_unref\0", unsafe extern "C" fn(Handle))(metal);
}

/// Metal to Vulkan, and back: a mapping of the memory shows, and changes, the MTLBuffer's bytes.
unsafe fn import_buffer(vk: &Vulkan, tongs: *mut c_void) {
	let mut ids = IdProperties::new();
	let mut properties = Properties2 { pNext: &mut ids as *mut _ as _, ..Properties2::new() };
	command!(vk, "vkGetPhysicalDeviceProperties2\0", unsafe extern "system" fn(Handle, *mut Properties2))(
		vk.physical, &mut properties);
	let device = tongs!(tongs, "tongs_device_new_from_uuids\0", unsafe extern "C" fn(*const u8, *const u8) -> Handle)(
		ids.deviceUUID.as_ptr(), ids.driverUUID.as_ptr());
	let metal = tongs!(tongs, "tongs_device_new_buffer\0", unsafe extern "C" fn(Handle, usize, usize) -> Handle)(
		device, SIZE as usize, 0);
	expect(!metal.is_null(), "newBufferWithLength:options:");
	let contents = tongs!(tongs, "tongs_buffer_get_contents\0", unsafe extern "C" fn(Handle) -> *mut u8)(metal);
	contents.copy_from(b"from Metal".as_ptr(), 10);

	let get_properties = command!(vk, "vkGetMemoryMetalHandlePropertiesEXT\0",
		unsafe extern "system" fn(Handle, u32, Handle, *mut HandleProperties) -> i32);
	let mut types = HandleProperties::new();
	check(get_properties(vk.device, MTLBUFFER, metal, &mut types), "vkGetMemoryMetalHandlePropertiesEXT");
	let chain = ImportInfo { handleType: MTLBUFFER, handle: metal, ..ImportInfo::new() };
	let shared = create_buffer(vk, types.memoryTypes, &chain as *const _ as _, Some(SIZE));
	let mapped = map_memory(vk, shared.1);
	expect(from_raw_parts(mapped, 10) == b"from Metal", "what Vulkan reads");
	mapped.copy_from(b"from Vulkan".as_ptr(), 11);
	expect(from_raw_parts(contents, 11) == b"from Vulkan", "what Metal reads of an import");

	destroy(vk, shared);
	tongs!(tongs, "tongs_buffer_unref\0", unsafe extern "C" fn(Handle))(metal);
	tongs!(tongs, "tongs_device_unref\0", unsafe extern "C" fn(Handle))(device);
}

fn main() {
	const _: () = assert!(size_of::<MemoryProperties>() == 520);
	unsafe {
		let vk = open_vulkan();
		let tongs = library("libtongs.so.0\0");
		export_buffer(&vk, tongs);
		import_buffer(&vk, tongs);
		command!(vk, "vkDestroyDevice\0", Destroy)(vk.device, null());
		command!(vk, "vkDestroyInstance\0", Destroy)(vk.instance, null());
	}
	println!("Rust: Metal read Vulkan's buffer, Vulkan Metal's");
}
