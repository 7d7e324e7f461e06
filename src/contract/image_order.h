/* SPDX-License-Identifier: ISC */
#ifndef SULID_CONTRACT_IMAGE_ORDER_H
#define SULID_CONTRACT_IMAGE_ORDER_H

/* The order of names, paths and endings in an image: by memcmp, and of two that begin alike the
 * shorter first. */

#include <stddef.h>
#include <string.h>

/* Below, at or above 0, as memcmp. */
static inline int image_order(
	const char *left, size_t left_length, const char *right, size_t right_length)
{
	size_t shorter = left_length < right_length ? left_length : right_length;
	int order = memcmp(left, right, shorter);

	if (order != 0)
		return order;
	return (left_length > right_length) - (left_length < right_length);
}

#endif
