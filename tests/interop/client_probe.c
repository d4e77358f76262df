/* SPDX-License-Identifier: MIT */
/*
 * client_probe - walks through the blocking client against a real server.
 *
 *   client_probe HOST PORT none|stls|tls CA-FILE USER PASSWORD HOW DIR
 *
 * HOW is USER, PLAIN or APOP. DIR holds the messages of the maildrop, octet
 * for octet as they come over the wire, in files 1, 2, 3 … What the server
 * says is compared with them. At the end half of the messages are deleted.
 *
 * One function for each part of the API; each opens a session of its own and
 * leaves the maildrop as it was, but for the last.
 */
#include <dirent.h>
#include <stdlib.h>

#include "probe.h"

/* ---- all of it ---- */

static const struct {
    const char *name;
    void (*run)(const probe *p);
} PARTS[] = {
    {"greeting", walk_greeting},
    {"capabilities", walk_capabilities},
    {"languages", walk_languages},
    {"STLS", walk_stls},
    {"certificate", walk_certificate},
    {"login", walk_login},
    {"wrong password", walk_wrong_password},
    {"safe login", walk_safe_login},
    {"trace", walk_trace},
    {"listings", walk_listings},
    {"messages", walk_messages},
    {"TOP", walk_top},
    {"many", walk_many},
    {"raw", walk_raw},
    {"stopping", walk_stopping},
    {"DELE and RSET", walk_dele_and_rset},
    {"delete", walk_delete},
};

static uint64_t
count_files(const char *path)
{
    DIR *dir = opendir(path);
    uint64_t count = 0;
    struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL)
        count += entry->d_name[0] != '.';
    if (dir != NULL)
        (void)closedir(dir);
    return count;
}

static pop3_security
security_of(const char *name)
{
    if (strcmp(name, "none") == 0)
        return POP3_TLS_NONE;
    return strcmp(name, "stls") == 0 ? POP3_TLS_STLS : POP3_TLS_IMPLICIT;
}

int
main(int argc, char **argv)
{
    probe p;
    size_t i;

    if (argc != 9) {
        fputs("usage: client_probe HOST PORT none|stls|tls CA-FILE USER "
              "PASSWORD USER|PLAIN|APOP DIR\n",
              stderr);
        return 64;
    }
    p = (probe){argv[1], argv[2], security_of(argv[3]),
                argv[4], argv[5], argv[6],
                argv[7], argv[8], count_files(argv[8])};
    CHECK(p.count >= 10);
    for (i = 0; p.count >= 10 && i < sizeof(PARTS) / sizeof(PARTS[0]); i++) {
        TEST_ROW("%s", PARTS[i].name);
        PARTS[i].run(&p);
    }
    return test_summary();
}
