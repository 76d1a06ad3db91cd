/*
 * The load generator: one UDP socket, one process, batches of 64, loopback only, ended by its own clock.
 *
 *   load <ask|flood|forward> <127.x.x.x:port | -> <keys> <outstanding> <seconds> [<warm-up seconds>]
 *
 *   ask      sends CLIREQs and keeps <outstanding> of them unanswered: answers per second; with 1 outstanding, latencies
 *   flood    sends CLIREQs; one is done when all FANOUT neighbours got their QUERY
 *   forward  sends QUERYs of ttl 3, each with a new sequence number, as the first neighbour; done when the others got theirs
 *
 * The keys are the first words of the lines of <keys>. At start it prints `port <p>`: it plays all the neighbours itself, as
 * 127.0.0.1:<p> to 127.0.0.8:<p>. With `-` it then reads its target from the first line of its standard input, so that a servent
 * can be started in between with these neighbours. It prints `measuring` when the warm-up is over and counting begins, and at the
 * end one line of JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, FANOUT = 8, SLOT = 2048, KEY_MAX = 512, OUTSTANDING_MAX = 65536, SECONDS_MAX = 60, LATENCIES = 1 << 22 };
enum { CLIREQ = 1, QUERY = 2, RESPONSE = 3 };

static unsigned char in[BATCH][SLOT], out[BATCH][SLOT];
static struct mmsghdr in_msgs[BATCH], out_msgs[BATCH];
static struct iovec in_iov[BATCH], out_iov[BATCH];
static struct sockaddr_in target;
static char **keys;
static size_t key_count;
static float *latencies;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static void read_keys(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) fail(path);
  char *line = NULL;
  size_t room = 0, slots = 0;
  while (getline(&line, &room, file) > 0) {
    size_t length = strcspn(line, " \t\r\n");
    if (line[0] == '#' || length == 0 || length > KEY_MAX) continue;
    if (key_count == slots) keys = realloc(keys, (slots = slots ? 2 * slots : 1024) * sizeof *keys);
    keys[key_count++] = strndup(line, length);
  }
  fclose(file);
  free(line);
  if (key_count == 0) {
    fprintf(stderr, "%s holds no keys\n", path);
    exit(1);
  }
}

/* Only loopback: this is a load for one's own machine. */
static void read_target(char *text) {
  char *colon = strrchr(text, ':');
  if (colon) *colon = 0;
  target.sin_family = AF_INET;
  if (!colon || inet_pton(AF_INET, text, &target.sin_addr) != 1 || ntohl(target.sin_addr.s_addr) >> 24 != 127) {
    fprintf(stderr, "the target is no 127.x.x.x:port\n");
    exit(2);
  }
  target.sin_port = htons((unsigned short)atoi(colon + 1));
}

/* Writes one question and returns its length. */
static size_t question(unsigned char *to, int forward, unsigned sequence, unsigned short port) {
  const char *key = keys[sequence % key_count];
  size_t length = strlen(key), at = 2;
  to[0] = 0;
  to[1] = forward ? QUERY : CLIREQ;
  if (forward) {
    unsigned ip = htonl(INADDR_LOOPBACK), number = htonl(sequence);
    memcpy(to + 2, "\0\3", 2);
    memcpy(to + 4, &ip, 4);
    memcpy(to + 8, &port, 2);
    memcpy(to + 10, &number, 4);
    at = 14;
  }
  memcpy(to + at, key, length);
  return at + length;
}

static int by_value(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc < 6 || argc > 7) {
    fprintf(stderr, "usage: load <ask|flood|forward> <127.x.x.x:port | -> <keys> <outstanding> <seconds> [<warm-up seconds>]\n");
    return 2;
  }
  int ask = !strcmp(argv[1], "ask"), forward = !strcmp(argv[1], "forward");
  long most = atol(argv[4]);
  double seconds = atof(argv[5]), warm_up = argc > 6 ? atof(argv[6]) : 0;
  if (most < 1 || most > OUTSTANDING_MAX || !(seconds > 0) || seconds > SECONDS_MAX || !(warm_up >= 0) || warm_up > SECONDS_MAX) {
    fprintf(stderr, "outstanding is 1 to %d, seconds are more than 0, and both at most %d\n", OUTSTANDING_MAX, SECONDS_MAX);
    return 2;
  }
  int copies = forward ? FANOUT - 1 : FANOUT;
  read_keys(argv[3]);

  int fd = socket(AF_INET, SOCK_DGRAM, 0), buffer = 8 << 20;
  struct sockaddr_in local = {.sin_family = AF_INET};
  socklen_t length = sizeof local;
  struct timeval patience = {.tv_usec = 100000}; /* A question lost is asked anew after this. */
  if (fd < 0 || bind(fd, (struct sockaddr *)&local, sizeof local) || getsockname(fd, (struct sockaddr *)&local, &length))
    fail("socket");
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  printf("port %d\n", ntohs(local.sin_port));
  fflush(stdout);

  char line[64];
  read_target(strcmp(argv[2], "-") ? argv[2] : fgets(line, sizeof line, stdin) ? line : "");

  for (int i = 0; i < BATCH; i++) {
    in_iov[i] = (struct iovec){in[i], SLOT};
    out_iov[i].iov_base = out[i];
    in_msgs[i].msg_hdr = (struct msghdr){.msg_iov = &in_iov[i], .msg_iovlen = 1};
    out_msgs[i].msg_hdr =
        (struct msghdr){.msg_name = &target, .msg_namelen = sizeof target, .msg_iov = &out_iov[i], .msg_iovlen = 1};
  }
  latencies = malloc(LATENCIES * sizeof *latencies);

  long sent = 0, lost = 0, responses = 0, queries = 0, open_questions = 0, timed = 0, parts = 0;
  unsigned sequence = (unsigned)time(NULL) << 8;
  double start = now() + warm_up, end = start + seconds, asked = 0;
  for (int measuring = 0; now() < end;) {
    if (!measuring && now() >= start) {
      measuring = 1;
      start = now();
      end = start + seconds;
      sent = lost = responses = queries = timed = 0;
      printf("measuring\n");
      fflush(stdout);
    }
    while (open_questions < most) {
      int wanted = most - open_questions < BATCH ? (int)(most - open_questions) : BATCH;
      for (int i = 0; i < wanted; i++) out_iov[i].iov_len = question(out[i], forward, sequence++, local.sin_port);
      asked = now();
      int done = sendmmsg(fd, out_msgs, (unsigned)wanted, 0);
      if (done < 0 && errno != ECONNREFUSED && errno != EINTR) fail("sendmmsg");
      sent += done > 0 ? done : 0;
      open_questions += wanted;
    }
    int got = recvmmsg(fd, in_msgs, BATCH, MSG_WAITFORONE, NULL);
    if (got <= 0) {
      lost += open_questions;
      open_questions = 0;
      continue;
    }
    if (most == 1 && timed < LATENCIES) latencies[timed++] = (float)((now() - asked) * 1e6);
    for (int i = 0; i < got; i++) {
      int type = in_msgs[i].msg_len > 1 ? in[i][1] : 0;
      responses += type == RESPONSE;
      queries += type == QUERY;
      if (ask && type == RESPONSE) open_questions--;
      if (!ask && type == QUERY && ++parts % copies == 0) open_questions--;
    }
    if (open_questions < 0) open_questions = 0; /* Late ones of those given up. */
  }
  double took = now() - start;
  qsort(latencies, (size_t)timed, sizeof *latencies, by_value);
  printf("{\"sent\":%ld,\"lost\":%ld,\"responses\":%ld,\"queries\":%ld,\"seconds\":%.3f,\"responsesPerSecond\":%.0f,"
         "\"queriesPerSecond\":%.0f",
         sent, lost, responses, queries, took, (double)responses / took, (double)queries / took);
  if (timed) printf(",\"p50Us\":%.2f,\"p99Us\":%.2f", latencies[timed / 2], latencies[timed * 99 / 100]);
  printf("}\n");
  return 0;
}
