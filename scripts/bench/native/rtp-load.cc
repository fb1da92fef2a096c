// The load of the media bench: parties that send and hear G.711, 50 packets a second each. Each party is one address of 127/8, all on
// one port: one socket with sendmmsg and recvmmsg serves thousands, so that the load costs little beside what it measures.
// Every payload begins with the time it was sent; the time it came back is the kernel's own, so that our beat of 1 ms is not in it.
//
// Protected parties send what was sealed beforehand, so that no cipher runs here: packets of BYTES bytes from FILE, as many for each
// party, one party after another. What 2n hears is what 2n + 1 said. Content and its stamp cannot be read then, but the header can: the
// server shifts numbers by a constant and keeps the marker bit, which every kMarkEvery-th packet carries; it tells which is which.
//
//   rtp-load PARTIES [FILE BYTES]
//                         prints `port N`; then takes lines: `aim ADDRESS PORT PORT …` (one of the server's a party; begins to send),
//                         `measure` (counts from now), `report` (prints one JSON line), and ends with its input.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr int kBatch = 64;
constexpr int kPacketBytes = 172;
constexpr int kMostBytes = 256;
constexpr int kHeaderBytes = 12;
constexpr int kSlots = 20;
constexpr uint64_t kSlotNs = 1'000'000;
constexpr uint32_t kMagic = 0x68757775;
/** 127.1.0.1 is party 0. */
constexpr uint32_t kFirstAddress = 0x7f010001;
/** One-way times in steps of 0.05 ms, to 500 ms. */
constexpr int kTimes = 10'000;
constexpr int kControlBytes = 128;
constexpr int kMostReads = 256;
constexpr int kSocketBytes = 64 << 20;
/** `media-browser.ts` marks by the same. */
constexpr int kMarkEvery = 32;
/** Packets of a party whose times are remembered: 1.28 s. */
constexpr int kKept = 64;

struct Stamp {
  uint32_t magic;
  uint32_t round;
  int64_t sentNs;
};

/** Packets that were sealed before we began. */
struct Sealed {
  const uint8_t* bytes = nullptr;
  size_t packetBytes = 0;
  size_t each = 0;
};

struct Sent {
  uint16_t sequence = 0;
  uint32_t round = 0;
  int64_t sentNs = 0;
};

struct Party {
  sockaddr_in to{};
  uint32_t ssrc = 0;
  uint32_t timestamp = 0;
  uint16_t sequence = 0;
  bool heard = false;
  uint16_t lastHeard = 0;
  /** Of the sealed packets, the next; the last with a marker; and of what is heard, how far its numbers are from those that were sent. */
  size_t next = 0;
  bool hasMarked = false, paired = false;
  uint16_t marked = 0, shift = 0;
};

int64_t now(clockid_t clock) {
  timespec at{};
  clock_gettime(clock, &at);
  return at.tv_sec * 1'000'000'000ll + at.tv_nsec;
}

class Load {
 public:
  Load(int parties, const Sealed& sealed)
      : parties_(parties), times_(kTimes, 0), sealed_(sealed), sentLast_(sealed.bytes == nullptr ? 0 : parties * kKept) {
    socket_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    const int one = 1;
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &kSocketBytes, sizeof kSocketBytes);
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUFFORCE, &kSocketBytes, sizeof kSocketBytes);
    setsockopt(socket_, SOL_SOCKET, SO_SNDBUFFORCE, &kSocketBytes, sizeof kSocketBytes);
    setsockopt(socket_, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
    setsockopt(socket_, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    if (bind(socket_, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0) {
      perror("rtp-load: bind");
      exit(1);
    }
    socklen_t length = sizeof any;
    getsockname(socket_, reinterpret_cast<sockaddr*>(&any), &length);
    printf("port %d\n", ntohs(any.sin_port));
    fflush(stdout);
    fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
    prepare();
  }

  void run() {
    int64_t next = now(CLOCK_MONOTONIC);
    while (obey()) {
      hear();
      const int64_t at = now(CLOCK_MONOTONIC);
      // After a pause of the machine's nobody sends a second's packets at once.
      if (at - next > 200'000'000) next = at;
      for (; next <= at; next += kSlotNs) {
        if (aimed_) sendSlot();
        slot_ = (slot_ + 1) % kSlots;
      }
      const int64_t left = next - now(CLOCK_MONOTONIC);
      if (left <= 0) continue;
      const timespec rest{0, left};
      nanosleep(&rest, nullptr);
    }
  }

 private:
  void prepare() {
    for (int i = 0; i < kBatch; i += 1) {
      in_[i].iov = {in_[i].bytes, sizeof in_[i].bytes};
      received_[i].msg_hdr = {nullptr, 0, &in_[i].iov, 1, in_[i].control, kControlBytes, 0};
      memset(out_[i].bytes, 0xd5, kPacketBytes);
      out_[i].iov = {out_[i].bytes, sealed_.bytes == nullptr ? kPacketBytes : sealed_.packetBytes};
      sent_[i].msg_hdr = {nullptr, sizeof(sockaddr_in), &out_[i].iov, 1, out_[i].control, CMSG_SPACE(sizeof(in_pktinfo)), 0};
      cmsghdr* head = CMSG_FIRSTHDR(&sent_[i].msg_hdr);
      head->cmsg_level = IPPROTO_IP;
      head->cmsg_type = IP_PKTINFO;
      head->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    }
  }

  /** false = our input has ended. */
  bool obey() {
    char bytes[65'536];
    const ssize_t count = read(0, bytes, sizeof bytes);
    if (count == 0) return false;
    if (count > 0) input_.append(bytes, count);
    for (size_t end; (end = input_.find('\n')) != std::string::npos; input_.erase(0, end + 1)) take(input_.substr(0, end));
    return true;
  }

  void take(const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    words >> verb;
    if (verb == "aim") aim(words);
    if (verb == "measure") begin();
    if (verb == "report") report();
  }

  void aim(std::istringstream& words) {
    std::string address;
    words >> address;
    for (size_t at = 0; at < parties_.size(); at += 1) {
      Party& party = parties_[at];
      int port = 0;
      words >> port;
      party.to.sin_family = AF_INET;
      party.to.sin_port = htons(port);
      inet_pton(AF_INET, address.c_str(), &party.to.sin_addr);
      party.ssrc = static_cast<uint32_t>(at) + 1;
    }
    aimed_ = true;
  }

  void begin() {
    round_ += 1;
    measuring_ = true;
    sentCount_ = receivedCount_ = heardCount_ = gaps_ = 0;
    std::fill(times_.begin(), times_.end(), 0);
    beganCpuMs_ = cpuMs();
    for (Party& party : parties_) party.heard = false;
  }

  void report() {
    measuring_ = false;
    // What was sent last is still on its way.
    for (int waited = 0; waited < 20; waited += 1) {
      const timespec rest{0, 10'000'000};
      nanosleep(&rest, nullptr);
      hear();
    }
    printf("{\"sent\":%lu,\"received\":%lu,\"heard\":%lu,\"gaps\":%lu,\"p50Ms\":%.2f,\"p99Ms\":%.2f,\"mostMs\":%.2f,\"loadCpuMs\":%.0f}\n", sentCount_,
           receivedCount_, heardCount_, gaps_, share(0.5), share(0.99), share(1), cpuMs() - beganCpuMs_);
    fflush(stdout);
  }

  double share(double part) const {
    uint64_t sum = 0;
    const uint64_t wanted = std::max<uint64_t>(1, static_cast<uint64_t>(receivedCount_ * part));
    for (int at = 0; at < kTimes; at += 1) {
      sum += times_[at];
      if (sum >= wanted) return (at + 1) / 20.0;
    }
    return receivedCount_ == 0 ? 0 : kTimes / 20.0;
  }

  static double cpuMs() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000.0 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000.0;
  }

  void sendSlot() {
    int count = 0;
    for (size_t at = slot_; at < parties_.size(); at += kSlots) {
      if (sealed_.bytes == nullptr) {
        write(count, at);
      } else if (!writeSealed(count, at)) {
        continue;
      }
      address(count, at);
      count += 1;
      if (count == kBatch) {
        flush(count);
        count = 0;
      }
    }
    flush(count);
  }

  void write(int place, size_t at) {
    Party& party = parties_[at];
    uint8_t* packet = out_[place].bytes;
    party.sequence += 1;
    party.timestamp += 160;
    const uint16_t sequence = htons(party.sequence);
    const uint32_t timestamp = htonl(party.timestamp);
    const uint32_t ssrc = htonl(party.ssrc);
    packet[0] = 0x80;
    packet[1] = 8;
    memcpy(packet + 2, &sequence, 2);
    memcpy(packet + 4, &timestamp, 4);
    memcpy(packet + 8, &ssrc, 4);
    const Stamp stamp{kMagic, measuring_ ? round_ : 0, now(CLOCK_REALTIME)};
    memcpy(packet + kHeaderBytes, &stamp, sizeof stamp);
  }

  /** false = this party has nothing left to say. */
  bool writeSealed(int place, size_t at) {
    Party& party = parties_[at];
    if (party.next == sealed_.each) return false;
    uint8_t* packet = out_[place].bytes;
    memcpy(packet, sealed_.bytes + (at * sealed_.each + party.next) * sealed_.packetBytes, sealed_.packetBytes);
    party.next += 1;
    const uint16_t sequence = numberOf(packet);
    sentOf(at, sequence) = {sequence, measuring_ ? round_ : 0, now(CLOCK_REALTIME)};
    if (isMarked(packet)) {
      party.hasMarked = true;
      party.marked = sequence;
    }
    return true;
  }

  void address(int place, size_t at) {
    sent_[place].msg_hdr.msg_name = &parties_[at].to;
    in_pktinfo from{};
    from.ipi_spec_dst.s_addr = htonl(kFirstAddress + static_cast<uint32_t>(at));
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&sent_[place].msg_hdr)), &from, sizeof from);
    if (measuring_) sentCount_ += 1;
  }

  void flush(int count) {
    for (int done = 0; done < count;) {
      const int taken = sendmmsg(socket_, sent_ + done, count - done, 0);
      if (taken > 0) {
        done += taken;
      } else if (errno == EAGAIN) {
        pollfd room{socket_, POLLOUT, 0};
        poll(&room, 1, 1);
      } else if (errno != EINTR) {
        // A port that is closed says so by ICMP, at the next packet.
        done += 1;
      }
    }
  }

  void hear() {
    for (int reads = 0; reads < kMostReads; reads += 1) {
      for (int i = 0; i < kBatch; i += 1) received_[i].msg_hdr.msg_controllen = kControlBytes;
      const int count = recvmmsg(socket_, received_, kBatch, MSG_DONTWAIT, nullptr);
      for (int i = 0; i < count; i += 1) heard(i);
      if (count < kBatch) return;
    }
  }

  void heard(int i) {
    msghdr& head = received_[i].msg_hdr;
    int64_t atNs = 0;
    uint32_t address = 0;
    for (cmsghdr* each = CMSG_FIRSTHDR(&head); each != nullptr; each = CMSG_NXTHDR(&head, each)) {
      if (each->cmsg_level == IPPROTO_IP && each->cmsg_type == IP_PKTINFO) {
        in_pktinfo to{};
        memcpy(&to, CMSG_DATA(each), sizeof to);
        address = ntohl(to.ipi_addr.s_addr);
      } else if (each->cmsg_level == SOL_SOCKET && each->cmsg_type == SO_TIMESTAMPNS) {
        timespec at{};
        memcpy(&at, CMSG_DATA(each), sizeof at);
        atNs = at.tv_sec * 1'000'000'000ll + at.tv_nsec;
      }
    }
    const uint32_t at = address - kFirstAddress;
    if (at >= parties_.size() || received_[i].msg_len < kHeaderBytes) return;
    const uint8_t* packet = in_[i].bytes;
    if (measuring_) follow(parties_[at], numberOf(packet));
    if (sealed_.bytes != nullptr) {
      if (received_[i].msg_len == sealed_.packetBytes) match(at, packet, atNs);
      return;
    }
    Stamp stamp{};
    if (received_[i].msg_len < kHeaderBytes + sizeof stamp) return;
    memcpy(&stamp, packet + kHeaderBytes, sizeof stamp);
    if (stamp.magic != kMagic || stamp.round != round_ || round_ == 0) return;
    arrived(atNs - stamp.sentNs);
  }

  void match(size_t at, const uint8_t* packet, int64_t atNs) {
    Party& hearer = parties_[at];
    const Party& speaker = parties_[at ^ 1];
    if (isMarked(packet) && speaker.hasMarked) {
      hearer.shift = numberOf(packet) - speaker.marked;
      hearer.paired = true;
    }
    const uint16_t sequence = numberOf(packet) - hearer.shift;
    Sent& was = sentOf(at ^ 1, sequence);
    if (!hearer.paired || was.sequence != sequence || was.round != round_ || round_ == 0) return;
    was.round = 0;
    arrived(atNs - was.sentNs);
  }

  void arrived(int64_t afterNs) {
    receivedCount_ += 1;
    const int64_t step = std::max<int64_t>(0, afterNs) / 50'000;
    times_[std::min<int64_t>(step, kTimes - 1)] += 1;
  }

  Sent& sentOf(size_t at, uint16_t sequence) { return sentLast_[at * kKept + sequence % kKept]; }
  static uint16_t numberOf(const uint8_t* packet) { return static_cast<uint16_t>(packet[2] << 8 | packet[3]); }
  static bool isMarked(const uint8_t* packet) { return (packet[1] & 0x80) != 0; }

  /** What the server sends a party is one stream: a number left out is a packet lost. */
  void follow(Party& party, uint16_t sequence) {
    heardCount_ += 1;
    const int16_t ahead = static_cast<int16_t>(sequence - party.lastHeard);
    if (party.heard && ahead > 1) gaps_ += ahead - 1;
    if (!party.heard || ahead > 0) party.lastHeard = sequence;
    party.heard = true;
  }

  struct In {
    iovec iov;
    uint8_t bytes[512];
    alignas(cmsghdr) char control[kControlBytes];
  };
  struct Out {
    iovec iov;
    uint8_t bytes[kMostBytes];
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(in_pktinfo))];
  };

  std::vector<Party> parties_;
  std::vector<uint64_t> times_;
  const Sealed sealed_;
  std::vector<Sent> sentLast_;
  In in_[kBatch];
  Out out_[kBatch]{};
  mmsghdr received_[kBatch]{};
  mmsghdr sent_[kBatch]{};
  std::string input_;
  int socket_ = -1;
  int slot_ = 0;
  bool aimed_ = false;
  bool measuring_ = false;
  uint32_t round_ = 0;
  uint64_t sentCount_ = 0, receivedCount_ = 0, heardCount_ = 0, gaps_ = 0;
  double beganCpuMs_ = 0;
};

}  // namespace

/** Without bytes where the file is not what it should be. */
static Sealed sealedFrom(const char* path, size_t packetBytes, size_t parties) {
  const int file = open(path, O_RDONLY);
  struct stat facts {};
  if (file < 0 || fstat(file, &facts) != 0 || packetBytes < kHeaderBytes || packetBytes > kMostBytes) return {};
  const size_t each = facts.st_size / packetBytes / parties;
  void* bytes = mmap(nullptr, facts.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
  return bytes == MAP_FAILED || each == 0 ? Sealed{} : Sealed{static_cast<const uint8_t*>(bytes), packetBytes, each};
}

int main(int count, char** words) {
  const int parties = count == 2 || count == 4 ? atoi(words[1]) : 0;
  Sealed sealed{};
  if (count == 4 && parties > 0) sealed = sealedFrom(words[2], atoi(words[3]), parties);
  if (parties < 1 || parties > 65'000 || (count == 4 && (sealed.bytes == nullptr || parties % 2 != 0))) {
    fprintf(stderr, "usage: rtp-load PARTIES [FILE BYTES]\n");
    return 2;
  }
  Load load(parties, sealed);
  load.run();
  return 0;
}
