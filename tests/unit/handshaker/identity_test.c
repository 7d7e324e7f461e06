/* SPDX-License-Identifier: ISC */

/* Odd certificates: those with other keys, and those whose dates mean nothing. */

#include "site.h"

#include "identity.h"

static int judged(X509 *leaf)
{
	X509_STORE_CTX *store = X509_STORE_CTX_new();
	int result;

	assert_int_equal(X509_STORE_CTX_init(store, NULL, leaf, NULL), 1);
	result = identity_accept(store, NULL);
	assert_int_equal(X509_STORE_CTX_get_error(store),
		result == 1 ? X509_V_OK : X509_V_ERR_CERT_REJECTED);
	X509_STORE_CTX_free(store);
	return result;
}

static void usual_keys_are_accepted_others_not(void **state)
{
	static const struct {
		const char *kind;
		int accepted;
	} kinds[] = {{"EC", 1}, {"ED25519", 1}, {"2048", 1}, {"4096", 1}, {"4104", 0}};
	EVP_PKEY *signer = site_key("EC"), *foreign = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	X509 *leaf;

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		EVP_PKEY *key = site_key(kinds[i].kind);

		leaf = site_certificate(key, "DNS:client", 0);
		assert_int_equal(judged(leaf), kinds[i].accepted);
		X509_free(leaf);
		EVP_PKEY_free(key);
	}
	leaf = site_certificate(signer, "DNS:client", 0);
	X509_set_pubkey(leaf, foreign);
	assert_int_equal(judged(leaf), 0);
	X509_free(leaf);
	EVP_PKEY_free(signer);
	EVP_PKEY_free(foreign);
}

static void dates_that_mean_nothing_are_never_valid(void **state)
{
	EVP_PKEY *key = site_key("EC");
	X509 *leaf = site_certificate(key, "DNS:client", 0);
	struct identity identity;

	(void)state;
	assert_true(identity_of_certificate(leaf, &identity));
	assert_true(identity.not_before == 1000000000 && identity.not_after == 4000000000);
	ASN1_STRING_set(X509_getm_notAfter(leaf), "99999999999999Z", -1);
	assert_true(identity_of_certificate(leaf, &identity));
	assert_true(identity.not_before == INT64_MAX && identity.not_after == INT64_MIN);
	X509_free(leaf);
	EVP_PKEY_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_keys_are_accepted_others_not),
		cmocka_unit_test(dates_that_mean_nothing_are_never_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
