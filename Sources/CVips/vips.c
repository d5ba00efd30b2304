#include "CVips.h"

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

// The few declarations of libvips' stable C interface (ABI 42) that are used. Its operations are variadic C functions, and are declared
// and called as such: on x86-64 a variadic call differs from an ordinary one.
typedef struct Image Image;
typedef struct Source Source;
typedef struct Target Target;
typedef unsigned long Type;

enum { SIZE_FORCE = 3 };              // VipsSize
enum { INTERESTING_ATTENTION = 3 };   // VipsInteresting
enum { FAIL_ON_ERROR = 2 };           // VipsFailOn
enum { INTERPRETATION_SRGB = 22 };    // VipsInterpretation
enum { COMPRESSION_AV1 = 4 };         // VipsForeignHeifCompression
enum { EXTEND_BACKGROUND = 5 };       // VipsExtend
enum { FORMAT_UCHAR = 0 };            // VipsBandFormat

#define SYMBOLS(X) \
    X(int, vips_init, (const char *)) \
    X(void, vips_concurrency_set, (int)) \
    X(void, vips_cache_set_max, (int)) \
    X(void, vips_block_untrusted_set, (int)) \
    X(void, vips_operation_block_set, (const char *, int)) \
    X(Type, vips_type_find, (const char *, const char *)) \
    X(const char *, vips_error_buffer, (void)) \
    X(void, vips_error_clear, (void)) \
    X(Source *, vips_source_new_from_descriptor, (int)) \
    X(Target *, vips_target_new_to_descriptor, (int)) \
    X(int, vips_jpegload_source, (Source *, Image **, ...)) \
    X(int, vips_pngload_source, (Source *, Image **, ...)) \
    X(int, vips_webpload_source, (Source *, Image **, ...)) \
    X(int, vips_gifload_source, (Source *, Image **, ...)) \
    X(int, vips_heifload_source, (Source *, Image **, ...)) \
    X(const char *, vips_foreign_find_load_source, (Source *)) \
    X(int, vips_thumbnail_source, (Source *, Image **, int, ...)) \
    X(int, vips_thumbnail_image, (Image *, Image **, int, ...)) \
    X(int, vips_colourspace, (Image *, Image **, int, ...)) \
    X(int, vips_cast, (Image *, Image **, int, ...)) \
    X(int, vips_addalpha, (Image *, Image **, ...)) \
    X(int, vips_flatten, (Image *, Image **, ...)) \
    X(int, vips_crop, (Image *, Image **, int, int, int, int, ...)) \
    X(int, vips_smartcrop, (Image *, Image **, int, int, ...)) \
    X(int, vips_embed, (Image *, Image **, int, int, int, int, ...)) \
    X(int, vips_jpegsave_target, (Image *, Target *, ...)) \
    X(int, vips_pngsave_target, (Image *, Target *, ...)) \
    X(int, vips_webpsave_target, (Image *, Target *, ...)) \
    X(int, vips_heifsave_target, (Image *, Target *, ...)) \
    X(Image *, vips_image_copy_memory, (Image *)) \
    X(void *, vips_image_write_to_memory, (Image *, size_t *)) \
    X(int, vips_image_get_width, (const Image *)) \
    X(int, vips_image_get_height, (const Image *)) \
    X(int, vips_image_get_bands, (const Image *)) \
    X(int, vips_image_get_n_pages, (Image *)) \
    X(int, vips_image_get_orientation, (Image *)) \
    X(int, vips_image_hasalpha, (Image *)) \
    X(Type, vips_image_get_typeof, (const Image *, const char *)) \
    X(char **, vips_image_get_fields, (Image *)) \
    X(int, vips_image_remove, (Image *, const char *)) \
    X(int, vips_copy, (Image *, Image **, ...)) \
    X(void, g_strfreev, (char **)) \
    X(void *, vips_array_double_new, (const double *, int)) \
    X(void, vips_area_unref, (void *)) \
    X(void, g_object_unref, (void *)) \
    X(void *, g_log_set_default_handler, (void (*)(const char *, int, const char *, void *), void *)) \
    X(void, g_free, (void *))

#define DECLARE(result, name, arguments) static result (*name) arguments;
SYMBOLS(DECLARE)

static const char *resolve(void) {
    void *library = dlopen("libvips.so.42", RTLD_NOW | RTLD_LOCAL);
    if (!library) return "libvips.so.42 is not installed (package libvips42)";
#define RESOLVE(result, name, arguments) \
    *(void **)&name = dlsym(library, #name); \
    if (!name) return "libvips lacks " #name;
    SYMBOLS(RESOLVE)
    return NULL;
}

// libvips goes on after some losses and only warns: missing scan data of a JPEG, and lines that a cache could not be filled with. Such
// warnings are heard here, possibly on a thread of libvips.
static atomic_bool is_damaged;

static void hear(const char *domain, int level, const char *message, void *data) {
    (void)domain, (void)level, (void)data;
    static const char *const losses[] = {"premature end", "error in tile", "not enough data", "read error"};
    for (size_t index = 0; message && index < sizeof losses / sizeof *losses; index++) {
        if (strstr(message, losses[index])) atomic_store(&is_damaged, true);
    }
}

const char *atlas_vips_open(void) {
    const char *fault = resolve();
    if (fault) return fault;
    if (vips_init("atlas")) return "libvips does not start";
    g_log_set_default_handler(hear, NULL);
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    // Blocking untrusted loaders is not enough: matrixload counts as trusted and opens any text.
    vips_block_untrusted_set(1);
    vips_operation_block_set("VipsForeignLoad", 1);
    vips_operation_block_set("VipsForeignLoadJpeg", 0);
    vips_operation_block_set("VipsForeignLoadPng", 0);
    vips_operation_block_set("VipsForeignLoadWebp", 0);
    vips_operation_block_set("VipsForeignLoadNsgif", 0);
    vips_operation_block_set("VipsForeignLoadHeif", 0);
    return NULL;
}

void atlas_vips_error(char *text, size_t capacity) {
    if (!capacity) return;
    const char *buffer = vips_error_buffer();
    size_t length = 0;
    while (buffer[length] && buffer[length] != '\n' && length + 1 < capacity) {
        text[length] = buffer[length];
        length++;
    }
    text[length] = 0;
    vips_error_clear();
}

bool atlas_vips_can_save(AtlasImageType type) {
    switch (type) {
    case ATLAS_JPEG: return vips_type_find("VipsOperation", "jpegsave_target") != 0;
    case ATLAS_PNG: return vips_type_find("VipsOperation", "pngsave_target") != 0;
    case ATLAS_WEBP: return vips_type_find("VipsOperation", "webpsave_target") != 0;
    case ATLAS_HEIF: return vips_type_find("VipsOperation", "heifsave_target") != 0;
    case ATLAS_GIF: return false;
    }
    return false;
}

// The loader that libvips would choose must be the one of the type that was found by content.
static bool loader_matches(Source *source, AtlasImageType type) {
    static const char *const names[] = {
        "VipsForeignLoadJpegSource", "VipsForeignLoadPngSource", "VipsForeignLoadWebpSource", "VipsForeignLoadNsgifSource",
        "VipsForeignLoadHeifSource",
    };
    const char *loader = vips_foreign_find_load_source(source);
    return loader && (unsigned)type < sizeof names / sizeof *names && strcmp(loader, names[type]) == 0;
}

static Source *open_source(int descriptor, AtlasImageType type) {
    // libvips remembers where it found the descriptor; every reading starts at the beginning.
    lseek(descriptor, 0, SEEK_SET);
    Source *source = vips_source_new_from_descriptor(descriptor);
    if (source && !loader_matches(source, type)) {
        g_object_unref(source);
        return NULL;
    }
    return source;
}

int atlas_vips_header(int descriptor, AtlasImageType type, AtlasImageHeader *header) {
    Source *source = open_source(descriptor, type);
    if (!source) return -1;
    Image *image = NULL;
    int failed = -1;
    switch (type) {
    case ATLAS_JPEG: failed = vips_jpegload_source(source, &image, "fail_on", FAIL_ON_ERROR, NULL); break;
    case ATLAS_PNG: failed = vips_pngload_source(source, &image, "fail_on", FAIL_ON_ERROR, NULL); break;
    case ATLAS_WEBP: failed = vips_webpload_source(source, &image, "fail_on", FAIL_ON_ERROR, NULL); break;
    case ATLAS_GIF: failed = vips_gifload_source(source, &image, "fail_on", FAIL_ON_ERROR, NULL); break;
    case ATLAS_HEIF: failed = vips_heifload_source(source, &image, "fail_on", FAIL_ON_ERROR, NULL); break;
    }
    if (!failed) {
        header->width = vips_image_get_width(image);
        header->height = vips_image_get_height(image);
        header->pages = vips_image_get_n_pages(image);
        header->orientation = vips_image_get_orientation(image);
        // Named "jpeg-multiscan" or "interlaced" by the loader and version.
        header->interlaced = vips_image_get_typeof(image, "interlaced") || vips_image_get_typeof(image, "jpeg-multiscan")
            || vips_image_get_typeof(image, "png-interlaced");
        header->has_profile = vips_image_get_typeof(image, "icc-profile-data") != 0;
        g_object_unref(image);
    }
    g_object_unref(source);
    return failed ? -1 : 0;
}

// Takes `image` over, gives what `failed` says came out of it.
static Image *replaced(Image *image, int failed, Image *next) {
    g_object_unref(image);
    return failed ? NULL : next;
}

AtlasImage *atlas_vips_decode(int descriptor, AtlasImageType type, int width, int height, bool has_profile) {
    Source *source = open_source(descriptor, type);
    if (!source) return NULL;
    Image *image = NULL, *next = NULL;
    atomic_store(&is_damaged, false);
    // Without a profile in the file the detour through one would shift the colours (#cc2200 becomes #c8130c).
    int failed = has_profile
        ? vips_thumbnail_source(
            source, &image, width, "height", height, "size", SIZE_FORCE, "export_profile", "srgb", "fail_on", FAIL_ON_ERROR, NULL)
        : vips_thumbnail_source(source, &image, width, "height", height, "size", SIZE_FORCE, "fail_on", FAIL_ON_ERROR, NULL);
    g_object_unref(source);
    if (failed) return NULL;
    image = replaced(image, vips_colourspace(image, &next, INTERPRETATION_SRGB, NULL), next);
    if (!image) return NULL;
    image = replaced(image, vips_cast(image, &next, FORMAT_UCHAR, NULL), next);
    if (!image) return NULL;
    // The one decode: everything else is made from these pixels.
    next = vips_image_copy_memory(image);
    image = replaced(image, next == NULL, next);
    if (image && atomic_load(&is_damaged)) {
        g_object_unref(image);
        return NULL;
    }
    return (AtlasImage *)image;
}

int atlas_image_width(const AtlasImage *image) { return vips_image_get_width((const Image *)image); }
int atlas_image_height(const AtlasImage *image) { return vips_image_get_height((const Image *)image); }
void atlas_image_free(AtlasImage *image) { g_object_unref(image); }

// Several readings follow, so the pixels are made once.
static AtlasImage *kept(int failed, Image *image) {
    if (failed) return NULL;
    Image *memory = vips_image_copy_memory(image);
    g_object_unref(image);
    return (AtlasImage *)memory;
}

AtlasImage *atlas_image_resize(AtlasImage *image, int width, int height) {
    Image *result = NULL;
    int failed = vips_thumbnail_image((Image *)image, &result, width, "height", height, "size", SIZE_FORCE, NULL);
    return kept(failed, result);
}

AtlasImage *atlas_image_crop(AtlasImage *image, int width, int height, double focus_x, double focus_y) {
    Image *result = NULL;
    int failed;
    if (focus_x < 0) {
        failed = vips_smartcrop((Image *)image, &result, width, height, "interesting", INTERESTING_ATTENTION, NULL);
    } else {
        int left = (int)(focus_x * atlas_image_width(image)) - width / 2;
        int top = (int)(focus_y * atlas_image_height(image)) - height / 2;
        int last_left = atlas_image_width(image) - width, last_top = atlas_image_height(image) - height;
        left = left < 0 ? 0 : left > last_left ? last_left : left;
        top = top < 0 ? 0 : top > last_top ? last_top : top;
        failed = vips_crop((Image *)image, &result, left, top, width, height, NULL);
    }
    return kept(failed, result);
}

// Without alpha, on white.
static Image *flattened(Image *image) {
    const double white[] = {255, 255, 255};
    void *background = vips_array_double_new(white, 3);
    Image *result = NULL;
    int failed = vips_flatten(image, &result, "background", background, NULL);
    vips_area_unref(background);
    return failed ? NULL : result;
}

AtlasImage *atlas_image_pad(AtlasImage *image, int width, int height, bool opaque) {
    Image *full = NULL, *result = NULL;
    if (!vips_image_hasalpha((Image *)image) && vips_addalpha((Image *)image, &full, NULL)) return NULL;
    Image *from = full ? full : (Image *)image;
    const double clear[] = {255, 255, 255, 0};
    void *background = vips_array_double_new(clear, 4);
    int failed = vips_embed(
        from, &result, (width - atlas_image_width(image)) / 2, (height - atlas_image_height(image)) / 2, width, height, "extend",
        EXTEND_BACKGROUND, "background", background, NULL);
    vips_area_unref(background);
    if (full) g_object_unref(full);
    if (failed || !opaque) return kept(failed, result);
    Image *flat = flattened(result);
    g_object_unref(result);
    return kept(flat == NULL, flat);
}

// The image without what tells of its making: where, when, by whom and with what. The "strip" of libvips 8.14 is not enough: its WebP writer
// makes a block of EXIF anew from the fields that the loader has left.
static Image *stripped(Image *image) {
    static const char *const blocks[] = {"xmp-data", "iptc-data", "photoshop-data", "icc-profile-data", "jpeg-thumbnail-data"};
    Image *copy = NULL;
    if (vips_copy(image, &copy, NULL)) return NULL;
    char **fields = vips_image_get_fields(copy);
    for (size_t index = 0; fields && fields[index]; index++) {
        bool told = strncmp(fields[index], "exif-", 5) == 0;
        for (size_t block = 0; block < sizeof blocks / sizeof *blocks; block++) told = told || strcmp(fields[index], blocks[block]) == 0;
        if (told) vips_image_remove(copy, fields[index]);
    }
    if (fields) g_strfreev(fields);
    return copy;
}

int atlas_image_save(AtlasImage *image, AtlasImageType type, int quality, int descriptor) {
    Image *flat = NULL;
    if (type == ATLAS_JPEG && vips_image_hasalpha((Image *)image)) {
        flat = flattened((Image *)image);
        if (!flat) return -1;
    }
    Image *from = stripped(flat ? flat : (Image *)image);
    if (!from) {
        if (flat) g_object_unref(flat);
        return -1;
    }
    Target *target = vips_target_new_to_descriptor(descriptor);
    int failed = -1;
    if (target) {
        switch (type) {
        case ATLAS_JPEG:
            failed = vips_jpegsave_target(from, target, "Q", quality, "strip", 1, "optimize_coding", 1, "interlace", 1, NULL);
            break;
        case ATLAS_PNG: failed = vips_pngsave_target(from, target, "strip", 1, NULL); break;
        case ATLAS_WEBP:
            // Effort 2 takes half the time of libwebp's default 4 for files that are 5 % larger; encoding is most of the work.
            failed = vips_webpsave_target(from, target, "Q", quality, "strip", 1, "effort", 2, NULL);
            break;
        case ATLAS_HEIF:
            failed = vips_heifsave_target(from, target, "Q", quality, "strip", 1, "compression", COMPRESSION_AV1, "effort", 4, NULL);
            break;
        case ATLAS_GIF: break;
        }
        g_object_unref(target);
    }
    g_object_unref(from);
    if (flat) g_object_unref(flat);
    return failed ? -1 : 0;
}

uint8_t *atlas_image_pixels(AtlasImage *image, size_t *size) {
    Image *full = NULL;
    if (!vips_image_hasalpha((Image *)image) && vips_addalpha((Image *)image, &full, NULL)) return NULL;
    Image *from = full ? full : (Image *)image;
    uint8_t *pixels = NULL;
    if (vips_image_get_bands(from) == 4) {
        Image *bytes = NULL;
        // `vips_addalpha` may widen the format.
        if (!vips_cast(from, &bytes, FORMAT_UCHAR, NULL)) {
            pixels = vips_image_write_to_memory(bytes, size);
            g_object_unref(bytes);
        }
    }
    if (full) g_object_unref(full);
    return pixels;
}

void atlas_pixels_free(uint8_t *pixels) { g_free(pixels); }
