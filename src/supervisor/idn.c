/* SPDX-License-Identifier: ISC */
#include "idn.h"

#include <idn2.h>
#include <stdio.h>
#include <string.h>

#define PREFIX        "xn--"
#define PREFIX_LENGTH (sizeof PREFIX - 1)
#define LABEL_LONGEST 63 /* RFC 1035 §2.3.4 */

static const char no_punycode[] =
	"a label that begins with xn-- continues in punycode, and this one does not";
static const char other_spelling[] = "the punycode of a label stands for what no name has in this "
				     "spelling; write the name itself, in UTF-8";

/* What libidn2 objects to, in our words. */
static const char *explain(int code)
{
	switch (code) {
	case IDN2_OK:
		return NULL;
	case IDN2_MALLOC:
		return "there is no memory to look at it";
	case IDN2_ENCODING_ERROR:
		return "this is not UTF-8";
	case IDN2_PUNYCODE_BAD_INPUT:
	case IDN2_PUNYCODE_OVERFLOW:
	case IDN2_INVALID_ALABEL:
	case IDN2_ALABEL_ROUNDTRIP_FAILED:
		return no_punycode;
	case IDN2_PUNYCODE_BIG_OUTPUT:
	case IDN2_TOO_BIG_LABEL:
		return "a label of a name has at most 63 letters, and so has its punycode";
	case IDN2_TOO_BIG_DOMAIN:
		return "a name has at most 253 letters, and so has its punycode";
	case IDN2_2HYPHEN:
		return "only punycode has -- as the third and fourth letter of a label";
	case IDN2_HYPHEN_STARTEND:
		return "a label of a name neither begins nor ends with -";
	case IDN2_LEADING_COMBINING:
		return "a label of a name does not begin with an accent that wants a letter before "
		       "it";
	case IDN2_BIDI:
		return "letters written from right to left and others do not stand in one label "
		       "like this (RFC 5893)";
	case IDN2_CONTEXTJ:
	case IDN2_CONTEXTJ_NO_RULE:
	case IDN2_CONTEXTO:
	case IDN2_CONTEXTO_NO_RULE:
		return "one of its characters is for names where certain others are beside it "
		       "(RFC 5892)";
	default:
		return "one of its characters is in no name (IDNA2008)";
	}
}

const char *idn_to_ascii(const char *text, char name[static FORM_HOST])
{
	char *found = NULL;
	int code = idn2_to_ascii_8z(text, &found, IDN2_NONTRANSITIONAL);

	if (code == IDN2_OK && snprintf(name, FORM_HOST, "%s", found) >= FORM_HOST)
		code = IDN2_TOO_BIG_DOMAIN;
	idn2_free(found);
	return explain(code);
}

static const char *check_label(const char *label)
{
	char *unicode = NULL, *ascii = NULL;
	const char *problem = no_punycode;
	int code;

	if (idn2_to_unicode_8z8z(label, &unicode, IDN2_NONTRANSITIONAL) != IDN2_OK)
		goto out;
	code = idn2_to_ascii_8z(unicode, &ascii, IDN2_NONTRANSITIONAL);
	if (code == IDN2_OK)
		problem = strcmp(ascii, label) == 0 ? NULL : other_spelling;
	else
		problem = code == IDN2_DISALLOWED || code == IDN2_UNASSIGNED ? NULL : explain(code);
out:
	idn2_free(unicode);
	idn2_free(ascii);
	return problem;
}

const char *idn_check(const char *name)
{
	char label[LABEL_LONGEST + 1];
	const char *problem = NULL;

	while (!problem && *name) {
		size_t length = strcspn(name, ".");

		if (length <= LABEL_LONGEST && strncmp(name, PREFIX, PREFIX_LENGTH) == 0) {
			memcpy(label, name, length);
			label[length] = '\0';
			problem = check_label(label);
		}
		name += length + (name[length] == '.');
	}
	return problem;
}

bool idn_to_unicode(const char *name, char text[static FORM_HOST])
{
	char again[FORM_HOST], *found = NULL;
	bool good = idn2_to_unicode_8z8z(name, &found, IDN2_NONTRANSITIONAL) == IDN2_OK &&
		    snprintf(text, FORM_HOST, "%s", found) < FORM_HOST && strcmp(text, name) != 0 &&
		    !idn_to_ascii(text, again) && strcmp(again, name) == 0;

	idn2_free(found);
	return good;
}
