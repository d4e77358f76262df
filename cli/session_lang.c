/* SPDX-License-Identifier: MIT */
/*
 * session_lang - LANG (RFC 6856 §3), where the user names a language and the
 * server has some.
 */
#include "cli/session_lang.h"

#include "base/banned.h"

/* What preparing may answer: a refusal is no failure. */
static pop3_result
forgive(pop3_result result)
{
    return result == POP3_ERR_REFUSED ? POP3_OK : result;
}

pop3_result
session_lang(session *s)
{
    const char *tag = s->opt->lang;
    const pop3_capa *capa = session_capabilities(s);
    pop3_result result = POP3_OK;

    if (tag == NULL || s->opt->no_capa)
        return POP3_OK;
    if (capa == NULL)
        result = pop3_client_capa(s->client, &capa);
    if (result != POP3_OK || !pop3_capa_has(capa, "LANG"))
        return forgive(result);
    return forgive(pop3_client_lang(s->client, tag, NULL, NULL));
}
