/* SPDX-License-Identifier: ISC */
#include "contract/handoff.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "contract/message.h"

const char *const tls_version_name[TLS_VERSION_COUNT] = {
	[TLS_1_2] = "TLSv1.2",
	[TLS_1_3] = "TLSv1.3",
};

const char *const tls_cipher_name[CIPHER_COUNT] = {
	[CIPHER_AES_128_GCM] = "AES-128-GCM",
	[CIPHER_AES_256_GCM] = "AES-256-GCM",
	[CIPHER_CHACHA20_POLY1305] = "CHACHA20-POLY1305",
	[CIPHER_OTHER] = "other",
};

int handoff_send(int channel, const struct handoff *record, int fd)
{
	return message_send(channel, record, sizeof *record, fd);
}

static bool family_holds(const struct address *address)
{
	return address->family == 4 || address->family == 6;
}

/* Nothing in the record may index past the image or name what does not exist. */
static bool record_holds(const struct image *image, const struct handoff *record)
{
	const struct image_header *header = image->header;

	return record->generation == header->generation &&
	       record->listener < header->listeners.count && record->vhost < header->vhosts.count &&
	       (record->protocol == PROTOCOL_HTTPS || record->protocol == PROTOCOL_GEMINI) &&
	       record->protocol == image->listeners[record->listener].protocol &&
	       (record->path == PATH_KERNEL || record->path == PATH_RELAYED) &&
	       record->version > TLS_NONE && record->version < TLS_VERSION_COUNT &&
	       record->cipher > CIPHER_NONE && record->cipher < CIPHER_COUNT &&
	       (record->path != PATH_KERNEL || record->cipher != CIPHER_OTHER) &&
	       record->resumed <= 1 && record->named <= 1 && record->identified <= 1 &&
	       family_holds(&record->peer) && family_holds(&record->local);
}

int handoff_receive(int channel, const struct image *image, struct handoff *record)
{
	int fd;
	int result = message_receive(channel, record, sizeof *record, &fd);

	if (result == 0)
		errno = ENOLINK;
	if (result <= 0)
		return -1;
	if (memcmp(record->build, build_id, BUILD_ID_SIZE) != 0)
		errno = EPROTO;
	else if (fd < 0 || !record_holds(image, record))
		errno = EBADMSG;
	else
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}
