// An open-loop generator: requests are due at fixed moments, and an answer's time is counted from then, whether or not the request could
// be sent then. One thread, epoll, HTTP/1.1 with keep-alive on loopback. Prints one line: requests due, answers a second, p50, p99, p99.9
// and the maximum in milliseconds, the p99 of how late this program itself began a request that had a free connection, and errors (other
// answers than 2xx, requests without an answer).
// Usage: openloop PORT RATE CONNECTIONS EVENTS BYTES SECONDS
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { AnswerBytes = 8192, GraceSeconds = 10 };

struct connection {
    int socket;
    int64_t due; // of the request in flight; 0: free
    size_t received;
    size_t sent;
    char answer[AnswerBytes];
};

static char *request;
static size_t request_bytes;
static double *times, *late;
static long answered, lates, errors;

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void make_request(int events, int bytes) {
    static const char head[] = "{\"id\":\"evt-0123456789\",\"type\":\"order.created\",\"note\":\"", tail[] = "\"}";
    size_t room = 512 + (size_t)events * (size_t)(bytes + 128);
    char *body = malloc(room), *end = body;
    for (int i = 0; i < events; i++) {
        int padding = bytes - (int)(sizeof head + sizeof tail - 2);
        end = stpcpy(end, head);
        for (int j = 0; j < padding; j++) *end++ = 'x';
        end = stpcpy(end, tail);
        if (events > 1) *end++ = '\n';
    }
    request = malloc(room);
    int length = snprintf(request, 512,
                          "POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                          events > 1 ? "application/x-ndjson" : "application/json", (size_t)(end - body));
    memcpy(request + length, body, (size_t)(end - body));
    request_bytes = (size_t)length + (size_t)(end - body);
}

static int dial(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int s = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    if (s < 0 || connect(s, (struct sockaddr *)&to, sizeof to) != 0) { perror("connect"); exit(1); }
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    int room = (int)request_bytes * 2; // A request is sent at once.
    setsockopt(s, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    return s;
}

static void send_rest(struct connection *c) {
    while (c->sent < request_bytes) {
        ssize_t n = send(c->socket, request + c->sent, request_bytes - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0) { if (errno != EAGAIN) { perror("send"); exit(1); } return; }
        c->sent += (size_t)n;
    }
}

// 1: the answer is whole.
static int receive(struct connection *c) {
    ssize_t n = recv(c->socket, c->answer + c->received, AnswerBytes - 1 - c->received, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN)) { fprintf(stderr, "the server closed a connection\n"); exit(1); }
    if (n < 0) return 0;
    c->received += (size_t)n;
    c->answer[c->received] = 0;
    char *body = strstr(c->answer, "\r\n\r\n"), *length = strcasestr(c->answer, "\r\ncontent-length:");
    if (!body || !length || length > body) return 0;
    return c->received >= (size_t)(body + 4 - c->answer) + strtoul(length + 17, NULL, 10);
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double at(double *sorted, long count, double share) {
    return count == 0 ? 0 : sorted[(long)((double)(count - 1) * share)] / 1e6;
}

int main(int argc, char **argv) {
    if (argc != 7) { fprintf(stderr, "usage: openloop PORT RATE CONNECTIONS EVENTS BYTES SECONDS\n"); return 2; }
    double rate = atof(argv[2]), seconds = atof(argv[6]);
    int count = atoi(argv[3]);
    long total = (long)(rate * seconds), begun = 0;
    make_request(atoi(argv[4]), atoi(argv[5]));
    times = malloc(sizeof(double) * (size_t)total);
    late = malloc(sizeof(double) * (size_t)total);
    prctl(PR_SET_TIMERSLACK, 1);
    int poll = epoll_create1(0), *free_ones = malloc(sizeof(int) * (size_t)count), free_count = 0;
    struct connection *all = calloc((size_t)count, sizeof *all);
    for (int i = 0; i < count; i++) {
        all[i].socket = dial(atoi(argv[1]));
        struct epoll_event e = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
        epoll_ctl(poll, EPOLL_CTL_ADD, all[i].socket, &e);
        free_ones[free_count++] = i;
    }
    int64_t start = now(), last = start, free_since = start;
    struct epoll_event events[256];
    while (answered < total && now() < start + (int64_t)((seconds + GraceSeconds) * 1e9)) {
        int64_t time = now(), next = start + (int64_t)((double)begun / rate * 1e9);
        while (begun < total && free_count > 0 && next <= time) {
            struct connection *c = &all[free_ones[--free_count]];
            c->due = next, c->received = 0, c->sent = 0;
            late[lates++] = (double)(now() - (next > free_since ? next : free_since));
            send_rest(c);
            begun++;
            next = start + (int64_t)((double)begun / rate * 1e9);
            time = now();
        }
        int64_t wait = begun < total && free_count > 0 ? next - now() : 100000000;
        struct timespec limit = {wait > 0 ? wait / 1000000000 : 0, wait > 0 ? wait % 1000000000 : 0};
        int ready = epoll_pwait2(poll, events, 256, &limit, NULL);
        for (int i = 0; i < ready; i++) {
            struct connection *c = &all[events[i].data.u32];
            if (c->due == 0) { fprintf(stderr, "an answer to nothing\n"); return 1; }
            send_rest(c);
            if (!receive(c)) continue;
            last = now();
            times[answered++] = (double)(last - c->due);
            if (strncmp(c->answer, "HTTP/1.1 2", 10) != 0) errors++;
            c->due = 0;
            if (free_count == 0) free_since = last;
            free_ones[free_count++] = (int)events[i].data.u32;
        }
    }
    errors += total - answered;
    qsort(times, (size_t)answered, sizeof(double), compare);
    qsort(late, (size_t)lates, sizeof(double), compare);
    printf("%ld %.0f %.3f %.3f %.3f %.3f %.3f %ld\n", total, (double)answered / ((double)(last - start) / 1e9), at(times, answered, 0.5),
           at(times, answered, 0.99), at(times, answered, 0.999), at(times, answered, 1), at(late, lates, 0.99), errors);
    return 0;
}
