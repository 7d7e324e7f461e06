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
	expect_bad(site_file("", 0), key_file(key, NULL), CERTIFICATE_UNREADABLE,
		"there is no certificate in PEM in it");
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
		"there is no private key in PEM in it");
	expect_bad(chain_file(leaf, NULL), chain_file(leaf, NULL), CERTIFICATE_KEY_UNREADABLE,
		"there is no private key in PEM in it");
	expect_bad(chain_file(leaf, NULL), key_file(key, "secret"), CERTIFICATE_KEY_UNREADABLE,
		"the key is encrypted; sulid cannot ask for its password");
	expect_bad(chain_file(leaf, NULL), key_file(site.certificates[2].key, NULL),
		CERTIFICATE_MISMATCH, NULL);
	expect_bad(chain_file(leaf, NULL), key_file(site.certificates[1].key, NULL),
		CERTIFICATE_MISMATCH, NULL);
	expect_bad(chain_file(weak_leaf, NULL), key_file(weak, NULL), CERTIFICATE_WEAK, NULL);
	EVP_PKEY_free(weak);
	X509_free(weak_leaf);
}

static void missing_names_are_counted_once(void **state)
{
	char first[64];

	(void)state;
	/* vhost 0 is a.example and *.a.example, on both listeners. */
	assert_int_equal(certificate_missing_names(
				 &site.certificates[0], &site.image, 0, first, sizeof first),
		0);
	assert_string_equal(first, "");
	assert_int_equal(certificate_missing_names(
				 &site.certificates[1], &site.image, 0, first, sizeof first),
		1);
	assert_string_equal(first, "*.a.example");
	assert_int_equal(certificate_missing_names(
				 &site.certificates[2], &site.image, 0, first, sizeof first),
		2);
	assert_string_equal(first, "a.example");
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
		cmocka_unit_test(missing_names_are_counted_once),
		cmocka_unit_test(long_lists_of_names_are_cut_between_names),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
