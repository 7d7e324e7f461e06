/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "contract/build.h"
#include "digest.h"
#include "self_signed.h"

/* Two certificates and the key of the first, as files would hold them. */
struct files {
	struct self_signed first, second;
	BIO *pem;
	unsigned char *der;
	int der_length;
	uint8_t expected[32];
};

static int setup(void **state)
{
	static struct files files;
	static struct names names;

	memset(&names, 0, sizeof(names));
	if (names_add(&names, "example.org") ||
		!self_signed_make(&files.first, &names, 1800000000, 30) ||
		!self_signed_make(&files.second, &names, 1800000000, 30))
		return -1;
	files.der = NULL;
	files.der_length = i2d_X509(files.first.certificate, &files.der);
	files.pem = BIO_new(BIO_s_mem());
	if (files.der_length <= 0 || !files.pem ||
		!EVP_Digest(files.der, (size_t)files.der_length, files.expected, NULL, EVP_sha256(),
			NULL))
		return -1;
	*state = &files;
	return 0;
}

static int teardown(void **state)
{
	struct files *files = *state;

	self_signed_free(&files->first);
	self_signed_free(&files->second);
	OPENSSL_free(files->der);
	BIO_free(files->pem);
	return 0;
}

static void add_key(struct files *files)
{
	assert_int_equal(
		PEM_write_bio_PrivateKey(files->pem, files->first.key, NULL, NULL, 0, NULL, NULL),
		1);
}

static const char *digest_of_pem(struct files *files, uint8_t digest[static 32])
{
	char *bytes;
	long length = BIO_get_mem_data(files->pem, &bytes);

	return digest_certificate(bytes, (size_t)length, digest);
}

static void test_der(void **state)
{
	struct files *files = *state;
	uint8_t digest[32];

	assert_null(digest_certificate(files->der, (size_t)files->der_length, digest));
	assert_memory_equal(digest, files->expected, 32);
}

static void test_first_of_chain(void **state)
{
	struct files *files = *state;
	uint8_t digest[32];

	BIO_puts(files->pem, "Subject: whatever people write before it\n\n");
	assert_int_equal(PEM_write_bio_X509(files->pem, files->first.certificate), 1);
	assert_int_equal(PEM_write_bio_X509(files->pem, files->second.certificate), 1);
	assert_null(digest_of_pem(files, digest));
	assert_memory_equal(digest, files->expected, 32);
}

static void test_after_a_key(void **state)
{
	struct files *files = *state;
	uint8_t digest[32];

	add_key(files);
	assert_int_equal(PEM_write_bio_X509(files->pem, files->first.certificate), 1);
	assert_null(digest_of_pem(files, digest));
	assert_memory_equal(digest, files->expected, 32);
}

static void test_other_things(void **state)
{
	struct files *files = *state;
	uint8_t digest[32];

	add_key(files);
	assert_string_equal(digest_of_pem(files, digest), "is a private key, not a certificate");
	(void)BIO_reset(files->pem);
	assert_int_equal(PEM_write_bio_PUBKEY(files->pem, files->first.key), 1);
	assert_string_equal(digest_of_pem(files, digest), "is a public key, not a certificate");
	(void)BIO_reset(files->pem);

	X509_REQ *request =
		X509_to_X509_REQ(files->first.certificate, files->first.key, EVP_sha256());

	assert_int_equal(PEM_write_bio_X509_REQ(files->pem, request), 1);
	assert_string_equal(
		digest_of_pem(files, digest), "is a certificate request, not a certificate");
	X509_REQ_free(request);
}

static void expect_garbage(const void *bytes, size_t length, const char *problem)
{
	uint8_t digest[32];
	const char *found = digest_certificate(bytes, length, digest);

	assert_non_null(found);
	assert_string_equal(found, problem);
}

static void test_garbage(void **state)
{
	static const char broken[] =
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
	static const char cut[] = "-----BEGIN CERTIFICATE-----\nMIIB\n";
	static const char large[(1 << 20) + 1];
	const char *neither = "is not a certificate, neither PEM nor DER";

	(void)state;
	expect_garbage("", 0, "is empty");
	expect_garbage("hello", 5, neither);
	expect_garbage("\0\0\0\0", 4, neither);
	expect_garbage("\x30\x82\xff\xff", 4, neither);
	expect_garbage(
		broken, strlen(broken), "is damaged: its first certificate cannot be decoded");
	expect_garbage(cut, strlen(cut), "is damaged: its PEM cannot be decoded");
	expect_garbage(large, sizeof(large), "is too large for a certificate");
	expect_garbage(large, sizeof(large) - 1, neither);
}

/* Cut anywhere, or with one byte more, it is no certificate. */
static void test_der_exact(void **state)
{
	struct files *files = *state;
	size_t length = (size_t)files->der_length;
	unsigned char more[2048];

	for (size_t i = 1; i < length; i++)
		expect_garbage(files->der, i, "is not a certificate, neither PEM nor DER");
	assert_true(length < sizeof(more));
	memcpy(more, files->der, length);
	more[length] = 0;
	expect_garbage(more, length + 1, "is not a certificate, neither PEM nor DER");
}

/* Run the command with this as its standard input; its output and messages go into text. */
static int command(char *const *arguments, int input, char text[static 1024])
{
	int output = memfd_create("output", MFD_CLOEXEC);
	int saved[3], given[3] = {input, output, output}, status;

	assert_true(output >= 0);
	fflush(stdout);
	for (int i = 0; i < 3; i++) {
		saved[i] = dup(i);
		assert_int_equal(dup2(given[i], i), i);
	}
	status = digest_command(arguments);
	fflush(stdout);
	for (int i = 0; i < 3; i++) {
		dup2(saved[i], i);
		close(saved[i]);
	}

	ssize_t length = pread(output, text, 1023, 0);

	close(output);
	assert_true(length >= 0);
	text[length] = '\0';
	return status;
}

static void test_command(void **state)
{
	struct files *files = *state;
	char path[] = "/tmp/sulid-digest-XXXXXX", digest[DIGEST_TEXT], expected[1024], text[1024];
	int file = mkstemp(path);

	assert_true(file >= 0);
	assert_int_equal(write(file, files->der, (size_t)files->der_length), files->der_length);
	digest_format(files->expected, digest);

	assert_int_equal(command((char *const[]){path, NULL}, file, text), EXIT_DONE);
	snprintf(expected, sizeof(expected), "%s\n", digest);
	assert_string_equal(text, expected);

	lseek(file, 0, SEEK_SET);
	assert_int_equal(command((char *const[]){"--", "-", path, NULL}, file, text), EXIT_DONE);
	snprintf(expected, sizeof(expected), "%s  -\n%s  %s\n", digest, digest, path);
	assert_string_equal(text, expected);

	/* One that fails does not keep the others from being printed. */
	assert_int_equal(
		command((char *const[]){"/nonexistent", "/", path, NULL}, file, text), EXIT_FAILED);
	snprintf(expected, sizeof(expected),
		"sulid digest: /nonexistent: No such file or directory\n"
		"sulid digest: /: Is a directory\n%s  %s\n",
		digest, path);
	assert_string_equal(text, expected);

	assert_int_equal(command((char *const[]){NULL}, file, text), EXIT_USAGE);
	assert_int_equal(command((char *const[]){"--md5", path, NULL}, file, text), EXIT_USAGE);
	assert_string_equal(
		text, "sulid digest: unknown option \"--md5\"\nusage: sulid digest FILE...\n");
	close(file);
	unlink(path);
}

static void test_format(void **state)
{
	uint8_t digest[32];
	char text[DIGEST_TEXT];

	(void)state;
	for (unsigned i = 0; i < 32; i++)
		digest[i] = (uint8_t)(i * 8 + 1);
	digest_format(digest, text);
	assert_string_equal(
		text, "sha256:0109111921293139414951596169717981899199a1a9b1b9c1c9d1d9e1e9f1f9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_der, setup, teardown),
		cmocka_unit_test_setup_teardown(test_first_of_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_after_a_key, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_things, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_der_exact, setup, teardown),
		cmocka_unit_test_setup_teardown(test_command, setup, teardown),
		cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
