/* SPDX-License-Identifier: ISC */
#ifndef SULID_TESTS_UNIT_SUPERVISOR_BUILT_H
#define SULID_TESTS_UNIT_SUPERVISOR_BUILT_H

/*
 * A configuration from text, and the image that a worker has of it:
 *
 *	struct built built = built_from("vhosts: …");
 *
 *	built_settings(&built, 0, "/a/b")->listing
 *	built_end(&built);
 *
 * It also reads what is printed of it, which must make the same image.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/image.h"

#include "config.h"
#include "config_print.h"
#include "image_build.h"

struct built {
	struct config *config;
	struct image_bytes bytes;
	struct image image;
};

static inline struct config *built_load(const char *text)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load_bytes("x.yaml", NULL, text, strlen(text), &diagnostics);

	diagnostics_print(&diagnostics, stderr);
	diagnostics_free(&diagnostics);
	assert_non_null(config);
	config->mime_types = "/nonexistent";
	return config;
}

static inline void built_image(struct built *built, enum role role)
{
	assert_int_equal(image_build(built->config, role, 1, NULL, &built->bytes), 0);
	assert_int_equal(
		image_check(&built->image, built->bytes.bytes, built->bytes.size, role), 0);
}

static inline void built_end(struct built *built)
{
	image_bytes_free(&built->bytes);
	config_free(built->config);
}

static inline void built_again(const struct built *built)
{
	struct built again;
	char *printed = NULL;
	size_t length;
	FILE *to = open_memstream(&printed, &length);

	config_print(built->config, to);
	fclose(to);
	again.config = built_load(printed);
	built_image(&again, ROLE_WORKER);
	assert_int_equal(built->bytes.size, again.bytes.size);
	assert_memory_equal(built->bytes.bytes, again.bytes.bytes, again.bytes.size);
	built_end(&again);
	free(printed);
}

static inline struct built built_from(const char *text)
{
	struct built built = {.config = built_load(text)};

	built_image(&built, ROLE_WORKER);
	built_again(&built);
	return built;
}

static inline const struct image_settings *built_settings(
	const struct built *built, uint32_t vhost, const char *path)
{
	return image_find_settings(&built->image, vhost, path, strlen(path));
}

static inline const char *built_text(const struct built *built, struct image_text text)
{
	const char *string = image_string(&built->image, text);

	assert_int_equal(strlen(string), text.length);
	return string;
}

#endif
