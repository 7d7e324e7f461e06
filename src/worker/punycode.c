/* SPDX-License-Identifier: ISC */
#include "punycode.h"

#include <string.h>

#define PREFIX "xn--"
/* Each code point takes at least one byte of the result. */
#define POINTS (PUNYCODE_LABEL - (sizeof PREFIX - 1))

/* RFC 3492 §5 */
enum {
	BASE = 36,
	T_MIN = 1,
	T_MAX = 26,
	SKEW = 38,
	DAMP = 700,
	INITIAL_BIAS = 72,
	INITIAL_N = 0x80,
};

/* The code points of valid UTF-8. 0 if there are too many. */
static size_t read_points(const char *label, size_t length, uint32_t points[static POINTS])
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++) {
		uint8_t byte = (uint8_t)label[i];

		if (byte >= 0x80 && byte < 0xc0) {
			points[count - 1] = points[count - 1] << 6 | (byte & 0x3f);
			continue;
		}
		if (count == POINTS)
			return 0;
		points[count++] = byte < 0x80   ? byte
				  : byte < 0xe0 ? byte & 0x1f
				  : byte < 0xf0 ? byte & 0x0f
						: byte & 0x07;
	}
	return count;
}

/* RFC 3492 §6.1 */
static uint32_t adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta /= first ? DAMP : 2;
	delta += delta / points;
	for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* A number in digits whose weight depends on the bias (RFC 3492 §3.3). */
static void add_number(struct text *to, uint32_t number, uint32_t bias)
{
	static const char digits[] = "abcdefghijklmnopqrstuvwxyz0123456789";

	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? T_MIN : k >= bias + T_MAX ? T_MAX : k - bias;

		if (number < t)
			break;
		text_byte(to, digits[t + (number - t) % (BASE - t)]);
		number = (number - t) / (BASE - t);
	}
	text_byte(to, digits[number]);
}

static uint32_t least_from(const uint32_t *points, size_t count, uint32_t from)
{
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < count; i++)
		if (points[i] >= from && points[i] < least)
			least = points[i];
	return least;
}

/* RFC 3492 §6.3. With so few points delta stays below 0x110000 * 60: it cannot overflow. */
static void encode(struct text *to, const uint32_t *points, size_t count)
{
	uint32_t n = INITIAL_N, bias = INITIAL_BIAS, delta = 0, done = 0, basic;

	for (size_t i = 0; i < count; i++)
		if (points[i] < INITIAL_N) {
			text_byte(to, (char)points[i]);
			done++;
		}
	basic = done;
	if (basic > 0)
		text_byte(to, '-');
	for (; done < count; n++, delta++) {
		uint32_t next = least_from(points, count, n);

		delta += (next - n) * (done + 1);
		n = next;
		for (size_t i = 0; i < count; i++) {
			if (points[i] < n)
				delta++;
			if (points[i] != n)
				continue;
			add_number(to, delta, bias);
			bias = adapt(delta, done + 1, done == basic);
			delta = 0;
			done++;
		}
	}
}

bool punycode_add(struct text *to, const char *label, size_t length)
{
	uint32_t points[POINTS];
	size_t count = read_points(label, length, points), before = to->length;

	if (count == 0)
		return false;
	text_add(to, PREFIX);
	encode(to, points, count);
	return !to->overflow && to->length - before <= PUNYCODE_LABEL;
}
