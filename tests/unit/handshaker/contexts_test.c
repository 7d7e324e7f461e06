/* SPDX-License-Identifier: ISC */

/* Which vhost answers, with which certificate and policy, and where a ticket is good. */

#include "site.h"

#include "identity.h"

static struct site site;

static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

/* A visit that leads to this vhost, or with IMAGE_NONE to this alert. */
static void expect(struct visit visit, uint32_t vhost, int alert)
{
	visit_go(&site, &visit);
	assert_int_equal(visit.good, vhost != IMAGE_NONE);
	if (visit.good)
		assert_int_equal(visit.negotiation.vhost, vhost);
	else
		assert_int_equal(visit.alert, alert);
	visit_free(&visit);
}

static void names_lead_to_vhosts(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		int version = versions[i];

		expect((struct visit){.name = "a.example", .version = version}, 0, 0);
		expect((struct visit){.name = "A.Example", .version = version}, 0, 0);
		expect((struct visit){.name = "b.example.", .version = version}, 1, 0);
		expect((struct visit){.name = "x.y.a.example", .version = version}, 0, 0);
		expect((struct visit){.name = "d.example", .version = version, .listener = 1}, 3,
			0);
		expect((struct visit){.version = version}, 3, 0);
		expect((struct visit){.name = "192.0.2.1", .version = version}, 3, 0);
		expect((struct visit){.name = "e.example", .version = version}, IMAGE_NONE,
			SSL_AD_UNRECOGNIZED_NAME);
		expect((struct visit){.version = version, .listener = 1}, IMAGE_NONE,
			SSL_AD_UNRECOGNIZED_NAME);
	}
}

/* Who sends none means the address: its vhost, else the one for all that have no name. */
static void an_address_is_a_name(void **state)
{
	(void)state;
	for (uint32_t listener = 0; listener < 2; listener++) {
		expect((struct visit){.local = "fe80::7", .listener = listener}, 1, 0);
		expect((struct visit){.name = "fe80::7", .listener = listener}, 1, 0);
		expect(
			(struct visit){
				.name = "a.example", .local = "fe80::7", .listener = listener},
			0, 0);
	}
	expect((struct visit){.local = "fe80::8"}, 3, 0);
	expect((struct visit){.local = "192.0.2.1", .listener = 1}, IMAGE_NONE,
		SSL_AD_UNRECOGNIZED_NAME);
}

static void a_name_is_remembered_as_sent(void **state)
{
	struct visit named = {.name = "d.example"}, nameless = {.name = NULL};

	(void)state;
	visit_go(&site, &named);
	assert_true(named.negotiation.named);
	visit_free(&named);
	visit_go(&site, &nameless);
	assert_true(nameless.good);
	assert_false(nameless.negotiation.named);
	visit_free(&nameless);
}

static void the_algorithms_choose_the_certificate(void **state)
{
	struct visit rsa = {.name = "a.example",
		.version = TLS1_2_VERSION,
		.suites = "ECDHE-RSA-AES128-GCM-SHA256"};
	struct visit ec = {.name = "a.example",
		.version = TLS1_2_VERSION,
		.suites = "ECDHE-ECDSA-AES128-GCM-SHA256"};

	(void)state;
	visit_go(&site, &rsa);
	assert_true(rsa.good);
	assert_int_equal(
		X509_cmp(SSL_get0_peer_certificate(rsa.ssl), site.certificates[1].leaf), 0);
	visit_free(&rsa);
	visit_go(&site, &ec);
	assert_true(ec.good);
	assert_int_equal(X509_cmp(SSL_get0_peer_certificate(ec.ssl), site.certificates[0].leaf), 0);
	visit_free(&ec);
}

static void alpn_is_http_1_1_or_an_alert(void **state)
{
	struct visit visit = {.name = "a.example", .alpn = "\x02h2\x08http/1.1"};
	const unsigned char *chosen;
	unsigned size;

	(void)state;
	visit_go(&site, &visit);
	assert_true(visit.good);
	SSL_get0_alpn_selected(visit.ssl, &chosen, &size);
	assert_int_equal(size, 8);
	assert_memory_equal(chosen, "http/1.1", 8);
	visit_free(&visit);
	expect((struct visit){.name = "a.example", .alpn = "\x02h2"}, IMAGE_NONE,
		SSL_AD_NO_APPLICATION_PROTOCOL);
	expect((struct visit){.name = "a.example", .alpn = "\x08http/1.0"}, IMAGE_NONE,
		SSL_AD_NO_APPLICATION_PROTOCOL);
	expect((struct visit){.name = "a.example", .alpn = "\x02h2", .listener = 1}, 0, 0);
}

static void client_certificates_as_the_vhost_says(void **state)
{
	struct site_client client = site_client(0);

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct visit shown = {
			.name = "b.example", .client = &client, .version = versions[i]};
		struct visit not_asked = {
			.name = "a.example", .client = &client, .version = versions[i]};
		struct identity identity;
		uint8_t digest[32];
		unsigned size;

		visit_go(&site, &shown);
		assert_true(shown.good);
		assert_true(identity_of_client(shown.server, &identity));
		X509_digest(client.leaf, EVP_sha256(), digest, &size);
		assert_memory_equal(identity.digest, digest, 32);
		assert_true(identity.not_before == 1000000000);
		assert_true(identity.not_after == 4000000000);
		visit_free(&shown);

		visit_go(&site, &not_asked);
		assert_true(not_asked.good);
		assert_false(identity_of_client(not_asked.server, &identity));
		visit_free(&not_asked);

		expect((struct visit){.name = "b.example", .version = versions[i]}, 1, 0);
		expect(
			(struct visit){
				.name = "c.example", .client = &client, .version = versions[i]},
			2, 0);
		/* TLS 1.2 has no alert of its own for it. */
		expect((struct visit){.name = "c.example", .version = versions[i]}, IMAGE_NONE,
			i == 0 ? SSL_AD_HANDSHAKE_FAILURE : SSL_AD_CERTIFICATE_REQUIRED);
	}
	site_client_free(&client);
}

static void dear_client_certificates_are_refused(void **state)
{
	struct site_client large = site_client(17000), rsa = {.key = site_key("4096")},
			   dear = {.key = site_key("4104")};
	struct visit visit = {.name = "b.example", .client = &large};

	(void)state;
	rsa.leaf = site_certificate(rsa.key, "DNS:client", 0);
	dear.leaf = site_certificate(dear.key, "DNS:client", 0);
	expect((struct visit){.name = "b.example", .client = &rsa}, 1, 0);
	for (int i = 0; i < 2; i++) {
		visit = (struct visit){.name = "b.example",
			.client = i == 0 ? &large : &dear,
			.version = versions[i]};
		visit_go(&site, &visit);
		assert_false(visit.good && SSL_is_init_finished(visit.server));
		visit_free(&visit);
	}
	site_client_free(&large);
	site_client_free(&rsa);
	site_client_free(&dear);
}

/* The ticket of one visit, shown at another; was it good? */
static bool resumes(struct visit first, struct visit second, int *tickets)
{
	bool resumed;

	visit_go(&site, &first);
	assert_true(first.good);
	assert_true(contexts_session_belongs(first.server));
	assert_non_null(first.ticket);
	second.session = first.ticket;
	visit_go(&site, &second);
	assert_true(second.good);
	assert_true(contexts_session_belongs(second.server));
	resumed = SSL_session_reused(second.server) == 1;
	if (tickets)
		*tickets = second.tickets;
	visit_free(&second);
	visit_free(&first);
	return resumed;
}

static void tickets_are_good_for_one_vhost_and_policy(void **state)
{
	struct site_client client = site_client(0);

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct visit a = {.name = "a.example", .version = versions[i]},
			     a_too = {.name = "www.a.example", .version = versions[i]},
			     a_gemini = {.name = "a.example",
				     .version = versions[i],
				     .listener = 1,
				     .client = &client},
			     b = {.name = "b.example", .version = versions[i], .client = &client},
			     d = {.name = "d.example", .version = versions[i], .client = &client};
		int tickets;

		assert_true(resumes(a, a, &tickets));
		assert_int_equal(tickets, i == 0 ? 0 : 1);
		assert_true(resumes(a, a_too, NULL));
		assert_true(resumes(b, b, NULL));
		assert_false(resumes(a, b, &tickets));
		assert_true(tickets > 0);
		assert_false(resumes(b, d, NULL));
		assert_false(resumes(a, a_gemini, NULL));
	}
	site_client_free(&client);
}

/* A ticket of the same vhost from before its policy changed. */
static void a_changed_policy_ends_tickets(void **state)
{
	struct site_client client = site_client(0);

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct visit before = {
			.name = "b.example", .version = versions[i], .client = &client};
		struct visit after = {.name = "b.example", .version = versions[i]};

		visit_go(&site, &before);
		assert_true(before.good);
		site.bytes.vhosts[1].client_certificates = CLIENT_REQUIRE;
		after.session = before.ticket;
		visit_go(&site, &after);
		assert_false(after.good && SSL_is_init_finished(after.server));
		site.bytes.vhosts[1].client_certificates = CLIENT_REQUEST;
		visit_free(&after);
		visit_free(&before);
	}
	site_client_free(&client);
}

static void who_shows_no_certificate_gets_no_ticket(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct visit visit = {.name = "b.example", .version = versions[i]};

		visit_go(&site, &visit);
		assert_true(visit.good);
		if (visit.ticket)
			assert_false(SSL_SESSION_has_ticket(visit.ticket));
		visit_free(&visit);
	}
}

static void resumption_keeps_the_digest(void **state)
{
	struct site_client client = site_client(0);

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct visit first = {
			.name = "c.example", .version = versions[i], .client = &client};
		struct visit second = {.name = "c.example", .version = versions[i]};
		struct identity before, after;

		visit_go(&site, &first);
		assert_true(identity_of_client(first.server, &before));
		second.session = first.ticket;
		visit_go(&site, &second);
		assert_true(second.good);
		assert_true(SSL_session_reused(second.server));
		assert_true(identity_of_client(second.server, &after));
		assert_memory_equal(before.digest, after.digest, sizeof before.digest);
		assert_true(before.not_after == after.not_after);
		visit_free(&second);
		visit_free(&first);
	}
	site_client_free(&client);
}

/* One rotation: previous is dropped, each moves one place, a new one comes. */
static void rotate(void)
{
	struct ticket_key *key = site.tickets.keys.key;

	key[2] = key[1];
	key[1] = key[0];
	RAND_bytes((uint8_t *)&key[0], sizeof key[0]);
}

/* Whether the client has another ticket than the one it came with. */
static bool renewed(const struct visit *visit)
{
	const unsigned char *was, *is;
	size_t was_size, is_size;

	SSL_SESSION_get0_ticket(visit->session, &was, &was_size);
	SSL_SESSION_get0_ticket(
		visit->ticket ? visit->ticket : SSL_get_session(visit->ssl), &is, &is_size);
	return was_size != is_size || memcmp(was, is, is_size) != 0;
}

static void tickets_outlive_one_rotation(void **state)
{
	(void)state;
	for (int rotations = 0; rotations <= 2; rotations++)
		for (int i = 0; i < 2; i++) {
			struct visit first = {.name = "a.example", .version = versions[i]},
				     second = first;

			visit_go(&site, &first);
			assert_non_null(first.ticket);
			for (int n = 0; n < rotations; n++)
				rotate();
			second.session = first.ticket;
			visit_go(&site, &second);
			assert_true(second.good);
			assert_int_equal(SSL_session_reused(second.server), rotations < 2);
			/* TLS 1.2 gets a new one only for an old one. */
			assert_int_equal(renewed(&second), i == 1 || rotations > 0);
			visit_free(&second);
			visit_free(&first);
		}
}

static void a_ticket_of_the_next_key_is_good(void **state)
{
	struct visit first = {.name = "a.example", .version = TLS1_2_VERSION}, second = first;
	struct ticket_keys kept;

	(void)state;
	/* The other handshaker has rotated already, we have not. */
	kept = site.tickets.keys;
	rotate();
	visit_go(&site, &first);
	site.tickets.keys = kept;
	second.session = first.ticket;
	visit_go(&site, &second);
	assert_true(SSL_session_reused(second.server));
	assert_false(renewed(&second));
	visit_free(&second);
	visit_free(&first);
}

static void only_what_is_permitted_is_offered(void **state)
{
	struct site other;

	(void)state;
	site_make(&other);
	other.bytes.header.tls_minimum = TLS_MINIMUM_1_3;
	/* The kernel is required, and knows AES-256 alone. */
	other.kernel.policy = KERNEL_REQUIRE;
	for (int version = 0; version < 2; version++)
		for (int cipher = 1; cipher < 4; cipher++)
			other.kernel.probe.send[version][cipher] = cipher == 2 ? 0 : ENOENT;
	site_open(&other);
	assert_string_equal(other.contexts.suites_1_3, "TLS_AES_256_GCM_SHA384");
	for (int i = 0; i < 3; i++) {
		struct visit visit = {.name = "a.example",
			.version = i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION,
			.suites = i == 0   ? NULL
				  : i == 1 ? "TLS_AES_128_GCM_SHA256"
					   : "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"};

		visit_go(&other, &visit);
		assert_int_equal(visit.good, i == 2);
		if (i == 0)
			assert_int_equal(visit.alert, SSL_AD_PROTOCOL_VERSION);
		visit_free(&visit);
	}
	site_free(&other);
}

static void what_the_kernel_takes_comes_first(void **state)
{
	struct site other;

	(void)state;
	site_make(&other);
	other.kernel.policy = KERNEL_PREFER;
	for (int version = 0; version < 2; version++)
		other.kernel.probe.receive[version][1] = ENOENT;
	site_open(&other);
	assert_string_equal(other.contexts.suites_1_3,
		"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256");
	site_free(&other);
}

static void old_suites_are_refused(void **state)
{
	(void)state;
	expect((struct visit){.name = "a.example",
		       .version = TLS1_2_VERSION,
		       .suites = "ECDHE-ECDSA-AES128-SHA256:AES128-GCM-SHA256:DHE-RSA-AES128-GCM-"
				 "SHA256"},
		IMAGE_NONE, SSL_AD_HANDSHAKE_FAILURE);
}

static int set_up(void **state)
{
	(void)state;
	site_make(&site);
	site_open(&site);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	site_free(&site);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_lead_to_vhosts),
		cmocka_unit_test(an_address_is_a_name),
		cmocka_unit_test(a_name_is_remembered_as_sent),
		cmocka_unit_test(the_algorithms_choose_the_certificate),
		cmocka_unit_test(alpn_is_http_1_1_or_an_alert),
		cmocka_unit_test(client_certificates_as_the_vhost_says),
		cmocka_unit_test(dear_client_certificates_are_refused),
		cmocka_unit_test(tickets_are_good_for_one_vhost_and_policy),
		cmocka_unit_test(a_changed_policy_ends_tickets),
		cmocka_unit_test(who_shows_no_certificate_gets_no_ticket),
		cmocka_unit_test(resumption_keeps_the_digest),
		cmocka_unit_test(tickets_outlive_one_rotation),
		cmocka_unit_test(a_ticket_of_the_next_key_is_good),
		cmocka_unit_test(only_what_is_permitted_is_offered),
		cmocka_unit_test(what_the_kernel_takes_comes_first),
		cmocka_unit_test(old_suites_are_refused),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
