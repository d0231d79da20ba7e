/* SPDX-License-Identifier: MIT */
/* The vectors and matrices of floats that Metal's interfaces take, laid out as Metal's shaders have them; there are no
 * functions. A vector of three takes the place of four. */
#ifndef TONGS_APPLE_SIMD_SIMD_H
#define TONGS_APPLE_SIMD_SIMD_H

#ifdef __clang__
typedef __attribute__((__ext_vector_type__(2))) float simd_float2;
typedef __attribute__((__ext_vector_type__(3))) float simd_float3;
typedef __attribute__((__ext_vector_type__(4))) float simd_float4;
#else
typedef float simd_float2 __attribute__((vector_size(8)));
typedef float simd_float3 __attribute__((vector_size(16)));
typedef float simd_float4 __attribute__((vector_size(16)));
#endif

typedef struct {
	simd_float3 columns[3];
} simd_float3x3;

typedef struct {
	simd_float4 columns[4];
} simd_float4x4;

#ifdef __cplusplus
namespace simd {
typedef ::simd_float2 float2;
typedef ::simd_float3 float3;
typedef ::simd_float4 float4;
typedef ::simd_float3x3 float3x3;
typedef ::simd_float4x4 float4x4;
} // namespace simd
#endif

#endif
