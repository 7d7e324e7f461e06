/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dlfcn.h>
#include <zlib.h>
#include <zstd.h>

#include "encoder.h"
#include "site.h"

/* What came out. */
struct collector {
	struct encoder_sink sink;
	uint8_t *bytes;
	size_t length, room;
	size_t most; /* refuse more */
};

static bool collect(struct encoder_sink *sink, const uint8_t *bytes, size_t length)
{
	struct collector *collector = (struct collector *)sink;

	assert_true(length > 0 && length <= ENCODER_CHUNK);
	if (collector->most && collector->length + length > collector->most)
		return false;
	if (collector->length + length > collector->room) {
		collector->room = 2 * (collector->length + length);
		collector->bytes = realloc(collector->bytes, collector->room);
		assert_non_null(collector->bytes);
	}
	memcpy(collector->bytes + collector->length, bytes, length);
	collector->length += length;
	return true;
}

static enum encoder_result encode(struct collector *collector, enum encoding encoding,
	enum encoder_level level, const uint8_t *bytes, size_t length, size_t piece)
{
	const struct encoder_row *row = &encoder_rows[encoding];
	void *encoder = row->open(&(struct encoder_original){.size = length}, row->levels[level]);
	enum encoder_result result = ENCODER_GOOD;
	size_t at = 0;

	collector->sink.take = collect;
	assert_non_null(encoder);
	do {
		size_t next = length - at < piece ? length - at : piece;

		result =
			row->feed(encoder, bytes + at, next, at + next == length, &collector->sink);
		at += next;
	} while (result == ENCODER_GOOD && at < length);
	row->end(encoder);
	return result;
}

/* libbrotlienc cannot, and nothing but this test needs the other one. */
static bool decode_brotli(const uint8_t *bytes, size_t length, uint8_t *out, size_t *size)
{
	static int (*decompress)(size_t, const uint8_t *, size_t *, uint8_t *);

	if (!decompress) {
		void *library = dlopen("libbrotlidec.so.1", RTLD_NOW);
		void *symbol = library ? dlsym(library, "BrotliDecoderDecompress") : NULL;

		if (!symbol)
			fail_msg("%s", dlerror());
		memcpy(&decompress, &symbol, sizeof(symbol));
	}
	return decompress(length, bytes, size, out) == 1;
}

static bool decode_gzip(const uint8_t *bytes, size_t length, uint8_t *out, size_t *size)
{
	z_stream stream = {0};
	bool good;

	assert_int_equal(inflateInit2(&stream, 16 + 15), Z_OK);
	stream.next_in = (Bytef *)(uintptr_t)bytes;
	stream.avail_in = (uInt)length;
	stream.next_out = out;
	stream.avail_out = (uInt)*size;
	good = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in == 0;
	*size = stream.total_out;
	inflateEnd(&stream);
	return good;
}

static bool decode(
	enum encoding encoding, const uint8_t *bytes, size_t length, uint8_t *out, size_t *size)
{
	if (encoding == ENCODING_BROTLI)
		return decode_brotli(bytes, length, out, size);
	if (encoding == ENCODING_GZIP)
		return decode_gzip(bytes, length, out, size);
	*size = ZSTD_decompress(out, *size, bytes, length);
	return !ZSTD_isError(*size);
}

static void roundtrip(
	enum encoding encoding, enum encoder_level level, const uint8_t *bytes, size_t length)
{
	struct collector collector = {0};
	uint8_t *out = malloc(length + 1);
	size_t size = length + 1;

	assert_non_null(out);
	assert_int_equal(encode(&collector, encoding, level, bytes, length, (size_t)256 << 10),
		ENCODER_GOOD);
	assert_true(decode(encoding, collector.bytes, collector.length, out, &size));
	assert_int_equal(size, length);
	assert_memory_equal(out, bytes, length);
	free(out);
	free(collector.bytes);
}

static void test_roundtrip(void **state)
{
	static const size_t sizes[] = {1, 256, 65536, 262144, 262145, 400003};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int kind = 0; kind < 2; kind++) {
			uint8_t *bytes = site_bytes(sizes[i], kind == 0);

			for (int encoding = 0; encoding < ENCODING_COUNT; encoding++) {
				for (int level = 0; level < LEVEL_COUNT; level++)
					roundtrip((enum encoding)encoding,
						(enum encoder_level)level, bytes, sizes[i]);
			}
			free(bytes);
		}
	}
}

static void test_levels(void **state)
{
	size_t length = 400000;
	uint8_t *bytes = site_bytes(length, true);

	(void)state;
	for (int encoding = 0; encoding < ENCODING_COUNT; encoding++) {
		size_t last = length;

		for (int level = 0; level < LEVEL_COUNT; level++) {
			struct collector collector = {0};

			encode(&collector, (enum encoding)encoding, (enum encoder_level)level,
				bytes, length, length);
			assert_true(collector.length <= last);
			last = collector.length;
			free(collector.bytes);
		}
		assert_true(last < length / 2);
	}
	free(bytes);
}

static void test_same_bytes_again(void **state)
{
	size_t length = 700001;
	uint8_t *bytes = site_bytes(length, true);

	(void)state;
	for (int encoding = 0; encoding < ENCODING_COUNT; encoding++) {
		struct collector first = {0}, second = {0};

		for (int i = 0; i < 2; i++)
			encode(i ? &second : &first, (enum encoding)encoding, LEVEL_NORMAL, bytes,
				length, (size_t)256 << 10);
		assert_int_equal(first.length, second.length);
		assert_memory_equal(first.bytes, second.bytes, first.length);
		free(first.bytes);
		free(second.bytes);
	}
	free(bytes);
}

/* A sink that wants no more ends it, also if the encoder has more to give. */
static void test_ended_by_the_sink(void **state)
{
	size_t length = 3000000;
	uint8_t *bytes = site_bytes(length, false);

	(void)state;
	for (int encoding = 0; encoding < ENCODING_COUNT; encoding++) {
		struct collector collector = {.most = 100000};

		assert_int_equal(encode(&collector, (enum encoding)encoding, LEVEL_FAST, bytes,
					 length, length),
			ENCODER_ENDED);
		assert_true(collector.length <= 100000);
		free(collector.bytes);
	}
	free(bytes);
}

/* No time, no name, the system unknown: RFC 1952 §2.3. */
static void test_gzip_header(void **state)
{
	static const uint8_t header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
	struct collector collector = {0};
	uint8_t *bytes = site_bytes(1000, true);

	(void)state;
	encode(&collector, ENCODING_GZIP, LEVEL_BEST, bytes, 1000, 1000);
	assert_memory_equal(collector.bytes, header, 8);
	assert_int_equal(collector.bytes[8], 2); /* XFL: slowest */
	assert_int_equal(collector.bytes[9], header[9]);
	free(collector.bytes);
	free(bytes);
}

/* RFC 8878 §3.1.1.1: Window_Size of a frame, from its header. */
static uint64_t window_of(const uint8_t *frame, size_t length)
{
	uint64_t base;

	assert_true(length > 16);
	if (frame[4] & 0x20) /* Single_Segment: as large as the content */
		return ZSTD_getFrameContentSize(frame, length);
	base = (uint64_t)1 << (10 + (frame[5] >> 3));
	return base + base / 8 * (frame[5] & 7);
}

/* RFC 9659 §3: at most 8 MiB, or browsers refuse it. */
static void test_zstd_window(void **state)
{
	size_t length = (size_t)20 << 20;
	uint8_t *bytes = calloc(1, length);

	(void)state;
	assert_non_null(bytes);
	for (int level = 0; level < LEVEL_COUNT; level++) {
		struct collector collector = {0};

		encode(&collector, ENCODING_ZSTD, (enum encoder_level)level, bytes, length,
			(size_t)256 << 10);
		assert_in_range(window_of(collector.bytes, collector.length), 1024, 8 << 20);
		assert_int_equal(
			ZSTD_getFrameContentSize(collector.bytes, collector.length), length);
		free(collector.bytes);
	}
	free(bytes);
}

/* Other than the announced number of bytes cannot be a frame. */
static void test_zstd_other_length(void **state)
{
	const struct encoder_row *row = &encoder_rows[ENCODING_ZSTD];
	struct collector collector = {.sink.take = collect};
	uint8_t *bytes = site_bytes(1000, true);
	void *encoder =
		row->open(&(struct encoder_original){.size = 1001}, row->levels[LEVEL_FAST]);

	(void)state;
	assert_int_equal(row->feed(encoder, bytes, 500, false, &collector.sink), ENCODER_GOOD);
	assert_int_equal(
		row->feed(encoder, bytes + 500, 500, true, &collector.sink), ENCODER_FAILED);
	row->end(encoder);
	free(collector.bytes);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roundtrip),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_same_bytes_again),
		cmocka_unit_test(test_ended_by_the_sink),
		cmocka_unit_test(test_gzip_header),
		cmocka_unit_test(test_zstd_window),
		cmocka_unit_test(test_zstd_other_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
