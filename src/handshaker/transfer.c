/* SPDX-License-Identifier: ISC */
#include "transfer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/ktls.h"
#include "base/log.h"

#include "identity.h"
#include "secrets.h"

/* ktls.h counts TLS 1.x by x. */
#define KTLS_VERSION(version) ((int)(version) + 1)
_Static_assert(KTLS_VERSION(TLS_1_2) == 2 && KTLS_VERSION(TLS_1_3) == 3, "base/ktls.h");

static void fill_record(const struct transfer *transfer, SSL *ssl,
	const struct negotiation *negotiation, struct handoff *record)
{
	const struct image *image = transfer->image;
	struct identity identity;

	memset(record, 0, sizeof *record);
	memcpy(record->build, build_id, BUILD_ID_SIZE);
	record->generation = image->header->generation;
	record->listener = negotiation->listener;
	record->vhost = negotiation->vhost;
	record->protocol = image->listeners[negotiation->listener].protocol;
	record->version = (uint8_t)secrets_version(ssl);
	record->cipher = (uint8_t)secrets_cipher(ssl);
	record->resumed = SSL_session_reused(ssl) == 1;
	record->named = negotiation->named;
	if (!identity_of_client(ssl, &identity))
		return;
	record->identified = 1;
	memcpy(record->digest, identity.digest, sizeof record->digest);
	record->not_before = identity.not_before;
	record->not_after = identity.not_after;
}

/* Whether the kernel can go on where OpenSSL stops. */
static bool fits_kernel(const struct transfer *transfer, SSL *ssl)
{
	const SSL_SESSION *session = SSL_get_session(ssl);

	/* Bytes that OpenSSL has read already are nowhere the kernel could find them, and the
	 * kernel's records are 16 KiB long whatever the client asked for (RFC 6066 §4). */
	return kernel_takes(transfer->kernel, secrets_version(ssl), secrets_cipher(ssl)) &&
	       !SSL_has_pending(ssl) && session &&
	       SSL_SESSION_get_max_fragment_length(session) == TLSEXT_max_fragment_length_DISABLED;
}

enum kernel_outcome {
	TAKEN,
	NOT_TAKEN, /* and nothing has changed */
	HALF_TAKEN,
};

static enum kernel_outcome give_keys(int socket, const struct session_keys *keys)
{
	int version = KTLS_VERSION(keys->version), cipher = (int)keys->cipher;

	if (ktls_set(socket, KTLS_SEND, version, cipher, &keys->send) < 0) {
		log_debug("the kernel refuses the keys to send with: %s", strerror(errno));
		return NOT_TAKEN;
	}
	if (ktls_set(socket, KTLS_RECEIVE, version, cipher, &keys->receive) < 0) {
		log_debug("the kernel refuses the keys to receive with: %s", strerror(errno));
		return HALF_TAKEN;
	}
	return TAKEN;
}

static enum kernel_outcome try_kernel(const struct transfer *transfer, SSL *ssl, int socket,
	bool attached, const struct negotiation *negotiation)
{
	struct session_keys keys;
	enum kernel_outcome outcome = NOT_TAKEN;

	if (!attached || !fits_kernel(transfer, ssl))
		return NOT_TAKEN;
	if (secrets_derive(&negotiation->secrets, ssl, &keys))
		outcome = give_keys(socket, &keys);
	session_keys_wipe(&keys);
	return outcome;
}

static void free_ssl(SSL *ssl)
{
	/* Otherwise OpenSSL takes the connection for one that broke, and marks its session as not
	 * to be resumed. */
	SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
	SSL_free(ssl);
}

static bool refuse(const struct transfer *transfer, SSL *ssl, int socket)
{
	counter_add(transfer->counters, COUNTER_RELAY_REFUSED, 1);
	free_ssl(ssl);
	close(socket);
	return false;
}

static void report_no_relay(int error)
{
	static struct log_limit limit;
	unsigned long more;

	if (!log_allowed(&limit, 10, &more))
		return;
	log_warnx("a connection was closed: %s (and %lu more before it)",
		error == EDQUOT ? "as many are relayed as limits.relayed allows" : strerror(error),
		more);
}

bool transfer_pack(const struct transfer *transfer, SSL *ssl, int socket, bool attached,
	struct negotiation *negotiation, struct parcel *parcel)
{
	enum kernel_outcome outcome;

	fill_record(transfer, ssl, negotiation, &parcel->record);
	parcel->relay = NULL;
	parcel->fd = socket;
	outcome = try_kernel(transfer, ssl, socket, attached, negotiation);
	secrets_wipe(&negotiation->secrets);
	contexts_end(ssl);
	if (outcome == HALF_TAKEN)
		return refuse(transfer, ssl, socket);
	if (outcome == TAKEN) {
		parcel->record.path = PATH_KERNEL;
		free_ssl(ssl);
		return true;
	}
	if (transfer->kernel->policy == KERNEL_REQUIRE)
		return refuse(transfer, ssl, socket);
	parcel->record.path = PATH_RELAYED;
	parcel->relay = relay_open(transfer->relays, ssl, socket,
		parcel->record.protocol == PROTOCOL_HTTPS, &parcel->fd);
	if (parcel->relay)
		return true;
	report_no_relay(errno);
	return false;
}

int transfer_send(const struct transfer *transfer, struct parcel *parcel)
{
	if (handoff_send(transfer->channel, &parcel->record, parcel->fd) < 0) {
		/* Too many descriptors or bytes are under way in this system: no event tells when
		 * that has changed. */
		if (errno == ETOOMANYREFS || errno == ENOMEM)
			errno = ENOBUFS;
		return -1;
	}
	close(parcel->fd);
	parcel->fd = -1;
	if (parcel->relay)
		relay_start(parcel->relay);
	parcel->relay = NULL;
	return 0;
}

void transfer_drop(struct parcel *parcel)
{
	if (parcel->fd >= 0)
		close(parcel->fd);
	if (parcel->relay)
		relay_drop(parcel->relay);
	parcel->fd = -1;
	parcel->relay = NULL;
}
