/* SPDX-License-Identifier: ISC */
#ifndef SULID_CONTRACT_CONTROL_H
#define SULID_CONTRACT_CONTROL_H

/* clang-format off */
/*
 * Supervisor ⇄ child, over one SOCK_SEQPACKET pair per child. One struct control per message, with
 * at most one descriptor. Neither side waits for an answer. End of file on it ends the child.
 *
 *   supervisor → child
 *     CONTROL_DRAIN        stop accepting, finish. "index" 1: another generation has taken over,
 *                          and what this one knows of identities is outdated
 *     CONTROL_ROOT         root "index" is now fd (worker); no fd: it is gone
 *     CONTROL_LOG          access log "index" is now fd (worker); IMAGE_NONE: the error log (all)
 *     CONTROL_TICKETS      new ticket keys in fd (handshaker)
 *     CONTROL_COUNTERS     counters "index" of a process are fd (admin); no fd: it is gone
 *     CONTROL_READY        to admin: index 1 all is ready, 0 not; "text" names what is not
 *
 *   child → supervisor
 *     CONTROL_KERNEL       what the kernel can encrypt (handshaker, before READY)
 *     CONTROL_CERTIFICATE  facts about certificate "index" (handshaker, before READY)
 *     CONTROL_FAILED       cannot start: "text" says why; it exits with "code"
 *     CONTROL_READY        serving
 *     CONTROL_LOGGED       the new log is in use
 *     CONTROL_OUTDATED     worker: nobody is let in any more by identities that are outdated
 *     CONTROL_DRAINED      handshaker: accepts nothing more, and has handed over its last
 */
/* clang-format on */

#include <stddef.h>
#include <stdint.h>

#include "contract/build.h"
#include "contract/handoff.h"

enum control_type {
	CONTROL_DRAIN = 1,
	CONTROL_ROOT,
	CONTROL_LOG,
	CONTROL_TICKETS,
	CONTROL_COUNTERS,
	CONTROL_KERNEL,
	CONTROL_CERTIFICATE,
	CONTROL_FAILED,
	CONTROL_READY,
	CONTROL_LOGGED,
	CONTROL_OUTDATED,
	CONTROL_DRAINED,
	CONTROL_TYPE_COUNT,
};

/* What a probe found, per version and cipher: 0 the kernel encrypts, else the errno. */
struct control_kernel {
	int32_t tx[TLS_VERSION_COUNT][CIPHER_COUNT];
	int32_t rx[TLS_VERSION_COUNT][CIPHER_COUNT];
	int32_t ulp; /* errno of TCP_ULP, 0 if it could be attached */
};

enum certificate_problem {
	CERTIFICATE_GOOD,
	CERTIFICATE_UNREADABLE, /* the chain is not PEM, or empty */
	CERTIFICATE_KEY_UNREADABLE,
	CERTIFICATE_MISMATCH, /* the key is not this certificate's */
	CERTIFICATE_WEAK,     /* OpenSSL's security level refuses it */
};

struct control_certificate {
	uint32_t problem;       /* enum certificate_problem; all else is 0 unless GOOD */
	uint32_t names_wanted;  /* how many names its vhosts have, "*" apart */
	uint32_t names_missing; /* how many of these it does not cover */
	uint32_t names_count;   /* how many are in it, also those that "names" has no room for */
	uint8_t digest[DIGEST_SIZE];
	int64_t not_before; /* Unix time, seconds */
	int64_t not_after;
	char key[16];      /* "ECDSA P-256", "RSA 2048" */
	char names[256];   /* subjectAltName, comma separated, cut to fit */
	char reason[160];  /* why, if there is a problem */
	char missing[128]; /* the first name it does not cover */
};

struct control {
	uint8_t build[BUILD_ID_SIZE];
	uint32_t type;
	uint32_t index;
	int32_t code; /* CONTROL_FAILED: enum exit_status */
	uint32_t reserved;
	union {
		struct control_kernel kernel;
		struct control_certificate certificate;
		char text[512];
	};
};

#define TICKET_KEYS 3 /* next, current, previous: accept all, issue with current */

/* The content of a CONTROL_TICKETS memfd. Random bytes; never on disk. */
struct ticket_keys {
	struct ticket_key {
		uint8_t name[16];
		uint8_t cipher[32]; /* AES-256-CBC */
		uint8_t mac[32];    /* HMAC-SHA-256 */
	} key[TICKET_KEYS];         /* [0] next, [1] current, [2] previous */
};

/* A message of this type, all else 0. */
struct control control_make(enum control_type type, uint32_t index);

/* fd may be -1; the caller keeps it. -1 with errno. */
int control_send(int channel, const struct control *message, int fd);

/*
 * Receive one message; *fd is the descriptor that came along (close-on-exec, the caller's) or -1.
 * Returns 1; 0 at end of file; -1 with errno: EAGAIN, EBADMSG (wrong size, type, truncated,
 * unterminated text), EPROTO (another build).
 */
int control_receive(int channel, struct control *message, int *fd);

#endif
