/* SPDX-License-Identifier: ISC */
#include "certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "contract/build.h"
#include "digest.h"
#include "keep.h"
#include "options.h"
#include "self_signed.h"

enum {
	OPTION_OUTPUT,
	OPTION_DAYS,
	OPTION_KEEP_KEY,
	OPTION_QUIET,
	OPTION_HELP,
	OPTION_COUNT
};

static const struct option_row rows[OPTION_COUNT] = {
	[OPTION_OUTPUT] = {"output", "DIR", 'o'},
	[OPTION_DAYS] = {"days", "a number of days", 0},
	[OPTION_KEEP_KEY] = {"keep-key", NULL, 0},
	[OPTION_QUIET] = {"quiet", NULL, 'q'},
	[OPTION_HELP] = {"help", NULL, 'h'},
};

static const char help[] =
	"usage: sulid certificate NAME... [-o DIR] [--days N] [--keep-key] [--quiet]\n"
	"\n"
	"Makes a self-signed certificate (P-256) for the names, and its key. A NAME is a host\n"
	"name, *.example.org, an address, or * for localhost and this host's name. The result is\n"
	"fullchain.pem and privkey.pem in DIR. Files that are there are never replaced.\n"
	"\n"
	"  -o, --output DIR   where to; ./NAME if it is not given\n"
	"      --days N       how long it is valid, 3650 if it is not given\n"
	"      --keep-key     a privkey.pem without fullchain.pem in DIR is used, not refused\n"
	"  -q, --quiet        print nothing; otherwise the two paths and the digest are printed\n"
	"  -h, --help         print this\n";

static bool openssl_failed(const char *what, char *message, size_t size)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	snprintf(message, size, "%s: %s", what, reason ? reason : "OpenSSL does not say why");
	ERR_clear_error();
	return false;
}

static bool failed(const char *directory, const char *file, char *message, size_t size)
{
	const char *slash = *file ? "/" : "";

	if (errno == EEXIST)
		snprintf(message, size,
			"%s%s%s exists and is left as it is: clients pin a self-signed key. "
			"For another key choose another directory with -o",
			directory, slash, file);
	else
		snprintf(message, size, "%s%s%s: %s", directory, slash, file, strerror(errno));
	return false;
}

static bool is_there(int at, const char *file)
{
	struct stat status;

	if (fstatat(at, file, &status, AT_SYMLINK_NOFOLLOW) == 0)
		errno = EEXIST;
	return errno != ENOENT;
}

/* Both are to be made, if the key is not kept; one alone is worth a word too. */
static bool check_free(int at, const struct certificate_order *order, char *message, size_t size)
{
	static const char *const files[] = {CERTIFICATE_KEY, CERTIFICATE_CHAIN};

	for (size_t i = order->keep_key ? 1 : 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (is_there(at, files[i]))
			return failed(order->directory, files[i], message, size);
	}
	return true;
}

/* No terminal to ask at. */
static int no_password(char *buffer, int size, int writing, void *context)
{
	(void)buffer;
	(void)size;
	(void)writing;
	(void)context;
	return -1;
}

static EVP_PKEY *read_key(int at)
{
	int fd = openat(at, CERTIFICATE_KEY, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	EVP_PKEY *key = file ? PEM_read_PrivateKey(file, NULL, no_password, NULL) : NULL;

	if (file)
		fclose(file);
	else if (fd >= 0)
		close(fd);
	return key;
}

static bool keep_both(int at, const struct certificate_order *order, bool has_key,
	const struct self_signed *made, char *message, size_t size)
{
	BIO *key = BIO_new(BIO_s_mem()); /* BIO_free wipes what is left in it */
	BIO *chain = BIO_new(BIO_s_mem());
	char *bytes = NULL;
	size_t length;
	bool good = false;

	if (!key || !chain ||
		!PEM_write_bio_PrivateKey(key, made->key, NULL, NULL, 0, NULL, NULL) ||
		!PEM_write_bio_X509(chain, made->certificate)) {
		openssl_failed("cannot write a certificate as PEM", message, size);
		goto out;
	}
	length = (size_t)BIO_get_mem_data(key, &bytes);
	if (!has_key && keep_file(at, CERTIFICATE_KEY, 0600, bytes, length) != 0) {
		failed(order->directory, CERTIFICATE_KEY, message, size);
		goto out;
	}
	length = (size_t)BIO_get_mem_data(chain, &bytes);
	if (keep_file(at, CERTIFICATE_CHAIN, 0644, bytes, length) != 0) {
		failed(order->directory, CERTIFICATE_CHAIN, message, size);
		if (!has_key)
			unlinkat(at, CERTIFICATE_KEY, 0); /* ours, and known to nobody yet */
		goto out;
	}
	good = keep_flush(at) == 0 || failed(order->directory, "", message, size);
out:
	BIO_free(key);
	BIO_free(chain);
	return good;
}

bool certificate_write(const struct certificate_order *order, uint8_t digest[static 32],
	char *message, size_t size)
{
	int at = keep_directory(order->directory);
	struct self_signed made = {0};
	bool has_key, good = false;

	if (at < 0)
		return failed(order->directory, "", message, size);
	keep_sweep(at, CERTIFICATE_KEY);
	keep_sweep(at, CERTIFICATE_CHAIN);
	ERR_clear_error();
	if (!check_free(at, order, message, size))
		goto out;
	has_key = is_there(at, CERTIFICATE_KEY);
	if (!(has_key ? self_signed_over(
				&made, read_key(at), &order->names, order->now, order->days)
		      : self_signed_make(&made, &order->names, order->now, order->days)) ||
		!X509_digest(made.certificate, EVP_sha256(), digest, NULL)) {
		if (has_key)
			snprintf(message, size, "%s/" CERTIFICATE_KEY " holds no usable key",
				order->directory);
		else
			openssl_failed("cannot make a certificate", message, size);
		goto out;
	}
	good = keep_both(at, order, has_key, &made, message, size);
out:
	self_signed_free(&made);
	close(at);
	return good;
}

static int wrong_usage(const char *message)
{
	fprintf(stderr, "sulid certificate: %s\n%.*s\n", message, (int)strcspn(help, "\n"), help);
	return EXIT_USAGE;
}

static bool parse_days(const char *text, unsigned *days)
{
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	unsigned long number = strtoul(text, &end, 10);

	if (*end || errno || number < 1 || number > SELF_SIGNED_MOST_DAYS)
		return false;
	*days = (unsigned)number;
	return true;
}

static int add_operand(struct names *names, const char *text)
{
	const char *problem = names_add(names, text);

	if (!problem)
		return EXIT_DONE;
	fprintf(stderr, "sulid certificate: the name \"%s\" %s\n", text, problem);
	return EXIT_USAGE;
}

static int make(const struct certificate_order *order, bool quiet)
{
	uint8_t digest[32];
	char text[DIGEST_TEXT];
	char message[PATH_MAX + 200];

	if (!certificate_write(order, digest, message, sizeof(message))) {
		fprintf(stderr, "sulid certificate: %s\n", message);
		return EXIT_FAILED;
	}
	if (quiet)
		return EXIT_DONE;
	digest_format(digest, text);
	printf("%s/" CERTIFICATE_CHAIN "\n%s/" CERTIFICATE_KEY "\n%s\n", order->directory,
		order->directory, text);
	return EXIT_DONE;
}

int certificate_command(char *const *arguments)
{
	struct options options = options_over(rows, OPTION_COUNT, arguments);
	struct certificate_order order = {.days = SELF_SIGNED_DAYS, .now = time(NULL)};
	char beside[PATH_MAX];
	bool quiet = false;
	const char *value;
	int option, status;

	while ((option = options_next(&options, &value)) != OPTIONS_END) {
		switch (option) {
		case OPTION_OUTPUT:
			order.directory = value;
			break;
		case OPTION_DAYS:
			if (!parse_days(value, &order.days))
				return wrong_usage("--days wants a number from 1 to 36500");
			break;
		case OPTION_KEEP_KEY:
			order.keep_key = true;
			break;
		case OPTION_QUIET:
			quiet = true;
			break;
		case OPTION_HELP:
			fputs(help, stdout);
			return EXIT_DONE;
		case OPTIONS_OPERAND:
			status = add_operand(&order.names, value);
			if (status != EXIT_DONE)
				return status;
			break;
		default:
			return wrong_usage(options.message);
		}
	}
	if (order.names.count == 0)
		return wrong_usage("for which name?");
	if (!order.directory) {
		const char *common = order.names.common;

		snprintf(beside, sizeof(beside), "./%s",
			strncmp(common, "*.", 2) == 0 ? common + 2 : common);
		order.directory = beside;
	} else if (!order.directory[0]) {
		return wrong_usage("-o wants DIR");
	}
	return make(&order, quiet);
}
