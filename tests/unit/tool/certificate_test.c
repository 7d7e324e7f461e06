/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "certificate.h"
#include "contract/build.h"
#include "digest.h"
#include "keep.h"
#include "self_signed.h"

#define NOW 1800000000 /* 2027-01-15T08:00:00Z */

/* Each test runs in a directory of its own, which teardown removes. */
static int setup(void **state)
{
	char *directory = strdup("/tmp/sulid-certificate-XXXXXX");

	if (!directory || !mkdtemp(directory) || chdir(directory) != 0)
		return -1;
	umask(022);
	*state = directory;
	return 0;
}

static int teardown(void **state)
{
	char command[200];

	snprintf(command, sizeof(command), "rm -rf -- '%s'", (const char *)*state);
	free(*state);
	return chdir("/") == 0 && system(command) == 0 ? 0 : -1;
}

static struct certificate_order order_for(
	const char *directory, const char *first, const char *second)
{
	struct certificate_order order = {.directory = directory, .days = 30, .now = NOW};

	assert_null(names_add(&order.names, first));
	if (second)
		assert_null(names_add(&order.names, second));
	return order;
}

static void write_good(const struct certificate_order *order, uint8_t digest[static 32])
{
	char message[PATH_MAX + 200] = "";

	if (!certificate_write(order, digest, message, sizeof(message)))
		fail_msg("%s", message);
}

static X509 *read_certificate(const char *path)
{
	FILE *file = fopen(path, "re");
	X509 *certificate;

	assert_non_null(file);
	certificate = PEM_read_X509(file, NULL, NULL, NULL);
	assert_non_null(certificate);
	fclose(file);
	return certificate;
}

static unsigned mode_of(const char *path)
{
	struct stat status;

	assert_int_equal(stat(path, &status), 0);
	return status.st_mode & 07777;
}

static void test_contents(void **state)
{
	struct certificate_order order = order_for("out", "Example.org", "*.example.net");
	uint8_t digest[32], again[32];
	FILE *file;

	(void)state;
	assert_null(names_add(&order.names, "192.0.2.7"));
	assert_null(names_add(&order.names, "2001:db8::7"));
	write_good(&order, digest);

	X509 *certificate = read_certificate("out/fullchain.pem");

	assert_int_equal(X509_check_host(certificate, "example.org", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(certificate, "a.example.net", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(certificate, "example.net", 0, 0, NULL), 0);
	assert_int_equal(X509_check_ip_asc(certificate, "192.0.2.7", 0), 1);
	assert_int_equal(X509_check_ip_asc(certificate, "192.0.2.8", 0), 0);
	assert_int_equal(X509_check_ip_asc(certificate, "2001:db8::7", 0), 1);

	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);

	assert_int_equal(sk_GENERAL_NAME_num(names), 4);
	GENERAL_NAMES_free(names);

	char common[80];

	assert_int_equal(X509_NAME_get_text_by_NID(X509_get_subject_name(certificate),
				 NID_commonName, common, sizeof(common)),
		11);
	assert_string_equal(common, "example.org");
	assert_int_equal(X509_NAME_cmp(X509_get_subject_name(certificate),
				 X509_get_issuer_name(certificate)),
		0);
	assert_int_equal(X509_get_version(certificate), X509_VERSION_3);

	/* The key is P-256, fits, and has signed. */
	file = fopen("out/privkey.pem", "re");
	assert_non_null(file);

	EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	char group[40] = "";

	fclose(file);
	assert_non_null(key);
	assert_int_equal(EVP_PKEY_get_group_name(key, group, sizeof(group), NULL), 1);
	assert_string_equal(group, "prime256v1");
	assert_int_equal(X509_check_private_key(certificate, key), 1);
	assert_int_equal(X509_verify(certificate, key), 1);
	EVP_PKEY_free(key);

	assert_int_equal(X509_digest(certificate, EVP_sha256(), again, NULL), 1);
	assert_memory_equal(digest, again, 32);
	X509_free(certificate);
}

static void test_usage(void **state)
{
	struct certificate_order order = order_for("out", "example.org", NULL);
	uint8_t digest[32];

	(void)state;
	write_good(&order, digest);

	X509 *certificate = read_certificate("out/fullchain.pem");

	assert_int_equal(X509_check_ca(certificate), 0);
	assert_int_equal(X509_get_key_usage(certificate), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_get_extended_key_usage(certificate), XKU_SSL_SERVER | XKU_SSL_CLIENT);
	assert_int_equal(X509_get_ext_count(certificate), 4);
	for (int i = 0; i < 4; i++) {
		X509_EXTENSION *extension = X509_get_ext(certificate, i);
		int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));

		assert_int_equal(X509_EXTENSION_get_critical(extension),
			nid == NID_basic_constraints || nid == NID_key_usage);
	}
	X509_free(certificate);
}

static void expect_time(const ASN1_TIME *time, time_t expected)
{
	assert_int_equal(ASN1_TIME_cmp_time_t(time, expected), 0);
}

static void test_validity_and_serial(void **state)
{
	struct certificate_order order = order_for("first", "example.org", NULL);
	uint8_t digest[32], other[32];

	(void)state;
	write_good(&order, digest);
	order.directory = "second";
	order.days = 36500; /* past 2050, where the encoding changes */
	write_good(&order, other);
	assert_memory_not_equal(digest, other, 32);

	X509 *first = read_certificate("first/fullchain.pem");
	X509 *second = read_certificate("second/fullchain.pem");

	expect_time(X509_get0_notBefore(first), NOW - 3600);
	expect_time(X509_get0_notAfter(first), NOW + 30 * 86400);
	expect_time(X509_get0_notAfter(second), NOW + (time_t)36500 * 86400);
	assert_int_not_equal(
		ASN1_INTEGER_cmp(X509_get0_serialNumber(first), X509_get0_serialNumber(second)), 0);
	for (int i = 0; i < 2; i++) {
		BIGNUM *serial =
			ASN1_INTEGER_to_BN(X509_get0_serialNumber(i ? second : first), NULL);

		assert_false(BN_is_negative(serial));
		assert_in_range(BN_num_bits(serial), 90, 128);
		BN_free(serial);
	}
	X509_free(first);
	X509_free(second);
}

/* Longer than a common name may be: it is in subjectAltName all the same. */
static void test_long_name(void **state)
{
	char name[100];
	uint8_t digest[32];

	(void)state;
	memset(name, 'a', sizeof(name));
	name[50] = '.';
	name[99] = '\0';

	struct certificate_order order = order_for("out", name, NULL);

	write_good(&order, digest);

	X509 *certificate = read_certificate("out/fullchain.pem");
	char common[80];

	assert_int_equal(X509_check_host(certificate, name, 0, 0, NULL), 1);
	X509_NAME_get_text_by_NID(
		X509_get_subject_name(certificate), NID_commonName, common, sizeof(common));
	assert_string_equal(common, "sulid");
	X509_free(certificate);
}

static void test_modes(void **state)
{
	struct certificate_order order = order_for("a/b/c", "example.org", NULL);
	uint8_t digest[32];

	(void)state;
	umask(0);
	write_good(&order, digest);
	umask(077);
	order.directory = "d";
	write_good(&order, digest);
	umask(022);
	assert_int_equal(mode_of("a"), 0700);
	assert_int_equal(mode_of("a/b"), 0700);
	assert_int_equal(mode_of("a/b/c"), 0700);
	assert_int_equal(mode_of("a/b/c/privkey.pem"), 0600);
	assert_int_equal(mode_of("a/b/c/fullchain.pem"), 0644);
	assert_int_equal(mode_of("d/privkey.pem"), 0600);
	assert_int_equal(mode_of("d/fullchain.pem"), 0644);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void expect_text(const char *path, const char *text)
{
	char found[400] = "";
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	found[fread(found, 1, sizeof(found) - 1, file)] = '\0';
	fclose(file);
	assert_string_equal(found, text);
}

static void expect_files(const char *directory, int count)
{
	char command[100];

	snprintf(command, sizeof(command), "test $(ls -A '%s' | wc -l) -eq %d", directory, count);
	assert_int_equal(system(command), 0);
}

static void expect_refused(const char *directory, const char *expected)
{
	struct certificate_order order = order_for(directory, "example.org", NULL);
	char message[PATH_MAX + 200] = "";
	uint8_t digest[32];

	assert_false(certificate_write(&order, digest, message, sizeof(message)));
	assert_string_equal(message, expected);
}

static void test_never_overwrites(void **state)
{
	(void)state;
	assert_int_equal(mkdir("key", 0700), 0);
	write_text("key/privkey.pem", "precious");
	expect_refused("key",
		"key/privkey.pem exists and is left as it is: clients pin a self-signed key. "
		"For another key choose another directory with -o");
	expect_text("key/privkey.pem", "precious");
	expect_files("key", 1);

	assert_int_equal(mkdir("chain", 0700), 0);
	write_text("chain/fullchain.pem", "precious");
	expect_refused("chain",
		"chain/fullchain.pem exists and is left as it is: clients pin a self-signed key. "
		"For another key choose another directory with -o");
	expect_text("chain/fullchain.pem", "precious");
	expect_files("chain", 1);

	/* A link that leads nowhere is somebody's plan, too. */
	assert_int_equal(mkdir("link", 0700), 0);
	assert_int_equal(symlink("/nonexistent", "link/privkey.pem"), 0);
	expect_refused("link",
		"link/privkey.pem exists and is left as it is: clients pin a self-signed key. "
		"For another key choose another directory with -o");
	expect_files("link", 1);
}

/* A making that was interrupted: the key is there, and what was being written. */
static void test_interrupted(void **state)
{
	struct certificate_order order = order_for("first", "example.org", NULL);
	char message[PATH_MAX + 200] = "";
	uint8_t digest[32];

	(void)state;
	write_good(&order, digest);
	assert_int_equal(mkdir("half", 0700), 0);
	assert_int_equal(rename("first/privkey.pem", "half/privkey.pem"), 0);
	write_text("half/.privkey.pem.0123abcd", "half of it");
	write_text("half/.fullchain.pem.89abcdef", "");
	write_text("half/.fullchain.pem.mine", "");
	order.directory = "half";
	order.keep_key = true;
	write_good(&order, digest);
	expect_files("half", 3);

	FILE *file = fopen("half/privkey.pem", "re");

	assert_non_null(file);

	EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	X509 *certificate = read_certificate("half/fullchain.pem");
	X509 *before = read_certificate("first/fullchain.pem");

	fclose(file);
	assert_int_equal(X509_check_private_key(certificate, key), 1);
	assert_int_equal(X509_check_private_key(before, key), 1);
	EVP_PKEY_free(key);
	X509_free(certificate);
	X509_free(before);
	/* Only that much: a certificate is replaced no more than without it. */
	assert_false(certificate_write(&order, digest, message, sizeof(message)));
	assert_non_null(strstr(message, "half/fullchain.pem exists"));
	assert_int_equal(mkdir("bad", 0700), 0);
	write_text("bad/privkey.pem", "precious");
	order.directory = "bad";
	assert_false(certificate_write(&order, digest, message, sizeof(message)));
	assert_string_equal(message, "bad/privkey.pem holds no usable key");
	expect_text("bad/privkey.pem", "precious");
	expect_files("bad", 1);
}

static void test_keep_file(void **state)
{
	int directory = keep_directory("kept");

	(void)state;
	assert_true(directory >= 0);
	assert_int_equal(keep_file(directory, "f", 0640, "one", 3), 0);
	assert_int_equal(keep_file(directory, "f", 0640, "two", 3), -1);
	assert_int_equal(errno, EEXIST);
	assert_int_equal(keep_flush(directory), 0);
	close(directory);
	expect_text("kept/f", "one");
	assert_int_equal(mode_of("kept/f"), 0640);
	expect_files("kept", 1);
}

static void test_directory_is_not(void **state)
{
	(void)state;
	write_text("file", "");
	expect_refused("file", "file: Not a directory");
	expect_refused("file/below", "file/below: Not a directory");
}

/* Many at once: one wins, its key and certificate are a pair, and nothing else is left. */
static void test_race(void **state)
{
	pid_t children[8];
	int won = 0;

	(void)state;
	for (int i = 0; i < 8; i++) {
		children[i] = fork();
		assert_true(children[i] >= 0);
		if (children[i] == 0) {
			struct certificate_order order = order_for("race", "example.org", NULL);
			char message[PATH_MAX + 200];
			uint8_t digest[32];

			_exit(certificate_write(&order, digest, message, sizeof(message)) ? 0 : 1);
		}
	}
	for (int i = 0; i < 8; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_true(WIFEXITED(status));
		won += WEXITSTATUS(status) == 0;
	}
	assert_int_equal(won, 1);
	expect_files("race", 2);

	FILE *file = fopen("race/privkey.pem", "re");

	assert_non_null(file);

	EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	X509 *certificate = read_certificate("race/fullchain.pem");

	fclose(file);
	assert_int_equal(X509_check_private_key(certificate, key), 1);
	EVP_PKEY_free(key);
	X509_free(certificate);
}

/* Run the command with its output in files "out" and "error". */
static int command(char *const *arguments)
{
	int status, saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
	int out = open("out", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int error = open("error", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	fflush(stdout);
	assert_true(dup2(out, STDOUT_FILENO) >= 0 && dup2(error, STDERR_FILENO) >= 0);
	status = certificate_command(arguments);
	fflush(stdout);
	dup2(saved[0], STDOUT_FILENO);
	dup2(saved[1], STDERR_FILENO);
	close(saved[0]);
	close(saved[1]);
	close(out);
	close(error);
	return status;
}

#define RUN(...) command((char *const[]){__VA_ARGS__, NULL})

static void expect_error(const char *expected)
{
	char found[300] = "";
	FILE *file = fopen("error", "re");

	assert_non_null(file);
	assert_non_null(fgets(found, sizeof(found), file));
	fclose(file);
	assert_string_equal(found, expected);
}

static void test_command(void **state)
{
	char expected[200], digest[DIGEST_TEXT];
	uint8_t bytes[32];

	(void)state;
	assert_int_equal(RUN("example.org", "--days=7"), EXIT_DONE);

	X509 *certificate = read_certificate("./example.org/fullchain.pem");

	assert_int_equal(X509_digest(certificate, EVP_sha256(), bytes, NULL), 1);
	digest_format(bytes, digest);
	snprintf(expected, sizeof(expected),
		"./example.org/fullchain.pem\n./example.org/privkey.pem\n%s\n", digest);
	expect_text("out", expected);
	expect_text("error", "");
	assert_true(
		ASN1_TIME_cmp_time_t(X509_get0_notAfter(certificate), time(NULL) + 8 * 86400) < 0);
	X509_free(certificate);

	assert_int_equal(RUN("example.org"), EXIT_FAILED);
	expect_text("out", "");
	expect_error(
		"sulid certificate: ./example.org/privkey.pem exists and is left as it is: clients "
		"pin a self-signed key. For another key choose another directory with -o\n");

	assert_int_equal(RUN("-q", "*.example.org", "-o", "wild"), EXIT_DONE);
	expect_text("out", "");
	assert_int_equal(RUN("-q", "*.example.net"), EXIT_DONE);
	assert_int_equal(access("example.net/privkey.pem", F_OK), 0);
	assert_int_equal(RUN("--quiet", "*"), EXIT_DONE);
	assert_int_equal(access("sulid/privkey.pem", F_OK), 0);
}

static void test_command_usage(void **state)
{
	(void)state;
	assert_int_equal(command((char *const[]){NULL}), EXIT_USAGE);
	expect_error("sulid certificate: for which name?\n");
	assert_int_equal(RUN("a", "--days", "0"), EXIT_USAGE);
	expect_error("sulid certificate: --days wants a number from 1 to 36500\n");
	assert_int_equal(RUN("a", "--days", "36501"), EXIT_USAGE);
	assert_int_equal(RUN("a", "--days", "-1"), EXIT_USAGE);
	assert_int_equal(RUN("a", "--days", "7d"), EXIT_USAGE);
	assert_int_equal(RUN("a", "--days", ""), EXIT_USAGE);
	assert_int_equal(RUN("a", "--outptu", "x"), EXIT_USAGE);
	expect_error(
		"sulid certificate: unknown option \"--outptu\"; did you mean \"--output\"?\n");
	assert_int_equal(RUN("a", "-o", ""), EXIT_USAGE);
	assert_int_equal(RUN("a", "../b"), EXIT_USAGE);
	expect_error("sulid certificate: the name \"../b\" has an empty part between dots\n");
	assert_int_equal(access("a", F_OK), -1);
	assert_int_equal(RUN("--help"), EXIT_DONE);
	expect_text("error", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_contents, setup, teardown),
		cmocka_unit_test_setup_teardown(test_usage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_validity_and_serial, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_modes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_never_overwrites, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keep_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_directory_is_not, setup, teardown),
		cmocka_unit_test_setup_teardown(test_race, setup, teardown),
		cmocka_unit_test_setup_teardown(test_command, setup, teardown),
		cmocka_unit_test_setup_teardown(test_command_usage, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
