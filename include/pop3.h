/* SPDX-License-Identifier: MIT */
/*
 * pop3.h - POP3 client library (RFC 1939, 2449, 2595, 3206, 5034, 6856)
 *
 * Three layers, one state machine. Each stands on the one above it here:
 *
 *   pop3_core    bytes in, events out. No I/O, no clock, no threads.
 *   pop3_conn    a core, a transport (TCP, TLS, yours) and a step function.
 *   pop3_client  a conn and poll(2): one blocking call for each command.
 *
 * What only some callers need stands beside it: pop3/lines.h for bodies line
 * by line, pop3/tls.h for settings that many connections share,
 * pop3/resolver.h and pop3/transport.h for parts of your own, pop3/openssl.h.
 *
 * Ownership: *_new and *_open create, *_free and *_close release and accept
 * NULL. A pointer or span that is handed out is borrowed: it is valid until
 * the next call on the same handle. Spans are not NUL-terminated; char * is.
 * A handle is used by one thread at a time (pop3_client_cancel() excepted).
 * Handles share nothing, and the library has no global state.
 *
 * Every fallible function returns a pop3_result and writes its outputs only
 * when that is POP3_OK, unless its own comment says otherwise.
 */
#ifndef POP3_H
#define POP3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef POP3_API
#if defined(__GNUC__)
#define POP3_API __attribute__((visibility("default")))
#else
#define POP3_API
#endif
#endif
#if defined(__GNUC__)
#define POP3_MUST_CHECK __attribute__((warn_unused_result))
#else
#define POP3_MUST_CHECK
#endif

/* ---- 1. Version ------------------------------------------------------- */

#define POP3_VERSION_MAJOR 0
#define POP3_VERSION_MINOR 1
#define POP3_VERSION_PATCH 0

/* The version of the library that runs, as "0.1.0". Static. */
POP3_API const char *pop3_version(void);

/* ---- 2. Results and errors -------------------------------------------- */

typedef enum pop3_result {
    POP3_OK = 0,

    /* The caller. Nothing was sent and the session goes on, except after
     * CANCELED, which ends it. */
    POP3_ERR_USAGE = -1,    /* the call is not legal in this state */
    POP3_ERR_ARGUMENT = -2, /* control character, out of range, too long */
    POP3_ERR_NOMEM = -3,    /* out of memory */
    POP3_ERR_VETO = -4,     /* the caller's audit hook said no */
    POP3_ERR_CANCELED = -5, /* by pop3_client_cancel() or by a callback */
    POP3_ERR_INSECURE = -6, /* a credential would travel without TLS */
    POP3_ERR_NOT_SENT = -7, /* the server never saw this command: the session
                             * ended, or an earlier command failed, first */

    /* The server answered. The session goes on. */
    POP3_ERR_REFUSED = -10,     /* -ERR */
    POP3_ERR_AUTH = -11,        /* -ERR to a command that logs in */
    POP3_ERR_UNSUPPORTED = -12, /* the server, or this build, lacks it */
    POP3_ERR_MALFORMED = -13,   /* +OK, but its fields make no sense */

    /* The protocol broke. The session is dead, for good. */
    POP3_ERR_PROTOCOL = -20, /* the server broke the grammar */
    POP3_ERR_LIMIT = -21,    /* the server exceeded one of pop3_limits */

    /* The network failed. The session is dead. */
    POP3_ERR_CLOSED = -30,  /* the peer closed the connection early */
    POP3_ERR_IO = -31,      /* see pop3_error.sys, an errno value */
    POP3_ERR_TIMEOUT = -32, /* a deadline passed */
    POP3_ERR_RESOLVE = -33, /* the host name; sys is a getaddrinfo error */

    /* TLS failed. The session is dead. */
    POP3_ERR_TLS = -40,  /* handshake or record layer */
    POP3_ERR_CERT = -41, /* certificate; sys is an X509_V_ERR_* value */

    POP3_ERR_AGAIN = -50,   /* not an error: wait, or pull events, first */
    POP3_ERR_INTERNAL = -99 /* a bug in libpop3 */
} pop3_result;

/* Response codes in brackets at the start of a reply's text. Case-blind;
 * details after a known code are ignored. RFC 2449 §8, 3206, 6856. */
typedef enum pop3_resp_code {
    POP3_RESP_NONE,
    POP3_RESP_OTHER,       /* unknown to the library: see resp_text */
    POP3_RESP_IN_USE,      /* the maildrop is locked; the password was right */
    POP3_RESP_LOGIN_DELAY, /* too soon after the last login */
    POP3_RESP_SYS_TEMP,    /* the server's trouble; try later */
    POP3_RESP_SYS_PERM,    /* the server's trouble; ask its administrator */
    POP3_RESP_AUTH,        /* the credentials are wrong */
    POP3_RESP_UTF8         /* the message needs UTF8 first */
} pop3_resp_code;

/* What went wrong, in full. Lives in its handle, overwritten by the next
 * call that fails. All text is printable: see pop3_printable(). */
typedef struct pop3_error {
    pop3_result result;
    pop3_resp_code resp;
    int sys;               /* errno, EAI_* or X509_V_ERR_*, by result; or 0 */
    const char *op;        /* "RETR 3": never an argument that is a secret */
    const char *resp_text; /* "SYS/TEMP/DISK", or "" */
    const char *text;      /* one line; the server's words come last */
} pop3_error;

/* A result in a few words. Static; never NULL. */
POP3_API const char *pop3_strerror(pop3_result result);

/* The name of the constant, as "POP3_ERR_TIMEOUT". Static; never NULL. */
POP3_API const char *pop3_result_name(pop3_result result);

/* Whether the session ended with this result. */
POP3_API bool pop3_is_fatal(pop3_result result);

/* Whether trying later may help, by result, response code or, for servers
 * that send no codes, the words "lock", "busy", "wait", "later",
 * "unavailable" and "temporar" in the reply. RFC 2449 §8.1, RFC 3206. */
POP3_API bool pop3_error_is_temporary(const pop3_error *error);

/* ---- 3. Values -------------------------------------------------------- */

/* Octets that belong to somebody else. ptr may be NULL when len is 0. */
typedef struct pop3_span {
    const char *ptr;
    size_t len;
} pop3_span;

/* The answer to STAT. RFC 1939 §5. */
typedef struct pop3_stat {
    uint64_t count;  /* messages in the maildrop */
    uint64_t octets; /* their size as the server counts it: not exact */
} pop3_stat;

/* One row of a scan listing or of a unique-id listing. RFC 1939 §5, §7. */
typedef struct pop3_item {
    uint64_t number; /* message number, from 1 */
    uint64_t octets; /* LIST; 0 for UIDL */
    pop3_span uid;   /* UIDL: opaque octets, at most 1,024; empty means that
                      * the message has no unique-id. Empty for LIST. */
} pop3_item;

/* Writes text of `in` to `out` so that it is safe on a terminal or in a log:
 * C0, DEL and C1 controls, bidirectional controls and octets that are not
 * UTF-8 become \xNN; a backslash becomes \\. Takes at most 400 octets of
 * `in` and says "..." where it cut. Writes at most `size` octets, always
 * with a final NUL when size > 0. Returns the length written. */
POP3_API size_t pop3_printable(pop3_span in, char *out, size_t size);

/* ---- 4. Capabilities (RFC 2449) --------------------------------------- */

/* All capabilities of one CAPA answer, in the server's order and case, with
 * unknown and repeated ones. Borrowed from its core or client. Every function
 * accepts NULL, which means that the capabilities are unknown. */
typedef struct pop3_capa pop3_capa;

/* How many there are. */
POP3_API size_t pop3_capa_count(const pop3_capa *capa);

/* The capability at `index`, from 0: its tag and its arguments as one span,
 * spaces between them as the server sent them. False past the end. */
POP3_API bool pop3_capa_at(const pop3_capa *capa, size_t index, pop3_span *tag,
                           pop3_span *args);

/* Whether `tag` was announced; case-blind. */
POP3_API bool pop3_capa_has(const pop3_capa *capa, const char *tag);

/* Whether any announcement of `tag` has `arg` among its arguments, both
 * case-blind: pop3_capa_has_arg(capa, "SASL", "PLAIN"). */
POP3_API bool pop3_capa_has_arg(const pop3_capa *capa, const char *tag,
                                const char *arg);

/* The arguments of the first announcement of `tag`. False if absent. */
POP3_API bool pop3_capa_args(const pop3_capa *capa, const char *tag,
                             pop3_span *args);

#define POP3_EXPIRE_NEVER UINT32_MAX

/* EXPIRE: days that the server keeps a message, 0 meaning that it may remove
 * what was retrieved, or POP3_EXPIRE_NEVER. per_user: the value may differ
 * after login. False if absent or malformed. RFC 2449 §6.7. */
POP3_API bool pop3_capa_expire(const pop3_capa *capa, uint32_t *days,
                               bool *per_user);

/* LOGIN-DELAY: seconds between two logins. False if absent or malformed.
 * RFC 2449 §6.5. */
POP3_API bool pop3_capa_login_delay(const pop3_capa *capa, uint32_t *seconds,
                                    bool *per_user);

/* IMPLEMENTATION: what the server calls itself. Only for people: a client
 * must not change its behaviour by it. False if absent. RFC 2449 §6.9. */
POP3_API bool pop3_capa_implementation(const pop3_capa *capa, pop3_span *name);

/* ---- 5. Options of the core ------------------------------------------- */

/* What a server may push. 0 means the value that stands beside the field. */
typedef struct pop3_limits {
    size_t reply_line;    /* 4,096 octets: status lines and list rows, with
                           * their line end; 512 to 65,536 may be set */
    size_t capa_octets;   /* 65,536: one CAPA answer, of at most 1,000 rows */
    uint64_t list_items;  /* 10,000,000 rows; after a STAT no more than its
                           * count, plus an eighth, plus 1,000. And 128 octets
                           * for each of so many, plus 16 MiB, for them all */
    uint64_t body_octets; /* no limit: one message */
    size_t challenge;     /* 12,288 octets: one SASL challenge, decoded; at
                           * most 49,000 */
    unsigned challenges;  /* 8: SASL rounds */
} pop3_limits;

/* A trace of the dialogue. `line` is printable, has no line end, and secrets
 * stand as "****" in it. `direction` is 'C' or 'S'. */
typedef struct pop3_trace {
    int level; /* 0 nothing; 1 commands and status lines; 2 every line */
    void (*fn)(void *ctx, char direction, const char *line);
    void *ctx;
} pop3_trace;

/* Audit hooks, as in Python's poplib: each may veto by returning anything
 * but POP3_OK. A veto ends the call with POP3_ERR_VETO before a byte left. */
typedef struct pop3_audit {
    /* Before a connection is tried (pop3_conn, pop3_client). */
    pop3_result (*connect)(void *ctx, const char *host, const char *port);
    /* Every line that is about to be sent, without CRLF and unmasked. */
    pop3_result (*putline)(void *ctx, pop3_span line);
    void *ctx;
} pop3_audit;

typedef struct pop3_core_options {
    size_t size; /* sizeof(pop3_core_options): set by POP3_CORE_OPTIONS_INIT */
    pop3_limits limits;
    pop3_trace trace;
    pop3_audit audit;
    bool tls_active;        /* the transport is TLS from its first byte */
    bool clear_credentials; /* credentials may be sent without TLS */
    bool no_pipelining;     /* lock-step, whatever the server announces */
    bool any_state;         /* send commands in any state: let the server
                             * judge */
    /* What may be in flight when pipelining: octets of command lines (0 means
     * 65,536), and octets of the answers that are expected for them (0 means
     * 1 MiB, and 16 MiB once a longer round trip has shown); but 32 commands
     * at least. */
    size_t window_octets;
    uint64_t window_answers;
} pop3_core_options;

#define POP3_CORE_OPTIONS_INIT            \
    {                                     \
        .size = sizeof(pop3_core_options) \
    }

/* ---- 6. The core: sans-I/O -------------------------------------------- */

typedef enum pop3_verb {
    POP3_CMD_CAPA, /* no arguments */
    POP3_CMD_STLS,
    POP3_CMD_USER, /* arg: name */
    POP3_CMD_PASS, /* arg: password */
    POP3_CMD_APOP, /* arg: name; arg2: digest, 32 hexadecimal digits */
    POP3_CMD_AUTH, /* arg: mechanism; initial: its first answer, if any */
    POP3_CMD_RPOP, /* arg: name (RFC 1081) */
    POP3_CMD_UTF8,
    POP3_CMD_LANG, /* arg: language tag, "*", or NULL to list them */
    POP3_CMD_STAT,
    POP3_CMD_LIST, /* number: one message; 0: all */
    POP3_CMD_UIDL, /* number: one message; 0: all */
    POP3_CMD_RETR, /* number */
    POP3_CMD_TOP,  /* number, lines */
    POP3_CMD_DELE, /* number */
    POP3_CMD_NOOP,
    POP3_CMD_RSET,
    POP3_CMD_QUIT,
    POP3_CMD_RAW /* arg: the whole line; multiline: its +OK has a body */
} pop3_verb;

/* One command. Copied by pop3_core_submit(). No argument may hold an octet
 * below 32 or 127, and a line has at most 255 octets with its CRLF
 * (RFC 2449 §4): an initial response that does not fit is to be given as the
 * answer to the first challenge instead (RFC 5034 §4). With any_state, lines
 * may have 65,536 octets. */
typedef struct pop3_command {
    pop3_verb verb;
    uint64_t number;
    uint64_t lines;
    const char *arg;
    const char *arg2;
    const pop3_span *initial; /* AUTH: raw octets, not base64; NULL: none; a
                               * span of length 0: an empty one, "=" */
    bool multiline;
    uint64_t octets; /* RETR, TOP, RAW: how much is expected, as by LIST; 0:
                      * unknown. For the window alone: it may be wrong. */
} pop3_command;

/* The name of a verb, as "RETR". Static; never NULL. */
POP3_API const char *pop3_verb_name(pop3_verb verb);

typedef struct pop3_core pop3_core;
typedef uint32_t pop3_id; /* names a submitted command; 0 is never used */

typedef enum pop3_event_type {
    POP3_EVENT_NEED_INPUT, /* nothing to tell: send output, then read */
    POP3_EVENT_GREETING,   /* the server's first line */
    POP3_EVENT_READY,      /* pop3_conn: connected, TLS up as required */
    POP3_EVENT_REPLY,      /* +OK line of a command */
    POP3_EVENT_ITEM,       /* a row of LIST, UIDL, CAPA or LANG */
    POP3_EVENT_DATA,       /* part of a message, stuffed dots removed */
    POP3_EVENT_CHALLENGE,  /* AUTH: answer with pop3_core_respond() */
    POP3_EVENT_START_TLS,  /* wrap the transport, then pop3_core_tls_done() */
    POP3_EVENT_DONE,       /* command `id` ended with `result` */
    POP3_EVENT_CLOSED      /* the session is over; repeats for ever */
} pop3_event_type;

typedef struct pop3_event {
    pop3_event_type type;
    pop3_id id;         /* the command; 0 for GREETING, READY, CLOSED */
    pop3_verb verb;     /* of that command, if id is not 0 */
    uint64_t number;    /* of that command */
    pop3_result result; /* DONE, GREETING, CLOSED: how it ended. ITEM:
                         * POP3_ERR_MALFORMED for a row that makes no sense:
                         * skip it, the session is sound. */
    pop3_span line;     /* GREETING, REPLY, ITEM: the line as sent, without
                         * its line end; DONE: the -ERR line, if any */
    pop3_span text;     /* GREETING, REPLY: what follows "+OK ", without a
                         * response code. DATA: octets of the message, line
                         * ends as sent. CHALLENGE: decoded octets. */
    pop3_resp_code resp;
    pop3_item item;  /* ITEM of LIST and UIDL; also REPLY to LIST n and
                      * UIDL n */
    pop3_stat stat;  /* REPLY to STAT */
    uint64_t octets; /* DONE of RETR, TOP, RAW: octets of the message */
} pop3_event;

typedef enum pop3_state {
    POP3_STATE_GREETING,      /* waiting for the server's first line */
    POP3_STATE_AUTHORIZATION, /* not logged in */
    POP3_STATE_TRANSACTION,   /* logged in */
    POP3_STATE_CLOSED,        /* ended by QUIT */
    POP3_STATE_BROKEN         /* ended by an error: see pop3_core_error() */
} pop3_state;

/* Makes a core that waits for a greeting. NULL options mean the defaults.
 * Memory: about 3 KiB; 96 KiB more while input is at hand (see
 * pop3_core_input_filled()), and 64 octets for each command in flight; never
 * more for a message of any size.
 * Errors: NOMEM, ARGUMENT (a limit out of range). */
POP3_API pop3_result pop3_core_new(
    pop3_core **core, const pop3_core_options *options) POP3_MUST_CHECK;

/* Frees it; wipes what it sent. */
POP3_API void pop3_core_free(pop3_core *core);

/* Where the transport shall read into: room for *len octets, at least 1.
 * Valid until the next call. Errors: NOMEM (may be tried again), AGAIN (full:
 * pull events first). After the session ended: its result. */
POP3_API pop3_result pop3_core_input_buffer(pop3_core *core, void **ptr,
                                            size_t *len) POP3_MUST_CHECK;

/* Says that `len` octets were read into that room. 0: there was nothing to
 * read, and memory that holds nothing is given back until it is needed. */
POP3_API void pop3_core_input_filled(pop3_core *core, size_t len);

/* Says that the peer closed. Anything but the end after QUIT makes every
 * command in flight end with POP3_ERR_CLOSED. */
POP3_API void pop3_core_input_eof(pop3_core *core);

/* For callers who have the octets elsewhere: copies as many as fit, and says
 * how many those were in *taken. Errors: as pop3_core_input_buffer(). */
POP3_API pop3_result pop3_core_feed(pop3_core *core, const void *data,
                                    size_t len, size_t *taken) POP3_MUST_CHECK;

/* Says that the transport failed: the session is over with `result`, which
 * must be fatal; `text` (may be NULL) is the reason in words. */
POP3_API void pop3_core_fail(pop3_core *core, pop3_result result, int sys,
                             const char *text);

/* The next event; fills *event and returns its type. Its spans point into
 * the receive buffer: valid until the next call on this core. Every id that
 * was submitted gets exactly one DONE, also when the session breaks; CLOSED
 * comes after the last DONE and then repeats. */
POP3_API pop3_event_type pop3_core_next(pop3_core *core, pop3_event *event);

/* Behind an ITEM of LIST or UIDL: takes the rows that follow and are here
 * already, up to `room`, without an event each. Returns how many; 0 means
 * that pop3_core_next() has to say what comes. Borrowed like its spans. */
POP3_API size_t pop3_core_more_items(pop3_core *core, pop3_item *items,
                                     size_t room);

/* Behind a DATA: takes the parts of the message that follow and are here
 * already, up to `room`, without an event each. Returns how many, as
 * pop3_core_more_items() does; always 0 while a trace shows bodies. */
POP3_API size_t pop3_core_more_data(pop3_core *core, pop3_span *parts,
                                    size_t room);

/* Octets that wait to be sent; empty if there are none. After a fatal result
 * it is always empty. */
POP3_API pop3_span pop3_core_output(const pop3_core *core);

/* Says that the first `len` of them were sent; wipes them. */
POP3_API void pop3_core_output_sent(pop3_core *core, size_t len);

/* Queues a command; *id names it in events. Many may be queued: they are
 * pipelined as far as the server announced PIPELINING and their kind allows,
 * and sent one by one otherwise (RFC 2449 §6.6).
 * Errors: USAGE (not legal in the state that the commands before it lead to),
 * ARGUMENT, NOMEM, VETO, AGAIN (queue full: pull events first); CLOSED, or the
 * result that ended it, of a session that is over. A credential that may not
 * travel when its turn comes is not sent: its DONE says INSECURE. */
POP3_API pop3_result pop3_core_submit(pop3_core *core,
                                      const pop3_command *command,
                                      pop3_id *id) POP3_MUST_CHECK;

/* Answers a CHALLENGE with raw octets, which are sent as base64.
 * Errors: USAGE (none is open), NOMEM, VETO, INSECURE, ARGUMENT (more than
 * 65,536 octets). RFC 5034 §4. */
POP3_API pop3_result pop3_core_respond(pop3_core *core,
                                       pop3_span answer) POP3_MUST_CHECK;

/* Answers a CHALLENGE with "*": the exchange is given up, and AUTH will end
 * with POP3_ERR_AUTH. Errors: USAGE, NOMEM, VETO. */
POP3_API pop3_result pop3_core_respond_cancel(pop3_core *core) POP3_MUST_CHECK;

/* Says that TLS is up after START_TLS. Greeting, timestamp and capabilities,
 * which were learned in clear, are forgotten. Errors: USAGE. RFC 2595 §4. */
POP3_API pop3_result pop3_core_tls_done(pop3_core *core) POP3_MUST_CHECK;

/* Names a secret that must never stand in a trace or an error, raw or as
 * base64, also when the server echoes it. Copied; wiped after login.
 * Passwords, digests and SASL answers are known already. Errors: NOMEM. */
POP3_API pop3_result pop3_core_mask(pop3_core *core,
                                    pop3_span secret) POP3_MUST_CHECK;

/* From now on traces so; NULL: not at all. */
POP3_API void pop3_core_set_trace(pop3_core *core, const pop3_trace *trace);

POP3_API pop3_state pop3_core_state(const pop3_core *core);

/* Whether all that was sent is answered. Then a driver has to read before it
 * sends: an octet that is there already is one that nobody asked for, and
 * must not be taken for the answer to the next command. */
POP3_API bool pop3_core_is_quiet(const pop3_core *core);

/* Whether the transport is TLS: tls_active, or since pop3_core_tls_done(). */
POP3_API bool pop3_core_is_tls(const pop3_core *core);

/* Commands that were submitted and have had no DONE yet. */
POP3_API size_t pop3_core_pending(const pop3_core *core);

/* The capabilities as last answered; NULL if unknown. */
POP3_API const pop3_capa *pop3_core_capa(const pop3_core *core);

/* The greeting without its line end; empty before it came or after STLS. */
POP3_API pop3_span pop3_core_greeting(const pop3_core *core);

/* The APOP timestamp, with its angle brackets, if the greeting holds one
 * msg-id of RFC 5322 in printable ASCII; else empty. RFC 1939 §7. */
POP3_API pop3_span pop3_core_timestamp(const pop3_core *core);

/* Why the last event or call on this core failed. Never NULL. */
POP3_API const pop3_error *pop3_core_error(const pop3_core *core);

/* ---- 7. Options of a connection --------------------------------------- */

/* What some callers bring or share, each in a header of its own. */
typedef struct pop3_tls pop3_tls;             /* pop3/tls.h */
typedef struct pop3_resolver pop3_resolver;   /* pop3/resolver.h */
typedef struct pop3_transport pop3_transport; /* pop3/transport.h */

typedef enum pop3_security {
    POP3_TLS_IMPLICIT = 0, /* TLS from the first byte; port 995 (RFC 8314) */
    POP3_TLS_STLS,         /* clear, then STLS, or fail; port 110 (RFC 2595) */
    POP3_TLS_NONE          /* clear text; credentials can be read on the way */
} pop3_security;

typedef enum pop3_tls_version {
    POP3_TLS_1_2 = 0,
    POP3_TLS_1_3
} pop3_tls_version;

/* TLS: verified always, unless `insecure` says otherwise by name. The chain,
 * its dates, its purpose and the host name are checked; keys under 2,048 bits
 * (RSA) or 256 (elliptic curves) and SHA-1 are refused, and so is what an OCSP
 * staple calls revoked. RFC 9525, 6960, 7633. */
typedef struct pop3_tls_options {
    const char *ca_file;   /* PEM; NULL with ca_path NULL: the system's */
    const char *ca_path;   /* directory with hashed names */
    const char *cert_file; /* client certificate chain: PEM, or PKCS#12 */
    const char *key_file;  /* its key, PEM; NULL: in cert_file */
    /* Fetches the passphrase of that key when the files are read, if it has
     * one: *secret stays valid until the next call. NULL: such a key is
     * refused. Anything but POP3_OK is what the opening returns. */
    pop3_result (*passphrase)(void *ctx, pop3_span *secret);
    void *passphrase_ctx;
    const char *server_name; /* to be checked and sent as SNI; NULL: host */
    const char *fingerprint; /* "sha256:HEX spki-sha256:BASE64 ...": trusted
                              * whatever else it says, but for a weak key */
    pop3_tls_version min_version;
    const char *ciphers;      /* OpenSSL list for TLS 1.2; NULL: default */
    const char *ciphersuites; /* for TLS 1.3; NULL: default */
    void *ssl_ctx;            /* an SSL_CTX: see pop3/openssl.h */
    bool insecure;            /* accept any certificate: for tests only */
    bool no_resumption;       /* for pop3_tls_new(): full handshakes only */
    bool ocsp_required;       /* refuse a server without an OCSP staple */
    pop3_tls *shared; /* instead of all above but server_name; a reference is
                       * taken when the connection is opened */
} pop3_tls_options;

typedef struct pop3_options {
    size_t size;      /* sizeof(pop3_options): set by POP3_OPTIONS_INIT */
    const char *host; /* name (IDN in UTF-8) or address; IPv6 without [] */
    const char *port; /* number or service; NULL: 995, or 110 */
    pop3_security security;
    pop3_tls_options tls;

    /* Milliseconds. 0 or less is POP3_ERR_ARGUMENT, as in poplib. */
    int connect_timeout_ms; /* name, connection and TLS handshake, together */
    int idle_timeout_ms;    /* nothing was sent or received for so long */
    int step_timeout_ms;    /* one command from its turn to its end, however
                             * the server drips; bodies and listings get more
                             * time, octet by octet, by min_rate */
    unsigned min_rate;      /* octets a second; 0 means 512 */

    bool no_capa; /* never send CAPA (servers that die of it) */
    const pop3_transport *transport; /* yours; NULL: TCP and TLS */
    const pop3_resolver *resolver; /* must outlive the connecting. NULL: for a
                                    * pop3_client `system`, else `dns`, or
                                    * `system` where there is no dns */
    pop3_core_options core; /* limits, trace, audit, pipelining. Its fields
                             * tls_active and clear_credentials are set from
                             * `security`, or from the transport. */
    const char *proxy; /* socks5h://user:password@host:port or http://...; it
                        * looks up `host`. NULL: none. RFC 1928, 9110 §9.3.6 */
    const char *bind;  /* from this local address or interface; NULL: any */
} pop3_options;

#define POP3_OPTIONS_INIT                                          \
    {                                                              \
        .size = sizeof(pop3_options), .connect_timeout_ms = 30000, \
        .idle_timeout_ms = 180000, .step_timeout_ms = 600000,      \
        .core = POP3_CORE_OPTIONS_INIT                             \
    }

/* How to log in. Strings need to live until the login is DONE. */
typedef struct pop3_credentials {
    size_t size;         /* sizeof(pop3_credentials) */
    const char *user;    /* not needed by EXTERNAL, GSSAPI, ANONYMOUS */
    const char *authzid; /* act as, where the mechanism can; NULL: as user */

    /* The password, or a function that fetches it when it is needed: it sets
     * *secret to octets that stay valid until it is called again or the login
     * is DONE; the library wipes its own copy after use. */
    const char *password;
    pop3_result (*secret)(void *ctx, pop3_span *secret);
    void *ctx;

    /* NULL: the safest that both sides have, inside TLS only. Else the one way
     * that is used: "USER", "APOP", or a SASL mechanism: OAUTHBEARER, XOAUTH2,
     * SCRAM-SHA-{1,256}[-PLUS], EXTERNAL, GSSAPI, PLAIN, LOGIN, CRAM-MD5,
     * ANONYMOUS. */
    const char *mechanism;

    /* OAuth 2: sets *token to a bearer token, valid as above; `error` is NULL.
     * When that was refused it is called once more, with what the server said
     * in JSON, or nothing: a token that differs is tried, once; anything but
     * POP3_OK lets the refusal stand. RFC 7628 §3.2. */
    pop3_result (*token)(void *ctx, const pop3_span *error, pop3_span *token);

    bool no_capa_after; /* do not ask CAPA again when logged in: you will,
                         * together with what comes next */
    bool utf8; /* send UTF8 first where the server has it: you take headers
                * that are not ASCII, which else come rewritten, or refused.
                * RFC 6856 §2.1 */
} pop3_credentials;

#define POP3_CREDENTIALS_INIT            \
    {                                    \
        .size = sizeof(pop3_credentials) \
    }

enum {
    POP3_POLL_IN = 1,
    POP3_POLL_OUT = 2
};

/* ---- 8. The connection: non-blocking ---------------------------------- */

typedef struct pop3_conn pop3_conn;

/* Begins to connect; copies the options. On failure *conn is still set, so
 * that pop3_conn_error() can tell why (NULL only after NOMEM): close it.
 * Errors: ARGUMENT, NOMEM, VETO, UNSUPPORTED (built without TLS), TLS. */
POP3_API pop3_result
pop3_conn_open(pop3_conn **conn, const pop3_options *options) POP3_MUST_CHECK;

/* Closes at once, without QUIT, and frees. */
POP3_API void pop3_conn_close(pop3_conn *conn);

/* What to wait for before the next step: poll(2) this descriptor, which may
 * change with every step and be -1, for POP3_POLL_* of events(), at most
 * timeout_ms() (-1: for ever). Only calls on this handle change the deadline,
 * so that many can be kept in a heap or a wheel: see examples/epoll.c. */
POP3_API int pop3_conn_fd(const pop3_conn *conn);
POP3_API int pop3_conn_events(const pop3_conn *conn);
POP3_API int pop3_conn_timeout_ms(const pop3_conn *conn);

/* Moves what can be moved without waiting, and gives one event.
 * Returns POP3_OK with an event, or POP3_ERR_AGAIN: wait as told above. It
 * does not fail otherwise: trouble comes as DONE and CLOSED events. GREETING,
 * then READY come first; only after READY commands may be submitted. */
POP3_API pop3_result pop3_conn_step(pop3_conn *conn,
                                    pop3_event *event) POP3_MUST_CHECK;

/* As pop3_core_more_items() and pop3_core_more_data(). */
POP3_API size_t pop3_conn_more_items(pop3_conn *conn, pop3_item *items,
                                     size_t room);
POP3_API size_t pop3_conn_more_data(pop3_conn *conn, pop3_span *parts,
                                    size_t room);

/* As pop3_core_submit(). USAGE before READY, and for STLS unless security is
 * POP3_TLS_NONE. */
POP3_API pop3_result pop3_conn_submit(pop3_conn *conn,
                                      const pop3_command *command,
                                      pop3_id *id) POP3_MUST_CHECK;

/* Logs in, when nothing else is pending: asks CAPA if need be, picks the
 * mechanism, authenticates, asks CAPA again; one DONE with *id tells the end.
 * A password that was refused is not sent again. A mechanism that the server
 * refuses before anything was made from the password is followed by the next
 * safe one, unless the refusal is one for later or the caller named it.
 * Errors: as submit; INSECURE when no safe way is left; UNSUPPORTED for a
 * mechanism that is not known; PROTOCOL for a server that does not prove
 * itself (SCRAM, GSSAPI). SCRAM computes for up to a second. */
POP3_API pop3_result pop3_conn_login(pop3_conn *conn,
                                     const pop3_credentials *credentials,
                                     pop3_id *id) POP3_MUST_CHECK;

/* Gives up: the transport is closed, and every command ends with
 * POP3_ERR_CANCELED, or NOT_SENT, told by the next steps. */
POP3_API void pop3_conn_cancel(pop3_conn *conn);

/* As pop3_core_set_trace(). */
POP3_API void pop3_conn_set_trace(pop3_conn *conn, const pop3_trace *trace);

/* The core, for its state, capabilities and greeting. */
POP3_API const pop3_core *pop3_conn_core(const pop3_conn *conn);
POP3_API const pop3_error *pop3_conn_error(const pop3_conn *conn);

/* TLS in words ("TLSv1.3 TLS_AES_256_GCM_SHA384", and ", resumed" behind that
 * if it was); "" without TLS. */
POP3_API const char *pop3_conn_tls(const pop3_conn *conn);

/* ---- 9. The client: blocking ------------------------------------------ */

typedef struct pop3_client pop3_client;

/* Callbacks. Anything but POP3_OK is kept as the result of the message or
 * listing at hand, whose rest is read and thrown away so that the session
 * stays in step; POP3_ERR_CANCELED closes the connection at once instead. */
typedef pop3_result pop3_sink(void *ctx, pop3_span part);
typedef pop3_result pop3_each(void *ctx, const pop3_item *item);
typedef pop3_result pop3_each_line(void *ctx, pop3_span line);
typedef pop3_result pop3_each_items(void *ctx, const pop3_item *items,
                                    size_t count);

/* Callbacks of the pipelined calls: parts of message `number`, and its end.
 * Messages come one after another in the order asked for. */
typedef struct pop3_many {
    pop3_result (*data)(void *ctx, uint64_t number, pop3_span part);
    void (*done)(void *ctx, uint64_t number, pop3_result result,
                 const pop3_error *error);
    void *ctx;
    const uint64_t *octets; /* RETR: as pop3_command.octets, one for each
                             * number; NULL: unknown */
} pop3_many;

/* One of several commands. `take` (NULL allowed) gets its REPLY, ITEM and DATA
 * events, with the result of a callback, and last its DONE, whose result is
 * that of the command and stands in `result` as well; the reason of a failure
 * is pop3_client_error() then. `items` (NULL allowed) gets the rows of LIST
 * and UIDL that make sense, up to 128 at a time, which are then no events.
 * They are borrowed until it returns. */
typedef struct pop3_call {
    pop3_command command;
    pop3_result (*take)(void *ctx, const pop3_event *event);
    pop3_each_items *items;
    void *ctx;
    pop3_result result; /* set by pop3_client_run() */
} pop3_call;

/* Connects, reads the greeting and, with POP3_TLS_STLS, starts TLS. *client is
 * set before it waits, so that a signal handler can cancel it, and also on
 * failure, so that pop3_client_error() can tell why (NULL only after NOMEM):
 * close it. */
POP3_API pop3_result pop3_client_open(
    pop3_client **client, const pop3_options *options) POP3_MUST_CHECK;

/* Closes at once, without QUIT (which deletes nothing), and frees. */
POP3_API void pop3_client_close(pop3_client *client);

/* Makes the call that is under way, or else the next one, end with
 * POP3_ERR_CANCELED and close the connection: some milliseconds later at most,
 * or when the callback that is running returns. From any thread, and from a
 * signal handler. */
POP3_API void pop3_client_cancel(pop3_client *client);

/* 0, 1, 2 as in poplib: see pop3_trace. To stderr if the options gave no
 * trace function. Any other level is POP3_ERR_ARGUMENT. */
POP3_API pop3_result pop3_client_set_debuglevel(pop3_client *client,
                                                int level);

POP3_API const pop3_conn *pop3_client_conn(const pop3_client *client);
/* Why the last call that failed did so. NULL is a client that could not be
 * made for lack of memory. Never NULL. */
POP3_API const pop3_error *pop3_client_error(const pop3_client *client);

/* The greeting, also after STLS. */
POP3_API pop3_span pop3_client_getwelcome(const pop3_client *client);

/* The +OK line of the last command that had one, as sent; empty if none. */
POP3_API pop3_span pop3_client_response(const pop3_client *client);

/* Every call below sends one command and waits for its end. Errors of all:
 * USAGE, ARGUMENT, NOMEM, VETO, INSECURE, CANCELED; REFUSED (AUTH for those
 * that log in); and the fatal ones, after which the connection is closed and
 * every call returns the same result. */

POP3_API pop3_result pop3_client_login(
    pop3_client *client, const pop3_credentials *credentials) POP3_MUST_CHECK;
/* USER, PASS: RFC 1939 §7. */
POP3_API pop3_result pop3_client_user(pop3_client *client,
                                      const char *user) POP3_MUST_CHECK;
POP3_API pop3_result pop3_client_pass(pop3_client *client,
                                      const char *password) POP3_MUST_CHECK;
/* APOP: UNSUPPORTED if the greeting held no usable timestamp, or if built
 * without OpenSSL. The digest is MD5. RFC 1939 §7. */
POP3_API pop3_result pop3_client_apop(pop3_client *client, const char *user,
                                      const char *password) POP3_MUST_CHECK;
POP3_API pop3_result pop3_client_rpop(pop3_client *client,
                                      const char *user) POP3_MUST_CHECK;
/* AUTH with one SASL mechanism: see pop3_credentials. RFC 5034. */
POP3_API pop3_result
pop3_client_auth(pop3_client *client, const char *mechanism,
                 const pop3_credentials *credentials) POP3_MUST_CHECK;
/* STLS on a connection that was opened with POP3_TLS_NONE. CAPA is asked
 * first: UNSUPPORTED if it lacks STLS. RFC 2595 §4. */
POP3_API pop3_result pop3_client_stls(pop3_client *client) POP3_MUST_CHECK;
/* CAPA. *capa is borrowed. RFC 2449 §5. */
POP3_API pop3_result pop3_client_capa(pop3_client *client,
                                      const pop3_capa **capa) POP3_MUST_CHECK;
POP3_API pop3_result pop3_client_utf8(pop3_client *client) POP3_MUST_CHECK;
/* LANG: tag NULL lists the languages, a line each, to `each` (NULL allowed
 * when tag is given). RFC 6856 §3. */
POP3_API pop3_result pop3_client_lang(pop3_client *client, const char *tag,
                                      pop3_each_line *each,
                                      void *ctx) POP3_MUST_CHECK;
/* STAT: MALFORMED if the numbers are missing or are none. */
POP3_API pop3_result pop3_client_stat(pop3_client *client,
                                      pop3_stat *stat) POP3_MUST_CHECK;
/* LIST and UIDL: number 0 means all messages; else one item. Rows that make
 * no sense are skipped: pop3_client_skipped_rows() counts them. */
POP3_API pop3_result pop3_client_list(pop3_client *client, uint64_t number,
                                      pop3_each *each,
                                      void *ctx) POP3_MUST_CHECK;
POP3_API pop3_result pop3_client_uidl(pop3_client *client, uint64_t number,
                                      pop3_each *each,
                                      void *ctx) POP3_MUST_CHECK;
POP3_API uint64_t pop3_client_skipped_rows(const pop3_client *client);
/* RETR: the message goes to `sink` in parts, exactly as it was sent, stuffed
 * dots removed; it came whole only if the result is POP3_OK. */
POP3_API pop3_result pop3_client_retr(pop3_client *client, uint64_t number,
                                      pop3_sink *sink,
                                      void *ctx) POP3_MUST_CHECK;
/* RETR, a line at a time without line ends; lines over 1 MiB in parts. */
POP3_API pop3_result pop3_client_retr_lines(pop3_client *client,
                                            uint64_t number,
                                            pop3_each_line *each,
                                            void *ctx) POP3_MUST_CHECK;
/* TOP: the header, the empty line and `lines` lines of the body. */
POP3_API pop3_result pop3_client_top(pop3_client *client, uint64_t number,
                                     uint64_t lines, pop3_sink *sink,
                                     void *ctx) POP3_MUST_CHECK;
POP3_API pop3_result pop3_client_dele(pop3_client *client,
                                      uint64_t number) POP3_MUST_CHECK;
POP3_API pop3_result pop3_client_noop(pop3_client *client) POP3_MUST_CHECK;
POP3_API pop3_result pop3_client_rset(pop3_client *client) POP3_MUST_CHECK;
/* A command that the library does not know. `sink` NULL: one line is the
 * answer. What it does to messages is not counted by pop3_client_deletes(). */
POP3_API pop3_result pop3_client_raw(pop3_client *client, const char *line,
                                     pop3_sink *sink,
                                     void *ctx) POP3_MUST_CHECK;
/* QUIT: commits the deletes, and closes the connection whatever is answered.
 * See pop3_client_deletes(). */
POP3_API pop3_result pop3_client_quit(pop3_client *client) POP3_MUST_CHECK;

/* These three are pipelined where the server allows it. They return POP3_OK if
 * the session lived to the end, whatever single commands met, and each of them
 * is told its end exactly once: NOT_SENT if the session did not live to ask.
 *
 * A server that breaks the PIPELINING it announces shows by PROTOCOL, TIMEOUT
 * or CLOSED: ask for the rest on a new connection with no_pipelining. As only
 * their order tells replies apart, let STAT follow twice where what came must
 * be certain, and believe it if both are answered alike.
 *
 * Commands of any kind, QUIT last if at all. */
POP3_API pop3_result pop3_client_run(pop3_client *client, pop3_call *calls,
                                     size_t count) POP3_MUST_CHECK;
/* RETR or DELE for each number. A number 0 is POP3_ERR_ARGUMENT, and nothing
 * is done. */
POP3_API pop3_result
pop3_client_retr_many(pop3_client *client, const uint64_t *numbers,
                      size_t count, const pop3_many *many) POP3_MUST_CHECK;
POP3_API pop3_result
pop3_client_dele_many(pop3_client *client, const uint64_t *numbers,
                      size_t count, const pop3_many *many) POP3_MUST_CHECK;

/* What became of the messages marked by DELE. RFC 1939 §6. */
typedef enum pop3_deletes {
    POP3_DELETES_NONE,      /* none was marked, or RSET unmarked them */
    POP3_DELETES_PENDING,   /* marked; QUIT was not sent yet */
    POP3_DELETES_CONFIRMED, /* QUIT was answered by +OK: they are gone */
    POP3_DELETES_REFUSED,   /* by -ERR: some or all of them are still there */
    POP3_DELETES_UNKNOWN    /* the answer to QUIT never came */
} pop3_deletes;

POP3_API pop3_deletes pop3_client_deletes(const pop3_client *client);

#ifdef __cplusplus
}
#endif
#endif
