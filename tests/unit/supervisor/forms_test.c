/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "forms.h"

typedef enum form_result read_function(const char *text, uint64_t *number);

static void good(read_function *read, const char *text, uint64_t expected)
{
	uint64_t number = 77;

	assert_int_equal(read(text, &number), FORM_GOOD);
	assert_true(number == expected);
}

static void bad(read_function *read, const char *text, enum form_result expected)
{
	uint64_t number = 77;

	assert_int_equal(read(text, &number), expected);
	assert_true(number == 77);
}

static void test_numbers(void **state)
{
	(void)state;
	good(form_number, "0", 0);
	good(form_number, "64", 64);
	good(form_number, "18446744073709551614", UINT64_MAX - 1);
	bad(form_number, "18446744073709551615", FORM_OVERFLOW); /* CONFIG_NONE */
	bad(form_number, "18446744073709551616", FORM_OVERFLOW);
	bad(form_number, "100000000000000000000000", FORM_OVERFLOW);
	bad(form_number, "", FORM_MALFORMED);
	bad(form_number, "-1", FORM_MALFORMED);
	bad(form_number, "+1", FORM_MALFORMED);
	bad(form_number, " 1", FORM_MALFORMED);
	bad(form_number, "1 ", FORM_MALFORMED);
	bad(form_number, "01", FORM_MALFORMED);
	bad(form_number, "00", FORM_MALFORMED);
	bad(form_number, "0x10", FORM_MALFORMED);
	bad(form_number, "1.5", FORM_MALFORMED);
	bad(form_number, "1K", FORM_MALFORMED);
}

static void test_sizes(void **state)
{
	(void)state;
	good(form_size, "512", 512);
	good(form_size, "8K", 8192);
	good(form_size, "256M", 268435456);
	good(form_size, "4G", UINT64_C(4294967296));
	good(form_size, "17179869183G", UINT64_C(17179869183) << 30);
	bad(form_size, "17179869184G", FORM_OVERFLOW);
	bad(form_size, "8k", FORM_MALFORMED);
	bad(form_size, "8KB", FORM_MALFORMED);
	bad(form_size, "8 K", FORM_MALFORMED);
	bad(form_size, "K", FORM_MALFORMED);
}

static void test_times(void **state)
{
	(void)state;
	good(form_time, "500ms", 500);
	good(form_time, "5s", 5000);
	good(form_time, "10m", 600000);
	good(form_time, "12h", 43200000);
	good(form_time, "30d", UINT64_C(2592000000));
	good(form_time, "1y", UINT64_C(31536000000));
	good(form_time, "0", 0);
	good(form_time, "0s", 0);
	bad(form_time, "5", FORM_MALFORMED);
	bad(form_time, "5 s", FORM_MALFORMED);
	bad(form_time, "1m30s", FORM_MALFORMED);
	bad(form_time, "5S", FORM_MALFORMED);
	bad(form_time, "s", FORM_MALFORMED);
	bad(form_time, "584942418y", FORM_OVERFLOW);
}

static void test_rates(void **state)
{
	(void)state;
	good(form_rate, "100/s", 100);
	good(form_rate, "1K/s", 1024);
	good(form_rate, "2M/s", 2097152);
	bad(form_rate, "100", FORM_MALFORMED);
	bad(form_rate, "1K", FORM_MALFORMED);
	bad(form_rate, "1/m", FORM_MALFORMED);
	bad(form_rate, "99999999999G/s", FORM_OVERFLOW);
}

static void test_frequencies(void **state)
{
	static const struct {
		const char *text;
		uint64_t number;
		uint32_t seconds;
	} rows[] = {{"1/s", 1, 1}, {"30/m", 30, 60}, {"100/h", 100, 3600}, {"7/d", 7, 86400},
		{"0/s", 0, 1}};
	static const char *const bad[] = {"", "5", "5/", "/s", "5/S", "5/sec", "5 /s", "05/s",
		"-1/s", "5/s/s", "1K/s", "11111111111111111111111111111111111111/s"};
	uint64_t number;
	uint32_t seconds;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(form_frequency(rows[i].text, &number, &seconds), FORM_GOOD);
		assert_int_equal(number, rows[i].number);
		assert_int_equal(seconds, rows[i].seconds);
		assert_string_equal(form_frequency_unit(seconds), strchr(rows[i].text, '/') + 1);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(form_frequency(bad[i], &number, &seconds), FORM_MALFORMED);
	assert_int_equal(
		form_frequency("18446744073709551616/s", &number, &seconds), FORM_OVERFLOW);
}

static void test_format(void **state)
{
	char text[FORM_TEXT];

	(void)state;
	assert_string_equal(form_format(KIND_NUMBER, 2048, text), "2048");
	assert_string_equal(form_format(KIND_SIZE, 0, text), "0");
	assert_string_equal(form_format(KIND_SIZE, 1000, text), "1000");
	assert_string_equal(form_format(KIND_SIZE, 3072, text), "3K");
	assert_string_equal(form_format(KIND_SIZE, UINT64_C(1) << 40, text), "1024G");
	assert_string_equal(form_format(KIND_TIME, 0, text), "0s");
	assert_string_equal(form_format(KIND_TIME, 1500, text), "1500ms");
	assert_string_equal(form_format(KIND_TIME, 90000, text), "90s");
	assert_string_equal(form_format(KIND_TIME, 86400000, text), "1d");
	assert_string_equal(form_format(KIND_TIME, UINT64_C(31536000000), text), "1y");
	assert_string_equal(form_format(KIND_RATE, 1024, text), "1K/s");
	assert_string_equal(form_format(KIND_RATE, 1, text), "1/s");
}

static void test_booleans(void **state)
{
	static const char *const words[] = {
		"false", "true", "no", "yes", "off", "on", "False", "ON"};
	uint64_t number = 7;

	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		assert_true(form_boolean(words[i], &number));
		assert_int_equal(number, i % 2);
	}
	assert_false(form_boolean("y", &number) || form_boolean("", &number) ||
		     form_boolean("offf", &number) || form_boolean("1", &number));
}

static void host(const char *text, const char *expected)
{
	char name[FORM_HOST];

	assert_null(form_host(text, name));
	assert_string_equal(name, expected);
}

static void test_hosts(void **state)
{
	char name[FORM_HOST], text[400], label[65];

	(void)state;
	host("example.org", "example.org");
	host("EXAMPLE.Org", "example.org");
	host("localhost", "localhost");
	host("_dmarc.a_b.example", "_dmarc.a_b.example");
	host("xn--mnchen-3ya.example", "xn--mnchen-3ya.example");
	host("*", "*");
	host("*.org", "*.org");
	host("192.0.2.1", "192.0.2.1");
	host("::1", "[::1]");
	host("[2001:DB8:0::7]", "[2001:db8::7]");
	host("1and1.example", "1and1.example");
	assert_non_null(form_host("", name));
	assert_non_null(form_host(".", name));
	assert_non_null(form_host("*.", name));
	assert_non_null(form_host("**", name));
	assert_non_null(form_host("*.*.org", name));
	assert_non_null(form_host("a.*", name));
	assert_non_null(form_host("1.2.3", name));
	assert_non_null(form_host("example.123", name));
	assert_non_null(form_host("[::1", name));
	assert_non_null(form_host("[]", name));
	assert_non_null(form_host("[", name));
	assert_non_null(form_host("fe80::1%eth0", name));
	assert_non_null(form_host("a-.org", name));
	assert_non_null(form_host("a b", name));
	/* 63 letters in a label, 253 in all. */
	memset(label, 'a', sizeof label);
	snprintf(text, sizeof text, "%.63s.%.63s.%.63s.%.61s", label, label, label, label);
	assert_int_equal(strlen(text), 253);
	assert_null(form_host(text, name));
	snprintf(text, sizeof text, "%.63s.%.63s.%.63s.%.62s", label, label, label, label);
	assert_non_null(form_host(text, name));
	snprintf(text, sizeof text, "%.64s", label);
	assert_non_null(form_host(text, name));
	memset(text, ':', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_non_null(form_host(text, name));
}

/* Tables of letters and RFC 5891 are libidn2's; here is that both spellings are one, and what is
 * said otherwise. */
static void test_international_hosts(void **state)
{
	(void)state;
	host("bücher.example", "xn--bcher-kva.example");
	host("BÜCHER.Example", "xn--bcher-kva.example");
	host("bu\xcc\x88"
	     "cher.example",
		"xn--bcher-kva.example"); /* NFD */
	host("xn--bcher-kva.example", "xn--bcher-kva.example");
	host("XN--Bcher-KVA.example", "xn--bcher-kva.example");
	host("*.bücher.example", "*.xn--bcher-kva.example");
	host("*.xn--bcher-kva.example", "*.xn--bcher-kva.example");
	host("a_b.ü.xn--tda", "a_b.xn--tda.xn--tda");
	host("straße.example", "xn--strae-oqa.example"); /* not strasse: non-transitional */
	host("例え。テスト", "xn--r8jz45g.xn--zckzah");  /* U+3002 is a dot */
	host("xn--qei.example", "xn--qei.example");      /* a heart: registered before IDNA2008 */
}

static void bad_host(const char *text, const char *words)
{
	char name[FORM_HOST];
	const char *problem = form_host(text, name);

	if (!problem || !strstr(problem, words))
		fail_msg("\"%s\": %s", text, problem ? problem : "accepted");
}

static void test_bad_international_hosts(void **state)
{
	char text[1200];

	(void)state;
	bad_host("xn--.example", "begins nor ends with -");
	bad_host("xn--abc-.example", "begins nor ends with -");
	bad_host("a.xn--99999999999999", "continues in punycode");
	bad_host("*.xn--99999999999999.example", "continues in punycode");
	bad_host("xn--99999999999999.bücher.example", "continues in punycode");
	bad_host("xn--mca.example", "no name has in this spelling");   /* a capital letter */
	bad_host("xn--u-ccb.example", "no name has in this spelling"); /* not NFC */
	bad_host("❤.example", "in no name");
	bad_host("\xff.example", "UTF-8");
	bad_host("ü..example", "empty label");
	bad_host("ü.example.", "empty label");
	bad_host("\xc2\xad.ü", "empty label"); /* a soft hyphen is nothing */
	bad_host("-ü.example", "begins nor ends with -");
	bad_host("ab--ü.example", "third and fourth");
	bad_host("\xcc\x88.example", "accent");
	bad_host("אa.example", "right to left");
	bad_host("a\xe2\x80\x8d"
		 "b.example",
		"beside");
	bad_host("ü.*.example", "first label as a whole");
	bad_host("＊.example", "first label as a whole");
	bad_host("＊", "first label as a whole");
	bad_host("https://bücher.example", "without protocol");
	bad_host("bücher.example:443", "without protocol");
	bad_host("℀.example", "without protocol"); /* a/c */
	bad_host("ü b", "letters, digits");
	bad_host("１２７.０.０.１", "neither a name nor an IPv4 address");
	/* Its A-label has 63 bytes with 57 of them. */
	text[0] = '\0';
	for (size_t i = 0; i < 57; i++)
		strcat(text, "ü");
	assert_null(form_host(text, (char[FORM_HOST]){0}));
	strcat(text, "ü");
	bad_host(text, "63 letters");
	/* 253 in all: four labels of 62 with their dots, and one letter more. */
	text[0] = '\0';
	for (size_t i = 0; i < 4 * 56; i++)
		strcat(text, i % 56 == 55 ? "ü." : "ü");
	strcat(text, "a");
	assert_null(form_host(text, (char[FORM_HOST]){0}));
	strcat(text, "b");
	bad_host(text, "253 letters");
}

static void endpoint(const char *text, enum protocol protocol, const char *address, uint16_t port)
{
	struct config_endpoint found;
	char shown[ADDRESS_TEXT];

	assert_null(form_endpoint(text, &found));
	assert_int_equal(found.protocol, protocol);
	assert_int_equal(found.address.port, port);
	address_format(&found.address, shown);
	assert_string_equal(shown, address);
}

static void test_endpoints(void **state)
{
	static const char *const wrong[] = {"", "*", "https", "https:", "https:/", "https://",
		"HTTPS://*", "https://*:", "https://*:-1", "https://*:65536", "https://*:443x",
		"https://*:0443", "https://*443", "https://**:443", "https://*:443/", "https://*/",
		"https://localhost", "https://::1", "https://2001:db8::7:443", "https://[::1",
		"https://[]", "https://[::1]x", "https://[::1]443", "https://[192.0.2.1]x",
		"https://192.0.2", "https://[*]", "unix:///x", "https://[fe80::1%lo]",
		"https://user@192.0.2.1"};
	struct config_endpoint found;

	(void)state;
	endpoint("https://*:443", PROTOCOL_HTTPS, "-", 443);
	endpoint("https://*", PROTOCOL_HTTPS, "-", 443);
	endpoint("http://*", PROTOCOL_HTTP, "-", 80);
	endpoint("gemini://*", PROTOCOL_GEMINI, "-", 1965);
	endpoint("https://192.0.2.7:8443", PROTOCOL_HTTPS, "192.0.2.7", 8443);
	endpoint("https://[2001:DB8::0:7]:8443", PROTOCOL_HTTPS, "2001:db8::7", 8443);
	endpoint("gemini://[::]", PROTOCOL_GEMINI, "::", 1965);
	endpoint("http://127.0.0.1:0", PROTOCOL_HTTP, "127.0.0.1", 0);
	endpoint("http://127.0.0.1:65535", PROTOCOL_HTTP, "127.0.0.1", 65535);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (!form_endpoint(wrong[i], &found))
			fail_msg("\"%s\" is accepted", wrong[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_frequencies),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_booleans),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_international_hosts),
		cmocka_unit_test(test_bad_international_hosts),
		cmocka_unit_test(test_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
