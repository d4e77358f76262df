/* SPDX-License-Identifier: MIT */
/*
 * idn - IDNA 2008 by libidn2, mapped as UTS #46 has it, without the
 * transitional rules: "ß" stays what it is, as in today's browsers, since
 * "strasse" and "straße" may be two people's.
 *
 * It is done before DNS, SNI and the check of the certificate, so that all
 * three are about one name (R6, RFC 9525 §6.3). The mapping can make signs
 * that end a label or a name out of letters that look like them ("℀" is
 * "a/c"). So what comes out has to be letters, digits and hyphens (STD 3), and
 * must not have become an address. libidn2 has a flag for the first of these,
 * IDN2_USE_STD3_ASCII_RULES, with which 2.3.3 does not refuse such signs but
 * leaves them out, so that another name would be asked for: it is not used.
 *
 * libidn2 and its tables are loaded for the names that need them, which hardly
 * any do, and let go again: see docs/adr/0019-memory-of-libraries.md.
 */
#include "net/idn.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <idn2.h>

#include "base/text.h"
#include "net/resolve.h"
#include "base/banned.h"

/* What its interface of today goes by. */
#define IDN2_SONAME "libidn2.so.0"

enum {
    SHOWN_MAX = 100 /* octets of the name in an error */
};

static const struct {
    int code;
    const char *why;
} REASONS[] = {
    {IDN2_ENCODING_ERROR, "it is not UTF-8"},
    {IDN2_DISALLOWED, "it holds a character that no host name has"},
    {IDN2_UNASSIGNED, "it holds a character that no host name has"},
    {IDN2_ALABEL_ROUNDTRIP_FAILED,
     "it holds a character that no host name has"},
    {IDN2_PUNYCODE_BIG_OUTPUT, "a part of it is longer than 63 octets"},
    {IDN2_TOO_BIG_LABEL, "a part of it is longer than 63 octets"},
    {IDN2_TOO_BIG_DOMAIN, "it is longer than 255 octets"},
    {IDN2_2HYPHEN, "a part of it has hyphens in the third and fourth place"},
    {IDN2_HYPHEN_STARTEND, "a part of it begins or ends with a hyphen"},
    {IDN2_LEADING_COMBINING, "a part of it begins with an accent alone"},
    {IDN2_BIDI, "it mixes letters that are written from the left and from "
                "the right"},
    {IDN2_DOT_IN_LABEL, "it holds a character that stands for a dot"},
};

static const char *
explain(int code)
{
    for (size_t i = 0; i < sizeof(REASONS) / sizeof(REASONS[0]); i++)
        if (REASONS[i].code == code)
            return REASONS[i].why;
    return "its letters do not go together";
}

static pop3_result
refuse(net_error *error, const char *host, const char *why)
{
    text_builder t = text_start(error->text, sizeof(error->text));
    size_t budget = SHOWN_MAX;

    error->sys = 0;
    text_add(&t, "the host name \"");
    text_add_printable(&t, host, strlen(host), &budget);
    text_add(&t, "\" cannot be one: ");
    text_add(&t, why);
    return POP3_ERR_ARGUMENT;
}

/* STD 3, RFC 5890 §2.3.1: letters, digits, hyphens inside. */
static bool
is_label(const char *label, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!text_is_letter(label[i]) && label[i] != '-' &&
            (label[i] < '0' || label[i] > '9'))
            return false;
    return len > 0 && label[0] != '-' && label[len - 1] != '-';
}

/* All labels; the last one may be empty. */
static bool
is_std3(const char *name)
{
    do {
        size_t len = strcspn(name, ".");

        if (!is_label(name, len))
            return false;
        name += len;
        if (*name == '.')
            name++;
    } while (*name != '\0');
    return true;
}

static pop3_result
judge(const char *host, const char *name, net_error *error)
{
    if (!is_std3(name))
        return refuse(error, host,
                      "it holds a character that no host name has");
    if (resolve_is_address(name))
        return refuse(error, host,
                      "it is an address in disguise: write that in ASCII");
    return POP3_OK;
}

/* ---- the library ---- */

typedef int idn2_lookup(const uint8_t *in, uint8_t **out, int flags);
typedef void idn2_release(void *ptr);

typedef struct library {
    void *handle;
    idn2_lookup *lookup;
    idn2_release *release;
} library;

/* ISO C has no conversion from an object's address to a function's. */
static bool
find(const library *l, const char *name, void *function)
{
    void *found = dlsym(l->handle, name);

    memcpy(function, &found, sizeof(found));
    return found != NULL;
}

static bool
open_library(library *l)
{
    l->handle = dlopen(IDN2_SONAME, RTLD_NOW | RTLD_LOCAL);
    if (l->handle == NULL)
        return false;
    if (find(l, "idn2_lookup_u8", &l->lookup) &&
        find(l, "idn2_free", &l->release))
        return true;
    (void)dlclose(l->handle);
    return false;
}

/* ---- names ---- */

static pop3_result
copy(const char *name, char **out, net_error *error)
{
    *out = strdup(name);
    if (*out != NULL)
        return POP3_OK;
    net_error_set(error, ENOMEM, "memory is short");
    return POP3_ERR_NOMEM;
}

static pop3_result
translate(const library *l, const char *host, char **out, net_error *error)
{
    uint8_t *name = NULL;
    int code = l->lookup((const uint8_t *)host, &name,
                         IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    pop3_result result;

    if (code == IDN2_MALLOC) {
        net_error_set(error, ENOMEM, "memory is short");
        return POP3_ERR_NOMEM;
    }
    if (code != IDN2_OK)
        return refuse(error, host, explain(code));
    result = judge(host, (const char *)name, error);
    if (result == POP3_OK)
        result = copy((const char *)name, out, error);
    l->release(name);
    return result;
}

pop3_result
idn_to_ascii(const char *host, char **out, net_error *error)
{
    library l;
    pop3_result result;

    if (text_is_ascii(host, strlen(host)) || !open_library(&l))
        return copy(host, out, error);
    result = translate(&l, host, out, error);
    (void)dlclose(l.handle);
    return result;
}
