/* SPDX-License-Identifier: ISC */
#include "status.h"

#include <string.h>
#include <time.h>

#include "base/date.h"
#include "base/text.h"

#include "certificate_table.h"
#include "expiry.h"

unsigned status_kernel_ciphers(const struct control_kernel *kernel)
{
	unsigned count = 0;

	for (int version = TLS_1_2; version <= TLS_1_3; version++)
		for (int cipher = CIPHER_AES_128_GCM; cipher <= CIPHER_CHACHA20_POLY1305; cipher++)
			count += kernel->ulp == 0 && kernel->tx[version][cipher] == 0 &&
				 kernel->rx[version][cipher] == 0;
	return count;
}

const char *status_path_name(const struct generation *generation)
{
	if (!config_has_tls(generation->config) || !generation->kernel_known)
		return "";
	if (config_number(generation->config, KEY_TLS_KERNEL) == KERNEL_NEVER)
		return "TLS is relayed (tls.kernel: never)";
	switch (status_kernel_ciphers(&generation->kernel)) {
	case 0:
		return "TLS is relayed: the kernel cannot encrypt (see: sulid doctor)";
	case 6:
		return "the kernel encrypts";
	default:
		return "the kernel encrypts some ciphers (see: sulid doctor)";
	}
}

static const struct generation *serving(const struct supervision *supervision)
{
	for (const struct generation *g = supervision->generations; g; g = g->next)
		if (g->state == GENERATION_SERVING)
			return g;
	return NULL;
}

bool status_is_ready(const struct supervision *supervision)
{
	const struct generation *generation = serving(supervision);

	if (!generation)
		return false;
	for (size_t i = 0; i < generation->child_count; i++)
		if (!generation->children[i].ready)
			return false;
	return true;
}

/* Over all processes, those that are gone included. */
static uint64_t total(const struct supervision *supervision, enum counter counter)
{
	uint64_t sum = counter_names[counter].kind == COUNTER_KIND_TOTAL
			       ? supervision->totals[counter]
			       : 0;

	for (const struct generation *g = supervision->generations; g; g = g->next)
		for (size_t i = 0; i < g->child_count; i++)
			if (g->children[i].counters)
				sum += counter_read(g->children[i].counters, counter);
	return sum;
}

static const char *state_name(enum generation_state state)
{
	static const char *const names[] = {"starting", "serving", "failed", "draining", "gone"};

	return names[state];
}

static const char *child_state(const struct child *child)
{
	return child->pid == 0  ? "not running"
	       : child->drained ? "drained"
	       : child->ready   ? "ready"
				: "starting";
}

static void text_generation(const struct generation *generation, FILE *to)
{
	fprintf(to, "\ngeneration %u, %s\n", generation->number, state_name(generation->state));
	for (size_t i = 0; i < generation->child_count; i++) {
		const struct child *child = &generation->children[i];

		fprintf(to, "  %-18s %8d  %s\n", role_program[child->role], (int)child->pid,
			child_state(child));
	}
}

/* All of them were read at the same time. */
static void text_certificates(const struct generation *generation, FILE *to)
{
	char date[DATE_ISO];

	date_iso(date, generation->loaded, 0);
	fprintf(to, "\ncertificates, loaded %.10s %.8s UTC\n", date, date + 11);
	certificate_table(
		generation->config, generation->certificates, (int64_t)time(NULL), true, to);
}

void status_text(const struct supervision *supervision, FILE *to)
{
	const struct generation *generation = serving(supervision);

	fprintf(to, "sulid %s, %s%s%s\n", build_version,
		status_is_ready(supervision) ? "ready" : "not ready",
		generation && *status_path_name(generation) ? "; " : "",
		generation ? status_path_name(generation) : "");
	for (const struct generation *g = supervision->generations; g; g = g->next)
		text_generation(g, to);
	if (generation && generation->config->certificate_count > 0)
		text_certificates(generation, to);
	fputs("\n", to);
	for (int i = 0; i < COUNTER_COUNT; i++) {
		uint64_t value = total(supervision, (enum counter)i);

		/* What has not happened is not worth a line; open connections are, even if there is
		 * none. */
		if (value != 0 || i == COUNTER_CONNECTIONS_OPEN)
			fprintf(to, "%14llu  %s%s%s\n", (unsigned long long)value,
				counter_names[i].name, *counter_names[i].label ? " " : "",
				counter_names[i].label);
	}
}

static void json_string(FILE *to, const char *string)
{
	char bytes[1024];
	struct text text = text_over(bytes, sizeof bytes);

	text_json(&text, string, strlen(string));
	fprintf(to, "\"%s\"", text_string(&text));
}

static void json_certificate(const struct generation *generation, size_t index, FILE *to)
{
	static const char *const states[] = {[EXPIRY_FAR] = "good",
		[EXPIRY_SOON] = "expires soon",
		[EXPIRY_OVER] = "expired",
		[EXPIRY_EARLY] = "not valid yet"};
	const struct control_certificate *facts = &generation->certificates[index];
	char digest[DIGEST_WORDS];

	fprintf(to, "%s{\"names\":", index ? "," : "");
	json_string(to, facts->names);
	fprintf(to,
		",\"names_count\":%u,\"key\":\"%s\",\"digest\":\"%s\",\"not_before\":%lld,"
		"\"not_after\":%lld,\"state\":\"%s\",\"loaded\":%lld,\"chain\":",
		(unsigned)facts->names_count, facts->key, certificate_digest(facts, digest),
		(long long)facts->not_before, (long long)facts->not_after,
		states[expiry_of((int64_t)time(NULL), facts->not_before, facts->not_after)],
		(long long)generation->loaded);
	json_string(to, generation->config->certificates[index].chain);
	fputc('}', to);
}

static void json_generation(const struct generation *generation, FILE *to)
{
	fprintf(to, "{\"number\":%u,\"state\":\"%s\",\"listeners\":[", generation->number,
		state_name(generation->state));
	for (size_t i = 0; i < generation->config->listener_count; i++) {
		const struct config_listener *listener = &generation->config->listeners[i];
		char url[CONFIG_ENDPOINT_TEXT];

		fprintf(to, "%s\"%s\"", i ? "," : "",
			config_endpoint_format(
				listener->protocol, &listener->address, generation->ports[i], url));
	}
	fputs("],\"processes\":[", to);
	for (size_t i = 0; i < generation->child_count; i++) {
		const struct child *child = &generation->children[i];

		fprintf(to, "%s{\"program\":\"%s\",\"pid\":%d,\"state\":\"%s\"}", i ? "," : "",
			role_program[child->role], (int)child->pid, child_state(child));
	}
	fputs("],\"certificates\":[", to);
	for (size_t i = 0; i < generation->config->certificate_count; i++)
		json_certificate(generation, i, to);
	fputs("]}", to);
}

void status_json(const struct supervision *supervision, FILE *to)
{
	const struct generation *current = serving(supervision);
	bool first = true;

	fprintf(to,
		"{\"version\":\"%s\",\"build\":\"%s\",\"ready\":%s,\"kernel_ciphers\":%u,"
		"\"generations\":[",
		build_version, build_id_text, status_is_ready(supervision) ? "true" : "false",
		current && current->kernel_known ? status_kernel_ciphers(&current->kernel) : 0);
	for (const struct generation *g = supervision->generations; g; g = g->next, first = false) {
		if (!first)
			fputc(',', to);
		json_generation(g, to);
	}
	fputs("],\"counters\":{", to);
	for (int i = 0; i < COUNTER_COUNT; i++) {
		char name[128];

		snprintf(name, sizeof name, "%s%s%s%s", counter_names[i].name,
			*counter_names[i].label ? "{" : "", counter_names[i].label,
			*counter_names[i].label ? "}" : "");
		fputs(i ? "," : "", to);
		json_string(to, name);
		fprintf(to, ":%llu", (unsigned long long)total(supervision, (enum counter)i));
	}
	fputs("}}\n", to);
}
