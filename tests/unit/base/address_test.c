/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/address.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *text, *shown;
	uint8_t family;
} addresses[] = {
	{"192.0.2.1", "192.0.2.1", 4},
	{"0.0.0.0", "0.0.0.0", 4},
	{"255.255.255.255", "255.255.255.255", 4},
	{"::", "::", 6},
	{"::1", "::1", 6},
	{"2001:DB8:0:0:0:0:0:7", "2001:db8::7", 6},
	{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6", 6},
	{"::ffff:192.0.2.1", "192.0.2.1", 4}, /* v4-mapped */
	{"::ffff:c000:201", "192.0.2.1", 4},
	{"::fffe:192.0.2.1", "::fffe:c000:201", 6},
	{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
		6},
};

static void test_text(void **state)
{
	struct address address;
	char text[ADDRESS_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(addresses); i++) {
		memset(&address, 0xa5, sizeof address);
		assert_true(address_parse(addresses[i].text, &address));
		assert_int_equal(address.family, addresses[i].family);
		assert_int_equal(address.port, 0);
		assert_int_equal(address.scope, 0);
		assert_int_equal(address.reserved, 0);
		assert_int_equal(address_format(&address, text), strlen(addresses[i].shown));
		assert_string_equal(text, addresses[i].shown);
	}
	address = (struct address){0};
	assert_int_equal(address_format(&address, text), 1);
	assert_string_equal(text, "-");
}

static void test_bad_text(void **state)
{
	static const char *const bad[] = {"", "-", "localhost", "1.2.3", "1.2.3.4.5", "256.0.0.1",
		"1.2.3.4 ", "0x7f.0.0.1", "01.2.3.4", "192.0.2.1:80", "[::1]", ":::", "1::2::3",
		"::1%lo", "12345::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9"};
	struct address address;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		if (address_parse(bad[i], &address))
			fail_msg("taken: %s", bad[i]);
}

static void test_sockaddr_ipv4(void **state)
{
	struct sockaddr_storage storage;
	struct sockaddr_in *in = (struct sockaddr_in *)(void *)&storage;
	struct address address = {.bytes = {192, 0, 2, 1}, .port = 0x1234, .family = 4};
	struct address back;

	(void)state;
	memset(&storage, 0xa5, sizeof storage);
	assert_int_equal(address_to_sockaddr(&address, &storage), sizeof *in);
	assert_int_equal(in->sin_family, AF_INET);
	assert_int_equal(in->sin_port, htons(0x1234));
	assert_int_equal(in->sin_addr.s_addr, htonl(0xc0000201));
	back = address_from_sockaddr(&storage);
	assert_memory_equal(&back, &address, sizeof back);
}

static void test_sockaddr_ipv6(void **state)
{
	struct sockaddr_storage storage;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)&storage;
	struct address address = {
		.bytes = {0xfe, 0x80, [15] = 9}, .scope = 3, .port = 65535, .family = 6};
	struct address back;

	(void)state;
	memset(&storage, 0xa5, sizeof storage);
	assert_int_equal(address_to_sockaddr(&address, &storage), sizeof *in6);
	assert_int_equal(in6->sin6_family, AF_INET6);
	assert_int_equal(in6->sin6_port, htons(65535));
	assert_int_equal(in6->sin6_scope_id, 3);
	assert_int_equal(in6->sin6_flowinfo, 0);
	assert_memory_equal(&in6->sin6_addr, address.bytes, 16);
	back = address_from_sockaddr(&storage);
	assert_memory_equal(&back, &address, sizeof back);
}

static void test_sockaddr_others(void **state)
{
	static const uint8_t mapped[16] = {[10] = 0xff, 0xff, 192, 0, 2, 1};
	struct sockaddr_storage storage = {.ss_family = AF_INET6};
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)(void *)&storage;
	struct address address, none = {0};

	(void)state;
	memcpy(&in6->sin6_addr, mapped, 16);
	in6->sin6_port = htons(80);
	in6->sin6_scope_id = 2;
	address = address_from_sockaddr(&storage);
	assert_memory_equal(&address,
		&((struct address){.bytes = {192, 0, 2, 1}, .port = 80, .family = 4}),
		sizeof address);

	storage.ss_family = AF_UNIX;
	address = address_from_sockaddr(&storage);
	assert_memory_equal(&address, &none, sizeof none);
}

static void test_network(void **state)
{
	static const struct {
		const char *from;
		unsigned v4, v6;
		const char *to;
	} rows[] = {
		{"192.0.2.255", 24, 48, "192.0.2.0"},
		{"192.0.2.255", 0, 48, "0.0.0.0"},
		{"192.0.2.255", 32, 48, "192.0.2.255"},
		{"192.0.2.255", 99, 48, "192.0.2.255"},
		{"192.0.2.255", 25, 48, "192.0.2.128"},
		{"192.0.2.255", 31, 48, "192.0.2.254"},
		{"192.0.2.255", 1, 48, "128.0.0.0"},
		{"2001:db8:1:ffff::1", 24, 48, "2001:db8:1::"},
		{"2001:db8:1:ffff::1", 24, 56, "2001:db8:1:ff00::"},
		{"2001:db8:1:ffff::1", 24, 49, "2001:db8:1:8000::"},
		{"2001:db8:1:ffff::1", 24, 128, "2001:db8:1:ffff::1"},
		{"2001:db8:1:ffff::1", 24, 500, "2001:db8:1:ffff::1"},
		{"2001:db8:1:ffff::1", 24, 0, "::"},
	};
	struct address address, network, none = {0};
	char text[ADDRESS_TEXT];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_true(address_parse(rows[i].from, &address));
		address.port = 4711;
		address.scope = 1;
		network = address_network(&address, rows[i].v4, rows[i].v6);
		address_format(&network, text);
		assert_string_equal(text, rows[i].to);
		assert_int_equal(network.family, address.family);
		assert_int_equal(network.port, 0);
		assert_int_equal(network.scope, 0);
	}
	network = address_network(&none, 24, 48);
	assert_memory_equal(&network, &none, sizeof none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_bad_text),
		cmocka_unit_test(test_sockaddr_ipv4),
		cmocka_unit_test(test_sockaddr_ipv6),
		cmocka_unit_test(test_sockaddr_others),
		cmocka_unit_test(test_network),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
