/* SPDX-License-Identifier: ISC */
#include "self_signed.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#define SERIAL_BITS       128
#define COMMON_NAME_MOST  64 /* ub-common-name, RFC 5280 appendix A.1 */
#define EARLIER_SECONDS   3600
#define DAY_SECONDS       86400
#define DIGITAL_SIGNATURE 0 /* its bit in KeyUsage, RFC 5280 §4.2.1.3 */

static bool set_serial(X509 *certificate)
{
	BIGNUM *number = BN_new();
	bool good = number && BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) &&
		    !BN_is_zero(number) &&
		    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));

	BN_free(number);
	return good;
}

static bool set_validity(X509 *certificate, int64_t now, unsigned days)
{
	return ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)(now - EARLIER_SECONDS)) &&
	       ASN1_TIME_set(X509_getm_notAfter(certificate),
		       (time_t)(now + (int64_t)days * DAY_SECONDS));
}

/* Subject and issuer. A name that is too long for a common name is still in subjectAltName, where
 * clients look. */
static bool set_subject(X509 *certificate, const char *common)
{
	X509_NAME *subject = X509_get_subject_name(certificate);

	if (strlen(common) > COMMON_NAME_MOST)
		common = NAMES_ANY;
	return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_ASC,
		       (const unsigned char *)common, -1, -1, 0) &&
	       X509_set_issuer_name(certificate, subject);
}

static GENERAL_NAME *general_name(const struct name *name)
{
	bool is_address = name->address.family != 0;
	const void *bytes = is_address ? (const void *)name->address.bytes : name->text;
	int length = is_address ? (name->address.family == 4 ? 4 : 16) : (int)strlen(name->text);
	GENERAL_NAME *general = GENERAL_NAME_new();
	ASN1_STRING *value = is_address ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();

	if (!general || !value || !ASN1_STRING_set(value, bytes, length)) {
		ASN1_STRING_free(value);
		GENERAL_NAME_free(general);
		return NULL;
	}
	GENERAL_NAME_set0_value(general, is_address ? GEN_IPADD : GEN_DNS, value);
	return general;
}

static bool add_names(X509 *certificate, const struct names *names)
{
	GENERAL_NAMES *list = GENERAL_NAMES_new();
	bool good = list != NULL;

	for (size_t i = 0; good && i < names->count; i++) {
		GENERAL_NAME *general = general_name(&names->list[i]);

		good = general && sk_GENERAL_NAME_push(list, general) > 0;
		if (!good)
			GENERAL_NAME_free(general);
	}
	good = good && X509_add1_ext_i2d(
			       certificate, NID_subject_alt_name, list, 0, X509V3_ADD_DEFAULT) == 1;
	GENERAL_NAMES_free(list);
	return good;
}

/* It signs handshakes and nothing else. */
static bool add_key_usage(X509 *certificate)
{
	ASN1_BIT_STRING *usage = ASN1_BIT_STRING_new();
	bool good =
		usage && ASN1_BIT_STRING_set_bit(usage, DIGITAL_SIGNATURE, 1) &&
		X509_add1_ext_i2d(certificate, NID_key_usage, usage, 1, X509V3_ADD_DEFAULT) == 1;

	ASN1_BIT_STRING_free(usage);
	return good;
}

/* The same kind of certificate does for a person who is to be identified by its digest. */
static bool add_extended_key_usage(X509 *certificate)
{
	EXTENDED_KEY_USAGE *usage = EXTENDED_KEY_USAGE_new();
	bool good = usage && sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(NID_server_auth)) > 0 &&
		    sk_ASN1_OBJECT_push(usage, OBJ_nid2obj(NID_client_auth)) > 0 &&
		    X509_add1_ext_i2d(
			    certificate, NID_ext_key_usage, usage, 0, X509V3_ADD_DEFAULT) == 1;

	EXTENDED_KEY_USAGE_free(usage);
	return good;
}

static bool add_constraints(X509 *certificate)
{
	BASIC_CONSTRAINTS *constraints = BASIC_CONSTRAINTS_new(); /* CA:FALSE */
	bool good = constraints && X509_add1_ext_i2d(certificate, NID_basic_constraints,
					   constraints, 1, X509V3_ADD_DEFAULT) == 1;

	BASIC_CONSTRAINTS_free(constraints);
	return good;
}

/* Ed25519 and Ed448 choose their own. */
static const EVP_MD *hash_for(const EVP_PKEY *key)
{
	int id = EVP_PKEY_get_base_id(key);

	return id == EVP_PKEY_ED25519 || id == EVP_PKEY_ED448 ? NULL : EVP_sha256();
}

bool self_signed_over(struct self_signed *made, EVP_PKEY *key, const struct names *names,
	int64_t now, unsigned days)
{
	X509 *certificate = X509_new();

	*made = (struct self_signed){.key = key, .certificate = certificate};
	return made->key && certificate && X509_set_version(certificate, X509_VERSION_3) &&
	       X509_set_pubkey(certificate, made->key) && set_serial(certificate) &&
	       set_validity(certificate, now, days) && set_subject(certificate, names->common) &&
	       add_constraints(certificate) && add_key_usage(certificate) &&
	       add_extended_key_usage(certificate) && add_names(certificate, names) &&
	       X509_sign(certificate, made->key, hash_for(made->key)) > 0;
}

bool self_signed_make(
	struct self_signed *made, const struct names *names, int64_t now, unsigned days)
{
	return self_signed_over(made, EVP_EC_gen("P-256"), names, now, days);
}

void self_signed_free(struct self_signed *made)
{
	EVP_PKEY_free(made->key);
	X509_free(made->certificate);
	*made = (struct self_signed){0};
}
