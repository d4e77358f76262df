/* SPDX-License-Identifier: MIT */
/*
 * fuzz_capa - rows of a CAPA answer, one a line of the input, and all that can
 * be asked about them.
 */
#include "core/capa.h"
#include "fuzz.h"

#include <string.h>

/* What is told about one capability agrees with the list of all. */
static void
check_tag(const pop3_capa *capa, pop3_span tag, pop3_span args)
{
    char name[512];
    pop3_span first;

    PROPERTY(tag.len > 0);
    if (tag.len >= sizeof(name) || memchr(tag.ptr, 0, tag.len) != NULL)
        return;
    memcpy(name, tag.ptr, tag.len);
    name[tag.len] = '\0';
    PROPERTY(pop3_capa_has(capa, name));
    PROPERTY(pop3_capa_args(capa, name, &first));
    if (args.len == 0 || args.len >= sizeof(name) ||
        memchr(args.ptr, 0, args.len) != NULL ||
        memchr(args.ptr, ' ', args.len) != NULL ||
        memchr(args.ptr, '\t', args.len) != NULL)
        return;
    {
        char arg[512];

        memcpy(arg, args.ptr, args.len);
        arg[args.len] = '\0';
        PROPERTY(pop3_capa_has_arg(capa, name, arg));
    }
}

static void
ask(const pop3_capa *capa)
{
    pop3_span tag;
    pop3_span args;
    uint32_t number;
    bool user;
    size_t i;

    for (i = 0; pop3_capa_at(capa, i, &tag, &args); i++)
        check_tag(capa, tag, args);
    PROPERTY(i == pop3_capa_count(capa));
    if (pop3_capa_expire(capa, &number, &user))
        PROPERTY(pop3_capa_has(capa, "EXPIRE"));
    if (pop3_capa_login_delay(capa, &number, &user))
        PROPERTY(number != UINT32_MAX);
    if (pop3_capa_implementation(capa, &args))
        PROPERTY(pop3_capa_has(capa, "implementation"));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *at = (const char *)data;
    const char *end = at + size;
    pop3_capa capa = {0};

    while (at < end) {
        const char *lf = memchr(at, '\n', (size_t)(end - at));
        const char *stop = lf != NULL ? lf : end;

        if (stop - at < 65536)
            PROPERTY(capa_add(&capa, (pop3_span){at, (size_t)(stop - at)}));
        at = stop + 1;
    }
    ask(&capa);
    capa_clear(&capa);
    return 0;
}
