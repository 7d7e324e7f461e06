/* SPDX-License-Identifier: ISC */
/*
 * The test client: reads commands from standard input, one per line, and answers each by one line
 * on standard output. One process serves a whole suite, because where the kernel under test is
 * emulated to start a program costs more than what it does. `help` lists the commands.
 */
#include "client.h"
#include "clock.h"
#include "connection.h"
#include "exchange.h"
#include "many.h"
#include "request.h"
#include "words.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static void report_exchange(struct client *client, const struct request *rq, struct answer *a)
{
	struct result res;

	exchange_run(client, rq, &res);
	result_write(&res, rq, a);
	result_free(&res);
}

static void do_get(struct client *client, struct request *rq, struct answer *a)
{
	report_exchange(client, rq, a);
}

/* The next three are the same with a part left out: the request, the response, or both. */
static void do_open(struct client *client, struct request *rq, struct answer *a)
{
	rq->raw.value = "";
	rq->responses = 0;
	report_exchange(client, rq, a);
}

static void do_send(struct client *client, struct request *rq, struct answer *a)
{
	rq->responses = 0;
	report_exchange(client, rq, a);
}

static void do_read(struct client *client, struct request *rq, struct answer *a)
{
	rq->raw.value = "";
	report_exchange(client, rq, a);
}

static void do_wait(struct client *client, struct request *rq, struct answer *a)
{
	struct result res;

	exchange_wait(client, rq, &res);
	result_write(&res, rq, a);
	result_free(&res);
}

static void do_close(struct client *client, struct request *rq, struct answer *a)
{
	struct connection *c = connection_find(client, rq->conn);

	if (!c) {
		answer_text(a, "error", "no such connection");
		return;
	}
	c->transport.wire.deadline = clock_us() + rq->timeout_ms * 1000;
	if (rq->how == HOW_HALF) {
		wire_half_close(&c->transport.wire);
	} else {
		connection_take(client, c);
		connection_close(c, (enum how)rq->how);
		connection_free(c);
	}
	answer_text(a, "error", "");
}

static void do_many(struct client *client, struct request *rq, struct answer *a)
{
	many_run(client, rq, a);
}

static const struct {
	const char *name;
	enum verb verb;
	void (*run)(struct client *client, struct request *rq, struct answer *a);
} commands[] = {
	{"get", VERB_GET, do_get},
	{"open", VERB_OPEN, do_open},
	{"many", VERB_MANY, do_many},
	{"send", VERB_SEND, do_send},
	{"read", VERB_READ, do_read},
	{"wait", VERB_WAIT, do_wait},
	{"close", VERB_CLOSE, do_close},
};

#define COMMANDS (sizeof(commands) / sizeof(*commands))

static const char *command_run(struct client *client, size_t command, const struct word *words,
	int count, struct answer *a, char *error, size_t error_size)
{
	const enum verb verb = commands[command].verb;
	struct request rq;
	const char *wrong = request_parse(&rq, verb, words, count, error, error_size);

	if (!wrong && (verb & (VERB_GET | VERB_OPEN | VERB_MANY)) && !rq.conn)
		wrong = request_resolve(&rq);
	if (!wrong)
		commands[command].run(client, &rq, a);
	return wrong;
}

static void help(struct answer *a)
{
	for (size_t i = 0; i < COMMANDS; i++)
		request_help(commands[i].verb, commands[i].name, a);
	answer_text(a, "help", "");
	answer_text(a, "quit", "");
	answer_text(a, "error", "");
}

/*
 * Answers one line. A first word id= is repeated as the first of the answer, so that an answer that
 * nobody waited for is not taken for the next one. Returns false if it was `quit`.
 */
static bool line_run(struct client *client, char *line, struct answer *a)
{
	struct word all[WORDS_MAX], *words = all;
	char error[256];
	const char *verb, *wrong;
	int count = 0;
	size_t command = 0;

	wrong = words_cut(line, &verb, words, &count);
	if (count > 0 && strcmp(words->key, "id") == 0) {
		answer_text(a, "id", words->value);
		words++;
		count--;
	}
	while (command < COMMANDS && strcmp(commands[command].name, verb) != 0)
		command++;
	if (!wrong && command < COMMANDS)
		wrong = command_run(client, command, words, count, a, error, sizeof(error));
	else if (!wrong && strcmp(verb, "help") == 0)
		help(a);
	else if (!wrong && strcmp(verb, "quit") == 0)
		answer_text(a, "error", "");
	else if (!wrong)
		wrong = "unknown command; help lists them";
	if (wrong)
		answer_text(a, "error", wrong);
	answer_end(a);
	return wrong || strcmp(verb, "quit") != 0;
}

static void limits_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static void client_start(struct client *client)
{
	*client = (struct client){0};
	sessions_start(&client->sessions);
	for (int i = 0; i < BACKENDS; i++)
		client->shared[i] = transports[i]->start();
}

static void client_stop(struct client *client)
{
	while (client->open) {
		struct connection *c = client->open;

		connection_take(client, c);
		connection_free(c);
	}
	for (int i = 0; i < BACKENDS; i++)
		transports[i]->stop(client->shared[i]);
	sessions_stop(&client->sessions);
}

int main(void)
{
	struct answer a = {.out = stdout};
	struct client client;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	bool more = true;

	signal(SIGPIPE, SIG_IGN);
	limits_raise();
	client_start(&client);
	while (more && !ferror(stdout) && (len = getline(&line, &size, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		more = line_run(&client, line, &a);
	}
	free(line);
	client_stop(&client);
	return 0;
}
