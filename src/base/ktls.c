/* SPDX-License-Identifier: ISC */
#include "base/ktls.h"

#include <endian.h>
#include <errno.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

/* Where the kernel wants what, by cipher. Sizes in bytes, places from the start of its structure.
 */
struct row {
	uint16_t type;
	uint8_t size;
	uint8_t key_at, key_size;
	uint8_t salt_at, salt_size; /* the first bytes of struct ktls_keys' iv */
	uint8_t iv_at, iv_size;     /* and the rest of it */
	uint8_t sequence_at;
};

#define ROW(structure, constant)                                                        \
	{                                                                               \
		.type = TLS_CIPHER_##constant,                                          \
		.size = sizeof(struct tls12_crypto_info_##structure),                   \
		.key_at = offsetof(struct tls12_crypto_info_##structure, key),          \
		.key_size = TLS_CIPHER_##constant##_KEY_SIZE,                           \
		.salt_at = offsetof(struct tls12_crypto_info_##structure, salt),        \
		.salt_size = TLS_CIPHER_##constant##_SALT_SIZE,                         \
		.iv_at = offsetof(struct tls12_crypto_info_##structure, iv),            \
		.iv_size = TLS_CIPHER_##constant##_IV_SIZE,                             \
		.sequence_at = offsetof(struct tls12_crypto_info_##structure, rec_seq), \
	}

#define CIPHERS 4 /* one more than there are: 0 is none */

static const struct row rows[CIPHERS] = {
	[1] = ROW(aes_gcm_128, AES_GCM_128),
	[2] = ROW(aes_gcm_256, AES_GCM_256),
	[3] = ROW(chacha20_poly1305, CHACHA20_POLY1305),
};

#define INFO_SIZE 64 /* fits the structure of every row */

_Static_assert(sizeof(struct tls12_crypto_info_aes_gcm_128) <= INFO_SIZE, "INFO_SIZE");
_Static_assert(sizeof(struct tls12_crypto_info_aes_gcm_256) <= INFO_SIZE, "INFO_SIZE");
_Static_assert(sizeof(struct tls12_crypto_info_chacha20_poly1305) <= INFO_SIZE, "INFO_SIZE");
_Static_assert(TLS_CIPHER_AES_GCM_128_SALT_SIZE + TLS_CIPHER_AES_GCM_128_IV_SIZE == 12, "iv");
_Static_assert(TLS_CIPHER_AES_GCM_256_SALT_SIZE + TLS_CIPHER_AES_GCM_256_IV_SIZE == 12, "iv");
_Static_assert(TLS_CIPHER_CHACHA20_POLY1305_IV_SIZE == 12, "iv");

int ktls_attach(int socket)
{
	static const char name[] = "tls";

	if (setsockopt(socket, IPPROTO_TCP, TCP_ULP, name, sizeof name) == 0 || errno == EEXIST)
		return 0;
	return -1;
}

int ktls_set(int socket, enum ktls_direction direction, int version, int cipher,
	const struct ktls_keys *keys)
{
	_Alignas(8) unsigned char info[INFO_SIZE] = {0};
	struct tls_crypto_info header;
	const struct row *row;
	uint64_t sequence = htobe64(keys->sequence);
	int result, error;

	if ((version != 2 && version != 3) || cipher < 1 || cipher >= CIPHERS) {
		errno = ENOTSUP;
		return -1;
	}
	row = &rows[cipher];
	header.version = version == 2 ? TLS_1_2_VERSION : TLS_1_3_VERSION;
	header.cipher_type = row->type;
	memcpy(info, &header, sizeof header);
	memcpy(info + row->key_at, keys->key, row->key_size);
	memcpy(info + row->salt_at, keys->iv, row->salt_size);
	memcpy(info + row->iv_at, keys->iv + row->salt_size, row->iv_size);
	memcpy(info + row->sequence_at, &sequence, sizeof sequence);
	result = setsockopt(
		socket, SOL_TLS, direction == KTLS_SEND ? TLS_TX : TLS_RX, info, row->size);
	error = errno;
	explicit_bzero(info, sizeof info);
	errno = error;
	return result;
}

/* ---- the probe ------------------------------------------------------------------------------ */

static int close_with_errno(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

/* A listening socket on the loopback; IPv6 where there is no IPv4. */
static int loopback_listen(struct sockaddr_storage *address, socklen_t *length)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};

	for (int family = 0; family < 2; family++) {
		int fd = socket(
			family == 0 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

		memset(address, 0, sizeof *address);
		*length = family == 0 ? sizeof v4 : sizeof v6;
		memcpy(address, family == 0 ? (const void *)&v4 : (const void *)&v6, *length);
		if (fd >= 0 && bind(fd, (struct sockaddr *)address, *length) == 0 &&
			listen(fd, 1) == 0 &&
			getsockname(fd, (struct sockaddr *)address, length) == 0)
			return fd;
		close_with_errno(fd);
	}
	return -1;
}

/*
 * Both ends of a new connection. The address is one that only this process knows, but a stranger
 * may still have found the port: what the listener gives out is not examined, it is only probed.
 */
static int loopback_connect(
	int listener, const struct sockaddr_storage *address, socklen_t length, int *accepted)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);

	if (fd < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)address, length) < 0)
		return close_with_errno(fd);
	*accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (*accepted < 0)
		return close_with_errno(fd);
	return fd;
}

/* Keys can be set once per connection: each version and cipher wants its own. */
static void probe_cipher(struct ktls_probe *probe, int socket, int version, int cipher)
{
	struct ktls_keys keys = {.sequence = 0};

	probe->attach = ktls_attach(socket) == 0 ? 0 : errno;
	if (probe->attach != 0) {
		probe->send[version - 2][cipher] = probe->attach;
		probe->receive[version - 2][cipher] = probe->attach;
		return;
	}
	probe->send[version - 2][cipher] =
		ktls_set(socket, KTLS_SEND, version, cipher, &keys) == 0 ? 0 : errno;
	probe->receive[version - 2][cipher] =
		ktls_set(socket, KTLS_RECEIVE, version, cipher, &keys) == 0 ? 0 : errno;
}

int ktls_probe(struct ktls_probe *probe)
{
	struct sockaddr_storage address;
	socklen_t length;
	int listener = loopback_listen(&address, &length);

	memset(probe, 0, sizeof *probe);
	if (listener < 0)
		return -1;
	for (int version = 2; version <= 3; version++) {
		for (int cipher = 1; cipher < CIPHERS; cipher++) {
			int accepted,
				client = loopback_connect(listener, &address, length, &accepted);

			if (client < 0)
				return close_with_errno(listener);
			probe_cipher(probe, accepted, version, cipher);
			close(accepted);
			close(client);
		}
	}
	close(listener);
	return 0;
}

/* ---- in plain words ------------------------------------------------------------------------- */

const char *ktls_cause(int cipher, int error)
{
	static const char *const lacking[CIPHERS] = {
		[1] = "the kernel has no gcm(aes), which AES-128-GCM needs",
		[2] = "the kernel has no gcm(aes), which AES-256-GCM needs",
		[3] = "the kernel has no rfc7539(chacha20,poly1305), which ChaCha20-Poly1305 needs",
	};

	switch (error) {
	case 0:
		return "the kernel can do it";
	case ENOENT:
		if (cipher > 0 && cipher < CIPHERS)
			return lacking[cipher];
		return "the kernel module \"tls\" is not loaded";
	case ENOPROTOOPT:
		return "this kernel knows nothing of TLS in the kernel";
	case EPERM:
	case EACCES:
		return "a security policy forbids it";
	case EINVAL:
	case ENOTSUP:
		return cipher > 0 ? "this kernel is too old for this cipher or TLS version"
				  : "this kernel refuses TLS on a TCP socket";
	case ENOMEM:
	case ENOBUFS:
		return "the kernel has no memory for it";
	default:
		return "the kernel refuses it for a reason that is not known here";
	}
}

const char *ktls_remedy(int cipher, int error)
{
	switch (error) {
	case 0:
		return "nothing needs to be done";
	case ENOENT:
		if (cipher == 3)
			return "run \"modprobe chacha20poly1305\" as root on the host, and name "
			       "the "
			       "module in /etc/modules-load.d/sulid.conf so that it is loaded at "
			       "every start";
		if (cipher > 0)
			return "run \"modprobe gcm\" (and aesni_intel on x86, aes_ce_blk on ARM) "
			       "as "
			       "root on the host, and name the modules in "
			       "/etc/modules-load.d/sulid.conf so that they are loaded at every "
			       "start";
		return "run \"modprobe tls\" as root on the host, and put a line \"tls\" into "
		       "/etc/modules-load.d/sulid.conf so that it is loaded at every start; if "
		       "there is no such module, this kernel was built without CONFIG_TLS";
	case EPERM:
	case EACCES:
		return "look for refusals of SELinux in the audit log (ausearch -m avc -ts "
		       "recent), and of the container's seccomp profile";
	case ENOMEM:
	case ENOBUFS:
		return "free memory, or give this service more of it";
	case ENOPROTOOPT:
	case EINVAL:
	case ENOTSUP:
		return "run a kernel of 5.11 or later that was built with CONFIG_TLS";
	default:
		return "run \"sulid doctor\" as root, and look into the kernel's log";
	}
}
