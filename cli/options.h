/* SPDX-License-Identifier: MIT */
/*
 * options - the one table of flags, and the values that they set.
 *
 * The parser, --help, the OPTIONS part of the manual page and completions are
 * made from this table; nothing else in the program knows names of flags.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/filter.h"

/* Which commands take a flag. */
typedef enum command_bit {
    CMD_CHECK = 1 << 0,
    CMD_LIST = 1 << 1,
    CMD_SHOW = 1 << 2,
    CMD_SAVE = 1 << 3,
    CMD_DELETE = 1 << 4,
    CMD_FETCH = 1 << 5,
    CMD_HELP = 1 << 6,
    CMD_CONFIG = 1 << 7,
    CMD_COMPLETIONS = 1 << 8,
    CMD_IMPORT = 1 << 9,
    CMD_SEEN = 1 << 10,
    CMD_LOGIN = 1 << 16,
    CMD_LOGOUT = 1 << 17,
    CMD_TOKENS = CMD_LOGIN | CMD_LOGOUT,
    CMD_SETUP = 1 << 20,
    CMD_DOCTOR = 1 << 21,
    CMD_DAEMON = 1 << 24,
    CMD_STATUS = 1 << 25,
    CMD_SERVER = CMD_CHECK | CMD_LIST | CMD_SHOW | CMD_SAVE | CMD_DELETE |
                 CMD_FETCH | CMD_SEEN | CMD_SETUP | CMD_DOCTOR,
    CMD_ALL = CMD_SERVER | CMD_HELP | CMD_CONFIG | CMD_COMPLETIONS |
              CMD_IMPORT | CMD_TOKENS | CMD_DAEMON | CMD_STATUS,
    /* The configuration file: the flag is a key there. With FOR_URL it also
     * holds for a URL when it stands below [defaults]; with IN_DEFAULTS it
     * stands nowhere else. */
    IN_DEFAULTS = 1 << 28,
    IN_FILE = 1 << 29,
    FOR_URL = 1 << 30
} command_bit;

typedef enum tls_choice {
    TLS_BY_URL = 0,
    TLS_IMPLICIT,
    TLS_STLS,
    TLS_NONE
} tls_choice;

typedef enum auth_choice {
    AUTH_AUTO = 0,
    AUTH_USER,
    AUTH_APOP,
    AUTH_PLAIN,
    AUTH_LOGIN,
    AUTH_CRAM_MD5,
    AUTH_SCRAM_SHA_1,
    AUTH_SCRAM_SHA_256,
    AUTH_SCRAM_SHA_1_PLUS,
    AUTH_SCRAM_SHA_256_PLUS,
    AUTH_XOAUTH2,
    AUTH_OAUTHBEARER,
    AUTH_EXTERNAL,
    AUTH_GSSAPI,
    AUTH_ANONYMOUS
} auth_choice;

/* Of each auth_choice, as POP3 has it; "" for auto. */
extern const char *const auth_names[];

typedef enum ocsp_choice {
    OCSP_STAPLED = 0, /* looked at where there is one */
    OCSP_REQUIRED
} ocsp_choice;

typedef enum color_choice {
    COLOR_AUTO = 0, /* on a terminal, without NO_COLOR */
    COLOR_ALWAYS,
    COLOR_NEVER
} color_choice;

/* What is done with a message of more than max_size octets. */
typedef enum oversize_choice {
    OVERSIZE_SKIP = 0,
    OVERSIZE_HEADER /* only its header is delivered */
} oversize_choice;

/* What a message is known by. */
typedef enum dedup_choice {
    DEDUP_UID = 0,
    DEDUP_HASH /* of its header, and its size */
} dedup_choice;

/* Where the password comes from. */
typedef enum password_kind {
    PASSWORD_PROMPT = 0,
    PASSWORD_FILE,
    PASSWORD_COMMAND,
    PASSWORD_KEYRING,
    PASSWORD_CREDENTIAL
} password_kind;

typedef struct password_source {
    password_kind kind;
    const char *text; /* a path, a command, a name; else "" or NULL */
} password_source;

#define KEEP_FOREVER UINT64_MAX

/* A flag as the command line has it. */
typedef struct setting {
    const struct flag *flag;
    const char *value; /* NULL: it stands alone */
} setting;

typedef struct options {
    const char **args; /* what is not a flag, in order; NULL at the end */
    size_t arg_count;
    setting *settings; /* the flags, in order */
    size_t setting_count;

    const char *config;
    bool all;                            /* accounts of the file */
    const struct account_list *accounts; /* those that were named */

    const char *deliver;
    int sync;      /* mail_sync */
    int line_ends; /* mail_line_ends */
    bool no_create;
    const char *recipient; /* for LMTP; NULL: the address or the user */
    const char *state;
    const char *from; /* "user@host", in the file of `seen import` */
    bool forget_all;
    bool yes;
    const char *output;
    uint64_t keep_s;       /* after delivery; 0: delete at once */
    bool delete_delivered; /* keep_s is 0 */
    bool dry_run;
    bool exit_new;
    bool accept_new_ids;
    uint64_t max_messages; /* UINT64_MAX: no limit; the same below */
    uint64_t max_octets;   /* of a run */
    uint64_t max_size;     /* octets of a message */
    uint64_t batch;        /* messages of a session */
    int oversize;          /* oversize_choice */
    int dedup;             /* dedup_choice */
    filter_rules skip_if;
    filter_rules only_if;
    uint64_t lines;

    const char *address; /* this and the next three: an account's alone */
    const char *server;
    const char *user;
    uint64_t port;         /* 0: the usual one */
    uint64_t every_s;      /* 0: the usual one */
    uint64_t jobs;         /* accounts at once; 0: as many as is usual */
    uint64_t max_per_host; /* the same for one host */
    uint64_t drain_s;
    const char *metrics; /* an address; NULL: none */
    const char *on_mail; /* a command; NULL: none */
    uint64_t on_mail_timeout_s;
    const char *name; /* of the account that setup writes */
    bool write;       /* what import understood, into the configuration */
    bool no_login;
    password_source password;
    int auth; /* auth_choice */
    const char *lang;

    password_source oauth; /* of an access token; text NULL: not set */
    const char *oauth_provider;
    const char *oauth_client_id;
    password_source oauth_client_secret; /* as oauth; so is the next one */
    password_source oauth_refresh_token;
    const char *oauth_scope; /* this and the next three: over what the
                              * provider has */
    const char *oauth_authorization_url;
    const char *oauth_device_url;
    const char *oauth_token_url;
    const char *oauth_ca_file;
    bool device;
    bool no_browser;

    int tls; /* tls_choice */
    const char *ca_file;
    const char *ca_path;
    const char *cert;
    const char *key;
    password_source key_password; /* prompt: on the terminal, if need be */
    const char *server_name;
    const char *fingerprint;
    int ocsp; /* ocsp_choice */
    bool insecure;

    uint64_t timeout_ms; /* all at least 1 and at most INT_MAX */
    uint64_t deadline_ms;
    uint64_t connect_timeout_ms;
    const char *proxy; /* "none": none, whatever the environment says */
    password_source proxy_password; /* text NULL: the user alone is enough */
    const char *bind;
    const char *dns_server;
    bool no_pipelining;
    bool no_capa;

    bool json;
    bool quiet;
    bool verbose;
    bool trace;
    int color; /* color_choice */
    bool help;
    bool mdoc;
} options;

typedef enum flag_kind {
    FLAG_SWITCH,   /* bool: no value; in the file yes or no */
    FLAG_SET,      /* int: no value; sets `number` */
    FLAG_ZERO,     /* uint64_t: no value; sets 0 */
    FLAG_STRING,   /* const char *: not empty */
    FLAG_PATH,     /* the same, a file or a directory */
    FLAG_SINK,     /* the same, a place for mail */
    FLAG_FILTER,   /* filter_rules: one rule more */
    FLAG_COMMAND,  /* the same, a program and its arguments */
    FLAG_METRICS,  /* the same, where metrics are served */
    FLAG_SOURCE,   /* password_source: of the kind `number` */
    FLAG_PASSWORD, /* password_source: the text names the kind; `number` 1:
                    * one that asks nobody */
    FLAG_COUNT,    /* uint64_t: at least `number`, 0 or 1 */
    FLAG_OCTETS,   /* uint64_t: a number, K, M or G may follow */
    FLAG_SECONDS,  /* uint64_t, in milliseconds: more than 0 */
    FLAG_DURATION, /* uint64_t, in seconds: a number and s, m, h, d or w */
    FLAG_KEEP,     /* the same, 0, or forever, which no value means too */
    FLAG_PORT,     /* uint64_t: 1 to 65535 */
    FLAG_CHOICE    /* int: the index in `choices` plus `number` */
} flag_kind;

typedef struct flag {
    const char *name; /* without "--" */
    char letter;      /* as in -q; 0: none */
    flag_kind kind;
    const char *value;   /* what stands for the value in texts, or NULL */
    const char *choices; /* FLAG_CHOICE: "a|b|c" */
    size_t offset;       /* in struct options */
    int number;
    unsigned commands; /* command_bit */
    const char *group; /* the heading below which it is shown */
    const char *help;  /* a sentence; NULL: the flag is not shown */
} flag;

/* All flags; ends with a row without a name. Those of a group stand together.
 */
extern const flag flags[];

/* Parses the arguments behind the command. *opt is set to the defaults first;
 * its strings point into argv. False: a message was printed. Free with
 * options_clear() in both cases. */
bool options_parse(options *opt, const char *command, command_bit bit,
                   int argc, char **argv);
void options_clear(options *opt);

/* The flag of that name that one of the commands takes; NULL: there is none.
 */
const flag *options_find(const char *name, size_t len, unsigned commands);

/* The flag in the table whose name is nearest; NULL: none is near. */
const char *options_near(const char *name, unsigned commands);

/* Two flags of the list that set the same thing; false: there are none. */
bool options_clash(const setting *settings, size_t count, const setting **one,
                   const setting **other);

/* Fills in what is built in. */
void options_init(options *opt);

#endif
