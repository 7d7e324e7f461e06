/* SPDX-License-Identifier: ISC */
#include "digest.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contract/build.h"
#include "options.h"

#define FILE_MOST                                                                               \
	((size_t)1 << 20) /* far more than any chain; keeps a device or a disk image from being \
			     read in */

enum {
	OPTION_HELP,
	OPTION_COUNT
};

static const struct option_row rows[OPTION_COUNT] = {
	[OPTION_HELP] = {"help", NULL, 'h'},
};

static const char help[] =
	"usage: sulid digest FILE...\n"
	"\n"
	"Prints sha256:... of the first certificate in each FILE: the digest by which sulid knows\n"
	"it. A FILE is PEM or DER, - is standard input; with more than one its name follows.\n"
	"\n"
	"  -h, --help   print this\n";

void digest_format(const uint8_t digest[static DIGEST_BYTES], char text[static DIGEST_TEXT])
{
	static const char digits[] = "0123456789abcdef";

	memcpy(text, "sha256:", 7);
	text += 7;
	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		*text++ = digits[digest[i] >> 4];
		*text++ = digits[digest[i] & 15];
	}
	*text = '\0';
}

/* Exactly one certificate in DER and nothing after it. */
static bool digest_der(
	const unsigned char *bytes, size_t length, uint8_t digest[static DIGEST_BYTES])
{
	const unsigned char *end = bytes;
	X509 *certificate = d2i_X509(NULL, &end, (long)length);
	bool good = certificate && end == bytes + length &&
		    EVP_Digest(bytes, length, digest, NULL, EVP_sha256(), NULL);

	X509_free(certificate);
	return good;
}

static const char *not_certificate(const char *name)
{
	if (strstr(name, "PRIVATE KEY"))
		return "is a private key, not a certificate";
	if (strstr(name, "CERTIFICATE REQUEST"))
		return "is a certificate request, not a certificate";
	if (strcmp(name, "PUBLIC KEY") == 0)
		return "is a public key, not a certificate";
	return "holds no certificate";
}

/* The first CERTIFICATE block; a key may stand before it. */
static const char *digest_pem(BIO *file, uint8_t digest[static DIGEST_BYTES])
{
	const char *problem = "is not a certificate, neither PEM nor DER";
	bool found = false;

	while (!found) {
		char *name = NULL, *header = NULL;
		unsigned char *bytes = NULL;
		long length = 0;

		if (!PEM_read_bio(file, &name, &header, &bytes, &length)) {
			if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
				problem = "is damaged: its PEM cannot be decoded";
			return problem;
		}
		found = strcmp(name, PEM_STRING_X509) == 0 ||
			strcmp(name, PEM_STRING_X509_OLD) == 0;
		if (!found)
			problem = not_certificate(name);
		else if (digest_der(bytes, (size_t)length, digest))
			problem = NULL;
		else
			problem = "is damaged: its first certificate cannot be decoded";
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_clear_free(bytes, (size_t)length); /* it may have been a key */
	}
	return problem;
}

const char *digest_certificate(
	const void *bytes, size_t length, uint8_t digest[static DIGEST_BYTES])
{
	const char *problem = NULL;
	BIO *file;

	if (length == 0)
		return "is empty";
	if (length > FILE_MOST)
		return "is too large for a certificate";
	ERR_clear_error();
	if (!digest_der(bytes, length, digest)) {
		ERR_clear_error();
		file = BIO_new_mem_buf(bytes, (int)length);
		problem = file ? digest_pem(file, digest) : "cannot be read: out of memory";
		BIO_free(file);
	}
	ERR_clear_error();
	return problem;
}

/* Up to FILE_MOST + 1 bytes, so that more can be told. Returns how many, or -1 with errno. */
static ssize_t read_file(const char *path, unsigned char *bytes)
{
	bool is_stdin = strcmp(path, "-") == 0;
	int file = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t length = 0, got = 0;
	int error;

	if (file < 0)
		return -1;
	do {
		got = read(file, bytes + length, FILE_MOST + 1 - (size_t)length);
		if (got > 0)
			length += got;
	} while ((got > 0 && (size_t)length <= FILE_MOST) || (got < 0 && errno == EINTR));
	error = errno;
	if (!is_stdin)
		close(file);
	errno = error;
	return got < 0 ? -1 : length;
}

static bool print_digest(const char *path, bool with_name)
{
	unsigned char *bytes = malloc(FILE_MOST + 1);
	uint8_t digest[DIGEST_BYTES];
	char text[DIGEST_TEXT];
	ssize_t length = bytes ? read_file(path, bytes) : -1;
	const char *problem =
		length < 0 ? strerror(errno) : digest_certificate(bytes, (size_t)length, digest);

	if (problem) {
		fprintf(stderr, "sulid digest: %s%s %s\n", path, length < 0 ? ":" : "", problem);
	} else {
		digest_format(digest, text);
		printf("%s%s%s\n", text, with_name ? "  " : "", with_name ? path : "");
	}
	if (bytes)
		OPENSSL_cleanse(bytes, length > 0 ? (size_t)length : 0);
	free(bytes);
	return problem == NULL;
}

static int wrong_usage(const char *message)
{
	fprintf(stderr, "sulid digest: %s\n%.*s\n", message, (int)strcspn(help, "\n"), help);
	return EXIT_USAGE;
}

static size_t count_arguments(char *const *arguments)
{
	size_t count = 0;

	while (arguments[count])
		count++;
	return count;
}

static int digest_files(const char *const *files, size_t count)
{
	int status = EXIT_DONE;

	if (count == 0)
		return wrong_usage("of which file?");
	for (size_t i = 0; i < count; i++) {
		if (!print_digest(files[i], count > 1))
			status = EXIT_FAILED;
	}
	return status;
}

int digest_command(char *const *arguments)
{
	struct options options = options_over(rows, OPTION_COUNT, arguments);
	const char **files = calloc(count_arguments(arguments) + 1, sizeof(*files));
	const char *value;
	size_t count = 0;
	int option, status;

	if (!files) {
		fprintf(stderr, "sulid digest: %s\n", strerror(errno));
		return EXIT_FAILED;
	}
	while ((option = options_next(&options, &value)) == OPTIONS_OPERAND)
		files[count++] = value;
	if (option == OPTION_HELP) {
		fputs(help, stdout);
		status = EXIT_DONE;
	} else if (option == OPTIONS_WRONG) {
		status = wrong_usage(options.message);
	} else {
		status = digest_files(files, count);
	}
	free(files);
	return status;
}
