/* SPDX-License-Identifier: ISC */
#include "contract/control.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "contract/message.h"

struct control control_make(enum control_type type, uint32_t index)
{
	struct control message;

	memset(&message, 0, sizeof message);
	memcpy(message.build, build_id, BUILD_ID_SIZE);
	message.type = type;
	message.index = index;
	return message;
}

int control_send(int channel, const struct control *message, int fd)
{
	return message_send(channel, message, sizeof *message, fd);
}

static bool terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

/* Every text ends within its field, whoever wrote it. */
static bool texts_hold(const struct control *message)
{
	const struct control_certificate *facts = &message->certificate;

	switch (message->type) {
	case CONTROL_CERTIFICATE:
		return terminated(facts->key, sizeof facts->key) &&
		       terminated(facts->names, sizeof facts->names) &&
		       terminated(facts->reason, sizeof facts->reason) &&
		       terminated(facts->missing, sizeof facts->missing);
	case CONTROL_FAILED:
	case CONTROL_READY:
		return terminated(message->text, sizeof message->text);
	default:
		return true;
	}
}

int control_receive(int channel, struct control *message, int *fd)
{
	int result = message_receive(channel, message, sizeof *message, fd);

	if (result <= 0)
		return result;
	if (memcmp(message->build, build_id, BUILD_ID_SIZE) != 0)
		errno = EPROTO;
	else if (message->type == 0 || message->type >= CONTROL_TYPE_COUNT || !texts_hold(message))
		errno = EBADMSG;
	else
		return 1;
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return -1;
}
