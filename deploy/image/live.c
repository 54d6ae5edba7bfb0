/*
 * Asks a node whether it is live: the image's health check. Starting .NET for it would take some 60 ms of processor time every few seconds;
 * this takes less than one. Linked statically, because the image's base has no shell and no tools.
 *
 *   live [URL]     http://HOST:PORT or http://unix:/PATH; default: INGEST_Listen__Admin, else http://127.0.0.1:8081
 *
 * The admin listener is asked and not the intake, whose connections may all be taken by producers. An https listener is connected to, and
 * no more: TLS is not spoken here. Exit code 0: live. 1: not, or no answer within 3 s; the reason is on standard error.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static const char *const DEFAULT_URL = "http://127.0.0.1:8081";
static const char REQUEST[] = "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

static int fail(const char *url, const char *reason) {
    fprintf(stderr, "live: %s: %s\n", url, reason);
    return EXIT_FAILURE;
}

/* A listener on all addresses is on loopback too. */
static const char *reachable(const char *host) {
    if (!strcmp(host, "*") || !strcmp(host, "+") || !strcmp(host, "0.0.0.0") || !strcmp(host, "localhost")) return "127.0.0.1";
    return strcmp(host, "::") ? host : "::1";
}

static int connect_within(int family, const struct sockaddr *address, socklen_t length) {
    const struct timeval limit = {.tv_sec = 3};
    int s = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s < 0) return -1;
    setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(s, address, length) == 0) return s;
    int reason = errno;
    close(s);
    errno = reason;
    return -1;
}

static int connect_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    return connect_within(AF_UNIX, (struct sockaddr *)&address, sizeof address);
}

/* HOST:PORT or [HOST]:PORT, HOST an IP address or localhost: a node listens on nothing else. */
static int connect_tcp(char *authority) {
    char *host = authority, *port;
    authority[strcspn(authority, "/")] = '\0';
    if (*host == '[') {
        host++;
        char *bracket = strchr(host, ']');
        if (!bracket) return errno = EINVAL, -1;
        *bracket = '\0';
        port = bracket[1] == ':' ? bracket + 2 : NULL;
    } else {
        port = strrchr(host, ':');
        if (port) *port++ = '\0';
    }
    char *end;
    long number = port ? strtol(port, &end, 10) : 0;
    if (number < 1 || number > 65535 || *end) return errno = EINVAL, -1;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)number)};
    if (inet_pton(AF_INET, reachable(host), &v4.sin_addr) == 1) return connect_within(AF_INET, (struct sockaddr *)&v4, sizeof v4);
    if (inet_pton(AF_INET6, reachable(host), &v6.sin6_addr) == 1) return connect_within(AF_INET6, (struct sockaddr *)&v6, sizeof v6);
    errno = EINVAL;
    return -1;
}

static int ask(const char *url, int s) {
    char answer[16] = "";
    size_t length = 0;
    if (send(s, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL) != (ssize_t)(sizeof REQUEST - 1)) return fail(url, strerror(errno));
    while (length < sizeof answer - 1) {
        ssize_t got = recv(s, answer + length, sizeof answer - 1 - length, 0);
        if (got < 0) return fail(url, errno == EAGAIN ? "no answer within 3 s" : strerror(errno));
        if (got == 0) break;
        length += (size_t)got;
    }
    return strncmp(answer, "HTTP/1.", 7) || strncmp(answer + 8, " 200 ", 5) ? fail(url, "/health/live does not answer 200") : EXIT_SUCCESS;
}

int main(int count, char **arguments) {
    const char *url = count > 1 ? arguments[1] : getenv("INGEST_Listen__Admin");
    if (!url || !*url) url = DEFAULT_URL;
    int tls = !strncmp(url, "https://", 8);
    if (!tls && strncmp(url, "http://", 7)) return fail(url, "http://HOST:PORT or http://unix:/PATH is meant");
    char *authority = strdup(url + (tls ? 8 : 7));
    if (!authority) return fail(url, strerror(errno));
    int s = strncmp(authority, "unix:", 5) ? connect_tcp(authority) : connect_unix(authority + 5);
    if (s < 0) return fail(url, strerror(errno));
    return tls ? EXIT_SUCCESS : ask(url, s);
}
