/* SPDX-License-Identifier: MIT */
/*
 * core_impl - what a core is made of. For the files of src/core alone.
 *
 * Octets of commands are counted from the start of the session:
 *
 *        sent            released              end of tx
 *   ──────┼─────────────────┼──────────────────────┼───▶
 *   gone  │ may go out      │ waits for its turn   │
 *
 * and commands in the same order:
 *
 *   queue:  [ in flight: released, DONE is due ][ waiting ]
 */
#ifndef CORE_CORE_IMPL_H
#define CORE_CORE_IMPL_H

#include <pop3.h>

#include "base/bytes.h"
#include "core/capa.h"
#include "core/dot.h"
#include "core/fail.h"
#include "core/line.h"
#include "core/mask.h"
#include "core/queue.h"
#include "core/scan.h"
#include "core/window.h"

/* What the next octets from the server are. */
typedef enum core_phase {
    PHASE_GREETING,
    PHASE_STATUS, /* a status line, if a command is in flight */
    PHASE_ROWS,
    PHASE_BODY,
    PHASE_CHALLENGED, /* nothing: the caller owes an answer */
    PHASE_TLS,        /* nothing for us: the handshake */
    PHASE_DONE        /* nothing yet: the DONE of the first command is due */
} core_phase;

struct pop3_core {
    pop3_core_options options; /* limits filled in */
    pop3_state state;
    core_phase phase;
    bool tls;
    bool utf8;           /* UTF8 succeeded: no STLS any more (RFC 6856 §2) */
    pop3_result broken;  /* why state is BROKEN */
    pop3_result parting; /* of CLOSED: how QUIT was answered */

    /* received */
    const scan *scan; /* how to search what was received */
    bytes rx;
    size_t rx_secret; /* so many octets of it may hold an echo of a secret */
    line_reader reader;
    line_index row_ends; /* PHASE_ROWS */
    bool eof;
    bool crlf; /* framing of the reply at hand */
    dot body;
    uint64_t body_octets;
    bool too_large; /* the body went over limits.body_octets */
    uint64_t rows;
    uint64_t rows_octets;
    uint64_t stat_count; /* of the last STAT; UINT64_MAX: none yet */
    bytes greeting;
    pop3_capa capa;
    bool capa_known;
    bool pipelining; /* it was announced */
    pop3_capa capa_coming;

    /* to be sent */
    bytes tx;
    uint64_t sent;
    uint64_t released;
    uint64_t asked; /* where the line begins that the next reply answers */

    /* commands */
    queue queue;
    size_t in_flight; /* the first so many of the queue are released */
    window window;
    size_t doomed;      /* so many from the first on will not be sent */
    pop3_state planned; /* state if all of the queue succeeds */
    pop3_id last_id;
    pop3_result done;    /* PHASE_DONE: with which result */
    unsigned rounds;     /* challenges of the AUTH at hand */
    pop3_result give_up; /* AUTH: we sent "*", and will report this */

    mask mask;
    fail_detail detail;
};

static inline bool
core_is_over(const pop3_core *core)
{
    return core->state == POP3_STATE_BROKEN ||
           core->state == POP3_STATE_CLOSED;
}

/* Whether a credential may travel now (R2). */
static inline bool
core_may_carry_credential(const pop3_core *core)
{
    return core->tls || core->options.clear_credentials;
}

#endif
