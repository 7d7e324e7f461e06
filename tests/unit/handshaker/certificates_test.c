/* SPDX-License-Identifier: ISC */

/* Certificates and keys as files: facts about good ones, a reason for each bad one. */

#include "site.h"

#include "certificates.h"

static struct site site;

/* A memfd with what was written to the BIO, which is freed. */
static int pem_file(BIO *bio)
{
	char *bytes;
	long size = BIO_get_mem_data(bio, &bytes);
	int fd = site_file(bytes, (size_t)size);

	BIO_free(bio);
	return fd;
}

static int key_file(EVP_PKEY *key, const char *password)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PrivateKey(bio, key, password ? EVP_aes_128_cbc() : NULL,
				 (const unsigned char *)password,
				 password ? (int)strlen(password) : 0, NULL, NULL),
		1);
	return pem_file(bio);
}

/* An encrypted key as programs wrote it before PKCS #8: "Proc-Type: 4,ENCRYPTED". */
static int traditional_file(const char *password)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, site.certificates[0].key,
				 EVP_aes_128_cbc(), (const unsigned char *)password,
				 (int)strlen(password), NULL, NULL),
		1);
	return pem_file(bio);
}

static int chain_file(X509 *leaf, X509 *issuer)
{
	BIO *bio = BIO_new(BIO_s_mem());

	assert_int_equal(PEM_write_bio_X509(bio, leaf), 1);
	if (issuer)
		assert_int_equal(PEM_write_bio_X509(bio, issuer), 1);
	return pem_file(bio);
}

static struct control_certificate load(int chain, int key, struct certificate *certificate)
{
	struct control_certificate facts;

	certificate_load(certificate, chain, key, &facts);
	close(chain);
	close(key);
	return facts;
}

static void expect_bad(int chain, int key, enum certificate_problem problem, const char *reason)
{
	struct certificate certificate;
	struct control_certificate facts = load(chain, key, &certificate);

	assert_int_equal(facts.problem, problem);
	if (reason)
		assert_string_equal(facts.reason, reason);
	else
		assert_string_not_equal(facts.reason, "");
	assert_null(certificate.leaf);
	assert_null(certificate.key);
	assert_int_equal(ERR_peek_error(), 0);
}

static void facts_of_good_ones(void **state)
{
	static const struct {
		const char *kind, *words;
	} kinds[] = {{"EC", "ECDSA P-256"}, {"2048", "RSA 2048"}, {"ED25519", "Ed25519"}};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		EVP_PKEY *key = site_key(kinds[i].kind);
		X509 *leaf = site_certificate(
			key, "DNS:a.example,DNS:*.a.example,IP:192.0.2.1,IP:2001:db8::1", 0);
		struct certificate certificate;
		struct control_certificate facts = load(chain_file(leaf, site.certificates[2].leaf),
			key_file(key, NULL), &certificate);
		uint8_t digest[DIGEST_SIZE];
		unsigned size;

		assert_int_equal(facts.problem, CERTIFICATE_GOOD);
		assert_string_equal(facts.reason, "");
		assert_string_equal(facts.key, kinds[i].words);
		assert_string_equal(facts.names, "a.example, *.a.example, 192.0.2.1, 2001:db8::1");
		assert_true(facts.not_before == 1000000000 && facts.not_after == 4000000000);
		X509_digest(leaf, EVP_sha256(), digest, &size);
		assert_memory_equal(facts.digest, digest, DIGEST_SIZE);
		assert_int_equal(sk_X509_num(certificate.chain), 1);
		certificate_free(&certificate);
		X509_free(leaf);
		EVP_PKEY_free(key);
	}
}

/* Other handshakers have read the same open file before. */
static void the_offset_does_not_matter(void **state)
{
	struct certificate certificate;
	int chain = chain_file(site.certificates[0].leaf, NULL),
	    key = key_file(site.certificates[0].key, NULL);

	(void)state;
	lseek(chain, 0, SEEK_END);
	lseek(key, 0, SEEK_END);
	assert_int_equal(load(chain, key, &certificate).problem, CERTIFICATE_GOOD);
	certificate_free(&certificate);
}

static void reasons_of_bad_ones(void **state)
{
	EVP_PKEY *weak = site_key("1024");
	X509 *weak_leaf = site_certificate(weak, "DNS:a.example", 0);
	X509 *leaf = site.certificates[0].leaf;
	EVP_PKEY *key = site.certificates[0].key;
	static char big[0x100001];
	BIO *cut = BIO_new(BIO_s_mem());

	(void)state;
	memset(big, '\n', sizeof big);
	expect_bad(
		site_file("", 0), key_file(key, NULL), CERTIFICATE_UNREADABLE, "the file is empty");
	expect_bad(site_file("nonsense\n", 9), key_file(key, NULL), CERTIFICATE_UNREADABLE,
		"there is no certificate in PEM in it");
	expect_bad(site_file(big, sizeof big), key_file(key, NULL), CERTIFICATE_UNREADABLE,
		"File too large");
	expect_bad(
		open("/", O_RDONLY), key_file(key, NULL), CERTIFICATE_UNREADABLE, "Is a directory");
	PEM_write_bio_X509(cut, leaf);
	BIO_puts(cut, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
	expect_bad(pem_file(cut), key_file(key, NULL), CERTIFICATE_UNREADABLE, NULL);
	expect_bad(chain_file(leaf, NULL), site_file("", 0), CERTIFICATE_KEY_UNREADABLE,
		"the file is empty");
	expect_bad(chain_file(leaf, NULL), chain_file(leaf, NULL), CERTIFICATE_KEY_UNREADABLE,
		"there is no private key in PEM in it");
	expect_bad(chain_file(leaf, NULL), key_file(key, "secret"), CERTIFICATE_KEY_UNREADABLE,
		"the key is encrypted; sulid cannot ask for its password");
	expect_bad(chain_file(leaf, NULL), traditional_file("secret"), CERTIFICATE_KEY_UNREADABLE,
		"the key is encrypted; sulid cannot ask for its password");
	expect_bad(chain_file(leaf, NULL), key_file(site.certificates[2].key, NULL),
		CERTIFICATE_MISMATCH, "was only one of the two renewed?");
	expect_bad(chain_file(leaf, NULL), key_file(site.certificates[1].key, NULL),
		CERTIFICATE_MISMATCH, "it is RSA 2048, the certificate's is ECDSA P-256");
	expect_bad(chain_file(weak_leaf, NULL), key_file(weak, NULL), CERTIFICATE_WEAK, NULL);
	EVP_PKEY_free(weak);
	X509_free(weak_leaf);
}

static void expect_missing(
	X509 *leaf, uint32_t index, uint32_t wanted, uint32_t missing, const char *first)
{
	struct certificate certificate = {.leaf = leaf};
	struct control_certificate facts = {0};

	certificate_compare_names(&certificate, &site.image, index, &facts);
	assert_int_equal(facts.names_wanted, wanted);
	assert_int_equal(facts.names_missing, missing);
	assert_string_equal(facts.missing, first);
}

/* Neither is opened in the hope that somebody meant it: which of the forms, a person must say. */
static void der_is_called_by_its_name(void **state)
{
	X509 *leaf = site.certificates[0].leaf;
	EVP_PKEY *key = site.certificates[0].key;
	static const char words[] =
		"it is DER, PEM is needed (\"openssl x509\" and \"openssl pkey\" convert)";
	BIO *chain = BIO_new(BIO_s_mem()), *plain = BIO_new(BIO_s_mem()),
	    *locked = BIO_new(BIO_s_mem()), *longer = BIO_new(BIO_s_mem());

	(void)state;
	assert_true(i2d_X509_bio(chain, leaf) && i2d_PrivateKey_bio(plain, key));
	assert_true(i2d_PKCS8PrivateKey_bio(locked, key, EVP_aes_128_cbc(), "x", 1, NULL, NULL));
	assert_true(i2d_X509_bio(longer, leaf) && BIO_puts(longer, "\n") > 0);
	expect_bad(pem_file(chain), key_file(key, NULL), CERTIFICATE_UNREADABLE, words);
	expect_bad(chain_file(leaf, NULL), pem_file(plain), CERTIFICATE_KEY_UNREADABLE, words);
	expect_bad(chain_file(leaf, NULL), pem_file(locked), CERTIFICATE_KEY_UNREADABLE, words);
	expect_bad(pem_file(longer), key_file(key, NULL), CERTIFICATE_UNREADABLE,
		"there is no certificate in PEM in it");
	/* Text that begins with the letter of a SEQUENCE. */
	expect_bad(site_file("0123456789\n", 11), key_file(key, NULL), CERTIFICATE_UNREADABLE,
		"there is no certificate in PEM in it");
}

static void missing_names_are_counted_once(void **state)
{
	(void)state;
	/* vhost 0 is a.example and *.a.example, on both listeners, with certificates 0 and 1. */
	expect_missing(site.certificates[0].leaf, 0, 2, 0, "");
	expect_missing(site.certificates[1].leaf, 1, 2, 1, "*.a.example");
	expect_missing(site.certificates[2].leaf, 0, 2, 2, "a.example");
	/* vhost 1 is b.example and an address. */
	expect_missing(site.certificates[0].leaf, 2, 2, 2, "b.example");
}

/* A wildcard is covered by itself alone, also one that OpenSSL would not match: "*.a". "*" is
 * nobody's. Several vhosts with one certificate want all their names of it. */
static void wildcards_and_shared_ones(void **state)
{
	struct image_text name = site.bytes.names[0].name, other = site.bytes.names[1].name;
	struct image_range range = site.bytes.vhosts[1].certificates;
	X509 *leaf =
		site_certificate(site.certificates[0].key, "DNS:*.A,DNS:x.b.example,IP:fe80::7", 0);

	(void)state;
	for (int l = 0; l < 2; l++) {
		site.bytes.names[l * SITE_NAMES].name = site_text(&site, ".a");
		site.bytes.names[l * SITE_NAMES].wildcard = 1;
		site.bytes.names[l * SITE_NAMES + 1].name = site_text(&site, "");
		site.bytes.names[l * SITE_NAMES + 1].wildcard = 1;
	}
	expect_missing(leaf, 0, 2, 1, "*.a.example");
	expect_missing(leaf, 2, 1, 0, "");
	site.bytes.vhosts[1].certificates = site.bytes.vhosts[2].certificates;
	expect_missing(leaf, site.bytes.vhosts[2].certificates.first, 2, 1, "c.example");
	site.bytes.names[1].wildcard = 0;
	site.bytes.names[1].name = other;
	expect_missing(leaf, site.bytes.vhosts[2].certificates.first, 3, 2, "b.example");
	site.bytes.vhosts[1].certificates = range;
	for (int l = 0; l < 2; l++) {
		site.bytes.names[l * SITE_NAMES].name = name;
		site.bytes.names[l * SITE_NAMES].wildcard = 0;
		site.bytes.names[l * SITE_NAMES + 1].name = other;
		site.bytes.names[l * SITE_NAMES + 1].wildcard = 0;
	}
	X509_free(leaf);
}

static void long_lists_of_names_are_cut_between_names(void **state)
{
	EVP_PKEY *key = site_key("EC");
	char names[1024] = "DNS:n0.example";
	struct certificate certificate;
	struct control_certificate facts;
	X509 *leaf;

	(void)state;
	for (int i = 1; i < 40; i++)
		snprintf(
			names + strlen(names), sizeof names - strlen(names), ",DNS:n%d.example", i);
	leaf = site_certificate(key, names, 0);
	facts = load(chain_file(leaf, NULL), key_file(key, NULL), &certificate);
	assert_true(strlen(facts.names) < sizeof facts.names);
	assert_true(strlen(facts.names) > sizeof facts.names - 16);
	assert_string_equal(facts.names + strlen(facts.names) - 8, ".example");
	assert_int_equal(facts.names_count, 40);
	certificate_free(&certificate);
	X509_free(leaf);
	EVP_PKEY_free(key);
}

static int set_up(void **state)
{
	(void)state;
	site_make(&site);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	site_free(&site);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_of_good_ones),
		cmocka_unit_test(the_offset_does_not_matter),
		cmocka_unit_test(reasons_of_bad_ones),
		cmocka_unit_test(der_is_called_by_its_name),
		cmocka_unit_test(missing_names_are_counted_once),
		cmocka_unit_test(wildcards_and_shared_ones),
		cmocka_unit_test(long_lists_of_names_are_cut_between_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
