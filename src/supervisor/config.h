/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_CONFIG_H
#define SULID_SUPERVISOR_CONFIG_H

/*
 * The configuration. It comes from YAML (config_load) or is put together by code (config_new,
 * config_add_vhost, config_set); config_finish ends both: inheritance, the lists of what is
 * listened on and opened, and the checks that cross keys. Nothing here opens what the configuration
 * names, nor asks the network.
 *
 * All memory belongs to the configuration and is freed with it; strings are never freed singly.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "contract/image.h"

#include "arena.h"
#include "diagnostics.h"
#include "keys.h"

#define CONFIG_STATE      "/var/lib/sulid"
#define CONFIG_MIME_TYPES "/etc/mime.types"
#define CONFIG_NONE       UINT64_MAX /* number of a value that is "none" or "auto" */

struct config_text {
	const char *text;
	struct position position;
};

/* Addresses whose first bits are the same. */
struct config_network {
	struct image_network network; /* "allow" is not set */
	struct position position;
};

struct config_endpoint {
	struct address address; /* family 0 for "*"; port 0: any free one */
	enum protocol protocol;
	struct position position;
	const struct config_network *proxy; /* whose connections begin with a PROXY header */
	uint32_t proxy_count;
	uint32_t listener; /* index; made by config_finish */
};

/* A chain and its key, both paths. */
struct config_pair {
	const char *chain;
	const char *key;
	struct position position; /* of the chain, or of the directory */
	struct position key_position;
};

struct config_header {
	const char *name;  /* as it is written */
	const char *value; /* NULL: it is taken away */
	struct position position;
};

struct config_page {
	uint32_t status;
	const char *path;
	struct position position;
};

/* How near to the vhost a value was said. */
enum config_origin {
	ORIGIN_NONE,
	ORIGIN_STANDARD,
	ORIGIN_TOP,
	ORIGIN_DEFAULTS,
	ORIGIN_VHOST,
	ORIGIN_PATH
};

enum hsts_flag {
	HSTS_SUBDOMAINS = 1 << 0,
	HSTS_PRELOAD = 1 << 1,
};

/* The value of one key, by its kind (keys.h). */
struct value {
	struct position position;
	uint64_t number;
	const char *text;
	const void *list;
	uint32_t count;
	uint16_t word; /* of the row's words, from 1; 0: it is none of them */
	uint16_t origin;
};

/* Of one file name ending; a value with ORIGIN_NONE was not said. */
struct config_type {
	const char *ending; /* lower case, without the dot */
	struct position position;
	struct value type;
	struct value lang;
	struct value charset;
	struct value cache;
};

/* How often one client may ask. */
struct config_pace {
	uint32_t requests; /* in the long run */
	uint32_t seconds;  /* in so many */
	uint32_t burst;    /* requests at once */
};

struct config_said {
	enum key key;
	struct value value;
};

/* What was said for a path of a vhost, and nothing that it inherits: see config_settings.h. */
struct config_location {
	const char *path; /* with a slash at its end all below, else exactly it */
	struct position position;
	struct config_said *said; /* by key */
	size_t said_count;
	/* made by config_finish */
	const struct config_location *parent; /* the next shorter that covers it, or NULL */
	uint32_t root;                        /* index, or IMAGE_NONE if it says none */
};

/* Client certificates by name. */
struct config_group {
	const char *name;
	struct position position;
	const char *file; /* NULL: its digests are in the configuration */
	struct position file_position;
	struct image_digest *digests; /* sorted, each once; of a file since config_groups_read */
	size_t count;
};

/* A directory or file, once for all that name it; position: of the first. */
struct config_path {
	const char *path; /* of a log: NULL for standard output */
	struct position position;
};

struct config_name {
	const char *name; /* lower case, A-labels, IPv6 without brackets; of a wildcard only what
			     follows "*", which of "*" is nothing */
	uint32_t vhost;
	bool wildcard;
	bool moved; /* of "moved_from" */
	struct position position;
};

/* An address with a port, once for all that listen on it. */
struct config_listener {
	struct address address; /* port 0: any free one. Of "*" only the port matters */
	bool any;               /* "*": IPv6 and IPv4, whichever there is */
	enum protocol protocol; /* HTTP, HTTPS or GEMINI */
	struct position position;
	struct config_name *names; /* in the order of image.h */
	size_t name_count;
	uint32_t fallback; /* as in image.h */
	bool any_name;
	const struct config_network *proxy; /* those of the first that names it */
	uint32_t proxy_count;
};

/* Consecutive certificates are those of one vhost, or of several that name the same ones. */
struct config_certificate {
	const char *chain;
	const char *key;
	struct position position;
	struct position key_position;
	uint32_t vhost;  /* the first that uses it */
	bool made_by_us; /* `certificate: auto`: to be made if it is not there */
};

struct config_vhost {
	struct position position;
	struct value values[KEYS_OF_VHOST_COUNT];
	/* from here on made by config_finish */
	const char *name;                  /* the first */
	uint32_t root;                     /* index; IMAGE_NONE after an error only */
	struct config_location *locations; /* by path, as memcmp has it */
	size_t location_count;
	struct config_endpoint *endpoints; /* the value of KEY_LISTEN */
	uint32_t log;                      /* index, or IMAGE_NONE */
	uint32_t first_certificate;
	uint32_t certificate_count;
	uint32_t
		listen_said; /* addresses before config_finish left out those that are not for it */
	uint32_t https;      /* index of the listener where redirects lead, or IMAGE_NONE */
	enum http_mode http;
	enum client_certificates client_certificates;
	enum client_certificates client_certificates_gemini;
};

struct config {
	struct arena arena;
	const char *file;               /* as given; NULL if made by code */
	const char *state;              /* directory below which certificates of our own are kept */
	const char *mime_types;         /* file of media types for image_build */
	struct value values[KEY_COUNT]; /* the first ones are what the top says for all vhosts */
	struct value defaults[KEYS_OF_VHOST_COUNT];
	struct config_vhost **vhosts; /* in the order of the files */
	size_t vhost_count;
	struct config_group *groups; /* in the order of the files, from config_finish on by name */
	size_t group_count;
	/* from here on made by config_finish */
	struct config_listener *listeners;
	size_t listener_count;
	struct config_certificate *certificates;
	size_t certificate_count;
	struct config_path *roots;
	size_t root_count;
	struct config_path *logs;
	size_t log_count;
	const char *acme_path;         /* NULL: none */
	struct position acme_position; /* line 0: the default, which need not exist */
	unsigned workers;
	unsigned handshakers;
	int nice;
};

/*
 * Read a file ("-": standard input) with all that it includes. NULL if there was an error;
 * diagnostics tells.
 */
struct config *config_load(const char *path, struct diagnostics *diagnostics);

/*
 * The same from memory. name stands in messages; relative paths start at "directory" (absolute).
 * directory NULL: at "/", nothing can be included, and no file is touched.
 */
struct config *config_load_bytes(const char *name, const char *directory, const char *bytes,
	size_t size, struct diagnostics *diagnostics);

/* Defaults only, and no vhost. Relative paths start at the current directory. */
struct config *config_new(void);
struct config_vhost *config_add_vhost(struct config *config);

/*
 * Set a key as if the file said so: one value, or a list's. vhost NULL: at the top. The key is one
 * with a value of its own (KEY_INDEX_HTTP, not KEY_INDEX). false: refused, see diagnostics.
 */
bool config_set(struct config *config, struct config_vhost *vhost, enum key key,
	const char *const values[], size_t count, struct diagnostics *diagnostics);

/* Before it config->state and ->mime_types may be changed. false: there are errors, do not use it.
 */
bool config_finish(struct config *config, struct diagnostics *diagnostics);

void config_free(struct config *config);

/* KIND_NUMBER, SIZE, TIME, RATE, CHOICE, BOOLEAN; CONFIG_NONE for "none". */
static inline uint64_t config_number(const struct config *config, enum key key)
{
	return config->values[key].number;
}

/* KIND_PATH, ACCOUNT; NULL if it is a word such as "none", or of "run", if this user has no place
 * for it. */
static inline const char *config_text(const struct config *config, enum key key)
{
	return config->values[key].text;
}

/* Is there a listener that needs a handshaker? */
bool config_has_tls(const struct config *config);

/* Does the vhost say one, be it auto? */
bool config_has_certificate(const struct config_vhost *vhost);

/* Is a protocol among what the vhost listens on? Final after config_finish. */
bool config_listens(const struct config_vhost *vhost, enum protocol protocol);

/* "https://[2001:db8::7]:8443" into text; port: the one really bound, or address.port. Returns
 * text. */
#define CONFIG_ENDPOINT_TEXT (ADDRESS_TEXT + 24)
const char *config_endpoint_format(enum protocol protocol, const struct address *address,
	uint16_t port, char text[static CONFIG_ENDPOINT_TEXT]);

#endif
