/* SPDX-License-Identifier: ISC */

/* What is said about certificates, from facts as a handshaker reports them, at times that are
 * given. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certificate_table.h"
#include "certificates.h"
#include "expiry.h"

#define NOW INT64_C(1800000000) /* 2027-01-15T08:00:00Z */

/* Line 3 has a pair, line 4 one of our own. */
static const char yaml[] =
	"listen: https://*\n"
	"vhosts:\n"
	"  - {names: [a.example, b.example], root: /r, certificate: {chain: c.pem, key: k.pem}}\n"
	"  - {names: [own.example], root: /r, certificate: auto}\n";

static struct config *config;
static struct control_certificate facts[2];

static void set_names(struct control_certificate *one, const char *names, uint32_t count)
{
	snprintf(one->names, sizeof one->names, "%s", names);
	one->names_count = count;
}

static int set_up(void **state)
{
	struct diagnostics diagnostics = {0};

	(void)state;
	setenv("STATE_DIRECTORY", "/state:/other", 1);
	config = config_load_bytes("x.yaml", NULL, yaml, sizeof yaml - 1, &diagnostics);
	diagnostics_print(&diagnostics, stderr);
	diagnostics_free(&diagnostics);
	if (!config || config->certificate_count != 2)
		return -1;
	for (size_t i = 0; i < 2; i++) {
		facts[i] = (struct control_certificate){.names_wanted = 2,
			.key = "ECDSA P-256",
			.not_before = 1,
			.not_after = NOW + 100 * EXPIRY_DAY};
		set_names(&facts[i], i == 0 ? "a.example, b.example" : "own.example",
			2 - (uint32_t)i);
		memset(facts[i].digest, 0xab, sizeof facts[i].digest);
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	config_free(config);
	return 0;
}

/* One message about facts at NOW, or none. */
static void expect(bool warning, uint32_t line, uint32_t column, const char *text)
{
	struct diagnostics diagnostics = {0};

	certificates_judge(config, facts, NOW, &diagnostics);
	if (!text) {
		assert_int_equal(diagnostics.count, 0);
	} else {
		assert_int_equal(diagnostics.count, 1);
		assert_string_equal(diagnostics.list[0].text, text);
		assert_int_equal(diagnostics.list[0].line, line);
		assert_int_equal(diagnostics.list[0].column, column);
		assert_int_equal(diagnostics.list[0].warning, warning);
	}
	diagnostics_free(&diagnostics);
}

static void test_life(void **state)
{
	(void)state;
	expect(true, 0, 0, NULL);
	facts[0].not_after = NOW + 14 * EXPIRY_DAY + 3600;
	expect(true, 0, 0, NULL);
	facts[0].not_after = NOW + 14 * EXPIRY_DAY - 3600;
	expect(true, 3, 68, "the certificate /c.pem expires in 13 days, on 2027-01-29");
	facts[0].not_after = NOW - 1;
	expect(true, 3, 68, "the certificate /c.pem expired on 2027-01-15");
	facts[0].not_after = NOW + 100 * EXPIRY_DAY;
	facts[0].not_before = NOW + EXPIRY_DAY;
	expect(true, 3, 68, "the certificate /c.pem is not valid before 2027-01-16");
}

static void test_names(void **state)
{
	(void)state;
	facts[0].names_missing = 1;
	strcpy(facts[0].missing, "b.example");
	expect(true, 3, 68, "the certificate /c.pem does not cover the name \"b.example\"");
	facts[0].names_wanted = 5;
	facts[0].names_missing = 3;
	expect(true, 3, 68,
		"the certificate /c.pem does not cover the name \"b.example\", nor 2 more");
	facts[0].names_missing = 5;
	expect(true, 3, 68, "the certificate /c.pem covers none of the names");
	facts[0].names_missing = 0;
	/* One of our own is kept, and that is said. */
	facts[1].names_missing = 1;
	strcpy(facts[1].missing, "new.example");
	expect(true, 4, 51,
		"the certificate /state/certificates/own.example/fullchain.pem does not cover the "
		"name \"new.example\"; Gemini clients have pinned it, so it is kept; delete "
		"/state/certificates/own.example to have a new one made");
	facts[1].names_missing = 0;
	facts[1].not_after = NOW - 1;
	expect(true, 4, 51,
		"the certificate /state/certificates/own.example/fullchain.pem expired on "
		"2027-01-15"
		"; Gemini clients have pinned it, so it is kept; delete "
		"/state/certificates/own.example to have a new one made");
}

static void test_problems(void **state)
{
	(void)state;
	strcpy(facts[0].reason, "why");
	facts[0].problem = CERTIFICATE_MISMATCH;
	expect(false, 3, 80, "the key /k.pem is not that of the certificate /c.pem: why");
	facts[0].problem = CERTIFICATE_KEY_UNREADABLE;
	expect(false, 3, 80, "/k.pem holds no usable key: why");
	facts[0].problem = CERTIFICATE_UNREADABLE;
	expect(false, 3, 68, "/c.pem holds no usable certificate: why");
	facts[0].problem = CERTIFICATE_WEAK;
	expect(false, 3, 68, "the certificate /c.pem is too weak: why");
}

/* What the log has of it at that time. */
static void expect_logged(int64_t now, int64_t said[static 2], bool quiet, const char *line)
{
	char logged[512] = "";
	int saved = dup(STDERR_FILENO), pipe_ends[2];
	FILE *stream;

	assert_int_equal(pipe(pipe_ends), 0);
	dup2(pipe_ends[1], STDERR_FILENO);
	certificates_remind(config, facts, now, said, quiet);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipe_ends[1]);
	stream = fdopen(pipe_ends[0], "r");
	assert_non_null(stream);
	logged[fread(logged, 1, sizeof logged - 1, stream)] = '\0';
	fclose(stream);
	assert_string_equal(logged, line);
}

static void test_reminders(void **state)
{
	static const char soon[] =
		"sulid: the certificate for a.example, b.example expires in 13 days, on "
		"2027-01-29: /c.pem\n";
	static const char over[] =
		"sulid: the certificate for a.example, b.example expired on 2027-01-29: /c.pem\n";
	int64_t said[2] = {0, 0}, at = NOW;

	(void)state;
	expect_logged(at, said, false, "");
	facts[0].not_after = NOW + 14 * EXPIRY_DAY - 60;
	expect_logged(at, said, false, soon);
	expect_logged(at + 1, said, false, "");
	expect_logged(at + EXPIRY_DAY - 1, said, false, "");
	at += 14 * EXPIRY_DAY;
	expect_logged(at, said, false, over);
	expect_logged(at + 1, said, false, "");
	/* What was said otherwise counts, and each for itself. */
	said[0] = 0;
	expect_logged(at, said, true, "");
	expect_logged(at + 1, said, false, "");
	facts[1].not_after = at + 60;
	expect_logged(at + 2, said, false,
		"sulid: the certificate for own.example expires within the hour, on 2027-01-29: "
		"/state/certificates/own.example/fullchain.pem\n");
	expect_logged(at + 3, said, false, "");
}

static void expect_table(bool colour, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	certificate_table(config, facts, NOW, colour, stream);
	certificate_verdict("x.yaml", config, facts, stream);
	fclose(stream);
	assert_string_equal(text, expected);
	free(text);
}

#define AB8    "abababababababab"
#define DIGEST "    sha256:" AB8 AB8 AB8 AB8 "\n"

static void test_table(void **state)
{
	(void)state;
	strcpy(facts[1].key, "RSA 2048");
	expect_table(true,
		"  a.example, b.example  ECDSA P-256  until 2027-04-25\n" DIGEST
		"  own.example           RSA 2048     until 2027-04-25\n" DIGEST
		"x.yaml: ok, 2 vhosts, 2 certificates, the first expires on 2027-04-25\n");
	facts[0].not_after = NOW + 9 * EXPIRY_DAY + 1;
	facts[1].not_after = NOW - EXPIRY_DAY;
	set_names(&facts[1], "a-rather-long-name.own.example, own.example, x", 41);
	expect_table(false,
		"  a.example, b.example                        ECDSA P-256  expires in 9 "
		"days\n" DIGEST "  a-rather-long-name.own.example and 40 more  RSA 2048     "
		"EXPIRED 2027-01-14\n" DIGEST
		"x.yaml: ok, 2 vhosts, 2 certificates, the first expires on 2027-01-14\n");
	set_names(&facts[1], "", 0);
	expect_table(true,
		"  a.example, b.example  ECDSA P-256  \033[1;33mexpires in 9 days\033[0m\n" DIGEST
		"  (no names)            RSA 2048     \033[1;31mEXPIRED 2027-01-14\033[0m\n" DIGEST
		"x.yaml: ok, 2 vhosts, 2 certificates, the first expires on 2027-01-14\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_life, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_problems, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_reminders, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_table, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
