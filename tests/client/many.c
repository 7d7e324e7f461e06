/* SPDX-License-Identifier: ISC */
#include "many.h"

#include "clock.h"
#include "exchange.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STACK_BYTES (256 * 1024)
#define STATUSES    1000

struct many {
	struct client *client;
	const struct request *rq;
	uint64_t seed;
	int64_t sent; /* what an uncut connection sends */
	atomic_int_fast64_t next;
	pthread_mutex_t mutex; /* of all below */
	int64_t ok, failed, complete, clean, resumed, bytes;
	int64_t statuses[STATUSES], ends[ENDS];
	int64_t *ms; /* of those that were ok */
	int64_t first_index;
	char first[400];
};

/* One connection's share of chance depends on nothing but seed and number: splitmix64. */
static uint64_t chance(const struct many *m, int64_t index, unsigned which)
{
	uint64_t x = m->seed + ((uint64_t)index * 4 + which + 1) * UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* The request of one connection. */
struct one {
	struct request rq;
	int64_t size; /* what the body should have, or -1 */
	bool closing; /* the server was asked to close */
	char path[1024];
};

static void path_fill(struct one *one, const char *path)
{
	const char *mark = strstr(path, "%d");

	snprintf(one->path, sizeof(one->path), "%.*s%" PRId64 "%s", (int)(mark - path), path,
		one->size, mark + 2);
	one->rq.path = one->path;
}

static void one_make(struct one *one, const struct many *m, int64_t index)
{
	const struct request *rq = m->rq;
	struct request *own = &one->rq;

	*own = *rq;
	one->size = -1;
	if (rq->size_max) {
		const uint64_t span = (uint64_t)(rq->size_max - rq->size_min) + 1;

		one->size = rq->size_min + (int64_t)(chance(m, index, 0) % span);
		path_fill(one, rq->path);
	}
	one->closing = rq->close_random && rq->proto == PROTO_HTTP && chance(m, index, 1) % 2 &&
		       own->headers_count < REQUEST_HEADERS_MAX;
	if (one->closing)
		own->headers[own->headers_count++] = "Connection: close";
	if (rq->cut == CUT_RANDOM) {
		own->cut = (int64_t)(chance(m, index, 2) % (uint64_t)(m->sent + 1));
		if (own->how == HOW_ANY)
			own->how = chance(m, index, 3) % 2 ? HOW_RST : HOW_FIN;
	}
}

/* Why it is not what was asked for, or NULL. */
static const char *fault(const struct one *one, const struct result *res)
{
	if (res->end == END_CUT && (one->rq.cut >= 0 || one->rq.close_after >= 0))
		return NULL;
	if (!result_is_ok(res))
		return *res->error ? res->error : "not a whole response";
	if (one->size >= 0 && res->last.body.bytes != one->size)
		return "another size than the path says";
	if (one->rq.prefix && res->last.body.differs >= 0)
		return "the body differs from the file";
	if (one->closing && res->end != END_CLOSE_NOTIFY &&
		!(one->rq.backend == BACKEND_PLAIN && res->end == END_EOF))
		return "not closed as asked";
	return NULL;
}

static void fault_note(struct many *m, const struct one *one, const struct result *res,
	int64_t index, const char *why)
{
	const struct response *r = &res->last;

	m->failed++;
	if (m->first_index >= 0 && m->first_index <= index)
		return;
	m->first_index = index;
	snprintf(m->first, sizeof(m->first),
		"%s (number %" PRId64 ", path %s, status %d, %" PRId64 " of %" PRId64
		" bytes, end %s, alert %s, cut %" PRId64 ")",
		why, index, one->rq.path, r->status, r->body.bytes,
		r->length >= 0 ? r->length : one->size, transport_end_name(res->end),
		transport_alert_name(res->facts.alert), one->rq.cut);
}

static void one_note(struct many *m, const struct one *one, const struct result *res, int64_t index)
{
	const struct response *r = &res->last;
	const char *why = fault(one, res);

	pthread_mutex_lock(&m->mutex);
	if (why)
		fault_note(m, one, res, index, why);
	else
		m->ms[m->ok++] = (res->end_us - res->start_us) / 1000;
	m->complete += r->status && r->complete;
	m->clean += r->complete && (res->end == END_CLOSE_NOTIFY || res->end == END_KEEP);
	m->resumed += res->facts.resumed;
	m->bytes += res->total;
	m->statuses[r->status]++;
	m->ends[res->end]++;
	pthread_mutex_unlock(&m->mutex);
}

static void *work(void *pointer)
{
	struct many *m = pointer;

	for (;;) {
		const int64_t index = atomic_fetch_add(&m->next, 1);
		struct result res;
		struct one one;

		if (index >= m->rq->n)
			return NULL;
		one_make(&one, m, index);
		exchange_run(m->client, &one.rq, &res);
		one_note(m, &one, &res, index);
		result_free(&res);
	}
}

/* Starts the threads and waits for them. Returns how many could be started. */
static int64_t work_all(struct many *m)
{
	const int64_t wanted = m->rq->conns < m->rq->n ? m->rq->conns : m->rq->n;
	pthread_t *threads = calloc((size_t)wanted, sizeof(*threads));
	pthread_attr_t attributes;
	int64_t started = 0;

	if (!threads)
		return 0;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	while (started < wanted && pthread_create(&threads[started], &attributes, work, m) == 0)
		started++;
	for (int64_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_attr_destroy(&attributes);
	free(threads);
	return started;
}

static int number_compare(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void times_write(const struct many *m, struct answer *a)
{
	static const struct {
		const char *key;
		int percent;
	} ranks[] = {{"min", 0}, {"p50", 50}, {"p99", 99}, {"max", 100}};

	qsort(m->ms, (size_t)m->ok, sizeof(*m->ms), number_compare);
	for (size_t i = 0; i < sizeof(ranks) / sizeof(*ranks); i++)
		answer_number(
			a, ranks[i].key, m->ok ? m->ms[(m->ok - 1) * ranks[i].percent / 100] : -1);
}

static void counts_write(const struct many *m, struct answer *a)
{
	char text[STATUSES * 2];
	size_t len = 0;

	for (int i = 0; i < STATUSES && len < sizeof(text) - 32; i++)
		if (m->statuses[i])
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%d:%" PRId64,
				len ? "," : "", i, m->statuses[i]);
	text[len] = '\0';
	answer_text(a, "statuses", text);
	len = 0;
	for (int i = 0; i < ENDS; i++)
		if (m->ends[i])
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s:%" PRId64,
				len ? "," : "", transport_end_name((enum end)i), m->ends[i]);
	text[len] = '\0';
	answer_text(a, "ends", text);
}

static void many_write(const struct many *m, int64_t threads, int64_t wall_us, struct answer *a)
{
	answer_number(a, "n", m->rq->n);
	answer_number(a, "conns", threads);
	answer_number(a, "ok", m->ok);
	answer_number(a, "failed", m->failed);
	counts_write(m, a);
	answer_number(a, "complete", m->complete);
	answer_number(a, "incomplete", m->rq->n - m->complete);
	answer_number(a, "clean", m->clean);
	answer_number(a, "cut", m->ends[END_CUT]);
	answer_number(a, "resumed", m->resumed);
	answer_number(a, "bytes", m->bytes);
	times_write(m, a);
	answer_number(a, "ms", wall_us / 1000);
	answer_number(a, "seed", (int64_t)m->seed);
	answer_number(a, "sent", m->sent);
	answer_text(a, "error", m->first);
}

/* To cut at random one must know how much there is: one connection goes before, uncut. */
static bool measure(struct many *m, struct answer *a)
{
	struct request rq = *m->rq;
	struct result res;

	rq.cut = CUT_NONE;
	exchange_run(m->client, &rq, &res);
	m->sent = res.sent;
	if (!res.last.status) {
		answer_text(a, "error",
			*res.error ? res.error : "the connection made to measure failed");
		m->sent = 0;
	}
	result_free(&res);
	return m->sent > 0;
}

void many_run(struct client *client, const struct request *rq, struct answer *a)
{
	struct many m = {
		.client = client,
		.rq = rq,
		.seed = (uint64_t)(rq->seed >= 0 ? rq->seed : clock_us() & 0xffffffff),
		.first_index = -1,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
	};
	int64_t start, threads;

	if (rq->cut == CUT_RANDOM && !measure(&m, a))
		return;
	m.ms = calloc((size_t)rq->n, sizeof(*m.ms));
	start = clock_us();
	threads = m.ms ? work_all(&m) : 0;
	if (threads)
		many_write(&m, threads, clock_us() - start, a);
	else
		answer_text(a, "error", "no thread could be started");
	free(m.ms);
	pthread_mutex_destroy(&m.mutex);
}
