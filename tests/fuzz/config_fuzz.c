/* SPDX-License-Identifier: ISC */
/* links: supervisor */

/*
 * Any bytes as a configuration. What is accepted must print as a configuration that is accepted,
 * prints the same and makes the same images, and these must be such as the children accept.
 */

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract/image.h"

#include "config.h"
#include "config_print.h"
#include "image_build.h"
#include "must.h"

static struct config *load(const char *bytes, size_t size)
{
	struct diagnostics diagnostics = {0};
	struct config *config = config_load_bytes("fuzz.yaml", NULL, bytes, size, &diagnostics);
	char *printed = NULL;
	size_t length;
	FILE *to = open_memstream(&printed, &length);

	diagnostics_print(&diagnostics, to);
	fclose(to);
	free(printed);
	must(!config == (diagnostics.errors > 0));
	diagnostics_free(&diagnostics);
	if (config)
		config->mime_types = "/nonexistent";
	return config;
}

static char *print(const struct config *config, size_t *length)
{
	char *printed = NULL;
	FILE *to = open_memstream(&printed, length);

	config_print(config, to);
	fclose(to);
	return printed;
}

static void check_images(const struct config *config, const struct config *again)
{
	for (int role = ROLE_HANDSHAKER; role < ROLE_COUNT; role++) {
		struct image_bytes bytes, bytes_again;
		struct image image;

		must(image_build(config, (enum role)role, 1, NULL, &bytes) == 0);
		must(image_check(&image, bytes.bytes, bytes.size, (enum role)role) == 0);
		must(image_build(again, (enum role)role, 1, NULL, &bytes_again) == 0);
		must(bytes.size == bytes_again.size &&
			memcmp(bytes.bytes, bytes_again.bytes, bytes.size) == 0);
		image_bytes_free(&bytes);
		image_bytes_free(&bytes_again);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct config *config = load((const char *)bytes, size), *again;
	size_t length, length_again;
	char *printed, *printed_again;

	if (!config)
		return 0;
	printed = print(config, &length);
	again = load(printed, length);
	must(again != NULL);
	check_images(config, again);
	printed_again = print(again, &length_again);
	must(length == length_again && memcmp(printed, printed_again, length) == 0);
	free(printed);
	free(printed_again);
	config_free(config);
	config_free(again);
	return 0;
}
