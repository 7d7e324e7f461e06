/* SPDX-License-Identifier: ISC */
#ifndef SULID_CONTRACT_COUNTERS_H
#define SULID_CONTRACT_COUNTERS_H

/*
 * What a process has counted: one memfd per process, writable by that process alone, read by the
 * supervisor and the admin process without waiting. Relaxed atomics; each counter by itself is
 * exact, a set of them is not a snapshot.
 */

#include <stdatomic.h>
#include <stdint.h>

#include "contract/build.h"

/*
 * The one table: name for metrics (after "sulid_"), label or "", kind, help for people. Rows of one
 * name stand together. X(constant, name, label, kind, help)
 */
#define COUNTER_TABLE(X)                                                                           \
	X(CONNECTIONS_KERNEL, "connections_total", "path=\"kernel\"", TOTAL, "Connections served") \
	X(CONNECTIONS_RELAYED, "connections_total", "path=\"relayed\"", TOTAL, "")                 \
	X(CONNECTIONS_PLAIN, "connections_total", "path=\"plain\"", TOTAL, "")                     \
	X(CONNECTIONS_OPEN, "connections_open", "", GAUGE, "Connections open in workers")          \
	X(HANDSHAKES_FULL, "handshakes_total", "result=\"full\"", TOTAL,                           \
		"TLS handshakes by outcome")                                                       \
	X(HANDSHAKES_RESUMED, "handshakes_total", "result=\"resumed\"", TOTAL, "")                 \
	X(HANDSHAKES_FAILED, "handshakes_total", "result=\"failed\"", TOTAL, "")                   \
	X(HANDSHAKES_TIMEOUT, "handshakes_total", "result=\"timeout\"", TOTAL, "")                 \
	X(HANDSHAKES_ABANDONED, "handshakes_total", "result=\"abandoned\"", TOTAL, "")             \
	X(HANDSHAKES_OPEN, "handshakes_open", "", GAUGE, "TLS handshakes in progress")             \
	X(RELAYED_OPEN, "relayed_open", "", GAUGE, "Connections being relayed")                    \
	X(RELAY_REFUSED, "relay_refused_total", "", TOTAL,                                         \
		"Closed because the kernel could not take them")                                   \
	X(HANDOFF_BAD, "handoff_bad_total", "", TOTAL, "Handoff records that were refused")        \
	X(PROXY_BAD, "proxy_bad_total", "", TOTAL,                                                 \
		"Connections that had to begin with a PROXY header and did not")                   \
	X(REQUESTS_HTTP, "requests_total", "protocol=\"http\"", TOTAL, "Requests")                 \
	X(REQUESTS_HTTPS, "requests_total", "protocol=\"https\"", TOTAL, "")                       \
	X(REQUESTS_GEMINI, "requests_total", "protocol=\"gemini\"", TOTAL, "")                     \
	X(RESPONSES_HTTP_2, "responses_total", "protocol=\"http\",status=\"2xx\"", TOTAL,          \
		"Responses by status")                                                             \
	X(RESPONSES_HTTP_3, "responses_total", "protocol=\"http\",status=\"3xx\"", TOTAL, "")      \
	X(RESPONSES_HTTP_4, "responses_total", "protocol=\"http\",status=\"4xx\"", TOTAL, "")      \
	X(RESPONSES_HTTP_5, "responses_total", "protocol=\"http\",status=\"5xx\"", TOTAL, "")      \
	X(RESPONSES_GEMINI_1, "responses_total", "protocol=\"gemini\",status=\"1x\"", TOTAL, "")   \
	X(RESPONSES_GEMINI_2, "responses_total", "protocol=\"gemini\",status=\"2x\"", TOTAL, "")   \
	X(RESPONSES_GEMINI_3, "responses_total", "protocol=\"gemini\",status=\"3x\"", TOTAL, "")   \
	X(RESPONSES_GEMINI_4, "responses_total", "protocol=\"gemini\",status=\"4x\"", TOTAL, "")   \
	X(RESPONSES_GEMINI_5, "responses_total", "protocol=\"gemini\",status=\"5x\"", TOTAL, "")   \
	X(RESPONSES_GEMINI_6, "responses_total", "protocol=\"gemini\",status=\"6x\"", TOTAL, "")   \
	X(RESPONSES_ABORTED, "responses_aborted_total", "", TOTAL, "Responses cut short by us")    \
	X(BYTES_SENT, "bytes_sent_total", "", TOTAL, "Bytes handed to sockets by workers")         \
	X(KEY_UPDATES, "key_updates_total", "", TOTAL,                                             \
		"Connections ended because the client asked for new keys")                         \
	X(LIMIT_CONNECTIONS, "limit_total", "limit=\"connections\"", TOTAL,                        \
		"Times a limit was hit")                                                           \
	X(LIMIT_HANDSHAKES, "limit_total", "limit=\"handshakes\"", TOTAL, "")                      \
	X(LIMIT_RELAYED, "limit_total", "limit=\"relayed\"", TOTAL, "")                            \
	X(LIMIT_BUFFERS, "limit_total", "limit=\"buffers\"", TOTAL, "")                            \
	X(LIMIT_SLOW_DOWN, "limit_total", "limit=\"slow_down\"", TOTAL, "")                        \
	X(TIMEOUT_HEAD, "timeout_total", "timeout=\"head\"", TOTAL,                                \
		"Connections ended by a timeout")                                                  \
	X(TIMEOUT_IDLE, "timeout_total", "timeout=\"idle\"", TOTAL, "")                            \
	X(TIMEOUT_SEND, "timeout_total", "timeout=\"send\"", TOTAL, "")                            \
	X(LOG_LINES_LOST, "log_lines_lost_total", "", TOTAL,                                       \
		"Access log lines that could not be written")                                      \
	X(TURNS, "turns_total", "", TOTAL, "Turns of the event loop")

enum counter {
#define X(constant, name, label, kind, help) COUNTER_##constant,
	COUNTER_TABLE(X)
#undef X
	COUNTER_COUNT
};

enum counter_kind {
	COUNTER_KIND_TOTAL,
	COUNTER_KIND_GAUGE
};

struct counter_name {
	const char *name;  /* without "sulid_" */
	const char *label; /* Prometheus label pairs, or "" */
	const char *help;
	enum counter_kind kind;
};

extern const struct counter_name counter_names[COUNTER_COUNT];

/* The content of a counters memfd. */
struct counters {
	uint8_t build[BUILD_ID_SIZE];
	uint32_t role;
	uint32_t generation;
	int32_t pid;
	uint32_t reserved;
	_Atomic uint64_t value[COUNTER_COUNT];
};

static inline void counter_add(struct counters *counters, enum counter counter, uint64_t amount)
{
	atomic_fetch_add_explicit(&counters->value[counter], amount, memory_order_relaxed);
}

static inline void counter_subtract(
	struct counters *counters, enum counter counter, uint64_t amount)
{
	atomic_fetch_sub_explicit(&counters->value[counter], amount, memory_order_relaxed);
}

static inline uint64_t counter_read(const struct counters *counters, enum counter counter)
{
	return atomic_load_explicit(&counters->value[counter], memory_order_relaxed);
}

/*
 * Map a counters memfd: to write (a child's own) or to read. The mapping is never undone by the
 * writer; a reader unmaps sizeof(struct counters). NULL with errno; EPROTO if it is another
 * build's.
 */
struct counters *counters_map(int fd);
const struct counters *counters_map_read(int fd);

#endif
