/* SPDX-License-Identifier: MIT */
/*
 * seen - the durable memory of what was fetched.
 *
 * A message is known by (account, unique-id, occurrence): occurrence counts,
 * from 0, the messages of one listing that share a unique-id. Octets are those
 * that LIST told; 0 means that it told none.
 */
#ifndef MAIL_SEEN_H
#define MAIL_SEEN_H

#include <pop3.h>

#include "mail/key.h"
#include "mail/mail_error.h"
#include "mail/maildrop.h"

typedef enum seen_state {
    SEEN_NEW = 0,    /* not delivered; in the memory if sessions broke at it */
    SEEN_INTENT,     /* not delivered, in a file of an older version */
    SEEN_DONE,       /* delivered and durable */
    SEEN_DELETE_DUE, /* the same, and to be deleted on the server */
    SEEN_DELETED,    /* the server confirmed that it is gone */
    SEEN_REFUSED,    /* not delivered: the sink refused it for good */
    SEEN_HEADER = 6, /* only its header was delivered; it is never deleted */
    SEEN_LEFT_OUT    /* not delivered: rules left it out */
} seen_state;

/* Delivered whole. */
static inline bool
seen_is_delivered(seen_state state)
{
    return state >= SEEN_DONE && state <= SEEN_DELETED;
}

typedef struct seen_message {
    pop3_span uid;
    uint64_t occurrence;
    uint64_t octets;
    uint64_t copies; /* messages with this unique-id in that listing */
    mail_key key;
} seen_message;

/* What is known of one message of those that share a unique-id. */
typedef struct seen_entry {
    uint64_t occurrence; /* where it is, or is to be, remembered */
    seen_state state;
    uint64_t octets;
    int64_t done_s; /* when it was delivered, since 1970; 0: not by us. If it
                     * is NEW: how many sessions broke at it; LEFT_OUT: which
                     * rules did that */
} seen_entry;

/* What is known of a unique-id in all. */
typedef struct seen_group {
    uint64_t known;     /* occurrences in the memory */
    uint64_t delivered; /* of them DONE or further */
    uint64_t deleted;   /* of them DELETED */
    uint64_t copies;    /* the most that were listed at once */
    uint64_t next;      /* an occurrence above all of them */
} seen_group;

typedef struct seen seen;

/* Opens the memory, made when missing: if `create` is false, *out is NULL
 * then. Errors: CONFIG (damaged, made by a newer version, not ours, cannot be
 * opened), DISK, BUSY, NOMEM. */
mail_result seen_open(seen **out, const char *path, bool create,
                      mail_error *error) MAIL_MUST_CHECK;
void seen_close(seen *s);

/* The account that all calls below are about. create: remember it. */
mail_result seen_select(seen *s, const char *account, bool create,
                        mail_error *error) MAIL_MUST_CHECK;

/* All changes between begin and commit are durable when commit says so, or
 * else not made. */
mail_result seen_begin(seen *s, mail_error *error) MAIL_MUST_CHECK;
mail_result seen_commit(seen *s, mail_error *error) MAIL_MUST_CHECK;
void seen_rollback(seen *s);

/* Calls that read, up to seen_rollback(), take the lock of the file once and
 * see one state of it. */
mail_result seen_begin_reading(seen *s, mail_error *error) MAIL_MUST_CHECK;

/* Fills entries[0 .. count - 1] for the `count` messages of a listing that
 * share `uid`, in their order, and *group. Entries are occurrences 0, 1, ...;
 * but once some of several messages were deleted, those that were not come
 * first, as they are the ones that a server can still list. */
mail_result seen_lookup(seen *s, pop3_span uid, seen_entry *entries,
                        size_t count, seen_group *group,
                        mail_error *error) MAIL_MUST_CHECK;

/* Remembers that messages are about to be fetched: a crash may come before
 * their end is known. What was known of them stays. */
mail_result seen_intend(seen *s, const seen_message *messages, size_t count,
                        const char *sink, mail_error *error) MAIL_MUST_CHECK;
/* The end of all intents of the account is known. */
mail_result seen_settle(seen *s, mail_error *error) MAIL_MUST_CHECK;

/* Remembers a message as delivered (DONE or further), or HEADER or REFUSED,
 * now; replaces
 * what was known of that occurrence. The key is not kept. */
mail_result seen_deliver(seen *s, const seen_message *message,
                         seen_state state, mail_error *error) MAIL_MUST_CHECK;
/* Changes the state of a message that is remembered. */
mail_result seen_set(seen *s, pop3_span uid, uint64_t occurrence,
                     seen_state state, mail_error *error) MAIL_MUST_CHECK;
mail_result seen_forget(seen *s, pop3_span uid, uint64_t occurrence,
                        mail_error *error) MAIL_MUST_CHECK;
/* Forgets one that an intent names and that was not delivered, unless it came
 * to be known as delivered since (`pop3 seen mark-all`). Copies that share a
 * unique-id are forgotten all the same: which of them is known may be what the
 * intent was to find out. */
mail_result seen_forget_open(seen *s, const seen_message *message,
                             mail_error *error) MAIL_MUST_CHECK;

/* Remembers that so many sessions broke at a message, which is NEW. It is to
 * be forgotten or replaced like any other. */
mail_result seen_broke(seen *s, pop3_span uid, uint64_t occurrence,
                       uint64_t breaks, mail_error *error) MAIL_MUST_CHECK;

/* Remembers that these rules (filter_print()) left a message out. Forgotten
 * when it is not listed any more. */
mail_result seen_leave_out(seen *s, pop3_span uid, uint64_t occurrence,
                           int64_t rules, mail_error *error) MAIL_MUST_CHECK;

/* Whether the account is to be fetched without pipelining; setting it holds
 * for so many days. */
mail_result seen_lock_step(seen *s, bool *lock_step,
                           mail_error *error) MAIL_MUST_CHECK;
mail_result seen_set_lock_step(seen *s, unsigned days,
                               mail_error *error) MAIL_MUST_CHECK;

/* Calls `each` for every intent of the account; it must not change anything.
 * Stops when it returns something else than MAIL_OK. */
typedef mail_result seen_each_intent(void *ctx, const seen_message *message,
                                     const char *sink);
mail_result seen_intents(seen *s, seen_each_intent *each, void *ctx,
                         mail_error *error) MAIL_MUST_CHECK;

/* Whether any message is in the memory. */
mail_result seen_remembers(seen *s, bool *any,
                           mail_error *error) MAIL_MUST_CHECK;

/* Messages that should still be on the server: those that are DONE and were
 * listed by the last session, or fetched since. DELETE_DUE does not count:
 * the server was told to delete it, and may have done so. */
mail_result seen_present(seen *s, uint64_t *count,
                         mail_error *error) MAIL_MUST_CHECK;

/* How many of the sizes, sorted upwards, are those of such messages: each
 * message answers for one size. A size of 0 matches nothing. */
mail_result seen_match_sizes(seen *s, const uint64_t *sizes, size_t count,
                             uint64_t *matches,
                             mail_error *error) MAIL_MUST_CHECK;

/* Notes which messages a complete listing had, and forgets what was deleted
 * more than 30 days ago and is not listed. A listing without messages, or
 * without unique-ids, tells nothing about what is there. */
mail_result seen_note_listing(seen *s, const maildrop *drop,
                              mail_error *error) MAIL_MUST_CHECK;

#endif
