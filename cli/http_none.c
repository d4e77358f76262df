/* SPDX-License-Identifier: MIT */
/*
 * http_none - the program was built without libcurl: every request fails.
 */
#include "cli/http.h"

#include "base/banned.h"

mail_result
http_send(const http_request *request, http_answer *answer, mail_error *error)
{
    (void)request;
    (void)answer;
    return mail_fail(error, MAIL_ERR_CONFIG, 0,
                     "this pop3 was built without libcurl, and can ask no web "
                     "server");
}

void
http_answer_clear(http_answer *answer)
{
    *answer = (http_answer){0};
}
