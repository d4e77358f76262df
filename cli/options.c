/* SPDX-License-Identifier: MIT */
/*
 * options - the table of flags, and look-ups in it.
 *
 * A flag is a row: name, kind of value, field, the commands that take it, and
 * what the help says. Rows of a group stand together.
 */
#include "cli/options.h"

#include <string.h>

#include "cli/near.h"
#include "mail/sink.h"

#include "base/banned.h"

#define AT(field) offsetof(options, field)

static const char ACCOUNT[] = "Accounts";
static const char DELIVERY[] = "Delivery";
static const char LOGIN[] = "Login";
static const char OAUTH[] = "OAuth 2";
static const char TLS[] = "TLS";
static const char CONNECTION[] = "Connection";
static const char OUTPUT[] = "Output";

const flag flags[] = {
    {"address", 0, FLAG_STRING, "ADDRESS", NULL, AT(address), 0, IN_FILE,
     ACCOUNT,
     "The mail address. It is the name of the user too, unless user is set."},
    {"server", 0, FLAG_STRING, "HOST", NULL, AT(server), 0,
     CMD_SETUP | IN_FILE, ACCOUNT,
     "The name of the server, or its address. An account without it has its "
     "server found from its address."},
    {"port", 0, FLAG_PORT, "PORT", NULL, AT(port), 0, CMD_SETUP | IN_FILE,
     ACCOUNT, "Its port. The default is 995, or 110 if tls is stls or none."},
    {"user", 0, FLAG_STRING, "NAME", NULL, AT(user), 0, CMD_SETUP | IN_FILE,
     ACCOUNT, "The name to log in with."},
    {"name", 0, FLAG_STRING, "NAME", NULL, AT(name), 0, CMD_SETUP, ACCOUNT,
     "Call the account NAME. The default is the address."},
    {"every", 0, FLAG_DURATION, "TIME", NULL, AT(every_s), 0,
     CMD_DAEMON | IN_FILE, ACCOUNT,
     "How often the daemon looks for mail. The default is 5m."},

    {"all", 0, FLAG_SWITCH, NULL, NULL, AT(all), 0,
     CMD_CHECK | CMD_FETCH | CMD_DAEMON | CMD_STATUS, ACCOUNT,
     "All accounts of the configuration file."},
    {"all", 0, FLAG_SWITCH, NULL, NULL, AT(forget_all), 0, CMD_SEEN, ACCOUNT,
     "With seen forget: all messages of the account, if --yes is there too."},
    {"yes", 0, FLAG_SWITCH, NULL, NULL, AT(yes), 0, CMD_SEEN, ACCOUNT,
     "With seen forget --all: mean it."},
    {"from", 0, FLAG_STRING, "USER@HOST", NULL, AT(from), 0, CMD_SEEN, ACCOUNT,
     "With seen import: take what the file has of this account, as the other "
     "program named it, when that is not the user and the server here."},
    {"config", 0, FLAG_PATH, "FILE", NULL, AT(config), 0,
     CMD_SERVER | CMD_IMPORT | CMD_CONFIG | CMD_TOKENS | CMD_DAEMON |
         CMD_STATUS,
     ACCOUNT, "Use the configuration in FILE, not in the usual place."},
    {"write", 0, FLAG_SWITCH, NULL, NULL, AT(write), 0, CMD_IMPORT, ACCOUNT,
     "Write the accounts into the configuration, behind those that are there. "
     "Nothing that stands there is changed; a name that is taken gets a "
     "number."},
    {"jobs", 0, FLAG_COUNT, "N", NULL, AT(jobs), 1,
     CMD_FETCH | CMD_DAEMON | IN_FILE | IN_DEFAULTS, ACCOUNT,
     "Fetch at most N accounts at once. The default is 8 for the daemon, "
     "which alone reads this key, and 1 for fetch. If mail of one of them "
     "goes to stdout:, they are fetched one after the other."},
    {"max-per-host", 0, FLAG_COUNT, "N", NULL, AT(max_per_host), 1,
     CMD_FETCH | CMD_DAEMON | IN_FILE | IN_DEFAULTS, ACCOUNT,
     "At most N of them at one server. The default is 2."},
    {"drain", 0, FLAG_DURATION, "TIME", NULL, AT(drain_s), 0, CMD_DAEMON,
     ACCOUNT,
     "When the daemon is told to end, let fetches that run finish what they "
     "began for so long. The default is 60s."},
    {"metrics", 0, FLAG_METRICS, "ADDRESS", NULL, AT(metrics), 0,
     CMD_DAEMON | IN_FILE | IN_DEFAULTS, ACCOUNT,
     "Where the daemon serves metrics (OpenMetrics, by HTTP at /metrics): "
     "unix:PATH, or a port of this machine, as 127.0.0.1:9995 or "
     "[::1]:9995."},

    {"deliver", 0, FLAG_SINK, "WHERE", NULL, AT(deliver), 0,
     CMD_FETCH | CMD_SETUP | IN_FILE | FOR_URL, DELIVERY,
     "Deliver to maildir:DIR, mbox:FILE, eml:DIR (a file for each message), "
     "cmd:PROGRAM, lmtp:/SOCKET, lmtp://HOST:PORT, lmtps://HOST:PORT or "
     "stdout:. A DIR or FILE is made when it is missing."},
    {"recipient", 0, FLAG_STRING, "ADDRESSES", NULL, AT(recipient), 0,
     CMD_FETCH | IN_FILE, DELIVERY,
     "Whom LMTP delivers to; several with commas or spaces between them. The "
     "default is the address of the account, or its user."},
    {"no-create", 0, FLAG_SWITCH, NULL, NULL, AT(no_create), 0,
     CMD_FETCH | IN_FILE | FOR_URL, DELIVERY,
     "Make no Maildir, file or directory to deliver into: it has to be "
     "there."},
    {"line-ends", 0, FLAG_CHOICE, "KIND", "auto|lf|as-sent", AT(line_ends),
     MAIL_LINE_ENDS_AUTO, CMD_FETCH | IN_FILE | FOR_URL, DELIVERY,
     "Deliver with lf line ends, or as-sent by the server, octet for octet. "
     "auto suits each kind of delivery, and is the default. Maildir and mbox "
     "always have lf."},
    {"sync", 0, FLAG_CHOICE, "METHOD", "auto|syncfs|fsync", AT(sync),
     MAIL_SYNC_AUTO, CMD_FETCH | IN_FILE | FOR_URL, DELIVERY,
     "Bring messages to the disk by one syncfs(2) for many of them, or by an "
     "fsync(2) of each, several at a time. auto takes the second for a few "
     "messages or while other programs write much, and is the default. All "
     "are equally safe: where syncfs is not, fsync is taken."},
    {"keep", 0, FLAG_KEEP, "TIME", NULL, AT(keep_s), 0,
     CMD_FETCH | IN_FILE | FOR_URL, DELIVERY,
     "Keep delivered mail on the server: forever, which is the default; or "
     "until TIME has passed since its delivery, as 30d or 12h; 0 is the same "
     "as --delete."},
    {"delete", 0, FLAG_ZERO, NULL, NULL, AT(keep_s), 0, CMD_FETCH, DELIVERY,
     "Delete mail on the server once it is safely on the disk."},
    {"max-messages", 0, FLAG_COUNT, "N", NULL, AT(max_messages), 1,
     CMD_FETCH | IN_FILE | FOR_URL, DELIVERY,
     "Fetch at most N messages; the next run goes on."},
    {"max-octets", 0, FLAG_OCTETS, "SIZE", NULL, AT(max_octets), 1,
     CMD_FETCH | IN_FILE | FOR_URL, DELIVERY,
     "Fetch at most SIZE octets, as the server tells the sizes of messages; "
     "the next run goes on. A message that is larger comes alone."},
    {"max-size", 0, FLAG_OCTETS, "SIZE", NULL, AT(max_size), 1,
     CMD_CHECK | CMD_FETCH | IN_FILE | FOR_URL, DELIVERY,
     "Leave messages of more than SIZE octets on the server. K, M or G may "
     "follow the number."},
    {"oversize", 0, FLAG_CHOICE, "WHAT", "skip|header", AT(oversize),
     OVERSIZE_SKIP, CMD_FETCH | IN_FILE | FOR_URL, DELIVERY,
     "What to do with those: skip, which is the default; or deliver the "
     "header alone, with a field X-Pop3-Oversize that says so. The message is "
     "fetched whole once max-size allows it, and not deleted before."},
    {"batch", 0, FLAG_COUNT, "N", NULL, AT(batch), 1,
     CMD_FETCH | IN_FILE | FOR_URL, DELIVERY,
     "End the session after N messages, so that the server deletes what was "
     "to be deleted, and go on in a new one."},
    {"skip-if", 0, FLAG_FILTER, "RULE", NULL, AT(skip_if), 0,
     CMD_CHECK | CMD_FETCH | IN_FILE | FOR_URL, DELIVERY,
     "Leave messages on the server that have such a field in their header, as "
     "\"Subject: *sale*\", or with a regular expression \"From: "
     "/@(a|b)[.]example/\". It may stand several times."},
    {"only-if", 0, FLAG_FILTER, "RULE", NULL, AT(only_if), 0,
     CMD_CHECK | CMD_FETCH | IN_FILE | FOR_URL, DELIVERY,
     "Fetch only messages that have such a field, or one of several."},
    {"dedup", 0, FLAG_CHOICE, "WAY", "uid|hash", AT(dedup), DEDUP_UID,
     CMD_CHECK | CMD_FETCH | CMD_SEEN | IN_FILE | FOR_URL, DELIVERY,
     "Know messages by their unique-id (uid), which is the default; or, for "
     "servers that have none, by a hash of header and size, for which the "
     "headers of all messages are read each time."},
    {"dry-run", 0, FLAG_SWITCH, NULL, NULL, AT(dry_run), 0,
     CMD_FETCH | CMD_SETUP, DELIVERY,
     "Say what would be done. Fetch, write and delete nothing."},
    {"exit-new", 0, FLAG_SWITCH, NULL, NULL, AT(exit_new), 0, CMD_CHECK,
     DELIVERY,
     "Say also how many messages a fetch would deliver, by what is remembered "
     "and by the settings of the account, and exit with 0 if there are any, "
     "or with 1 if there are none. With --quiet that is the only answer."},
    {"on-mail", 0, FLAG_COMMAND, "COMMAND", NULL, AT(on_mail), 0,
     CMD_FETCH | CMD_DAEMON | IN_FILE | FOR_URL, DELIVERY,
     "Run COMMAND when mail was delivered. It is split at spaces, quotes are "
     "respected, and no shell is used. POP3_ACCOUNT, POP3_FETCHED and others "
     "in its environment tell what came; its failure is told, and changes "
     "nothing."},
    {"on-mail-timeout", 0, FLAG_DURATION, "TIME", NULL, AT(on_mail_timeout_s),
     0, CMD_FETCH | CMD_DAEMON | IN_FILE | FOR_URL, DELIVERY,
     "End COMMAND when it takes longer. The default is 60s."},
    {"state", 0, FLAG_PATH, "FILE", NULL, AT(state), 0,
     CMD_CHECK | CMD_FETCH | CMD_SEEN | CMD_DAEMON | CMD_STATUS | IN_FILE |
         FOR_URL,
     DELIVERY, "Remember in FILE what was fetched, not in the usual place."},
    {"accept-new-ids", 0, FLAG_SWITCH, NULL, NULL, AT(accept_new_ids), 0,
     CMD_CHECK | CMD_FETCH, DELIVERY,
     "Go on when the server changed the unique-ids of all messages: all of "
     "them are fetched."},
    {"output", 0, FLAG_PATH, "DIR", NULL, AT(output), 0, CMD_SAVE, DELIVERY,
     "Write the files into DIR, not into the current directory."},
    {"lines", 0, FLAG_COUNT, "N", NULL, AT(lines), 0, CMD_SHOW, OUTPUT,
     "Show N lines of the body. The default is 20."},

    {"json", 0, FLAG_SWITCH, NULL, NULL, AT(json), 0,
     (CMD_SERVER & ~CMD_SHOW) | CMD_STATUS, OUTPUT,
     "Write one JSON document to the standard output."},
    {"quiet", 'q', FLAG_SWITCH, NULL, NULL, AT(quiet), 0,
     CMD_SERVER | CMD_TOKENS | CMD_DAEMON, OUTPUT, "Say nothing but errors."},
    {"verbose", 'v', FLAG_SWITCH, NULL, NULL, AT(verbose), 0,
     CMD_SERVER | CMD_TOKENS | CMD_DAEMON, OUTPUT, "Say what is done."},
    {"trace", 0, FLAG_SWITCH, NULL, NULL, AT(trace), 0,
     CMD_SERVER | CMD_TOKENS, OUTPUT,
     "Show the dialogue with the server. Secrets stand as **** in it."},
    {"color", 0, FLAG_CHOICE, "WHEN", "auto|always|never", AT(color),
     COLOR_AUTO, CMD_ALL, OUTPUT,
     "Color errors auto, always or never. auto does so on a terminal, unless "
     "NO_COLOR is set, and is the default."},
    {"help", 'h', FLAG_SWITCH, NULL, NULL, AT(help), 0, CMD_ALL, OUTPUT,
     "Show what the command does and its options."},
    {"mdoc", 0, FLAG_SWITCH, NULL, NULL, AT(mdoc), 0, CMD_HELP, OUTPUT, NULL},

    {"password", 0, FLAG_PASSWORD, "SOURCE", NULL, AT(password), 0, IN_FILE,
     LOGIN,
     "Where the password comes from: \"file: PATH\", \"command: PROGRAM\", "
     "\"keyring\", \"credential: NAME\" or \"prompt\", which is the default. "
     "It is never the password itself."},
    {"password-file", 0, FLAG_SOURCE, "FILE", NULL, AT(password),
     PASSWORD_FILE, CMD_SERVER | IN_FILE, LOGIN,
     "Take the password from the first line of FILE, which only its owner may "
     "be able to read."},
    {"password-command", 0, FLAG_SOURCE, "COMMAND", NULL, AT(password),
     PASSWORD_COMMAND, CMD_SERVER | IN_FILE, LOGIN,
     "Take the password from the first line that COMMAND prints. It is split "
     "at spaces, quotes are respected, and no shell is used."},
    {"no-login", 0, FLAG_SWITCH, NULL, NULL, AT(no_login), 0,
     CMD_SETUP | CMD_DOCTOR, LOGIN,
     "Do not log in: look only at what can be seen without a password."},
    {"auth", 0, FLAG_CHOICE, "METHOD",
     "auto|user|apop|plain|login|cram-md5|scram-sha-1|scram-sha-256|"
     "scram-sha-1-plus|scram-sha-256-plus|xoauth2|oauthbearer|external|gssapi|"
     "anonymous",
     AT(auth), AUTH_AUTO, CMD_SERVER | IN_FILE, LOGIN,
     "Log in by auto, user, apop, plain, login, cram-md5, scram-sha-1, "
     "scram-sha-256, scram-sha-1-plus, scram-sha-256-plus, xoauth2, "
     "oauthbearer, external, gssapi or anonymous, and by nothing else. auto "
     "takes the safest that the server has, and is the default. For xoauth2 "
     "and oauthbearer the password is an OAuth 2 token; external takes the "
     "client certificate, and gssapi the Kerberos ticket."},
    {"lang", 0, FLAG_STRING, "TAG", NULL, AT(lang), 0,
     CMD_SERVER | IN_FILE | FOR_URL, LOGIN,
     "Ask servers that have languages (RFC 6856) for the one with this tag, "
     "as "
     "de, in what they say."},

    {"oauth", 0, FLAG_PASSWORD, "SOURCE", NULL, AT(oauth), 1,
     CMD_SERVER | IN_FILE, OAUTH,
     "Log in with an access token, and where it comes from: \"command: "
     "PROGRAM\", \"file: PATH\" or \"credential: NAME\". When the server "
     "refuses the token, it is asked for once more; a command then finds what "
     "the server said, in JSON, in the variable POP3_OAUTH_ERROR."},
    {"oauth-provider", 0, FLAG_STRING, "NAME", NULL, AT(oauth_provider), 0,
     CMD_SERVER | CMD_TOKENS | IN_FILE, OAUTH,
     "Log in with the tokens that `pop3 login` got from the provider NAME: "
     "google, microsoft, yahoo, or one of your own."},
    {"oauth-client-id", 0, FLAG_STRING, "ID", NULL, AT(oauth_client_id), 0,
     CMD_SERVER | CMD_TOKENS | IN_FILE, OAUTH,
     "The name by which the provider knows this program: you get it when you "
     "register it there as an application of your own."},
    {"oauth-client-secret", 0, FLAG_PASSWORD, "SOURCE", NULL,
     AT(oauth_client_secret), 1, IN_FILE, OAUTH,
     "Where the secret that goes with it comes from, as for oauth, if the "
     "provider wants one."},
    {"oauth-refresh-token", 0, FLAG_PASSWORD, "SOURCE", NULL,
     AT(oauth_refresh_token), 1, IN_FILE, OAUTH,
     "Where the first refresh token comes from, as for oauth: in place of "
     "`pop3 login`, on machines that nobody logs in at."},
    {"oauth-scope", 0, FLAG_STRING, "SCOPE", NULL, AT(oauth_scope), 0, IN_FILE,
     OAUTH,
     "What the tokens are to be good for, in the words of the provider, in "
     "place of what is known of it."},
    {"oauth-authorization-url", 0, FLAG_STRING, "URL", NULL,
     AT(oauth_authorization_url), 0, IN_FILE, OAUTH,
     "The same for the page where the user agrees."},
    {"oauth-device-url", 0, FLAG_STRING, "URL", NULL, AT(oauth_device_url), 0,
     IN_FILE, OAUTH, "The same for where a code for another device is got."},
    {"oauth-token-url", 0, FLAG_STRING, "URL", NULL, AT(oauth_token_url), 0,
     IN_FILE, OAUTH,
     "The same for where tokens are got. Without a provider, it is enough "
     "to know one by."},
    {"oauth-ca-file", 0, FLAG_PATH, "FILE", NULL, AT(oauth_ca_file), 0,
     CMD_SERVER | CMD_TOKENS | IN_FILE, OAUTH,
     "Trust the certificate authorities in FILE (PEM), not the system's, for "
     "these URLs."},
    {"device", 0, FLAG_SWITCH, NULL, NULL, AT(device), 0, CMD_LOGIN, OAUTH,
     "Show a code to be typed in the browser of any device, as a phone."},
    {"no-browser", 0, FLAG_SWITCH, NULL, NULL, AT(no_browser), 0, CMD_LOGIN,
     OAUTH,
     "Start no browser, but show the URL to be opened in one on this "
     "machine."},

    {"tls", 0, FLAG_CHOICE, "MODE", "implicit|stls|none", AT(tls),
     TLS_IMPLICIT, CMD_SERVER | IN_FILE, TLS,
     "Use TLS from the first octet (implicit, the default of pops:// and of "
     "accounts), after "
     "STLS (stls, the default of pop://), or not at all (none)."},
    {"stls", 0, FLAG_SET, NULL, NULL, AT(tls), TLS_STLS, CMD_SERVER, TLS,
     "The same as --tls stls."},
    {"ca-file", 0, FLAG_PATH, "FILE", NULL, AT(ca_file), 0,
     CMD_SERVER | IN_FILE, TLS,
     "Trust the certificate authorities in FILE (PEM), not the system's."},
    {"ca-path", 0, FLAG_PATH, "DIR", NULL, AT(ca_path), 0,
     CMD_SERVER | IN_FILE, TLS, "The same for a directory with hashed names."},
    {"cert", 0, FLAG_PATH, "FILE", NULL, AT(cert), 0, CMD_SERVER | IN_FILE,
     TLS,
     "Show the server the client certificate in FILE: PEM, or PKCS#12 (.p12) "
     "with its key."},
    {"key", 0, FLAG_PATH, "FILE", NULL, AT(key), 0, CMD_SERVER | IN_FILE, TLS,
     "The key of that certificate, if it is not in the same file."},
    {"cert-password-file", 0, FLAG_SOURCE, "FILE", NULL, AT(key_password),
     PASSWORD_FILE, CMD_SERVER | IN_FILE, TLS,
     "Take the passphrase of that key from the first line of FILE, which only "
     "its owner may be able to read. Without it, pop3 asks on the terminal."},
    {"cert-password-command", 0, FLAG_SOURCE, "COMMAND", NULL,
     AT(key_password), PASSWORD_COMMAND, CMD_SERVER | IN_FILE, TLS,
     "Take it from the first line that COMMAND prints."},
    {"server-name", 0, FLAG_STRING, "NAME", NULL, AT(server_name), 0,
     CMD_SERVER | IN_FILE, TLS,
     "Expect NAME in the server's certificate, not the host of the URL."},
    {"tls-fingerprint", 0, FLAG_STRING, "PIN", NULL, AT(fingerprint), 0,
     CMD_SERVER | IN_FILE, TLS,
     "Trust the server's certificate by its SHA-256 fingerprint, whoever "
     "signed it and whatever it says: sha256:HEX, or spki-sha256:BASE64 of "
     "its public key; several with spaces or commas between them."},
    {"tls-ocsp", 0, FLAG_CHOICE, "MODE", "stapled|require", AT(ocsp),
     OCSP_STAPLED, CMD_SERVER | IN_FILE, TLS,
     "Look at what the server staples to its certificate to show that it was "
     "not revoked (stapled, the default), or refuse servers that staple "
     "nothing as well (require)."},
    {"insecure", 0, FLAG_SWITCH, NULL, NULL, AT(insecure), 0,
     CMD_SERVER & ~CMD_SETUP, TLS,
     "Accept any certificate. Anybody on the way can then read the password "
     "and the mail: for tests only."},

    {"timeout", 0, FLAG_SECONDS, "SECONDS", NULL, AT(timeout_ms), 0,
     CMD_SERVER | IN_FILE | FOR_URL, CONNECTION,
     "Give up when nothing moves for so long. The default is 180."},
    {"deadline", 0, FLAG_SECONDS, "SECONDS", NULL, AT(deadline_ms), 0,
     CMD_SERVER | CMD_TOKENS | IN_FILE | FOR_URL, CONNECTION,
     "Give up when one step takes longer, however the server drips. Messages "
     "get more time by their size. The default is 600."},
    {"connect-timeout", 0, FLAG_SECONDS, "SECONDS", NULL,
     AT(connect_timeout_ms), 0, CMD_SERVER | CMD_TOKENS | IN_FILE | FOR_URL,
     CONNECTION,
     "Give up when there is no connection, with TLS, after so long. The "
     "default is 30."},
    {"proxy", 0, FLAG_STRING, "URL", NULL, AT(proxy), 0,
     CMD_SERVER | CMD_TOKENS | IN_FILE | FOR_URL, CONNECTION,
     "Reach the server by way of the proxy at URL, as "
     "socks5h://user@proxy.example.org:1080 or "
     "http://proxy.example.org:3128, or of none, whatever ALL_PROXY says. The "
     "proxy looks names up, and sees nothing that TLS protects."},
    {"proxy-password", 0, FLAG_PASSWORD, "SOURCE", NULL, AT(proxy_password), 0,
     IN_FILE | FOR_URL, CONNECTION,
     "Where the password for that proxy comes from, as for password."},
    {"proxy-password-file", 0, FLAG_SOURCE, "FILE", NULL, AT(proxy_password),
     PASSWORD_FILE, CMD_SERVER | CMD_TOKENS | IN_FILE | FOR_URL, CONNECTION,
     "Take it from the first line of FILE, which only its owner may be able "
     "to read."},
    {"bind", 0, FLAG_STRING, "ADDRESS", NULL, AT(bind), 0,
     CMD_SERVER | IN_FILE | FOR_URL, CONNECTION,
     "Connect from ADDRESS, which this machine has, or from the interface of "
     "that name."},
    {"dns-server", 0, FLAG_STRING, "ADDRESS", NULL, AT(dns_server), 0,
     CMD_SERVER | IN_FILE | FOR_URL, CONNECTION,
     "Ask the name server at ADDRESS, or ADDRESS:PORT, and not those of the "
     "system. Several stand with commas between them. Web servers that are "
     "asked by setup are still looked up by the system."},
    {"no-pipelining", 0, FLAG_SWITCH, NULL, NULL, AT(no_pipelining), 0,
     CMD_SERVER | IN_FILE | FOR_URL, CONNECTION,
     "Wait for each answer before the next command, for servers that announce "
     "pipelining and break it."},
    {"no-capa", 0, FLAG_SWITCH, NULL, NULL, AT(no_capa), 0,
     CMD_SERVER | IN_FILE | FOR_URL, CONNECTION,
     "Never send CAPA, for servers that fail at it."},
    {0}};

const char *const auth_names[] = {"",
                                  "USER",
                                  "APOP",
                                  "PLAIN",
                                  "LOGIN",
                                  "CRAM-MD5",
                                  "SCRAM-SHA-1",
                                  "SCRAM-SHA-256",
                                  "SCRAM-SHA-1-PLUS",
                                  "SCRAM-SHA-256-PLUS",
                                  "XOAUTH2",
                                  "OAUTHBEARER",
                                  "EXTERNAL",
                                  "GSSAPI",
                                  "ANONYMOUS"};

const flag *
options_find(const char *name, size_t len, unsigned commands)
{
    const flag *f;

    for (f = flags; f->name != NULL; f++) {
        if ((f->commands & commands) != 0 && strlen(f->name) == len &&
            memcmp(f->name, name, len) == 0)
            return f;
    }
    return NULL;
}

const char *
options_near(const char *name, unsigned commands)
{
    near n = near_start(name);
    const flag *f;

    for (f = flags; f->name != NULL; f++) {
        if ((f->commands & commands) != 0 && f->help != NULL)
            near_offer(&n, f->name);
    }
    return n.best;
}

void
options_init(options *opt)
{
    *opt = (options){.keep_s = KEEP_FOREVER,
                     .max_messages = UINT64_MAX,
                     .max_octets = UINT64_MAX,
                     .max_size = UINT64_MAX,
                     .batch = UINT64_MAX,
                     .lines = 20,
                     .drain_s = 60,
                     .on_mail_timeout_s = 60,
                     .timeout_ms = 180000,
                     .deadline_ms = 600000,
                     .connect_timeout_ms = 30000};
}

bool
options_clash(const setting *settings, size_t count, const setting **one,
              const setting **other)
{
    size_t i;
    size_t j;

    for (i = 0; i < count; i++) {
        for (j = 0; j < i; j++) {
            if (settings[i].flag != settings[j].flag &&
                settings[i].flag->offset == settings[j].flag->offset) {
                *one = &settings[j];
                *other = &settings[i];
                return true;
            }
        }
    }
    return false;
}
