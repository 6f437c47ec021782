// Sends the benchmark's requests over kept HTTP/1.1 connections and checks every answer.
//
//     driver WORK PORT CONNECTIONS SECONDS SESSIONS
//
// WORK is refused, cycle, rest, token, certificate or page (see `write_request`). SESSIONS is a file with a line for
// each user: name, cookie header, ticket-granting ticket, separated by tabs. Every connection plays
// one of them. One thread, one epoll set. Prints one line of JSON: cycles, failures, seconds, and
// the percentiles of a cycle's duration in microseconds.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SERVICE "https://app.example.org/"  // legal in a query as it is
#define TOKEN_SERVICE "https://token.example.org/"
#define SAMPLES_MAX 8000000
#define BUFFER 65536

enum work { REFUSED, CYCLE, REST, TOKEN, CERTIFICATE, PAGE };

struct session {
    char name[64], cookie[1024], granting[256];
};

struct connection {
    int descriptor;
    int step;  // 1: waiting for the second answer of a cycle
    size_t length;
    double began;
    char ticket[512];
    const struct session *session;
    char buffer[BUFFER];
};

static enum work work;
static int port, waiting;
static struct session sessions[1024];
static size_t session_count, sample_count, cycles, failures;
static float *samples;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void stop(const char *reason) {
    fprintf(stderr, "driver: %s\n", reason);
    exit(1);
}

// --- One request ---------------------------------------------------------------------------------

static int write_request(struct connection *c, char *out, size_t size) {
    if (c->step == 1)
        return snprintf(out, size,
                        "GET /cas/p3/serviceValidate?service=" SERVICE
                        "&ticket=%s HTTP/1.1\r\nHost: localhost\r\n\r\n",
                        c->ticket);
    switch (work) {
    case REFUSED:
        return snprintf(out, size,
                        "GET /cas/serviceValidate?service=" SERVICE
                        "&ticket=ST-unknown-%zu HTTP/1.1\r\n"
                        "Host: localhost\r\n\r\n",
                        cycles);
    case CYCLE:
        return snprintf(out, size,
                        "GET /cas/login?service=" SERVICE
                        " HTTP/1.1\r\nHost: localhost\r\nCookie: %s\r\n\r\n",
                        c->session->cookie);
    case REST:
    case TOKEN: {
        const char *service = work == REST ? "service=" SERVICE : "service=" TOKEN_SERVICE;
        return snprintf(
            out, size,
            "POST /cas/v1/tickets/%s HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: "
            "%zu\r\n\r\n%s",
            c->session->granting, strlen(service), service);
    }
    case CERTIFICATE:  // nginx adds the certificate
        return snprintf(out, size,
                        "POST /cas/v1/tickets HTTP/1.1\r\nHost: localhost\r\n"
                        "Accept: text/plain\r\nContent-Length: 0\r\n\r\n");
    default:
        return snprintf(out, size, "GET /cas/login HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
}

static void send_request(struct connection *c) {
    char text[4096];
    int length = write_request(c, text, sizeof text);
    if (write(c->descriptor, text, length) != length)
        stop("a request could not be written at once");
    c->length = 0;
}

static void connect_to_gateway(struct connection *c) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(c->descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(c->descriptor, (struct sockaddr *)&address, sizeof address) < 0)
        stop("nginx refuses the connection");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(waiting, EPOLL_CTL_ADD, c->descriptor, &event);
}

// --- One answer ----------------------------------------------------------------------------------

// The body, or NULL while the answer is not complete.
static const char *complete_body(struct connection *c) {
    char *end = memmem(c->buffer, c->length, "\r\n\r\n", 4);
    if (!end) return NULL;
    char *body = end + 4;
    size_t have = c->buffer + c->length - body;
    *end = 0;
    const char *length = strcasestr(c->buffer, "\r\nContent-Length:");
    int is_complete = length
                          ? have >= strtoul(length + 17, NULL, 10)
                          : have >= 5 && memcmp(body + have - 5, "0\r\n\r\n", 5) == 0;  // chunked
    if (!is_complete) *end = '\r';
    return is_complete ? body : NULL;
}

// Takes the ticket that follows `name`; false when there is none.
static int take_ticket(struct connection *c, const char *text, const char *name) {
    const char *found = strstr(text, name);
    if (!found) return 0;
    found += strlen(name) - 3;
    size_t length = strcspn(found, " \r\n&#\"<");
    if (length >= sizeof c->ticket) return 0;
    memcpy(c->ticket, found, length);
    c->ticket[length] = 0;
    return 1;
}

static int is_right(struct connection *c, const char *head, const char *body) {
    if (c->step == 0 && work == CYCLE) return take_ticket(c, head, "ticket=ST-");
    if (c->step == 0 && work == REST) return take_ticket(c, body, "ST-");
    if (work == TOKEN) return strstr(head, " 200 ") && strncmp(body, "eyJ", 3) == 0;
    if (work == CERTIFICATE) return strstr(head, " 201 ") && strncmp(body, "TGT-", 4) == 0;
    if (!strstr(head, " 200 ")) return 0;
    if (work == REFUSED) return strstr(body, "INVALID_TICKET") != NULL;
    if (work == PAGE) return strstr(body, "name=\"username\"") != NULL;
    char user[128];
    snprintf(user, sizeof user, "<cas:user>%s</cas:user>", c->session->name);
    return strstr(body, user) != NULL;
}

static void finish_cycle(struct connection *c, int right) {
    double time = now();
    if (right) {
        cycles++;
        if (sample_count < SAMPLES_MAX) samples[sample_count++] = (time - c->began) * 1e6;
    } else if (failures++ == 0) {
        fprintf(stderr, "driver: first wrong answer, for %s in step %d:\n%.600s\n",
                c->session->name, c->step, c->buffer);
    }
    c->step = 0;
    c->began = time;
}

static void receive(struct connection *c) {
    ssize_t count = read(c->descriptor, c->buffer + c->length, BUFFER - 1 - c->length);
    if (count <= 0) {
        close(c->descriptor);
        connect_to_gateway(c);
        finish_cycle(c, 0);
        send_request(c);
        return;
    }
    c->length += count;
    c->buffer[c->length] = 0;
    const char *body = complete_body(c);
    if (!body) return;
    int right = is_right(c, c->buffer, body);
    if (right && c->step == 0 && (work == CYCLE || work == REST)) {
        c->step = 1;
    } else {
        finish_cycle(c, right);
    }
    send_request(c);
}

// --- The run -------------------------------------------------------------------------------------

static void read_sessions(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) stop("the sessions file cannot be read");
    struct session *s = sessions;
    while (session_count < 1024 && fscanf(file, "%63[^\t]\t%1023[^\t]\t%255[^\n]\n", s->name,
                                          s->cookie, s->granting) == 3) {
        session_count++;
        s++;
    }
    fclose(file);
    if (session_count == 0) stop("the sessions file has no sessions");
}

static int compare(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double percentile(double part) {
    return sample_count == 0 ? 0 : samples[(size_t)(part * (sample_count - 1))];
}

int main(int count, char **arguments) {
    if (count != 6) stop("WORK PORT CONNECTIONS SECONDS SESSIONS");
    const char *names[] = {"refused", "cycle", "rest", "token", "certificate", "page"};
    for (work = REFUSED; strcmp(names[work], arguments[1]) != 0;)
        if (++work > PAGE) stop("no such work");
    port = atoi(arguments[2]);
    int connections = atoi(arguments[3]);
    double seconds = atof(arguments[4]);
    read_sessions(arguments[5]);
    samples = malloc(SAMPLES_MAX * sizeof *samples);
    waiting = epoll_create1(0);

    double start = now(), time = start;
    struct connection *all = calloc(connections, sizeof *all);
    for (int index = 0; index < connections; index++) {
        all[index].session = &sessions[index % session_count];
        connect_to_gateway(&all[index]);
        all[index].began = now();
        send_request(&all[index]);
    }
    struct epoll_event events[256];
    for (; time < start + seconds; time = now()) {
        int ready = epoll_wait(waiting, events, 256, 100);
        for (int index = 0; index < ready; index++) receive(events[index].data.ptr);
    }
    qsort(samples, sample_count, sizeof *samples, compare);
    printf(
        "{\"cycles\": %zu, \"failures\": %zu, \"seconds\": %.3f, \"p50\": %.0f, \"p99\": %.0f}\n",
        cycles, failures, time - start, percentile(0.5), percentile(0.99));
}
