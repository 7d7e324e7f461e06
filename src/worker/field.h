/* SPDX-License-Identifier: ISC */
#ifndef SULID_WORKER_FIELD_H
#define SULID_WORKER_FIELD_H

/*
 * What the values of fields are made of (RFC 9110 §5.6). A function that takes something takes it
 * from the front of "rest", which then begins behind it; what is not there is not taken.
 *
 * A list is read by
 *
 *	while (field_next(&rest))
 *		if (!take_element(&rest) || !field_ends(&rest))
 *			return false;
 */

#include <stdbool.h>

#include "span.h"

/* The same but for upper and lower case of ASCII. */
bool field_is(struct span span, const char *word);

bool field_is_token(struct span span);

/* Without the spaces and tabs around it. */
struct span field_trim(struct span span);

/* Spaces and tabs, if any. */
void field_take_space(struct span *rest);

/* So many bytes, whatever they are; there are at least so many. */
struct span field_take(struct span *rest, size_t length);

bool field_take_byte(struct span *rest, char byte);

/* Length 0: there is none. */
struct span field_take_token(struct span *rest);

/* A token, or what stands in the quotes of a quoted string, its escapes as they are. */
bool field_take_value(struct span *rest, struct span *value);

/* "0.75" → 750, from 0 to 1000 (§12.4.2). */
bool field_take_qvalue(struct span *rest, unsigned *thousandths);

/* Go to the list's next element that is not empty. False: there is none. */
bool field_next(struct span *rest);

/* Is this the end of an element? */
bool field_ends(struct span *rest);

#endif
