/* SPDX-License-Identifier: ISC */
#include "certificates.h"

#include <errno.h>
#include <limits.h>
#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sslerr.h>
#include <openssl/x509err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/text.h"

#include "identity.h"

#define FILE_MAX 0x100000 /* bytes of PEM: no chain that a client would take comes near */

/* ---- reading -------------------------------------------------------------------------------- */

/*
 * All of the file. Several handshakers share its open file, and with it the offset, so it is read
 * by position; a pipe has none. NULL with errno; EFBIG if it is longer than any certificate.
 */
static char *read_all(int fd, size_t *size)
{
	char *bytes = malloc(FILE_MAX);
	bool by_position = true;

	*size = 0;
	while (bytes && *size < FILE_MAX) {
		ssize_t n = by_position ? pread(fd, bytes + *size, FILE_MAX - *size, (off_t)*size)
					: read(fd, bytes + *size, FILE_MAX - *size);

		if (n == 0)
			return bytes;
		if (n > 0)
			*size += (size_t)n;
		else if (errno == ESPIPE && by_position)
			by_position = false;
		else if (errno != EINTR)
			break;
	}
	if (bytes) {
		int error = *size == FILE_MAX ? EFBIG : errno;

		OPENSSL_cleanse(bytes, *size);
		free(bytes);
		errno = error;
	}
	return NULL;
}

static void wipe_and_free(char *bytes, size_t size)
{
	if (bytes)
		OPENSSL_cleanse(bytes, size);
	free(bytes);
}

/* No terminal to ask: an encrypted key is one that cannot be read. */
static int no_password(char *buffer, int size, int writing, void *asked)
{
	(void)buffer;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

static bool parse_chain(struct certificate *certificate, BIO *bio)
{
	bool asked = false;
	X509 *next;

	certificate->leaf = PEM_read_bio_X509(bio, NULL, no_password, &asked);
	certificate->chain = sk_X509_new_null();
	if (!certificate->leaf || !certificate->chain)
		return false;
	while ((next = PEM_read_bio_X509(bio, NULL, no_password, &asked)) != NULL)
		if (sk_X509_push(certificate->chain, next) <= 0) {
			X509_free(next);
			return false;
		}
	/* The end of the file is the one good reason to stop. */
	return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
}

static void explain(
	struct control_certificate *facts, enum certificate_problem problem, const char *otherwise)
{
	unsigned long error = ERR_peek_last_error();
	const char *words = error != 0 ? ERR_reason_error_string(error) : NULL;

	facts->problem = problem;
	snprintf(facts->reason, sizeof facts->reason, "%s", words ? words : otherwise);
}

/* A SEQUENCE that is as long as the file: certificates, keys and PKCS #12 alike. */
static bool is_der(const char *bytes, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes;
	int tag, class, form;
	long length;

	if (size == 0 || size > LONG_MAX)
		return false;
	form = ASN1_get_object(&at, &length, &tag, &class, (long)size);
	ERR_clear_error();
	return form == V_ASN1_CONSTRUCTED && tag == V_ASN1_SEQUENCE &&
	       (size_t)length == size - (size_t)(at - (const unsigned char *)bytes);
}

/* Why nothing was found. otherwise: for a file that is not even of another form. */
static const char *why_nothing(const char *bytes, size_t size, const char *otherwise)
{
	return size == 0 ? "the file is empty"
	       : is_der(bytes, size)
		       ? "it is DER, PEM is needed (\"openssl x509\" and \"openssl pkey\" convert)"
		       : otherwise;
}

static bool load_chain(struct certificate *certificate, int fd, struct control_certificate *facts)
{
	size_t size;
	char *bytes = read_all(fd, &size);
	BIO *bio = bytes ? BIO_new_mem_buf(bytes, (int)size) : NULL;
	bool good;

	ERR_clear_error();
	good = bio && parse_chain(certificate, bio);
	if (!bytes)
		explain(facts, CERTIFICATE_UNREADABLE, strerror(errno));
	else if (!certificate->leaf &&
		 ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
		ERR_clear_error();
		explain(facts, CERTIFICATE_UNREADABLE,
			why_nothing(bytes, size, "there is no certificate in PEM in it"));
	} else if (!good) {
		explain(facts, CERTIFICATE_UNREADABLE, "out of memory");
	}
	BIO_free(bio);
	wipe_and_free(bytes, size);
	return good;
}

static bool load_key(struct certificate *certificate, int fd, struct control_certificate *facts)
{
	bool asked = false;
	size_t size;
	char *bytes = read_all(fd, &size);
	BIO *bio = bytes ? BIO_new_mem_buf(bytes, (int)size) : NULL;

	ERR_clear_error();
	if (bio)
		certificate->key = PEM_read_bio_PrivateKey(bio, NULL, no_password, &asked);
	if (!bytes) {
		explain(facts, CERTIFICATE_KEY_UNREADABLE, strerror(errno));
	} else if (!certificate->key) {
		if (asked || !bio || ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_OSSL_DECODER)
			ERR_clear_error();
		explain(facts, CERTIFICATE_KEY_UNREADABLE,
			asked ? "the key is encrypted; sulid cannot ask for its password"
			      : why_nothing(bytes, size, "there is no private key in PEM in it"));
	}
	BIO_free(bio);
	wipe_and_free(bytes, size);
	return certificate->key != NULL;
}

/* ---- judging -------------------------------------------------------------------------------- */

static enum certificate_problem problem_of(unsigned long error)
{
	int library = ERR_GET_LIB(error), reason = ERR_GET_REASON(error);

	if (library == ERR_LIB_X509 &&
		(reason == X509_R_KEY_VALUES_MISMATCH || reason == X509_R_KEY_TYPE_MISMATCH))
		return CERTIFICATE_MISMATCH;
	if (library != ERR_LIB_SSL)
		return CERTIFICATE_UNREADABLE;
	switch (reason) {
	case SSL_R_PRIVATE_KEY_MISMATCH:
		return CERTIFICATE_MISMATCH;
	case SSL_R_EE_KEY_TOO_SMALL:
	case SSL_R_CA_KEY_TOO_SMALL:
	case SSL_R_CA_MD_TOO_WEAK:
		return CERTIFICATE_WEAK;
	default:
		return CERTIFICATE_UNREADABLE;
	}
}

bool certificate_use(const struct certificate *certificate, SSL_CTX *context)
{
	bool good;

	ERR_clear_error();
	good = SSL_CTX_use_cert_and_key(
		       context, certificate->leaf, certificate->key, certificate->chain, 0) == 1;
	errno = !good && ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_SSL &&
				ERR_GET_REASON(ERR_peek_last_error()) ==
					SSL_R_NOT_REPLACING_CERTIFICATE
			? EEXIST
			: EINVAL;
	return good;
}

static void describe_key(EVP_PKEY *key, char *out, size_t size)
{
	char group[32] = "";
	const char *name = EVP_PKEY_get0_type_name(key);

	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_EC:
		EVP_PKEY_get_group_name(key, group, sizeof group, NULL);
		if (strcmp(group, "prime256v1") == 0)
			strcpy(group, "P-256");
		else if (strcmp(group, "secp384r1") == 0)
			strcpy(group, "P-384");
		else if (strcmp(group, "secp521r1") == 0)
			strcpy(group, "P-521");
		snprintf(out, size, "ECDSA %.*s", (int)(size - sizeof "ECDSA "), group);
		return;
	case EVP_PKEY_ED25519:
		snprintf(out, size, "Ed25519");
		return;
	case EVP_PKEY_ED448:
		snprintf(out, size, "Ed448");
		return;
	default:
		snprintf(out, size, "%.9s %d", name ? name : "?", EVP_PKEY_get_bits(key));
	}
}

/* In words of our own: what is to be done about it lies with two files. */
static void explain_mismatch(
	const struct certificate *certificate, struct control_certificate *facts)
{
	char key[sizeof facts->key], wanted[sizeof facts->key];

	describe_key(certificate->key, key, sizeof key);
	describe_key(X509_get0_pubkey(certificate->leaf), wanted, sizeof wanted);
	facts->problem = CERTIFICATE_MISMATCH;
	if (strcmp(key, wanted) == 0)
		snprintf(facts->reason, sizeof facts->reason, "was only one of the two renewed?");
	else
		snprintf(facts->reason, sizeof facts->reason, "it is %s, the certificate's is %s",
			key, wanted);
}

/* Whether a handshake could be done with it, found out by giving it to OpenSSL. */
static bool judge(const struct certificate *certificate, struct control_certificate *facts)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	bool good = context && certificate_use(certificate, context);
	enum certificate_problem problem = problem_of(ERR_peek_last_error());

	if (!good && problem == CERTIFICATE_MISMATCH)
		explain_mismatch(certificate, facts);
	else if (!good)
		explain(facts, problem, "OpenSSL refuses it");
	SSL_CTX_free(context);
	return good;
}

/* ---- facts ---------------------------------------------------------------------------------- */

static void add_address(struct text *text, const ASN1_OCTET_STRING *bytes)
{
	int length = ASN1_STRING_length(bytes);
	struct address address = {.family = length == 4 ? 4 : 6};
	char words[ADDRESS_TEXT];

	if (length != 4 && length != 16)
		return;
	memcpy(address.bytes, ASN1_STRING_get0_data(bytes), (size_t)length);
	address_format(&address, words);
	text_add(text, words);
}

/* The names in it, whole ones only, as many as fit. Returns how many there are. */
static uint32_t describe_names(X509 *leaf, char *out, size_t size)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	struct text text = text_over(out, size - 1);
	uint32_t count = 0;
	size_t whole = 0;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		int kind;
		const ASN1_STRING *value =
			GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &kind);

		if (kind != GEN_DNS && kind != GEN_IPADD)
			continue;
		if (count++ > 0)
			text_add(&text, ", ");
		if (kind == GEN_DNS)
			text_log(&text, (const char *)ASN1_STRING_get0_data(value),
				(size_t)ASN1_STRING_length(value));
		else
			add_address(&text, value);
		if (!text.overflow)
			whole = text.length;
	}
	out[whole] = '\0';
	GENERAL_NAMES_free(names);
	return count;
}

/* A name with a wildcard is covered by that very name only. OpenSSL finds none in "*.example". */
static bool covers_wildcard(X509 *leaf, const char *rest)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	size_t length = strlen(rest);
	bool found = false;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
		int kind;
		const ASN1_STRING *value =
			GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names, i), &kind);
		const char *text = (const char *)ASN1_STRING_get0_data(value);

		found = kind == GEN_DNS && (size_t)ASN1_STRING_length(value) == length + 1 &&
			text[0] == '*' && strncasecmp(text + 1, rest, length) == 0;
	}
	GENERAL_NAMES_free(names);
	return found;
}

static bool covers(X509 *leaf, const struct image *image, const struct image_name *name)
{
	const char *words = image_string(image, name->name);
	char bare[ADDRESS_TEXT];
	struct address address;

	if (name->wildcard)
		return covers_wildcard(leaf, words);
	/* An IPv6 address stands in brackets, as in a URL. */
	snprintf(bare, sizeof bare, "%.*s", (int)strcspn(words + (words[0] == '['), "]"),
		words + (words[0] == '['));
	if (address_parse(bare, &address))
		return X509_check_ip_asc(leaf, bare, 0) == 1;
	return X509_check_host(leaf, words, 0, 0, NULL) == 1;
}

static bool uses(const struct image *image, uint32_t vhost, uint32_t certificate)
{
	const struct image_range *range = &image->vhosts[vhost].certificates;

	return certificate - range->first < range->count;
}

/* Whether an earlier entry is the same name: it is there once for each listener and vhost. */
static bool seen_before(const struct image *image, uint32_t certificate, uint32_t index)
{
	const struct image_name *name = &image->names[index];

	for (uint32_t i = 0; i < index; i++) {
		const struct image_name *other = &image->names[i];

		if (other->wildcard == name->wildcard && uses(image, other->vhost, certificate) &&
			strcmp(image_string(image, other->name), image_string(image, name->name)) ==
				0)
			return true;
	}
	return false;
}

void certificate_compare_names(const struct certificate *certificate, const struct image *image,
	uint32_t index, struct control_certificate *facts)
{
	for (uint32_t i = 0; i < image->header->names.count; i++) {
		const struct image_name *name = &image->names[i];
		const char *words = image_string(image, name->name);

		if (!uses(image, name->vhost, index) || (name->wildcard && *words == '\0') ||
			seen_before(image, index, i))
			continue;
		facts->names_wanted++;
		if (covers(certificate->leaf, image, name))
			continue;
		if (facts->names_missing++ == 0)
			snprintf(facts->missing, sizeof facts->missing, "%s%s",
				name->wildcard ? "*" : "", words);
	}
}

void certificate_load(
	struct certificate *certificate, int chain, int key, struct control_certificate *facts)
{
	struct identity identity;

	memset(certificate, 0, sizeof *certificate);
	memset(facts, 0, sizeof *facts);
	if (!load_chain(certificate, chain, facts) || !load_key(certificate, key, facts) ||
		!judge(certificate, facts))
		goto fail;
	if (!identity_of_certificate(certificate->leaf, &identity)) {
		explain(facts, CERTIFICATE_UNREADABLE, "its digest cannot be made");
		goto fail;
	}
	memcpy(facts->digest, identity.digest, sizeof facts->digest);
	facts->not_before = identity.not_before;
	facts->not_after = identity.not_after;
	describe_key(certificate->key, facts->key, sizeof facts->key);
	facts->names_count = describe_names(certificate->leaf, facts->names, sizeof facts->names);
	ERR_clear_error();
	return;
fail:
	ERR_clear_error();
	certificate_free(certificate);
}

void certificate_free(struct certificate *certificate)
{
	X509_free(certificate->leaf);
	sk_X509_pop_free(certificate->chain, X509_free);
	EVP_PKEY_free(certificate->key);
	memset(certificate, 0, sizeof *certificate);
}
