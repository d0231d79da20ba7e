/* SPDX-License-Identifier: MIT */
/* Macros that say from which version on a declaration can be used. They expand to nothing: Linux has no such versions,
 * and what is declared is there. */
#ifndef TONGS_APPLE_OS_AVAILABILITY_H
#define TONGS_APPLE_OS_AVAILABILITY_H

#ifndef API_AVAILABLE
#define API_AVAILABLE(...)
#endif
#ifndef API_AVAILABLE_BEGIN
#define API_AVAILABLE_BEGIN(...)
#endif
#ifndef API_AVAILABLE_END
#define API_AVAILABLE_END
#endif
#ifndef API_UNAVAILABLE
#define API_UNAVAILABLE(...)
#endif
#ifndef API_UNAVAILABLE_BEGIN
#define API_UNAVAILABLE_BEGIN(...)
#endif
#ifndef API_UNAVAILABLE_END
#define API_UNAVAILABLE_END
#endif
#ifndef API_DEPRECATED
#define API_DEPRECATED(...)
#endif
#ifndef API_DEPRECATED_BEGIN
#define API_DEPRECATED_BEGIN(...)
#endif
#ifndef API_DEPRECATED_END
#define API_DEPRECATED_END
#endif
#ifndef API_DEPRECATED_WITH_REPLACEMENT
#define API_DEPRECATED_WITH_REPLACEMENT(...)
#endif
#ifndef API_DEPRECATED_WITH_REPLACEMENT_BEGIN
#define API_DEPRECATED_WITH_REPLACEMENT_BEGIN(...)
#endif
#ifndef API_DEPRECATED_WITH_REPLACEMENT_END
#define API_DEPRECATED_WITH_REPLACEMENT_END
#endif
#ifndef SPI_AVAILABLE
#define SPI_AVAILABLE(...)
#endif
#ifndef SPI_DEPRECATED
#define SPI_DEPRECATED(...)
#endif

#endif
