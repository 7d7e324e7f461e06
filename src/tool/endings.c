/* SPDX-License-Identifier: ISC */
#include "endings.h"

#include <stdlib.h>
#include <string.h>

#define LONGEST 12

/*
 * In the order of strcmp. Images but svg, bmp and ico; video and audio but wav; fonts of the web;
 * archives and packages, and documents that are archives. Not "ts" and "mts": more often they are
 * TypeScript than video.
 */
static const char *const compressed[] = {
	"3g2",
	"3gp",
	"7z",
	"aab",
	"aac",
	"ac3",
	"aif",
	"aiff",
	"amr",
	"ape",
	"apk",
	"apng",
	"appimage",
	"arj",
	"au",
	"avi",
	"avif",
	"azw",
	"azw3",
	"br",
	"bz2",
	"cab",
	"cbr",
	"cbz",
	"cr2",
	"crx",
	"deb",
	"djvu",
	"dmg",
	"dng",
	"docm",
	"docx",
	"dotx",
	"ear",
	"egg",
	"epub",
	"flac",
	"flatpak",
	"flv",
	"gem",
	"gif",
	"gz",
	"heic",
	"heif",
	"ipa",
	"j2k",
	"jar",
	"jfif",
	"jp2",
	"jpe",
	"jpeg",
	"jpg",
	"jpx",
	"jxl",
	"jxr",
	"kmz",
	"lz",
	"lz4",
	"lzma",
	"lzo",
	"m2ts",
	"m2v",
	"m4a",
	"m4b",
	"m4v",
	"mid",
	"midi",
	"mka",
	"mkv",
	"mobi",
	"mov",
	"mp2",
	"mp3",
	"mp4",
	"mpe",
	"mpeg",
	"mpg",
	"nef",
	"nupkg",
	"odb",
	"odc",
	"odf",
	"odg",
	"odp",
	"ods",
	"odt",
	"oga",
	"ogg",
	"ogv",
	"opus",
	"otg",
	"otp",
	"ots",
	"ott",
	"pdf",
	"png",
	"potx",
	"ppsx",
	"pptm",
	"pptx",
	"psd",
	"rar",
	"rpm",
	"snap",
	"spx",
	"sqsh",
	"squashfs",
	"swf",
	"tbz",
	"tbz2",
	"tgz",
	"tif",
	"tiff",
	"tlz",
	"txz",
	"tzst",
	"udeb",
	"usdz",
	"vob",
	"vsdx",
	"vsix",
	"war",
	"weba",
	"webm",
	"webp",
	"whl",
	"wma",
	"wmv",
	"woff",
	"woff2",
	"xlsb",
	"xlsm",
	"xlsx",
	"xltx",
	"xpi",
	"xz",
	"z",
	"zip",
	"zst",
};

static int compare(const void *left, const void *right)
{
	return strcmp(left, *(const char *const *)right);
}

bool endings_gain(const char *name)
{
	const char *dot = strrchr(name, '.');
	char ending[LONGEST + 1];
	size_t length = dot ? strlen(dot + 1) : 0;

	if (length == 0 || length > LONGEST)
		return true;
	for (size_t i = 0; i <= length; i++) {
		char letter = dot[1 + i];

		ending[i] = letter >= 'A' && letter <= 'Z' ? (char)(letter + ('a' - 'A')) : letter;
	}
	return !bsearch(ending, compressed, sizeof(compressed) / sizeof(compressed[0]),
		sizeof(compressed[0]), compare);
}
