/* SPDX-License-Identifier: MIT */
/*
 * doctor - what a look at a server found: steps, certificate, capabilities,
 * and what is odd about it.
 *
 * doctor_net.c and doctor_tls.c look at the way to it, doctor_session.c at a
 * session as the program has it, doctor_findings.c draws the conclusions, and
 * doctor_tell.c prints.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <pop3.h>

#include "cli/provider.h"
#include "cli/session.h"

enum {
    DOCTOR_STEPS = 32,
    DOCTOR_FINDINGS = 32,
    DOCTOR_ADDRESSES = 8 /* that are tried; more are only counted */
};

/* Both texts are printable. */
typedef struct doctor_step {
    char name[80];
    char text[500];
    bool good;
    bool skipped; /* it was not taken: `text` says why */
    uint64_t us;
} doctor_step;

/* What is odd, and what follows from it; both printable. */
typedef struct doctor_finding {
    char what[400];
    char advice[400]; /* "": nothing needs to be done */
} doctor_finding;

typedef struct doctor_cert {
    bool seen;
    char tls[80]; /* version and cipher */
    char subject[300];
    char names[700]; /* subjectAltName, with ", " between them */
    char issuer[300];
    char from[24]; /* 2026-01-31T00:00:00Z */
    char until[24];
    long days_left;   /* less than 0: ended */
    char pin[80];     /* sha256:HEX */
    char key_pin[64]; /* spki-sha256:BASE64 */
    bool self_signed;
} doctor_cert;

/* What the listings were like. */
typedef struct doctor_mail {
    pop3_result stat_result, uidl_result, list_result;
    pop3_stat stat;
    uint64_t uids, sizes; /* rows */
    uint64_t skipped;     /* rows that make no sense */
    uint64_t repeated;    /* unique-ids that stand there again */
    uint64_t long_uids;   /* of more than 70 octets, against RFC 1939 */
    bool asked;
} doctor_mail;

typedef struct doctor {
    const options *opt;
    session s;
    provider_table providers;
    const provider *provider; /* of the server; or NULL */

    doctor_step steps[DOCTOR_STEPS];
    size_t step_count;
    doctor_finding findings[DOCTOR_FINDINGS];
    size_t finding_count;

    size_t addresses; /* of the host */
    size_t dead;      /* of those that were tried */
    doctor_cert cert;
    char greeting[300];
    char *before; /* capabilities, a line each; NULL: none were told */
    char *after;
    bool dies_of_capa;
    bool logged_in;
    char mechanism[40]; /* "" : none was chosen */
    char why[300];      /* why that one, or why none */
    doctor_mail mail;
} doctor;

/* Steps: begin takes a format; end sets time and text. */
__attribute__((format(printf, 2, 3))) doctor_step *
doctor_begin(doctor *d, const char *format, ...);
__attribute__((format(printf, 3, 4))) void
doctor_end(doctor_step *step, bool good, const char *format, ...);
/* A step that is not taken. */
__attribute__((format(printf, 3, 4))) void
doctor_skip(doctor *d, const char *name, const char *format, ...);

/* Looks up the host and connects to each address. Returns a connected socket,
 * or -1. */
int doctor_net(doctor *d);

/* Greeting, TLS and certificate by that socket, which it closes. Nothing is
 * believed, and nothing secret is sent. */
void doctor_tls(doctor *d, int fd);

/* The session; no mail is fetched, changed or deleted. d->s.status tells. */
void doctor_session(doctor *d);

/* Fills in d->findings. */
void doctor_findings(doctor *d);

/* Prints. */
void doctor_tell(const doctor *d);
void doctor_tell_json(const doctor *d);

#endif
