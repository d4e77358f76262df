/* SPDX-License-Identifier: MIT */
/*
 * session_lang - the language in which a server says what is wrong.
 */
#ifndef CLI_SESSION_LANG_H
#define CLI_SESSION_LANG_H

#include "cli/session.h"

/* Asks for the language that the user wants, before the login, whose errors
 * are in it then. A server that has no languages, or not this one, is none the
 * worse. */
pop3_result session_lang(session *s) POP3_MUST_CHECK;

#endif
