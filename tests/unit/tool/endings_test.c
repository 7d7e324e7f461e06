/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "endings.h"

static void test_gain(void **state)
{
	static const char *const names[] = {"index.html", "a.css", "a.js", "a.mjs", "a.json",
		"a.svg", "a.bmp", "a.ico", "a.wav", "a.xml", "a.txt", "a.gmi", "a.ttf", "a.otf",
		"a.eot", "a.wasm", "a.map", "a.tar", "a.ts", "a.m3u8", "a.csv", "README", "a.",
		"gz", "png", "a.png.txt", "a.unknown-ending", "a.averyverylongending",
		"a.gz\xc3\xa4"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!endings_gain(names[i]))
			fail_msg("%s", names[i]);
	}
}

/* Each kind, the first and the last of the table. */
static void test_compressed(void **state)
{
	static const char *const names[] = {"a.3g2", "a.zst", "a.jpg", "a.jpeg", "a.png", "a.gif",
		"a.webp", "a.avif", "a.heic", "a.jxl", "a.tif", "a.mp4", "a.webm", "a.mkv", "a.mov",
		"a.avi", "a.mp3", "a.m4a", "a.ogg", "a.opus", "a.flac", "a.aac", "a.woff",
		"a.woff2", "a.zip", "a.gz", "a.tgz", "a.br", "a.xz", "a.bz2", "a.7z", "a.rar",
		"a.jar", "a.epub", "a.pdf", "a.docx", "a.xlsx", "a.pptx", "a.odt", "a.ods", "a.odp",
		"a.deb", "a.rpm", "a.apk", "a.Z", "a.PNG", "a.JpEg", "a.tar.gz", "A.WOFF2", ".png"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (endings_gain(names[i]))
			fail_msg("%s", names[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gain),
		cmocka_unit_test(test_compressed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
