// The floor under the media bench: what a bridged call costs the kernel when a program does nothing with its packets but take and give them.
//
//   relay PARTIES PORT    one socket a party, connected to 127.1.0.1 and on, PORT; what party 2n says goes to 2n + 1 and back.
//                         prints `ports P P …`, one of ours a party, and ends with its input.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr uint32_t kFirstAddress = 0x7f010001;
constexpr int kMostEvents = 256;
constexpr size_t kMostBytes = 2048;
constexpr uint32_t kInput = UINT32_MAX;

int openTo(uint32_t party, int port, int* own) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), length) != 0) return -1;
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length);
  *own = ntohs(address.sin_port);
  address.sin_addr.s_addr = htonl(kFirstAddress + party);
  address.sin_port = htons(port);
  return connect(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 ? fd : -1;
}

void watch(int epoll, int fd, uint32_t id) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = id;
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) return 2;
  const int parties = atoi(words[1]);
  const int epoll = epoll_create1(0);
  std::vector<int> sockets(parties);
  printf("ports");
  for (int party = 0; party < parties; party += 1) {
    int own = 0;
    sockets[party] = openTo(party, atoi(words[2]), &own);
    if (sockets[party] < 0) {
      perror("relay");
      return 1;
    }
    watch(epoll, sockets[party], party);
    printf(" %d", own);
  }
  printf("\n");
  fflush(stdout);
  watch(epoll, STDIN_FILENO, kInput);
  epoll_event events[kMostEvents];
  uint8_t packet[kMostBytes];
  for (;;) {
    const int ready = epoll_wait(epoll, events, kMostEvents, -1);
    for (int at = 0; at < ready; at += 1) {
      const uint32_t id = events[at].data.u32;
      if (id == kInput) return 0;
      const ssize_t length = recv(sockets[id], packet, sizeof packet, 0);
      if (length > 0) send(sockets[id ^ 1], packet, length, MSG_DONTWAIT);
    }
  }
}
