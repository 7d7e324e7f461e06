/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "forms_network.h"

static void assert_network(const char *text, uint8_t family, uint8_t bits, const char *shortest)
{
	char problem[FORM_NETWORK_PROBLEM], written[FORM_NETWORK];
	struct image_network network, again;

	assert_null(form_network(text, &network, problem));
	assert_int_equal(network.family, family);
	assert_int_equal(network.bits, bits);
	assert_int_equal(network.allow, 0);
	assert_string_equal(form_network_format(&network, written), shortest);
	assert_null(form_network(written, &again, problem));
	assert_memory_equal(&network, &again, sizeof network);
}

static void test_networks(void **state)
{
	(void)state;
	assert_network("10.0.0.0/8", 4, 8, "10.0.0.0/8");
	assert_network("192.0.2.1", 4, 32, "192.0.2.1");
	assert_network("192.0.2.1/32", 4, 32, "192.0.2.1");
	assert_network("192.0.2.128/25", 4, 25, "192.0.2.128/25");
	assert_network("0.0.0.0/0", 4, 0, "0.0.0.0/0");
	assert_network("2001:DB8:0::/32", 6, 32, "2001:db8::/32");
	assert_network("::1", 6, 128, "::1");
	assert_network("::/0", 6, 0, "::/0");
	assert_network("fe80::/10", 6, 10, "fe80::/10");
	assert_network("ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127", 6, 127,
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe/127");
}

static void test_wrong(void **state)
{
	static const char *const texts[] = {"", "any", "10", "10.0.0", "10.0.0.0/", "10.0.0.0/33",
		"10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/8/8", "10.0.0.0 /8", "::/129", "[::1]",
		"[::1]/128", "fe80::1%eth0", "example.org", "/8", "::ffff:10.0.0.0/104",
		"::ffff:192.0.2.1", "10.0.0.0/18446744073709551616",
		"1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111/1"};
	char problem[FORM_NETWORK_PROBLEM];
	struct image_network network;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_non_null(form_network(texts[i], &network, problem));
	assert_non_null(strstr(
		form_network("10.1.2.3/8", &network, problem), "the network is 10.0.0.0/8,"));
	assert_non_null(
		strstr(form_network("192.0.2.129/25", &network, problem), "is 192.0.2.128/25,"));
	assert_non_null(strstr(form_network("10.1.2.3/0", &network, problem), "is 0.0.0.0/0,"));
	assert_non_null(strstr(form_network("2001:db8::1/127", &network, problem),
		"is 2001:db8::/127, the address alone 2001:db8::1"));
}

#define HEX "0123456789abcdefABCDEF0011223344556677889900aabbccddeeff00112233"

static void test_digests(void **state)
{
	struct image_digest digest, again;
	char text[FORM_DIGEST];

	(void)state;
	assert_true(form_digest("sha256:" HEX, &digest));
	assert_int_equal(digest.bytes[0], 0x01);
	assert_int_equal(digest.bytes[8], 0xab);
	assert_int_equal(digest.bytes[31], 0x33);
	assert_true(form_digest(HEX, &again));
	assert_memory_equal(&digest, &again, sizeof digest);
	assert_true(form_digest("SHA256:" HEX, &again));
	assert_string_equal(form_digest_format(&digest, text),
		"sha256:0123456789abcdefabcdef0011223344556677889900aabbccddeeff00112233");
	assert_true(form_digest(text, &again));
	assert_memory_equal(&digest, &again, sizeof digest);
	assert_false(form_digest("", &digest));
	assert_false(form_digest("sha256:", &digest));
	assert_false(form_digest(HEX "0", &digest));
	assert_false(form_digest(HEX " ", &digest));
	assert_false(form_digest(&HEX[1], &digest));
	assert_false(form_digest("g" HEX, &digest));
	assert_false(form_digest("sha512:" HEX, &digest));
	assert_false(form_digest("sha256: " HEX, &digest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_digests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
