/* SPDX-License-Identifier: ISC */
#include "account.h"

#include <time.h>

#include "access_log.h"
#include "respond.h"
#include "serve.h"

_Static_assert(
	COUNTER_CONNECTIONS_PLAIN == COUNTER_CONNECTIONS_KERNEL + 2 &&
		(int)COUNTER_REQUESTS_GEMINI == (int)COUNTER_REQUESTS_HTTP + (int)PROTOCOL_GEMINI &&
		COUNTER_RESPONSES_HTTP_5 == COUNTER_RESPONSES_HTTP_2 + 3 &&
		COUNTER_RESPONSES_GEMINI_6 == COUNTER_RESPONSES_GEMINI_1 + 5,
	"rows of one name stand together");

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void account_conn(const struct conn *conn)
{
	static const enum counter by_path[] = {
		[PATH_PLAIN] = COUNTER_CONNECTIONS_PLAIN,
		[PATH_KERNEL] = COUNTER_CONNECTIONS_KERNEL,
		[PATH_RELAYED] = COUNTER_CONNECTIONS_RELAYED,
	};

	counter_add(conn->server->counters, by_path[conn->path], 1);
}

static struct conn_span keep(const char *bytes, struct span span)
{
	if (!span.bytes)
		return (struct conn_span){UINT16_MAX, 0};
	return (struct conn_span){(uint16_t)(span.bytes - bytes), (uint16_t)span.length};
}

void account_request(struct conn *conn, const char *bytes, const struct answer *answer)
{
	int64_t elapsed = serve_clock_us() - conn->begun_us;

	conn->answering = true;
	conn->status = (uint16_t)answer->status;
	conn->answer_vhost = answer->vhost;
	conn->head_us = elapsed < UINT32_MAX ? (uint32_t)elapsed : UINT32_MAX;
	conn->line = keep(bytes, answer->line);
	conn->referer = keep(bytes, answer->referer);
	conn->user_agent = keep(bytes, answer->user_agent);
	conn->with_id = answer->with_id;
	conn->request_id = keep(bytes, answer->request_id);
	counter_add(conn->server->counters, COUNTER_REQUESTS_HTTP + conn->protocol, 1);
	if (answer->status == 44 || answer->status == 429)
		counter_add(conn->server->counters, COUNTER_LIMIT_SLOW_DOWN, 1);
}

void account_forget(struct conn *conn)
{
	const struct conn_span none = {UINT16_MAX, 0};

	conn->line = conn->referer = conn->user_agent = conn->request_id = none;
}

static struct span find(const struct conn *conn, struct conn_span span)
{
	const char *bytes = conn->in ? conn->in : conn->server->received;

	if (span.offset == UINT16_MAX)
		return (struct span){NULL, 0};
	return (struct span){bytes + span.offset, span.length};
}

/* The one that came along, or ours, into "id". */
static struct span find_id(const struct conn *conn, char id[static RESPOND_ID])
{
	uint64_t number[2];

	if (conn->request_id.offset != UINT16_MAX)
		return find(conn, conn->request_id);
	serve_number(conn, number);
	respond_id(id, number);
	return (struct span){id, RESPOND_ID};
}

static void count_status(const struct conn *conn)
{
	struct counters *counters = conn->server->counters;

	if (conn->protocol == PROTOCOL_GEMINI)
		counter_add(counters, COUNTER_RESPONSES_GEMINI_1 + conn->status / 10u - 1, 1);
	else
		counter_add(counters, COUNTER_RESPONSES_HTTP_2 + conn->status / 100u - 2, 1);
}

void account_answer(struct conn *conn, bool complete)
{
	const struct server *server = conn->server;
	uint64_t duration = (uint64_t)(serve_clock_us() - conn->begun_us);
	uint32_t vhost = conn->answer_vhost;
	char id[RESPOND_ID];
	struct access_entry entry = {
		.protocol = (enum protocol)conn->protocol,
		.path = (enum path)conn->path,
		.version = (enum tls_version)conn->version,
		.cipher = (enum tls_cipher)conn->cipher,
		.resumed = conn->resumed,
		.peer = &conn->peer,
		.digest = conn->identified ? conn->digest : NULL,
		.groups = conn->identified ? image_find_groups(&server->image, conn->digest) : NULL,
		.time_ms = wall_ms() - (int64_t)(duration - conn->head_us) / 1000,
		.duration_us = duration,
		.request = find(conn, conn->line),
		.referer = find(conn, conn->referer),
		.user_agent = find(conn, conn->user_agent),
		.status = conn->status,
		.bytes = conn_body_sent(conn),
		.complete = complete,
	};

	if (conn->with_id)
		entry.request_id = find_id(conn, id);
	if (vhost != IMAGE_NONE)
		entry.vhost = image_string(&server->image, server->image.vhosts[vhost].name);
	conn->answering = false;
	count_status(conn);
	access_log_line(server->logs, vhost, &entry);
}
