#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_headers.py SOURCE OBJC_HEADERS COMPILER...: each header for Apple's code compiles alone, in each language.

OBJC_HEADERS is a folder with the runtime's headers. Compilers are gcc, g++, clang and clang++; others are left out, and
so is one that is not installed. Prints TAP."""
import pathlib
import shutil
import subprocess
import sys

LANGUAGES = {
    "gcc": [["c", "-std=c99"], ["c", "-std=c11"], ["objective-c", "-std=gnu11"]],
    "g++": [["c++", "-std=c++11"], ["c++", "-std=c++20"]],
    "clang": [["c", "-std=c11"], ["c", "-std=gnu11", "-fblocks"], ["objective-c", "-std=gnu11", "-fobjc-runtime=gcc", "-fblocks"]],
    "clang++": [["c++", "-std=c++11"], ["c++", "-std=c++17", "-fblocks"]],
}
# All headers at once, before and behind Foundation's.
WITH_FOUNDATION = {
    "gcc": ["objective-c", "-std=gnu11"],
    "clang": ["objective-c", "-std=gnu11", "-fobjc-runtime=gcc", "-fblocks"],
}
# Names that a header's users rely on, in all languages.
USES = {
    "TargetConditionals.h": "int x = TARGET_OS_OSX + TARGET_OS_MAC + TARGET_CPU_X86_64 + TARGET_OS_IPHONE;",
    "Availability.h":
        "extern int y __attribute__((weak_import)); int x API_AVAILABLE(macos(13.0), ios(16.0)) = __MAC_OS_X_VERSION_MIN_REQUIRED >= __MAC_13_0;",
    "AvailabilityMacros.h": "int x = MAC_OS_X_VERSION_MIN_REQUIRED >= MAC_OS_X_VERSION_10_15;",
    "os/availability.h": "API_DEPRECATED_WITH_REPLACEMENT(\"y\", macos(10.11, 13.0)) extern int x; extern int x API_UNAVAILABLE(ios);",
    "CoreFoundation/CFBase.h": "CFTypeRef (*x)(CFTypeRef) = CFRetain; CFIndex y = 1; Boolean z; CFStringRef s;",
    "CoreFoundation/CoreFoundation.h":
        "CFTimeInterval x = INFINITY; dispatch_queue_t q; dispatch_data_t d; size_t s = sizeof(uint64_t); CFRange r;",
    "CoreGraphics/CGBase.h": "CGFloat x = 1;",
    "CoreGraphics/CGColorSpace.h": "CGColorSpaceRef x;",
    "CoreGraphics/CGGeometry.h": "CGSize x; CGRect r; CGFloat f(void); CGFloat f(void) { return CGSizeMake(1, 2).height; }",
    "CoreGraphics/CoreGraphics.h": "CGPoint x; CGColorSpaceRef c;",
    "dispatch/dispatch.h": "dispatch_queue_t x; dispatch_data_t y;",
    "mach/mach.h": "kern_return_t x = KERN_SUCCESS; task_id_token_t y;",
    "objc/blocks_runtime.h": "void *(*x)(const void *) = _Block_copy;",
    "objc/message.h": "void (*x)(void) = (void (*)(void))objc_msgSend; IMP (*y)(id, SEL) = objc_msg_lookup;",
    "objc/runtime.h": "Class (*x)(const char *) = objc_lookUpClass; OBJC_EXPORT int y;",
    "QuartzCore/CABase.h": "CFTimeInterval x;",
    "QuartzCore/CAMetalLayer.h": "CGSize x;",
    "QuartzCore/QuartzCore.h": "CGSize x;",
    "simd/simd.h": "typedef char x[sizeof(simd_float4x4) == 64 && sizeof(simd_float3x3) == 48 ? 1 : -1]; simd_float2 y;",
}


def compile_code(code, command):
    """What the compiler complains of, as lines of TAP."""
    done = subprocess.run([*command, "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-"], input=code, capture_output=True, text=True,
                          check=False)
    return "".join(f"# {line}\n" for line in done.stderr.splitlines()[:12]) if done.returncode else ""


def foundation_flags():
    flags = subprocess.run(["gnustep-config", "--objc-flags"], capture_output=True, text=True, check=True).stdout.split()
    return [flag for flag in flags if flag not in ("-MMD", "-MP", "-I.")] + ["-Wno-expansion-to-defined", "-Wno-objc-root-class"]


def main():
    source, objc_headers, compilers = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    folder = source / "include/apple"
    headers = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.h"))
    paths = [f"-I{folder}", f"-I{source}/include", "-idirafter", objc_headers]
    cases = []
    for compiler in compilers:
        for flags in LANGUAGES[compiler]:
            command = [compiler, "-x", *flags, "-Wpedantic", "-Wundef", *paths]
            cases.append((f"each header by {compiler} {' '.join(flags)}", command,
                          [f"#include <{header}>\n#include <{header}>\n{USES[header]}\n" for header in headers]))
        if compiler in WITH_FOUNDATION:
            command = [compiler, "-x", *WITH_FOUNDATION[compiler], *foundation_flags(), *paths]
            every = "".join(f"#include <{header}>\n" for header in headers)
            foundation = "#import <Foundation/Foundation.h>\n#import <Metal/Metal.h>\n"
            cases.append((f"all headers with Foundation by {compiler}", command, [every + foundation, foundation + every]))
    print(f"1..{len(cases)}")
    failed = False
    for number, (name, command, codes) in enumerate(cases, 1):
        if not shutil.which(command[0]):
            print(f"ok {number} - {name} # SKIP there is no {command[0]}")
            continue
        complaints = "".join(compile_code(code, command) for code in codes)
        failed |= bool(complaints)
        print(f"{complaints}{'not ok' if complaints else 'ok'} {number} - {name}")
    return failed


sys.exit(main())
