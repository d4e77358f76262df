/* SPDX-License-Identifier: MIT */
/*
 * banned - functions that no source file may call.
 *
 * Each of them cannot be told the size of its output, cannot report an error,
 * keeps hidden state, or runs a shell. Included last, after the headers of
 * the system, which declare these names; from then on a use is an identifier
 * that does not exist, so the compiler says which rule was broken.
 * tests/repo looks for the same names in files that forgot to include this.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#define BANNED(function) function##_is_banned_see_banned_h

/* No bound on what they write: bytes.h, snprintf() and memcpy() have one. */
#undef sprintf
#define sprintf BANNED(sprintf)
#undef vsprintf
#define vsprintf BANNED(vsprintf)
#undef strcpy
#define strcpy BANNED(strcpy)
#undef strcat
#define strcat BANNED(strcat)
#undef gets
#define gets BANNED(gets)

/* A bound, but no NUL at it, or one that is easily computed wrong. */
#undef strncpy
#define strncpy BANNED(strncpy)
#undef strncat
#define strncat BANNED(strncat)

/* Hidden state. */
#undef strtok
#define strtok BANNED(strtok)

/* No errors, and overflow is undefined: text.h has the number parser. */
#undef atoi
#define atoi BANNED(atoi)
#undef atol
#define atol BANNED(atol)
#undef atoll
#define atoll BANNED(atoll)
#undef sscanf
#define sscanf BANNED(sscanf)

/* A shell. */
#undef system
#define system BANNED(system)
#undef popen
#define popen BANNED(popen)

/* Depend on the locale, which is the caller's (RFC 1939 is ASCII). */
#undef strcasecmp
#define strcasecmp BANNED(strcasecmp)
#undef strncasecmp
#define strncasecmp BANNED(strncasecmp)
#undef strtod
#define strtod BANNED(strtod)

#endif
