/* SPDX-License-Identifier: ISC */
#include "encoder.h"

#include <brotli/encode.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#define BROTLI_WINDOW    22         /* as logarithm: 4 MiB; more costs memory here and in clients */
#define BROTLI_SIZE_HINT (1U << 30) /* it is a hint about what is small */
#define GZIP_WINDOW      (15 + 16)  /* as logarithm, and 16 asks for a header of gzip */
#define GZIP_MEMORY      9
#define GZIP_OS_UNKNOWN  255

const char *const encoder_levels[LEVEL_COUNT] = {
	[LEVEL_FAST] = "fast",
	[LEVEL_NORMAL] = "normal",
	[LEVEL_BEST] = "best",
};

/* ---- Brotli ---- */

struct brotli {
	BrotliEncoderState *state;
	uint8_t chunk[ENCODER_CHUNK];
};

static void brotli_end(void *encoder)
{
	struct brotli *brotli = encoder;

	BrotliEncoderDestroyInstance(brotli->state);
	free(brotli);
}

/* No larger than the file needs: a client reserves what the stream announces. */
static uint32_t brotli_window(uint64_t bytes)
{
	uint32_t window = BROTLI_MIN_WINDOW_BITS;

	while (window < BROTLI_WINDOW && ((uint64_t)1 << window) - 16 < bytes)
		window++;
	return window;
}

static void *brotli_open(const struct encoder_original *original, int level)
{
	uint64_t bytes = original->size;
	struct brotli *brotli = calloc(1, sizeof(*brotli));
	uint32_t hint = bytes < BROTLI_SIZE_HINT ? (uint32_t)bytes : BROTLI_SIZE_HINT;

	if (!brotli)
		return NULL;
	brotli->state = BrotliEncoderCreateInstance(NULL, NULL, NULL);
	if (!brotli->state ||
		!BrotliEncoderSetParameter(brotli->state, BROTLI_PARAM_QUALITY, (uint32_t)level) ||
		!BrotliEncoderSetParameter(
			brotli->state, BROTLI_PARAM_LGWIN, brotli_window(bytes)) ||
		!BrotliEncoderSetParameter(brotli->state, BROTLI_PARAM_SIZE_HINT, hint)) {
		brotli_end(brotli);
		return NULL;
	}
	return brotli;
}

static enum encoder_result brotli_feed(
	void *encoder, const uint8_t *bytes, size_t length, bool last, struct encoder_sink *sink)
{
	struct brotli *brotli = encoder;
	BrotliEncoderOperation operation =
		last ? BROTLI_OPERATION_FINISH : BROTLI_OPERATION_PROCESS;

	do {
		size_t room = sizeof(brotli->chunk);
		uint8_t *out = brotli->chunk;

		if (!BrotliEncoderCompressStream(
			    brotli->state, operation, &length, &bytes, &room, &out, NULL))
			return ENCODER_FAILED;
		if (out > brotli->chunk &&
			!sink->take(sink, brotli->chunk, (size_t)(out - brotli->chunk)))
			return ENCODER_ENDED;
	} while (length > 0 || BrotliEncoderHasMoreOutput(brotli->state) ||
		 (last && !BrotliEncoderIsFinished(brotli->state)));
	return ENCODER_GOOD;
}

/* ---- Zstandard ---- */

struct zstd {
	ZSTD_CCtx *context;
	uint8_t chunk[ENCODER_CHUNK];
};

static void zstd_end(void *encoder)
{
	struct zstd *zstd = encoder;

	ZSTD_freeCCtx(zstd->context);
	free(zstd);
}

/* The levels of the table have windows of at most 8 MiB by themselves (zstd's "ultra" ones have
 * not). The number of bytes goes into the frame, and another number is an error. */
static void *zstd_open(const struct encoder_original *original, int level)
{
	struct zstd *zstd = calloc(1, sizeof(*zstd));

	if (!zstd)
		return NULL;
	zstd->context = ZSTD_createCCtx();
	if (!zstd->context ||
		ZSTD_isError(
			ZSTD_CCtx_setParameter(zstd->context, ZSTD_c_compressionLevel, level)) ||
		ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(zstd->context, original->size))) {
		zstd_end(zstd);
		return NULL;
	}
	return zstd;
}

static enum encoder_result zstd_feed(
	void *encoder, const uint8_t *bytes, size_t length, bool last, struct encoder_sink *sink)
{
	struct zstd *zstd = encoder;
	ZSTD_inBuffer in = {bytes, length, 0};
	bool more;

	do {
		ZSTD_outBuffer out = {zstd->chunk, sizeof(zstd->chunk), 0};
		size_t left = ZSTD_compressStream2(
			zstd->context, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);

		if (ZSTD_isError(left))
			return ENCODER_FAILED;
		if (out.pos > 0 && !sink->take(sink, zstd->chunk, out.pos))
			return ENCODER_ENDED;
		more = last ? left > 0 : in.pos < in.size;
	} while (more);
	return ENCODER_GOOD;
}

/* ---- gzip ---- */

struct gzip {
	z_stream stream;
	gz_header header; /* the stream refers to it */
	uint8_t chunk[ENCODER_CHUNK];
};

static void *gzip_open(const struct encoder_original *original, int level)
{
	struct gzip *gzip = calloc(1, sizeof(*gzip));

	(void)original;
	if (!gzip)
		return NULL;
	if (deflateInit2(&gzip->stream, level, Z_DEFLATED, GZIP_WINDOW, GZIP_MEMORY,
		    Z_DEFAULT_STRATEGY) != Z_OK) {
		free(gzip);
		return NULL;
	}
	/* No name and no time, and the same system everywhere. */
	gzip->header.os = GZIP_OS_UNKNOWN;
	deflateSetHeader(&gzip->stream, &gzip->header);
	return gzip;
}

static enum encoder_result gzip_feed(
	void *encoder, const uint8_t *bytes, size_t length, bool last, struct encoder_sink *sink)
{
	struct gzip *gzip = encoder;
	z_stream *stream = &gzip->stream;
	union {
		const uint8_t *constant;
		uint8_t *bytes;
	} in = {.constant = bytes}; /* zlib does not write there, its types do not say so */
	int result;

	stream->next_in = in.bytes;
	stream->avail_in = (uInt)length;
	do {
		stream->next_out = gzip->chunk;
		stream->avail_out = sizeof(gzip->chunk);
		result = deflate(stream, last ? Z_FINISH : Z_NO_FLUSH);
		if (result == Z_STREAM_ERROR)
			return ENCODER_FAILED;
		size_t made = sizeof(gzip->chunk) - stream->avail_out;

		if (made > 0 && !sink->take(sink, gzip->chunk, made))
			return ENCODER_ENDED;
	} while (last ? result != Z_STREAM_END : stream->avail_in > 0 || stream->avail_out == 0);
	return ENCODER_GOOD;
}

static void gzip_end(void *encoder)
{
	struct gzip *gzip = encoder;

	deflateEnd(&gzip->stream);
	free(gzip);
}

const struct encoder_row encoder_rows[ENCODING_COUNT] = {
	[ENCODING_BROTLI] = {"br", ".br", {5, 9, 11}, brotli_open, brotli_feed, brotli_end},
	[ENCODING_ZSTD] = {"zstd", ".zst", {3, 12, 19}, zstd_open, zstd_feed, zstd_end},
	[ENCODING_GZIP] = {"gzip", ".gz", {4, 9, 9}, gzip_open, gzip_feed, gzip_end},
};
