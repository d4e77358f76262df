/* SPDX-License-Identifier: MIT */
/*
 * cmd_doctor - pop3 doctor ACCOUNT
 *
 * Looks at the way to a server first and then at a session, and tells all of
 * it, also when a step fails: that is when it is wanted. The session decides
 * the exit status.
 */
#include <stdlib.h>

#include "cli/command.h"
#include "cli/doctor.h"
#include "cli/report.h"

#include "base/banned.h"

static void
look(doctor *d, const char *where)
{
    if (!session_prepare(&d->s, d->opt, where))
        return;
    provider_table_read(&d->providers);
    d->provider = provider_of_server(&d->providers, d->s.where.host);
    if (!d->opt->no_login && !session_ready(&d->s))
        return;
    if (d->opt->no_login && !proxy_ready(&d->s.proxy))
        return;
    if (d->opt->no_login)
        session_warn_insecure(&d->s);
    doctor_tls(d, doctor_net(d));
    doctor_session(d);
    doctor_findings(d);
}

exit_status
cmd_doctor(const options *opt)
{
    doctor *d = calloc(1, sizeof(*d));
    exit_status status;

    if (d == NULL) {
        report("out of memory");
        return EXIT_LATER;
    }
    d->opt = opt;
    look(d, opt->args[0]);
    if (opt->json)
        doctor_tell_json(d);
    else if (!opt->quiet)
        doctor_tell(d);
    status = d->s.status;
    session_close(&d->s);
    provider_table_free(&d->providers);
    free(d->before);
    free(d->after);
    free(d);
    return status;
}
