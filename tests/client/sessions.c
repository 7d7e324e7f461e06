/* SPDX-License-Identifier: ISC */
#include "sessions.h"

#include <stdlib.h>
#include <string.h>

struct session {
	struct session *next;
	char *name;
	enum backend backend;
	struct blob blob;
};

void sessions_start(struct sessions *s)
{
	pthread_mutex_init(&s->mutex, NULL);
	s->first = NULL;
}

void sessions_stop(struct sessions *s)
{
	while (s->first) {
		struct session *session = s->first;

		s->first = session->next;
		free(session->name);
		free(session->blob.data);
		free(session);
	}
	pthread_mutex_destroy(&s->mutex);
}

static struct session *find(const struct sessions *s, const char *name, enum backend backend)
{
	struct session *session = s->first;

	while (session && (session->backend != backend || strcmp(session->name, name) != 0))
		session = session->next;
	return session;
}

static struct session *add(struct sessions *s, const char *name, enum backend backend)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->name = strdup(name);
	if (!session->name) {
		free(session);
		return NULL;
	}
	session->backend = backend;
	session->next = s->first;
	s->first = session;
	return session;
}

void sessions_put(struct sessions *s, const char *name, enum backend backend, struct blob *blob)
{
	struct session *session;

	if (!blob->data)
		return;
	pthread_mutex_lock(&s->mutex);
	session = find(s, name, backend);
	if (!session)
		session = add(s, name, backend);
	if (session) {
		free(session->blob.data);
		session->blob = *blob;
		*blob = (struct blob){0};
	}
	pthread_mutex_unlock(&s->mutex);
	free(blob->data);
	*blob = (struct blob){0};
}

void sessions_get(struct sessions *s, const char *name, enum backend backend, struct blob *blob)
{
	const struct session *session;

	*blob = (struct blob){0};
	pthread_mutex_lock(&s->mutex);
	session = find(s, name, backend);
	if (session && (blob->data = malloc(session->blob.len))) {
		memcpy(blob->data, session->blob.data, session->blob.len);
		blob->len = session->blob.len;
	}
	pthread_mutex_unlock(&s->mutex);
}
