/* The binary boundary of CALM plugins: the stamp that every plugin carries and the entry point that it exports.
 *
 * A plugin is a shared object `lib<Module>.so` that exports `calm_plugin_<Module>`, a function without arguments that
 * returns a `calm_plugin_info`. The host reads the stamp out of the ELF file before it opens the library, so a plugin
 * of another API version or compiler is refused before any of its code runs. */
#ifndef CALM_PLUGIN_H
#define CALM_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#define CALM_MAGIC 0x4D4C4143u /* "CALM", little endian */

/* A plugin of the same major version loads where its minor version is not newer than the host's. */
#ifndef CALM_API_MAJOR
#define CALM_API_MAJOR 1u
#endif
#ifndef CALM_API_MINOR
#define CALM_API_MINOR 0u
#endif

/* Which side of the boundary's two tracks: Swift plugins need the host's very compiler. C plugins, which would need
 * none, are not loaded yet. */
#define CALM_LANGUAGE_SWIFT 1u
#define CALM_LANGUAGE_C 2u
#ifndef CALM_LANGUAGE
#define CALM_LANGUAGE CALM_LANGUAGE_SWIFT
#endif

/* Baked into whichever image compiles this header, as the ELF section `calm_stamp`. */
typedef struct calm_stamp {
  uint32_t magic, size, api_major, api_minor, language, reserved;
  char compiler[104];
} calm_stamp;

static const calm_stamp calm_stamp_data __attribute__((used, section("calm_stamp"))) = {
    CALM_MAGIC, sizeof(calm_stamp), CALM_API_MAJOR, CALM_API_MINOR, CALM_LANGUAGE, 0, __VERSION__};

/* What the entry point returns. `factory` gives a retained reference to a Swift `PluginFactory` box. */
typedef struct calm_plugin_info {
  size_t size; /* sizeof(calm_plugin_info) of the plugin: later versions append fields */
  const calm_stamp *stamp;
  const void *(*factory)(void);
} calm_plugin_info;

/* A function, so that the stamp is emitted in the image that calls it. */
static inline const calm_stamp *calm_this_stamp(void) { return &calm_stamp_data; }

#endif
