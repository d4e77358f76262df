/* SPDX-License-Identifier: MIT */
/*
 * tls_pins - "sha256:HEX" and "spki-sha256:BASE64" become digests, and
 * certificates are compared with them.
 *
 * A digest in hexadecimal may have colons between its octets, as openssl(1)
 * prints them, and needs no "sha256:" in front, so that what mpop's users have
 * works as it is. A pin of the public key goes on to hold when the server
 * renews its certificate with the same key; its form in base64 is that of RFC
 * 7469. MD5 and SHA-1 are not taken: for them a second certificate can be
 * made.
 */
#include "net/tls_pins.h"

#include <string.h>

#include <openssl/evp.h>

#include "base/base64.h"
#include "base/secret.h"
#include "base/banned.h"

static const char SEPARATORS[] = ", \t";

/* ---- from text ---- */

static bool
read_hex(char *digest, const char *text, size_t len)
{
    size_t i = 0;

    for (size_t octet = 0; octet < TLS_PIN_LEN; octet++) {
        int high = i < len ? text_hex_value(text[i]) : -1;
        int low = i + 1 < len ? text_hex_value(text[i + 1]) : -1;

        if (high < 0 || low < 0)
            return false;
        digest[octet] = (char)(high * 16 + low);
        i += 2;
        if (i < len && text[i] == ':')
            i++;
    }
    return i == len && text_hex_value(text[len - 1]) >= 0;
}

static bool
read_base64(char *digest, const char *text, size_t len)
{
    char octets[TLS_PIN_LEN / 3 * 3 + 3];
    size_t got;

    if (len != base64_encoded_len(TLS_PIN_LEN) ||
        !base64_decode(text, len, octets, &got) || got != TLS_PIN_LEN)
        return false;
    memcpy(digest, octets, TLS_PIN_LEN);
    return true;
}

static bool
take_prefix(const char **text, size_t *len, const char *prefix)
{
    size_t prefix_len = strlen(prefix);

    if (*len < prefix_len || !text_equal_caseless(*text, prefix_len, prefix))
        return false;
    *text += prefix_len;
    *len -= prefix_len;
    return true;
}

static bool
read_pin(tls_pin *pin, const char *text, size_t len)
{
    pin->of_key = take_prefix(&text, &len, "spki-sha256:");
    if (pin->of_key)
        return read_base64(pin->digest, text, len) ||
               read_hex(pin->digest, text, len);
    (void)take_prefix(&text, &len, "sha256:");
    return read_hex(pin->digest, text, len);
}

bool
tls_pins_parse(tls_pins *pins, const char *text)
{
    pins->count = 0;
    for (;;) {
        size_t len;

        text += strspn(text, SEPARATORS);
        len = strcspn(text, SEPARATORS);
        if (len == 0)
            return pins->count > 0;
        if (pins->count == TLS_PINS_MAX ||
            !read_pin(&pins->list[pins->count], text, len))
            return false;
        pins->count++;
        text += len;
    }
}

/* ---- certificates ---- */

static bool
digest_key(X509 *cert, unsigned char *digest)
{
    unsigned char *der = NULL;
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    bool good = len > 0 && EVP_Digest(der, (size_t)len, digest, NULL,
                                      EVP_sha256(), NULL) == 1;

    OPENSSL_free(der);
    return good;
}

/* R18: as long for the first octet that differs as for the last. */
bool
tls_pins_match(const tls_pins *pins, X509 *cert)
{
    unsigned char whole[TLS_PIN_LEN];
    unsigned char key[TLS_PIN_LEN];
    bool found = false;

    if (X509_digest(cert, EVP_sha256(), whole, NULL) != 1 ||
        !digest_key(cert, key))
        return false;
    for (size_t i = 0; i < pins->count; i++)
        found |= secret_equal(pins->list[i].digest,
                              pins->list[i].of_key ? key : whole, TLS_PIN_LEN);
    return found;
}

void
tls_pins_show(text_builder *t, X509 *cert)
{
    static const char DIGITS[] = "0123456789abcdef";
    unsigned char digest[TLS_PIN_LEN] = {0};

    (void)X509_digest(cert, EVP_sha256(), digest, NULL);
    text_add(t, "sha256:");
    for (size_t i = 0; i < TLS_PIN_LEN; i++) {
        text_add_octets(t, &DIGITS[digest[i] >> 4], 1);
        text_add_octets(t, &DIGITS[digest[i] & 15], 1);
    }
}
