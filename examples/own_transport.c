/* SPDX-License-Identifier: MIT */
/*
 * A transport of your own below the blocking client. This one talks to a
 * server that is a program, through a socket pair:
 *
 *     own_transport USER PASSWORD-FILE PROGRAM [ARGUMENT...]
 *
 * as in own_transport alice secret.txt ssh mail.example.org pop3d
 *
 * The library sees a byte stream and asks for nothing else; that ssh encrypts
 * it and knows the server is said by `secure`.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pop3.h>
#include <pop3/transport.h>

static pop3_result
result_of_errno(void)
{
    return errno == EAGAIN || errno == EWOULDBLOCK ? POP3_ERR_AGAIN
                                                   : POP3_ERR_IO;
}

static pop3_result
pipe_read(void *ctx, void *buf, size_t len, size_t *got, int *want)
{
    ssize_t n = recv(*(int *)ctx, buf, len, 0);

    *want = POP3_POLL_IN;
    if (n < 0)
        return result_of_errno();
    *got = (size_t)n;
    return n == 0 ? POP3_ERR_CLOSED : POP3_OK;
}

static pop3_result
pipe_write(void *ctx, const void *data, size_t len, size_t *sent, int *want)
{
    ssize_t n = send(*(int *)ctx, data, len, MSG_NOSIGNAL);

    *want = POP3_POLL_OUT;
    if (n < 0)
        return result_of_errno();
    *sent = (size_t)n;
    return POP3_OK;
}

static int
pipe_fd(void *ctx)
{
    return *(int *)ctx;
}

/* Starts the program with both its standard streams on a socket. */
static int
start(char **argv, pid_t *pid)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    *pid = fork();
    if (*pid == 0) {
        if (dup2(ends[1], 0) == 0 && dup2(ends[1], 1) == 1)
            execvp(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    return ends[0];
}

static pop3_result
count_mail(const pop3_options *options, const pop3_credentials *login)
{
    pop3_client *client;
    pop3_stat stat;
    pop3_result result = pop3_client_open(&client, options);

    if (result == POP3_OK)
        result = pop3_client_login(client, login);
    if (result == POP3_OK)
        result = pop3_client_stat(client, &stat);
    if (result == POP3_OK)
        printf("%llu messages\n", (unsigned long long)stat.count);
    if (result == POP3_OK)
        result = pop3_client_quit(client);
    if (result != POP3_OK)
        fprintf(stderr, "%s\n", pop3_client_error(client)->text);
    pop3_client_close(client);
    return result;
}

static bool
read_password(const char *path, char *password, int size)
{
    FILE *file = fopen(path, "r");
    bool good = file != NULL && fgets(password, size, file) != NULL;

    if (file != NULL)
        fclose(file);
    password[strcspn(password, "\r\n")] = '\0';
    return good;
}

int
main(int argc, char **argv)
{
    char password[256] = "";
    pop3_transport transport = POP3_TRANSPORT_INIT;
    pop3_options options = POP3_OPTIONS_INIT;
    pop3_credentials login = POP3_CREDENTIALS_INIT;
    pop3_result result;
    pid_t pid = -1;
    int fd;

    if (argc < 4 || !read_password(argv[2], password, sizeof(password)))
        return 64;
    fd = start(argv + 3, &pid);
    if (fd < 0 || pid < 0)
        return 69;
    transport.ctx = &fd;
    transport.read = pipe_read;
    transport.write = pipe_write;
    transport.fd = pipe_fd;
    transport.secure = true;
    options.transport = &transport;
    login.user = argv[1];
    login.password = password;
    result = count_mail(&options, &login);
    close(fd);
    (void)waitpid(pid, NULL, 0);
    return result == POP3_OK ? 0 : 1;
}
