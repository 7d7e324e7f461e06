/* SPDX-License-Identifier: ISC */
#include "contract/build.h"

#include "build_id.h"

const uint8_t build_id[BUILD_ID_SIZE] = {BUILD_ID_BYTES};
const char build_id_text[] = BUILD_ID_TEXT;
const char build_version[] = BUILD_VERSION;

const char *const role_program[ROLE_COUNT] = {
	[ROLE_SUPERVISOR] = "sulid",
	[ROLE_HANDSHAKER] = "sulid-handshaker",
	[ROLE_WORKER] = "sulid-worker",
	[ROLE_ADMIN] = "sulid-admin",
};
