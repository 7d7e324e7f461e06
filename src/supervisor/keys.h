/* SPDX-License-Identifier: ISC */
#ifndef SULID_SUPERVISOR_KEYS_H
#define SULID_SUPERVISOR_KEYS_H

/*
 * Every key of the configuration. Parser, defaults, inheritance, `sulid config`, "did you mean"
 * and the list in sulid.yaml(5) are made from this table. A plain setting is one row here, its use
 * (config_number, config_text), and the manual.
 *
 *   X(constant, name, kind, where it is allowed, one line of help, more…)
 *
 * more: .standard  its default, as one would write it; a list's items separated by ", "
 *       .words     values by name, separated by "|". Of a CHOICE in the order of its enum; else
 *                  beside what the kind allows. value.word is the number of the word, from 1
 *       .minimum, .maximum  in bytes, milliseconds, bytes per second, or as it is
 *       .inside    where the keys in it are allowed
 *
 * A key of kind LATER is known and refused by name.
 */

#include <stdint.h>

enum key_scope {
	IN_TOP = 1 << 0,
	IN_INCLUDED = 1 << 1,
	IN_DEFAULTS = 1 << 2,
	IN_VHOST = 1 << 3,
	IN_PATH = 1 << 4,
	IN_INDEX = 1 << 5,
	IN_PROCESSES = 1 << 6,
	IN_TLS = 1 << 7,
	IN_LIMITS = 1 << 8,
	IN_TIMEOUTS = 1 << 9,
	IN_DRAIN = 1 << 10,
	IN_USER = 1 << 11,
	IN_ADMIN = 1 << 12,
	IN_LOG = 1 << 13,
	IN_VHOST_LOG = 1 << 14,
	IN_PAIR = 1 << 15,
	IN_ENDPOINT = 1 << 16,
	IN_TYPE = 1 << 17,
	IN_PACE = 1 << 18,
};

enum key_kind {
	KIND_MAP,         /* of keys, see .inside */
	KIND_VHOSTS,      /* the vhosts */
	KIND_DEFAULTS,    /* what every vhost starts from */
	KIND_GROUPS,      /* name of a group → file, or digests */
	KIND_PATHS,       /* path → keys, list of struct config_location */
	KIND_NUMBER,      /* number */
	KIND_SIZE,        /* number: bytes */
	KIND_TIME,        /* number: milliseconds */
	KIND_RATE,        /* number: per second */
	KIND_PACE,        /* list of one struct config_pace */
	KIND_FREQUENCY,   /* number: requests, count: in so many seconds */
	KIND_AGE,         /* number: milliseconds, whole seconds */
	KIND_HSTS,        /* likewise, and count: enum hsts_flag */
	KIND_CHOICE,      /* number: which of .words, from 0 */
	KIND_BOOLEAN,     /* number: 0 or 1 */
	KIND_PATH,        /* text: absolute; NULL if it is one of .words */
	KIND_SITE_PATH,   /* text: a path of the site */
	KIND_TARGET,      /* text: where a redirect leads */
	KIND_PROMPT,      /* text: what a client asks its user */
	KIND_ACCOUNT,     /* text: name of a user */
	KIND_CHARSET,     /* text; NULL if it is one of .words */
	KIND_MEDIA_TYPE,  /* text, without parameters */
	KIND_URL,         /* list of one struct config_endpoint */
	KIND_NAMES,       /* list of struct config_text: host names */
	KIND_PLAIN_NAMES, /* likewise, without wildcards */
	KIND_FILES,       /* list of struct config_text: file names without a slash */
	KIND_ENDINGS,     /* list of struct config_text: each with its dot */
	KIND_LANGUAGES,   /* list of struct config_text */
	KIND_PATTERNS,    /* list of struct config_text: files to include */
	KIND_IDENTITIES,  /* list of struct config_text: groups; or one of .words */
	KIND_LISTEN,      /* list of struct config_endpoint */
	KIND_CERTIFICATE, /* list of struct config_pair; or one of .words */
	KIND_NETWORKS,    /* list of struct config_network, sorted; or one of .words */
	KIND_HEADERS,     /* name → value, list of struct config_header, sorted */
	KIND_PAGES,       /* status → path, list of struct config_page, sorted */
	KIND_TYPES,       /* ending → keys, list of struct config_type, sorted */
	KIND_LATER,       /* not built yet */
};

#define KEY_SECOND    1000
#define KEY_MINUTE    (60 * KEY_SECOND)
#define KEY_HOUR      (60 * KEY_MINUTE)
#define KEY_DAY       (24 * KEY_HOUR)
#define KEY_YEAR      (365 * (uint64_t)KEY_DAY)
#define KEY_KILO      1024
#define KEY_PER_VHOST (IN_DEFAULTS | IN_VHOST)

/* clang-format off */

/* What a vhost may say. Those allowed at the top, too, hold there for all vhosts. */
#define KEYS_OF_VHOST(X)                                                                           \
	X(NAMES, "names", NAMES, IN_VHOST,                                                         \
	  "host names; the first is the one that redirects lead to")                               \
	X(MOVED_FROM, "moved_from", PLAIN_NAMES, IN_VHOST,                                         \
	  "names that are redirected to the first of names")                                       \
	X(LISTEN, "listen", LISTEN, IN_TOP | KEY_PER_VHOST,                                        \
	  "https://, http:// or gemini://, then * or an address, then :PORT; or {url, proxy}",     \
	  .standard = "https://*:443, http://*:80, gemini://*:1965", .inside = IN_ENDPOINT)        \
	X(ROOT, "root", PATH, KEY_PER_VHOST | IN_PATH, "directory that is served")                 \
	X(CERTIFICATE, "certificate", CERTIFICATE, KEY_PER_VHOST,                                  \
	  "directory with fullchain.pem and privkey.pem, {chain: …, key: …}, a list, or auto",     \
	  .words = "none|auto", .standard = "none", .inside = IN_PAIR)                             \
	X(HTTP, "http", CHOICE, KEY_PER_VHOST,                                                     \
	  "what http requests get; redirect if there is a certificate and https",                  \
	  .words = "serve|redirect|none")                                                          \
	X(INDEX, "index", MAP, KEY_PER_VHOST, "files that answer for their directory",             \
	  .inside = IN_INDEX)                                                                      \
	X(INDEX_HTTP, "http", FILES, IN_INDEX, "on http and https; the first that exists",         \
	  .standard = "index.html")                                                                \
	X(INDEX_GEMINI, "gemini", FILES, IN_INDEX, "on Gemini", .standard = "index.gmi")           \
	X(TRY, "try", ENDINGS, KEY_PER_VHOST | IN_PATH,                                            \
	  "endings to try for a name that is not there")                                           \
	X(FALLBACK, "fallback", SITE_PATH, KEY_PER_VHOST | IN_PATH,                                \
	  "path of the file that answers for all that is not there")                               \
	X(ERROR_PAGES, "error_pages", PAGES, KEY_PER_VHOST | IN_PATH,                              \
	  "status → path of the file that is its page")                                            \
	X(LISTING, "listing", BOOLEAN, KEY_PER_VHOST | IN_PATH,                                    \
	  "list directories without an index", .standard = "false")                                \
	X(HEADERS, "headers", HEADERS, KEY_PER_VHOST | IN_PATH,                                    \
	  "name → value of response headers; null takes one away")                                 \
	X(HSTS, "hsts", HSTS, KEY_PER_VHOST,                                                       \
	  "Strict-Transport-Security on https: a time, or [TIME, subdomains, preload]",            \
	  .words = "none|subdomains|preload", .standard = "none", .maximum = 50 * KEY_YEAR)        \
	X(CACHE, "cache", AGE, KEY_PER_VHOST | IN_PATH | IN_TYPE,                                  \
	  "how long clients may keep a response",                                                  \
	  .words = "none|no-cache|no-store|immutable", .standard = "none",                         \
	  .maximum = 50 * KEY_YEAR)                                                                \
	X(TYPES, "types", TYPES, KEY_PER_VHOST, "settings by file name ending",                    \
	  .inside = IN_TYPE)                                                                       \
	X(CHARSET, "charset", CHARSET, KEY_PER_VHOST | IN_TYPE, "what text is written in",         \
	  .words = "none", .standard = "utf-8")                                                    \
	X(DOTFILES, "dotfiles", CHOICE, KEY_PER_VHOST | IN_PATH,                                   \
	  "files and directories whose names begin with a dot",                                    \
	  .words = "refuse|serve", .standard = "refuse")                                           \
	X(SYMLINKS, "symlinks", CHOICE, KEY_PER_VHOST | IN_PATH,                                   \
	  "symbolic links that are followed: within the root, or of one owner with their target",  \
	  .words = "within|never|owner", .standard = "within")                                     \
	X(ALLOW, "allow", NETWORKS, KEY_PER_VHOST | IN_PATH, "networks that may, and nobody else", \
	  .words = "any", .standard = "any")                                                       \
	X(DENY, "deny", NETWORKS, KEY_PER_VHOST | IN_PATH, "networks that may not",                \
	  .words = "none", .standard = "none")                                                     \
	X(IDENTITIES, "identities", IDENTITIES, KEY_PER_VHOST | IN_PATH,                           \
	  "groups of client certificates that may, and nobody else",                               \
	  .words = "any", .standard = "any")                                                       \
	X(CLIENT_CERTIFICATES, "client_certificates", CHOICE, KEY_PER_VHOST,                       \
	  "whether clients are asked for one; auto: on Gemini, and where identities want it",      \
	  .words = "none|request|require|auto", .standard = "auto")                                \
	X(SLOW_DOWN, "slow_down", PACE, KEY_PER_VHOST | IN_PATH,                                   \
	  "requests of one client, such as 5/s or 30/m, or {rate: 5/s, burst: 20}",                \
	  .words = "none", .standard = "none", .inside = IN_PACE)                                  \
	X(REQUEST_ID, "request_id", BOOLEAN, IN_TOP | KEY_PER_VHOST,                               \
	  "number each response in X-Request-Id and in the log", .standard = "false")              \
	X(VHOST_LOG, "log", MAP, KEY_PER_VHOST, "the vhost's own log", .inside = IN_VHOST_LOG)     \
	X(LOG_ACCESS, "access", PATH, IN_LOG | IN_VHOST_LOG, "access log: a file, stdout or none", \
	  .words = "none|stdout", .standard = "/var/log/sulid/access.log")                         \
	X(LOG_FORMAT, "format", CHOICE, IN_LOG | IN_VHOST_LOG, "format of its lines",              \
	  .words = "json|combined", .standard = "json")                                            \
	X(LOG_CLIENTS, "clients", CHOICE, IN_LOG | IN_VHOST_LOG,                                   \
	  "how much of a client's address is kept: network is /24 and /48",                        \
	  .words = "full|network|none", .standard = "full")                                        \
	X(PATHS, "paths", PATHS, KEY_PER_VHOST,                                                    \
	  "path → settings for it; all below if it ends in a slash", .inside = IN_PATH)            \
	X(MOVED, "moved", TARGET, IN_PATH, "where it leads for good")                              \
	X(REDIRECT, "redirect", TARGET, IN_PATH, "where it leads for now")                         \
	X(GONE, "gone", BOOLEAN, IN_PATH, "was here and will not come back")                       \
	X(INPUT, "input", PROMPT, IN_PATH, "question whose answer names a file below answers")     \
	X(SENSITIVE_INPUT, "sensitive_input", PROMPT, IN_PATH,                                     \
	  "the same for what is not shown while it is typed, and not logged")                      \
	X(ANSWERS, "answers", SITE_PATH, IN_PATH, "path below which answers name files")

/* What holds for the whole server. */
#define KEYS_OF_SERVER(X)                                                                          \
	X(INCLUDE, "include", PATTERNS, IN_TOP,                                                    \
	  "further files, each with vhosts; * and ? as in a shell")                                \
	X(ACME, "acme", PATH, IN_TOP,                                                              \
	  "directory behind /.well-known/acme-challenge/ on http, for every name",                 \
	  .words = "none", .standard = "/var/lib/sulid/acme")                                      \
	X(GROUPS, "groups", GROUPS, IN_TOP | IN_INCLUDED,                                          \
	  "name → file of client certificates' digests, or a list of them")                        \
	X(DEFAULTS, "defaults", DEFAULTS, IN_TOP,                                                  \
	  "what every vhost starts from", .inside = IN_DEFAULTS)                                   \
	X(VHOSTS, "vhosts", VHOSTS, IN_TOP | IN_INCLUDED, "the sites", .inside = IN_VHOST)         \
	X(CHAIN, "chain", PATH, IN_PAIR,                                                           \
	  "file with the certificate and those that it is signed by")                              \
	X(KEY, "key", PATH, IN_PAIR, "file with its private key")                                  \
	X(URL, "url", URL, IN_ENDPOINT, "what is listened on")                                     \
	X(PROXY, "proxy", NETWORKS, IN_ENDPOINT,                                                   \
	  "networks whose connections begin with a PROXY header")                                  \
	X(PACE_RATE, "rate", FREQUENCY, IN_PACE, "requests in the long run, such as 5/s or 30/m",  \
	  .minimum = 1, .maximum = 1000000)                                                        \
	X(PACE_BURST, "burst", NUMBER, IN_PACE, "requests at once; as many as the rate names",     \
	  .minimum = 1, .maximum = 1000000)                                                        \
	X(TYPE, "type", MEDIA_TYPE, IN_TYPE, "media type, without parameters")                     \
	X(LANG, "lang", LANGUAGES, IN_TYPE, "languages it is written in")                          \
	X(PROCESSES, "processes", MAP, IN_TOP, "how many processes", .inside = IN_PROCESSES)       \
	X(WORKERS, "workers", NUMBER, IN_PROCESSES,                                                \
	  "processes that serve; auto: one per processor",                                         \
	  .words = "auto", .standard = "auto", .minimum = 1, .maximum = 64)                        \
	X(HANDSHAKERS, "handshakers", NUMBER, IN_PROCESSES,                                        \
	  "processes that do TLS handshakes; auto: one per two processors",                        \
	  .words = "auto", .standard = "auto", .minimum = 1, .maximum = 64)                        \
	X(NICE, "nice", NUMBER, IN_PROCESSES, "how much handshakers give way to workers",          \
	  .standard = "5", .minimum = 0, .maximum = 19)                                            \
	X(RECYCLE, "recycle", LATER, IN_PROCESSES, "when a handshaker is replaced")                \
	X(TLS, "tls", MAP, IN_TOP, "TLS", .inside = IN_TLS)                                        \
	X(TLS_KERNEL, "kernel", CHOICE, IN_TLS, "whether the kernel encrypts",                     \
	  .words = "prefer|require|never", .standard = "prefer")                                   \
	X(TLS_MINIMUM, "minimum", CHOICE, IN_TLS,                                                  \
	  "oldest version", .words = "1.2|1.3", .standard = "1.2")                                 \
	X(TICKET_ROTATION, "ticket_rotation", TIME, IN_TLS, "how often ticket keys change",        \
	  .standard = "12h", .minimum = KEY_MINUTE, .maximum = 7 * (uint64_t)KEY_DAY)              \
	X(LIMITS, "limits", MAP, IN_TOP, "limits of the whole server", .inside = IN_LIMITS)        \
	X(CONNECTIONS, "connections", NUMBER, IN_LIMITS, "connections being served",               \
	  .standard = "16384", .minimum = 1, .maximum = 4194304)                                   \
	X(HANDSHAKES, "handshakes", NUMBER, IN_LIMITS, "TLS handshakes in progress",               \
	  .standard = "1024", .minimum = 1, .maximum = 1048576)                                    \
	X(RELAYED, "relayed", NUMBER, IN_LIMITS, "connections that the kernel does not encrypt",   \
	  .standard = "4096", .minimum = 0, .maximum = 1048576)                                    \
	X(HEAD, "head", SIZE, IN_LIMITS, "a request's head",                                       \
	  .standard = "8K", .minimum = KEY_KILO, .maximum = 8 * KEY_KILO)                          \
	X(MIN_RATE, "min_rate", RATE, IN_LIMITS, "what a client must take while we send",          \
	  .words = "none", .standard = "1K/s", .minimum = 1, .maximum = 1024 * KEY_KILO)           \
	X(PER_CLIENT, "per_client", LATER, IN_LIMITS, "limits per address")                        \
	X(EXEMPT, "exempt", LATER, IN_LIMITS, "networks without limits per address")               \
	X(RANGES, "ranges", NUMBER, IN_LIMITS, "ranges in one request; 0: none are served",        \
	  .standard = "16", .minimum = 0, .maximum = 16)                                           \
	X(TIMEOUTS, "timeouts", MAP, IN_TOP, "timeouts", .inside = IN_TIMEOUTS)                    \
	X(HANDSHAKE_TIMEOUT, "handshake", TIME, IN_TIMEOUTS,                                       \
	  "a TLS handshake's wait for the client",                                                 \
	  .standard = "15s", .minimum = 100, .maximum = KEY_HOUR)                                  \
	X(FIRST_BYTE_TIMEOUT, "first_byte", TIME, IN_TIMEOUTS,                                     \
	  "until a new connection says something",                                                 \
	  .standard = "10s", .minimum = 100, .maximum = KEY_HOUR)                                  \
	X(HEAD_TIMEOUT, "head", TIME, IN_TIMEOUTS, "until a request's head is complete",           \
	  .standard = "10s", .minimum = 100, .maximum = KEY_HOUR)                                  \
	X(IDLE_TIMEOUT, "idle", TIME, IN_TIMEOUTS, "between requests",                             \
	  .standard = "60s", .minimum = 100, .maximum = KEY_DAY)                                   \
	X(SEND_TIMEOUT, "send", TIME, IN_TIMEOUTS, "while the client takes nothing",               \
	  .standard = "30s", .minimum = 100, .maximum = KEY_HOUR)                                  \
	X(DRAIN, "drain", MAP, IN_TIMEOUTS,                                                        \
	  "how long what is being sent may take", .inside = IN_DRAIN)                              \
	X(DRAIN_RELOAD, "reload", TIME, IN_DRAIN, "after a reload",                                \
	  .words = "none", .standard = "none", .minimum = 0, .maximum = 24 * (uint64_t)KEY_DAY)    \
	X(DRAIN_STOP, "stop", TIME, IN_DRAIN, "after SIGTERM",                                     \
	  .standard = "30s", .minimum = 0, .maximum = KEY_DAY)                                     \
	X(RUN, "run", PATH, IN_TOP,                                                                \
	  "directory of control.sock and admin.sock; $RUNTIME_DIRECTORY, else /run/sulid as root") \
	X(USER, "user", MAP, IN_TOP,                                                               \
	  "accounts of the processes if started as root", .inside = IN_USER)                       \
	X(USER_WORKER, "worker", ACCOUNT, IN_USER, "of workers", .standard = "sulid")              \
	X(USER_HANDSHAKER, "handshaker", ACCOUNT, IN_USER,                                         \
	  "of handshakers", .standard = "sulid-tls")                                               \
	X(USER_ADMIN, "admin", ACCOUNT, IN_USER,                                                   \
	  "of the admin process", .standard = "sulid-admin")                                       \
	X(ADMIN, "admin", MAP, IN_TOP, "metrics and status", .inside = IN_ADMIN)                   \
	X(ADMIN_LISTEN, "listen", CHOICE, IN_ADMIN, "address besides admin.sock",                  \
	  .words = "none", .standard = "none")                                                     \
	X(LOG, "log", MAP, IN_TOP, "logs", .inside = IN_LOG)                                       \
	X(LOG_ERROR, "error", PATH, IN_LOG, "error log: a file or stderr",                         \
	  .words = "stderr", .standard = "stderr")                                                 \
	X(LOG_LEVEL, "level", CHOICE, IN_LOG, "least important that is logged",                    \
	  .words = "error|warn|info|debug", .standard = "info")

/* clang-format on */

enum key {
#define X(constant, ...) KEY_##constant,
	KEYS_OF_VHOST(X)
#undef X
	KEYS_OF_VHOST_COUNT,
	KEYS_OF_VHOST_LAST = KEYS_OF_VHOST_COUNT - 1,
#define X(constant, ...) KEY_##constant,
	KEYS_OF_SERVER(X)
#undef X
	KEY_COUNT
};

struct key_row {
	const char *name;
	enum key_kind kind;
	unsigned scopes; /* enum key_scope, or-ed */
	const char *help;
	const char *standard; /* NULL: it has none */
	const char *words;
	uint64_t minimum;
	uint64_t maximum;
	enum key_scope inside;
};

extern const struct key_row key_rows[KEY_COUNT];

/* The key of this name in a scope, or KEY_COUNT. */
enum key key_find(enum key_scope scope, const char *name);

/*
 * What to say about a name that is not in this scope: "unknown key …", with what was meant or where
 * it belongs. Returns the key that was meant, or KEY_COUNT.
 */
#define KEY_COMPLAINT 256
enum key key_complain(enum key_scope scope, const char *name, char text[static KEY_COMPLAINT]);

/* The key's word number "word" (from 1) into text; "" if there are fewer. */
#define KEY_WORD 24
const char *key_word(enum key key, unsigned word, char text[static KEY_WORD]);

#endif
