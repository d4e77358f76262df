/* SPDX-License-Identifier: MIT */
/*
 * intents - what a crash must leave known of a group of messages, compactly.
 *
 * A thousand intents are one value in the state file, not a thousand rows: it
 * is written once, and goes once the group is settled. A message is
 *
 *     key SP occurrence SP octets SP copies SP length SP unique-id
 *
 * with numbers in decimal, and the next one follows at once: the length says
 * where. It is made of text so that SQL can write it as well (seen_file.c).
 * What cannot be read is damage, and never passes for an empty list.
 */
#include "mail/intents.h"

#include <string.h>

#include "base/banned.h"

enum {
    NUMBER_MAX = 20 /* digits of UINT64_MAX */
};

static char *
put_number(char *out, uint64_t number)
{
    char digits[NUMBER_MAX];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    memcpy(out, digits + at, sizeof(digits) - at);
    out += sizeof(digits) - at;
    *out++ = ' ';
    return out;
}

bool
intents_append(bytes *list, const seen_message *message)
{
    char head[MAIL_KEY_LEN + 1 + 4 * (NUMBER_MAX + 1)];
    char *end = head + MAIL_KEY_LEN;

    memcpy(head, message->key.text, MAIL_KEY_LEN);
    *end++ = ' ';
    end = put_number(end, message->occurrence);
    end = put_number(end, message->octets);
    end = put_number(end, message->copies);
    end = put_number(end, message->uid.len);
    return bytes_append(list, head, (size_t)(end - head)) &&
           bytes_append(list, message->uid.ptr, message->uid.len);
}

/* A number and the space behind it. */
static bool
take_number(pop3_span *list, uint64_t *number)
{
    size_t i = 0;

    *number = 0;
    while (i < list->len && list->ptr[i] >= '0' && list->ptr[i] <= '9') {
        uint64_t digit = (uint64_t)(list->ptr[i++] - '0');

        if (*number > (UINT64_MAX - digit) / 10)
            return false;
        *number = *number * 10 + digit;
    }
    if (i == 0 || i == list->len || list->ptr[i] != ' ')
        return false;
    list->ptr += i + 1;
    list->len -= i + 1;
    return true;
}

static bool
take_key(pop3_span *list, mail_key *key)
{
    if (list->len <= MAIL_KEY_LEN || list->ptr[MAIL_KEY_LEN] != ' ')
        return false;
    memcpy(key->text, list->ptr, MAIL_KEY_LEN);
    key->text[MAIL_KEY_LEN] = '\0';
    list->ptr += MAIL_KEY_LEN + 1;
    list->len -= MAIL_KEY_LEN + 1;
    return mail_key_at(key->text);
}

bool
intents_take(pop3_span *list, seen_message *message)
{
    pop3_span rest = *list;
    uint64_t len;

    if (!take_key(&rest, &message->key) ||
        !take_number(&rest, &message->occurrence) ||
        !take_number(&rest, &message->octets) ||
        !take_number(&rest, &message->copies) || !take_number(&rest, &len) ||
        len > rest.len)
        return false;
    message->uid = (pop3_span){rest.ptr, (size_t)len};
    *list = (pop3_span){rest.ptr + len, rest.len - (size_t)len};
    return true;
}
