/*
 * The C reference that speed is compared with: the least a servent does per datagram, on recvmmsg and sendmmsg batches of 64.
 *
 *   reference <port> <file> [ip:port ...]
 *
 * It loads a key-value file, answers CLIREQ and QUERY, remembers queries seen, and forwards to its neighbours (all but the
 * sender). It leaves out what costs no time in the measurement: options, limits, checks of addresses, NULs, reloading.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

enum { BATCH = 64, SLOT = 65536, NEIGHBOURS_MAX = 10, SEEN = 1 << 20, OUT_ROOM = 1 << 20, TTL_MAX = 3 };
enum { CLIREQ = 1, QUERY = 2, RESPONSE = 3, QUERY_HEADER = 14 };

/* ---- pairs: open addressing over the file's own bytes ---- */

struct pair {
  const char *key, *value;
  uint32_t key_length, value_length;
};
static struct pair *pairs;
static uint64_t pair_mask;

static uint64_t hash(const void *bytes, size_t length, uint64_t state) {
  const unsigned char *at = bytes;
  for (state ^= 0xcbf29ce484222325u; length--; at++) state = (state ^ *at) * 0x100000001b3u;
  return state ^ state >> 32;
}

static struct pair *find(const void *key, size_t length) {
  uint64_t i = hash(key, length, 0) & pair_mask;
  while (pairs[i].key && (pairs[i].key_length != length || memcmp(pairs[i].key, key, length))) i = (i + 1) & pair_mask;
  return &pairs[i];
}

static void load(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file) {
    perror(path);
    exit(1);
  }
  fseek(file, 0, SEEK_END);
  size_t size = (size_t)ftell(file), lines = 1;
  rewind(file);
  char *text = malloc(size + 1);
  if (fread(text, 1, size, file) != size) exit(1);
  fclose(file);
  text[size] = '\n';
  for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
  for (pair_mask = 16; pair_mask < 2 * lines; pair_mask *= 2) {}
  pairs = calloc(pair_mask--, sizeof *pairs);
  for (char *line = text, *end; line <= text + size; line = end + 1) {
    end = memchr(line, '\n', (size_t)(text + size + 1 - line));
    char *key = line, *stop = end;
    while (stop > key && (stop[-1] == ' ' || stop[-1] == '\t' || stop[-1] == '\r')) stop--;
    if (key == stop || *key == '#' || *key == ' ' || *key == '\t') continue;
    char *gap = key;
    while (gap < stop && *gap != ' ' && *gap != '\t') gap++;
    char *value = gap;
    while (value < stop && (*value == ' ' || *value == '\t')) value++;
    if (value == stop) continue;
    *find(key, (size_t)(gap - key)) = (struct pair){key, value, (uint32_t)(gap - key), (uint32_t)(stop - value)};
  }
}

/* ---- datagrams out: gathered, then sent in batches ---- */

static int fd;
static struct sockaddr_in to[BATCH];
static struct iovec out_iov[BATCH];
static struct mmsghdr out_msgs[BATCH];
static unsigned queued;
static unsigned char room[OUT_ROOM]; /* What is built here lives until the batch is sent. */
static size_t room_used;

static void flush(void) {
  for (unsigned done = 0; done < queued;) {
    int sent = sendmmsg(fd, out_msgs + done, queued - done, 0);
    if (sent < 0 && errno == EINTR) continue;
    done += sent > 0 ? (unsigned)sent : 1; /* A message the system refuses is skipped. */
  }
  queued = 0;
}

static void queue(const void *bytes, size_t length, const struct sockaddr_in *address) {
  if (queued == BATCH) flush();
  to[queued] = *address;
  out_iov[queued] = (struct iovec){(void *)bytes, length};
  queued++;
}

static unsigned char *take(size_t length) {
  if (room_used + length > OUT_ROOM) {
    flush();
    room_used = 0;
  }
  unsigned char *taken = room + room_used;
  room_used += length;
  return taken;
}

/* ---- the servent ---- */

static struct sockaddr_in neighbours[NEIGHBOURS_MAX];
static unsigned neighbour_count;
static uint32_t sequence;
static uint64_t seen[SEEN];

static int first_seen(const unsigned char *query, size_t length) {
  uint64_t print = hash(query + QUERY_HEADER, length - QUERY_HEADER, hash(query + 4, 10, sequence >> 31)) | 1;
  uint64_t *entry = &seen[print >> 1 & (SEEN - 1)];
  if (*entry == print) return 0;
  *entry = print;
  return 1;
}

static void answer(const unsigned char *key, size_t length, const struct sockaddr_in *client) {
  const struct pair *pair = find(key, length);
  if (!pair->key) return;
  size_t total = 2 + length + 1 + pair->value_length;
  if (total > 65507) return;
  unsigned char *response = take(total);
  response[0] = 0;
  response[1] = RESPONSE;
  memcpy(response + 2, key, length);
  response[2 + length] = '\t';
  memcpy(response + 3 + length, pair->value, pair->value_length);
  queue(response, total, client);
}

static void receive(unsigned char *datagram, size_t length, const struct sockaddr_in *from) {
  if (length < 3 || datagram[0] != 0) return;
  if (datagram[1] == CLIREQ) {
    size_t total = QUERY_HEADER + length - 2;
    if (neighbour_count > 0 && total <= 65507) {
      unsigned char *query = take(total);
      uint32_t number = htonl(sequence++);
      memcpy(query, "\0\2\0\3", 4);
      memcpy(query + 4, &from->sin_addr, 4);
      memcpy(query + 8, &from->sin_port, 2);
      memcpy(query + 10, &number, 4);
      memcpy(query + QUERY_HEADER, datagram + 2, length - 2);
      first_seen(query, total);
      for (unsigned i = 0; i < neighbour_count; i++) queue(query, total, &neighbours[i]);
    }
    answer(datagram + 2, length - 2, from);
  } else if (datagram[1] == QUERY && length > QUERY_HEADER) {
    if (!first_seen(datagram, length)) return;
    struct sockaddr_in client = {.sin_family = AF_INET};
    memcpy(&client.sin_addr, datagram + 4, 4);
    memcpy(&client.sin_port, datagram + 8, 2);
    answer(datagram + QUERY_HEADER, length - QUERY_HEADER, &client);
    unsigned ttl = (unsigned)datagram[2] << 8 | datagram[3];
    if (ttl > TTL_MAX) ttl = TTL_MAX;
    if (ttl < 2) return;
    datagram[2] = 0;
    datagram[3] = (unsigned char)(ttl - 1);
    for (unsigned i = 0; i < neighbour_count; i++)
      if (neighbours[i].sin_port != from->sin_port || neighbours[i].sin_addr.s_addr != from->sin_addr.s_addr)
        queue(datagram, length, &neighbours[i]);
  }
}

int main(int argc, char **argv) {
  if (argc < 3 || argc > 3 + NEIGHBOURS_MAX) {
    fprintf(stderr, "usage: reference <port> <file> [ip:port ...]\n");
    return 2;
  }
  load(argv[2]);
  for (int i = 3; i < argc; i++) {
    struct sockaddr_in *neighbour = &neighbours[neighbour_count++];
    char *colon = strrchr(argv[i], ':');
    if (colon) *colon = 0;
    neighbour->sin_family = AF_INET;
    if (!colon || inet_pton(AF_INET, argv[i], &neighbour->sin_addr) != 1) {
      fprintf(stderr, "%s is no ip:port\n", argv[i]);
      return 2;
    }
    neighbour->sin_port = htons((uint16_t)atoi(colon + 1));
  }
  if (getrandom(&sequence, sizeof sequence, 0) != sizeof sequence) return 1;

  /* Loopback alone, as the others: a socket bound to every address looks up its own for each datagram it sends. */
  struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t local_length = sizeof local;
  int buffer = 8 << 20;
  fd = socket(AF_INET, SOCK_DGRAM, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  if (fd < 0 || bind(fd, (struct sockaddr *)&local, sizeof local) ||
      getsockname(fd, (struct sockaddr *)&local, &local_length)) {
    perror("bind");
    return 1;
  }
  printf("listening on %d\n", ntohs(local.sin_port));
  fflush(stdout);

  static unsigned char in[BATCH][SLOT];
  static struct sockaddr_in from[BATCH];
  static struct iovec in_iov[BATCH];
  static struct mmsghdr in_msgs[BATCH];
  for (int i = 0; i < BATCH; i++) {
    in_iov[i] = (struct iovec){in[i], SLOT};
    in_msgs[i].msg_hdr = (struct msghdr){.msg_name = &from[i], .msg_iov = &in_iov[i], .msg_iovlen = 1};
    out_msgs[i].msg_hdr =
        (struct msghdr){.msg_name = &to[i], .msg_namelen = sizeof to[i], .msg_iov = &out_iov[i], .msg_iovlen = 1};
  }
  for (;;) {
    for (int i = 0; i < BATCH; i++) in_msgs[i].msg_hdr.msg_namelen = sizeof from[i];
    int got = recvmmsg(fd, in_msgs, BATCH, MSG_WAITFORONE, NULL);
    for (int i = 0; i < got; i++) receive(in[i], in_msgs[i].msg_len, &from[i]);
    flush();
    room_used = 0;
  }
}
