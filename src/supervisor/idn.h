/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_IDN_H
#define SULID_SUPERVISOR_IDN_H

/*
 * International names: IDNA2008 (RFC 5890, 5891), mapped as UTS #46 says, non-transitional. Which
 * letters a name may have is in the tables of libidn2; no other program needs them.
 */

#include <stdbool.h>

#include "forms.h"

/* UTF-8 → A-labels: "BÜCHER.example" is "xn--bcher-kva.example". NULL, or what is wrong with it. */
const char *idn_to_ascii(const char *text, char name[static FORM_HOST]);

/*
 * Is what stands behind each "xn--" of a name in lower case the punycode of a label that such a
 * name may have? What is registered beyond IDNA2008 (emoji, letters newer than the tables) may
 * stand. NULL, or what is wrong with it.
 */
const char *idn_check(const char *name);

/* The other way, for people to read. false if it has no A-label, or one beyond IDNA2008. */
bool idn_to_unicode(const char *name, char text[static FORM_HOST]);

#endif
