#pragma once
// libvips, opened at run time in the helper process only: no header and no library of it is needed to build, and the server never maps it.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct AtlasImage AtlasImage;

/// What stands in the header of an image, before any pixel is decoded.
typedef struct {
    int width, height;
    /// Frames of an animation, pages of a file; at least 1.
    int pages;
    /// EXIF orientation, 1–8; from 5 on width and height change places.
    int orientation;
    bool interlaced;
    /// Whether colours are to be read through a profile in the file.
    bool has_profile;
} AtlasImageHeader;

typedef enum { ATLAS_JPEG, ATLAS_PNG, ATLAS_WEBP, ATLAS_GIF, ATLAS_HEIF } AtlasImageType;

/// Opens libvips.so.42, single-threaded and without cache, with all loaders blocked but JPEG, PNG, WebP, GIF and HEIF.
/// Returns NULL, or why it cannot be used (valid for ever). Called once, before any other function and before containment.
const char *atlas_vips_open(void);

/// The last error of libvips, one line, cut to `capacity`; it is cleared.
void atlas_vips_error(char *text, size_t capacity);

/// Whether images of that type can be written.
bool atlas_vips_can_save(AtlasImageType type);

/// Reads the header. 0 on success.
int atlas_vips_header(int descriptor, AtlasImageType type, AtlasImageHeader *header);

/// Decodes the first page once, upright, in 8-bit sRGB, exactly `width` × `height` (measured upright), with the loader's own shrinking.
/// `has_profile` as the header says. Truncated and damaged images are errors. NULL on failure.
AtlasImage *atlas_vips_decode(int descriptor, AtlasImageType type, int width, int height, bool has_profile);

int atlas_image_width(const AtlasImage *image);
int atlas_image_height(const AtlasImage *image);
void atlas_image_free(AtlasImage *image);

/// A resized copy; the same proportions are the caller's business.
AtlasImage *atlas_image_resize(AtlasImage *image, int width, int height);

/// The part of that size around the focal point (0–1 each), or where attention falls if `focus_x` is negative.
AtlasImage *atlas_image_crop(AtlasImage *image, int width, int height, double focus_x, double focus_y);

/// The image in the middle of a box: transparent around it, or white when `opaque`.
AtlasImage *atlas_image_pad(AtlasImage *image, int width, int height, bool opaque);

/// Encodes into the descriptor, without metadata. 0 on success.
int atlas_image_save(AtlasImage *image, AtlasImageType type, int quality, int descriptor);

/// The pixels as RGBA, 4 bytes each, row by row; to be freed with `atlas_pixels_free`. NULL on failure.
uint8_t *atlas_image_pixels(AtlasImage *image, size_t *size);
void atlas_pixels_free(uint8_t *pixels);
