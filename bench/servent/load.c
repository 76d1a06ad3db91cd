/*
 * The load generator: one UDP socket, one process, batches of 64, loopback only, ended by its own clock.
 *
 *   load <mode> <127.x.x.x:port | -> <keys> <outstanding or rate> <seconds> [<warm-up seconds> [<clients> [groups]]]
 *
 *   ask      sends CLIREQs and keeps <outstanding> of them unanswered: answers per second; with 1 outstanding, latencies
 *   txt      the same with DNS questions for TXT records of <key>.bench.
 *   get      the same with memcached's get
 *   flood    sends CLIREQs; one is done when all FANOUT neighbours got their QUERY
 *   forward  sends QUERYs of ttl 3, each with a new sequence number, as the first neighbour; done when the others got theirs
 *   mixed    by turns a CLIREQ and such a QUERY
 *   pace     sends <rate> CLIREQs a second, whatever comes back: the longest that an answer took, and whether each was right
 *
 * With several <clients> each question is of the next one's: those of `ask`, `txt` and `get` come from an address of its own, in
 * 127.16.0.0/16, and the QUERYs of `forward` and `mixed` name it. One socket hears them all. Questions from one address leave in
 * groups (UDP_SEGMENT) where their lengths are the same, and answers are refilled by halves, so that whoever is measured has
 * always something to do; to whom they are sent they look like any others. With `groups` it also takes groups that come apart itself
 * (UDP_GRO), as our own servents do; else the kernel does.
 *
 * The keys are the first words of the lines of <keys>; for `pace` they end in their number in the file, from 0, in 7 digits, and
 * each value is one letter (later ones for later versions of the file) and the key. At start it prints `port <p>`: it plays all
 * the neighbours itself, as 127.0.0.1:<p> to 127.0.0.8:<p>. With `-` it then reads its target from the first line of its standard
 * input, so that a servent can be started in between with these neighbours. It prints `measuring` when the warm-up is over and
 * counting begins, and at the end one line of JSON.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { BATCH = 64, FANOUT = 8, SLOT = 2048, IN_SLOT = 65536, KEY_MAX = 512, OUTSTANDING_MAX = 65536, SECONDS_MAX = 60, LATENCIES = 1 << 22, NUMBER = 7, CLIENTS_MAX = 65536 };
enum { CLIREQ = 1, QUERY = 2, RESPONSE = 3 };

static unsigned char in[BATCH][IN_SLOT], out[BATCH][SLOT];
static struct mmsghdr in_msgs[BATCH], out_msgs[BATCH];
static struct iovec in_iov[BATCH], out_iov[BATCH];
static union {
  struct cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
} control[BATCH], in_control[BATCH];
static struct sockaddr_in target;
static unsigned clients = 1;
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

static void fail_with(const char *what) {
  fprintf(stderr, "%s\n", what);
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
  if (key_count == 0) fail_with("the file holds no keys");
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

static enum { ASK, TXT, GET, FLOOD, FORWARD, MIXED, PACE } mode;
static const char *const modes[] = {"ask", "txt", "get", "flood", "forward", "mixed", "pace", NULL};

/* A DNS question for TXT, class IN, in the zone `bench.`. */
static size_t dns_question(unsigned char *to, const char *key, size_t length, unsigned sequence) {
  static const unsigned char head[] = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, tail[] = "\5bench\0\0\20\0\1";
  memcpy(to, head, sizeof head);
  to[0] = (unsigned char)(sequence >> 8);
  to[1] = (unsigned char)sequence;
  to[12] = (unsigned char)length;
  memcpy(to + 13, key, length);
  memcpy(to + 13 + length, tail, sizeof tail - 1);
  return 13 + length + sizeof tail - 1;
}

/* memcached's frame of one datagram, then its text protocol. */
static size_t get_question(unsigned char *to, const char *key, unsigned sequence) {
  unsigned char frame[] = {(unsigned char)(sequence >> 8), (unsigned char)sequence, 0, 0, 0, 1, 0, 0};
  memcpy(to, frame, sizeof frame);
  return sizeof frame + (size_t)sprintf((char *)to + sizeof frame, "get %s\r\n", key);
}

/* The address of a question's client, in network byte order. */
static unsigned client_of(unsigned sequence) {
  return htonl(clients == 1 ? INADDR_LOOPBACK : 0x7f100000 + sequence % clients);
}

/* Writes one question and returns its length. */
static size_t question(unsigned char *to, unsigned sequence, unsigned short port) {
  const char *key = keys[sequence % key_count];
  size_t length = strlen(key), at = 2;
  if (mode == TXT) return dns_question(to, key, length, sequence);
  if (mode == GET) return get_question(to, key, sequence);
  int query = mode == FORWARD || (mode == MIXED && sequence % 2);
  to[0] = 0;
  to[1] = query ? QUERY : CLIREQ;
  if (query) {
    unsigned ip = client_of(sequence), number = htonl(sequence);
    memcpy(to + 2, "\0\3", 2);
    memcpy(to + 4, &ip, 4);
    memcpy(to + 8, &port, 2);
    memcpy(to + 10, &number, 4);
    at = 14;
  }
  memcpy(to + at, key, length);
  return at + length;
}

/* Adds control data of one kind to message i, and returns its place. */
static void *add_control(int i, int level, int type, size_t length) {
  struct msghdr *message = &out_msgs[i].msg_hdr;
  message->msg_control = &control[i];
  message->msg_controllen = CMSG_SPACE(length);
  control[i].header = (struct cmsghdr){.cmsg_len = CMSG_LEN(length), .cmsg_level = level, .cmsg_type = type};
  return CMSG_DATA(&control[i].header);
}

/* Sends up to a batch of questions, and returns how many left. */
static int send_questions(int fd, int wanted, unsigned sequence, unsigned short port) {
  int messages = 0, sent = 0, own_addresses = clients > 1 && mode <= GET;
  for (int i = 0; i < wanted; i++, sequence++) {
    out_iov[i].iov_len = question(out[i], sequence, port);
    if (!own_addresses && i > 0 && out_iov[i].iov_len == out_iov[i - 1].iov_len) {
      out_msgs[messages - 1].msg_hdr.msg_iovlen++;
      continue;
    }
    out_msgs[messages++].msg_hdr =
        (struct msghdr){.msg_name = &target, .msg_namelen = sizeof target, .msg_iov = &out_iov[i], .msg_iovlen = 1};
    if (own_addresses) {
      struct in_pktinfo from = {.ipi_spec_dst.s_addr = client_of(sequence)};
      memcpy(add_control(messages - 1, IPPROTO_IP, IP_PKTINFO, sizeof from), &from, sizeof from);
    }
  }
  for (int i = 0; i < messages; i++) {
    if (out_msgs[i].msg_hdr.msg_iovlen == 1) continue;
    unsigned short length = (unsigned short)out_msgs[i].msg_hdr.msg_iov->iov_len;
    memcpy(add_control(i, IPPROTO_UDP, UDP_SEGMENT, sizeof length), &length, sizeof length);
  }
  int done = sendmmsg(fd, out_msgs, (unsigned)messages, 0);
  if (done < 0 && errno != ECONNREFUSED && errno != EINTR) fail("sendmmsg");
  for (int i = 0; i < done; i++) sent += (int)out_msgs[i].msg_hdr.msg_iovlen;
  return sent;
}

/* Gets the messages ready to be received into. */
static void expect_messages(void) {
  for (int i = 0; i < BATCH; i++) {
    in_iov[i] = (struct iovec){in[i], IN_SLOT};
    in_msgs[i].msg_hdr = (struct msghdr){
        .msg_iov = &in_iov[i], .msg_iovlen = 1, .msg_control = &in_control[i], .msg_controllen = sizeof in_control[i]};
  }
}

/* The bytes of each datagram of message i but the last: of a group what the kernel says, else all. */
static size_t segment_of(int i) {
  struct cmsghdr *said = CMSG_FIRSTHDR(&in_msgs[i].msg_hdr);
  int bytes = 0;
  if (said && said->cmsg_level == IPPROTO_UDP && said->cmsg_type == UDP_GRO) memcpy(&bytes, CMSG_DATA(said), sizeof bytes);
  return bytes > 0 ? (size_t)bytes : IN_SLOT;
}

/* Whether a DNS server has no such record, or memcached no such key. */
static int refused(const unsigned char *answer, size_t length) {
  if (mode == TXT) return length < 12 || answer[3] & 15 || answer[7] == 0;
  return mode == GET && (length < 14 || memcmp(answer + 8, "VALUE ", 6));
}

/* ---- pace: answers are told apart by the number at the end of their key ---- */

static double *asked_at;
static double longest;
static long answered, wrong, latest_number;
static char letter, letters[8];

/* Notes an answer: how long it took, that its value is its key's, and that no answer to a later question was of an older file. */
static void note_answer(const unsigned char *response, size_t length) {
  const unsigned char *tab = memchr(response, '\t', length);
  size_t key_length = tab ? (size_t)(tab - response) - 2 : 0;
  if (!tab || key_length < NUMBER || length < 2 * key_length + 4 || memcmp(response + 2, tab + 2, key_length)) {
    wrong++;
    return;
  }
  long number = atol((const char *)tab - NUMBER);
  if (number < 0 || (size_t)number >= key_count || asked_at[number] == 0) {
    wrong++;
    return;
  }
  double took = now() - asked_at[number];
  asked_at[number] = 0;
  answered++;
  if (took > longest) longest = took;
  if (number >= latest_number) {
    if (tab[1] < letter) wrong++;
    if (tab[1] != letter && strlen(letters) < sizeof letters - 1) letters[strlen(letters)] = (char)tab[1];
    letter = (char)tab[1];
    latest_number = number;
  }
}

/* Asks for key after key at an even pace, each once. */
static void pace(int fd, long rate, double seconds) {
  unsigned char bytes[SLOT], answer[SLOT];
  long due = 0, total = (long)((double)rate * seconds);
  double start = now(), end = start + seconds + 1; /* A second for the last answers. */
  asked_at = calloc(key_count, sizeof *asked_at);
  if ((size_t)total > key_count) total = (long)key_count;
  long sent = 0;
  while (now() < end && (sent < total || answered + wrong < sent)) {
    for (due = (long)((now() - start) * (double)rate) + 1; sent < due && sent < total; sent++) {
      size_t length = question(bytes, (unsigned)sent, 0);
      asked_at[sent] = now();
      sendto(fd, bytes, length, 0, (struct sockaddr *)&target, sizeof target);
    }
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    double wait = start + (double)sent / (double)rate - now();
    struct timespec patience = {.tv_nsec = sent == total ? 1000000 : wait > 0 ? (long)(wait * 1e9) : 0};
    ppoll(&ready, 1, &patience, NULL);
    ssize_t got;
    while ((got = recv(fd, answer, sizeof answer - 1, MSG_DONTWAIT)) > 0) {
      answer[got] = 0;
      note_answer(answer, (size_t)got);
    }
  }
  printf("{\"sent\":%ld,\"answered\":%ld,\"wrong\":%ld,\"longestMs\":%.3f,\"versions\":\"%s\"}\n", sent, answered, wrong,
         longest * 1e3, letters);
}

static int by_value(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc < 6 || argc > 9) {
    fprintf(stderr, "usage: load <mode> <127.x.x.x:port | -> <keys> <outstanding or rate> <seconds> [<warm-up seconds> [<clients> [groups]]]\n");
    return 2;
  }
  while (modes[mode] && strcmp(argv[1], modes[mode])) mode++;
  long most = atol(argv[4]);
  double seconds = atof(argv[5]), warm_up = argc > 6 ? atof(argv[6]) : 0;
  if (argc > 7) clients = (unsigned)atoi(argv[7]);
  int groups = argc > 8 && !strcmp(argv[8], "groups");
  if (clients < 1 || clients > CLIENTS_MAX) fail_with("clients are 1 to 65536");
  if (!modes[mode] || most < 1 || most > OUTSTANDING_MAX || !(seconds > 0) || seconds > SECONDS_MAX || !(warm_up >= 0) || warm_up > SECONDS_MAX) {
    fprintf(stderr, "a mode of those above, outstanding or rate 1 to %d, seconds are more than 0, and both at most %d\n", OUTSTANDING_MAX, SECONDS_MAX);
    return 2;
  }
  /* Two questions of `mixed` call for as many QUERYs as one CLIREQ and one forward. */
  int counts_answers = mode == ASK || mode == TXT || mode == GET, pair = mode == MIXED ? 2 : 1;
  int copies = mode == FORWARD ? FANOUT - 1 : mode == MIXED ? 2 * FANOUT - 1 : FANOUT;
  read_keys(argv[3]);

  int fd = socket(AF_INET, SOCK_DGRAM, 0), buffer = 8 << 20;
  struct sockaddr_in local = {.sin_family = AF_INET};
  socklen_t length = sizeof local;
  struct timeval patience = {.tv_usec = 100000}; /* A question lost is asked anew after this. */
  if (fd < 0 || bind(fd, (struct sockaddr *)&local, sizeof local) || getsockname(fd, (struct sockaddr *)&local, &length))
    fail("socket");
  /* Whoever may, takes more than the system grants everybody. */
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer))
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (groups && setsockopt(fd, IPPROTO_UDP, UDP_GRO, &groups, sizeof groups)) fail("UDP_GRO");
  printf("port %d\n", ntohs(local.sin_port));
  fflush(stdout);

  char line[64];
  read_target(strcmp(argv[2], "-") ? argv[2] : fgets(line, sizeof line, stdin) ? line : "");

  if (mode == PACE) {
    pace(fd, most, seconds);
    return 0;
  }
  for (int i = 0; i < BATCH; i++) out_iov[i].iov_base = out[i];
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
    for (int refill = open_questions <= most / 2; refill && open_questions < most;) {
      int wanted = most - open_questions < BATCH ? (int)(most - open_questions) : BATCH;
      asked = now();
      sent += send_questions(fd, wanted, sequence, local.sin_port);
      sequence += (unsigned)wanted;
      open_questions += wanted;
    }
    expect_messages();
    int got = recvmmsg(fd, in_msgs, BATCH, MSG_WAITFORONE, NULL);
    if (got <= 0) {
      lost += open_questions;
      open_questions = 0;
      continue;
    }
    if (most == 1 && timed < LATENCIES) latencies[timed++] = (float)((now() - asked) * 1e6);
    for (int i = 0; i < got; i++) {
      size_t step = segment_of(i);
      for (size_t at = 0; at < in_msgs[i].msg_len; at += step) {
        const unsigned char *datagram = in[i] + at;
        size_t rest = in_msgs[i].msg_len - at, bytes = rest < step ? rest : step;
        int type = counts_answers ? RESPONSE : bytes > 1 ? datagram[1] : 0;
        responses += type == RESPONSE;
        queries += type == QUERY;
        if (counts_answers) open_questions--;
        if (refused(datagram, bytes)) fail_with("an answer without a value");
        if (!counts_answers && type == QUERY && ++parts % copies == 0) open_questions -= pair;
      }
    }
    if (open_questions < 0) open_questions = 0; /* Late ones of those given up. */
  }
  double took = now() - start;
  qsort(latencies, (size_t)timed, sizeof *latencies, by_value);
  printf("{\"sent\":%ld,\"lost\":%ld,\"responses\":%ld,\"queries\":%ld,\"seconds\":%.3f,\"responsesPerSecond\":%.0f,"
         "\"queriesPerSecond\":%.0f,\"datagramsPerSecond\":%.0f",
         sent, lost, responses, queries, took, (double)responses / took, (double)queries / took,
         (double)(responses + queries) / took);
  if (timed) printf(",\"p50Us\":%.2f,\"p99Us\":%.2f", latencies[timed / 2], latencies[timed * 99 / 100]);
  printf("}\n");
  return 0;
}
