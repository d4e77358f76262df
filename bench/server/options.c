/* SPDX-License-Identifier: MIT */
/* options - arguments of the synthetic server become values. */
#include "options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char USAGE[] =
    "usage: pop3-bench-server [OPTION...]\n"
    "\n"
    "A POP3 server for measuring clients: loopback only, one thread, the\n"
    "mailbox made up in memory in wire form. Every user name is accepted;\n"
    "every session sees the whole mailbox, whatever was deleted before it.\n"
    "\n"
    "  --messages N       messages in the mailbox (1000)\n"
    "  --size OCTETS      of each message; K, M, G may follow (4096)\n"
    "  --uid-octets N     length of each unique-id, 10 to 70 (16)\n"
    "  --delay-ms MS      round trip charged for each network turn (0)\n"
    "  --password WORD    what every user has to send (secret)\n"
    "  --ca FILE          speak TLS, on a port of its own and by STLS, with\n"
    "                     a certificate for localhost and 127.0.0.1 made\n"
    "                     now; what signed it is written to FILE\n"
    "  --cert FILE --key FILE   the same with a certificate that exists\n"
    "  --no-pipelining    do not announce PIPELINING\n"
    "  --control          obey lines on the standard input: report, reset,\n"
    "                     delay MS; exit at its end\n"
    "\n"
    "The first line on the standard output tells where it listens:\n"
    "    port=41234 tls_port=41235\n"
    "(tls_port=0 without TLS). \"report\", SIGTERM and SIGINT write a line "
    "of\n"
    "JSON: connections, logins, turns, commands (in all and for each verb),\n"
    "octets of answers before TLS, messages deleted by a QUIT.\n"
    "\n"
    "A network turn is data from a client that arrives when all that came\n"
    "before is answered and sent: what would cost a round trip. The greeting\n"
    "is delayed once more, for the connection, and not counted.\n";

typedef enum option_id {
    OPTION_MESSAGES = 1,
    OPTION_SIZE,
    OPTION_UID_OCTETS,
    OPTION_DELAY_MS,
    OPTION_PASSWORD,
    OPTION_CA,
    OPTION_CERT,
    OPTION_KEY,
    OPTION_NO_PIPELINING,
    OPTION_CONTROL,
    OPTION_HELP
} option_id;

static const struct option OPTIONS[] = {
    {"messages", required_argument, NULL, OPTION_MESSAGES},
    {"size", required_argument, NULL, OPTION_SIZE},
    {"uid-octets", required_argument, NULL, OPTION_UID_OCTETS},
    {"delay-ms", required_argument, NULL, OPTION_DELAY_MS},
    {"password", required_argument, NULL, OPTION_PASSWORD},
    {"ca", required_argument, NULL, OPTION_CA},
    {"cert", required_argument, NULL, OPTION_CERT},
    {"key", required_argument, NULL, OPTION_KEY},
    {"no-pipelining", no_argument, NULL, OPTION_NO_PIPELINING},
    {"control", no_argument, NULL, OPTION_CONTROL},
    {"help", no_argument, NULL, OPTION_HELP},
    {0}};

/* A number from least to most, with K, M or G behind it if `units`. */
static bool
read_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);

    if (end == text || *text == '-' || value > most)
        return false;
    if (*end == 'K')
        value <<= 10;
    else if (*end == 'M')
        value <<= 20;
    else if (*end == 'G')
        value <<= 30;
    end += *end != '\0';
    *number = value;
    return *end == '\0' && value >= least && value <= most;
}

static bool
read_delay(const char *text, uint64_t *delay_us)
{
    char *end;
    double ms = strtod(text, &end);

    *delay_us = ms >= 0 && ms <= 60000 ? (uint64_t)(ms * 1000) : 0;
    return end != text && *end == '\0' && ms >= 0 && ms <= 60000;
}

static bool
take(server_options *o, option_id id, const char *arg)
{
    switch (id) {
    case OPTION_MESSAGES:
        return read_number(arg, 0, 100000000, &o->messages);
    case OPTION_SIZE:
        return read_number(arg, 512, UINT64_C(1) << 40, &o->size);
    case OPTION_UID_OCTETS:
        return read_number(arg, 10, 70, &o->uid_octets);
    case OPTION_DELAY_MS:
        return read_delay(arg, &o->delay_us);
    case OPTION_PASSWORD:
        o->password = arg;
        return true;
    case OPTION_CA:
        o->ca_file = arg;
        return true;
    case OPTION_CERT:
        o->cert_file = arg;
        return true;
    case OPTION_KEY:
        o->key_file = arg;
        return true;
    case OPTION_NO_PIPELINING:
        o->no_pipelining = true;
        return true;
    case OPTION_CONTROL:
        o->control = true;
        return true;
    case OPTION_HELP:
        break;
    }
    return false;
}

int
options_parse(server_options *options, int argc, char **argv)
{
    int id;

    *options = (server_options){.messages = 1000,
                                .size = 4096,
                                .uid_octets = 16,
                                .password = "secret"};
    while ((id = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1) {
        if (id == OPTION_HELP) {
            (void)fputs(USAGE, stdout);
            return 0;
        }
        if (id == '?')
            return 64;
        if (!take(options, (option_id)id, optarg)) {
            fprintf(stderr, "pop3-bench-server: %s: out of range\n", optarg);
            return 64;
        }
    }
    if (optind == argc &&
        (options->cert_file == NULL) == (options->key_file == NULL))
        return -1;
    (void)fputs(USAGE, stderr);
    return 64;
}
