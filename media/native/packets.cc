// The native packet path: UDP sockets of one RTP worker, read and written in batches, without an object a packet.
//
// What has come is read into the slots of an arena that TypeScript shares with us, and told by one call for all. Who may be heard, what a
// packet means and where it goes is decided in TypeScript alone, as for the plain engine.
//
// Sockets that are connected to a party are read by io_uring where the kernel lets us (`ring.h`): one call of the kernel takes what came to many
// and sends what goes to many. All others, and all where it does not, are in one epoll set.
//
// Like a network card we moderate our interrupts: few packets are handled as they come; many are waited for, 2 ms at most.
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <node_api.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "ring.h"

namespace {

/** Of one packet that came: socket, length, and the port it came from if it came from elsewhere than the one before. */
constexpr int kInboxFields = 3;
constexpr int32_t kSameSource = -1;
constexpr int32_t kNobody = -1;
/** Batches a wake-up, of at most one packet a socket: a backlog is worked off, and a flood keeps neither the others nor timers from their turn. */
constexpr int kMostBatches = 8;
/** The same by io_uring, which hands over some twenty packets at a time. */
constexpr int kMostTurns = 64;
constexpr int kMostPackets = 1024;
/** In the epoll set: what rings when io_uring has something. */
constexpr uint32_t kBell = UINT32_MAX;
/** Packets of ours that wait for the next turn of the ring, copied: they belong to others. */
constexpr int kMostCopies = 256;
constexpr size_t kMostCopyBytes = 2048;
/** Packets read from a socket when it is connected: whoever they are of. */
constexpr int kMostStrangers = 64;
/** So many packets at one wake-up, or within two beats of the timer: from now on they are waited for. */
constexpr int kBusyPackets = 3;
constexpr int kQuietBeats = 8;
constexpr uint64_t kBeatMs = 2;
constexpr uint8_t kPlainRtp = 0x80;
constexpr int kHeaderBytes = 12;
constexpr size_t kMostSharedBytes = 1500;

/** What a flow is made of: `rtp/flow.ts`, in the same order. */
enum Field {
  kLive,
  kTypeIn,
  kTypeOut,
  kSsrcIn,
  kSsrcOut,
  kNext,
  kSequenceShift,
  kTimestampShift,
  kTicksPerMs,
  kAllowance,
  kAllowancePerMs,
  kMostAllowance,
  kPackets,
  kOctets,
  kAtMs,
  kTimestampOut,
  kPayloadBytes,
  kTransit,
  kJitter,
  kFlowFields
};

struct Socket {
  int fd = -1;
  /** Its flow and where that leads; that socket's number may have been given to another since. */
  int32_t flow = -1;
  int32_t to = -1;
  uint32_t toBorn = 0;
  uint32_t born = 0;
  sockaddr_storage source{};
  bool heard = false;
  /** Read by io_uring. */
  bool ringed = false;
};

template <typename Item>
struct Shared {
  Item* at = nullptr;
  size_t length = 0;
  napi_ref kept = nullptr;
};

struct Wire {
  napi_env env = nullptr;
  napi_async_cleanup_hook_handle cleanup = nullptr;
  napi_async_context context = nullptr;
  napi_ref receiver = nullptr;
  napi_ref onBatch = nullptr;
  uv_poll_t poll{};
  uv_timer_t timer{};
  int handles = 0;
  int epoll = -1;
  Ring ring;
  /** 0 = the ring is there; else why not. */
  int ringFault = -ENOSYS;
  std::vector<uint8_t> copies;
  int copied = 0;
  bool waiting = false;
  bool delivering = false;
  /** What is sent now may wait for the end of this beat. */
  bool gathering = false;
  int quiet = 0;
  size_t slotBytes = 0;
  int slots = 0;
  Shared<uint8_t> arena;
  Shared<int32_t> inbox;
  Shared<double> flows;
  /** What the clock of the flows shows beyond ours. */
  double clockAhead = 0;
  uint32_t births = 0;
  std::vector<epoll_event> events;
  std::vector<Socket> sockets;
  std::vector<int32_t> unused;
  /** Closed while a batch is being told: their numbers are not given out before it has been. */
  std::vector<int32_t> closing;
};

Wire* wireOf(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return static_cast<Wire*>(data);
}

napi_value number(napi_env env, int32_t value) {
  napi_value made = nullptr;
  napi_create_int32(env, value, &made);
  return made;
}

int32_t integer(napi_env env, napi_value value) {
  int32_t read = 0;
  napi_get_value_int32(env, value, &read);
  return read;
}

/** Empty when it is no text, or longer than any address. */
std::string text(napi_env env, napi_value value) {
  char bytes[128];
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, bytes, sizeof bytes, &length) != napi_ok) return "";
  return std::string(bytes, length);
}

template <typename Item>
bool view(napi_env env, napi_value value, Item** at, size_t* length) {
  bool typed = false;
  napi_is_typedarray(env, value, &typed);
  if (!typed) return false;
  void* data = nullptr;
  napi_typedarray_type type;
  if (napi_get_typedarray_info(env, value, &type, length, &data, nullptr, nullptr) != napi_ok) return false;
  const napi_typedarray_type wanted = sizeof(Item) == 8 ? napi_float64_array : sizeof(Item) == 4 ? napi_int32_array : napi_uint8_array;
  if (type != wanted) return false;
  *at = static_cast<Item*>(data);
  return true;
}

template <typename Item>
bool share(napi_env env, napi_value value, Shared<Item>* shared) {
  return view(env, value, &shared->at, &shared->length) && napi_create_reference(env, value, 1, &shared->kept) == napi_ok;
}

Socket* socketOf(Wire* wire, int32_t id) {
  if (wire == nullptr || id < 0 || static_cast<size_t>(id) >= wire->sockets.size()) return nullptr;
  Socket* found = &wire->sockets[id];
  return found->fd < 0 ? nullptr : found;
}

/** An address of either family; a number behind % names an interface. 0 = it is none. */
socklen_t readAddress(const std::string& words, int port, sockaddr_storage* into) {
  memset(into, 0, sizeof *into);
  auto* four = reinterpret_cast<sockaddr_in*>(into);
  if (inet_pton(AF_INET, words.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    return sizeof *four;
  }
  auto* six = reinterpret_cast<sockaddr_in6*>(into);
  const size_t zone = words.find('%');
  if (inet_pton(AF_INET6, words.substr(0, zone).c_str(), &six->sin6_addr) != 1) return 0;
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(port);
  if (zone != std::string::npos) six->sin6_scope_id = if_nametoindex(words.substr(zone + 1).c_str());
  return sizeof *six;
}

int portOf(const sockaddr_storage& address) {
  // At the same place in both families.
  return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

/** Into the epoll set; 0 or −errno. */
int watchSocket(Wire* wire, int32_t id) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = static_cast<uint32_t>(id);
  return epoll_ctl(wire->epoll, EPOLL_CTL_ADD, wire->sockets[id].fd, &event) == 0 ? 0 : -errno;
}

/** Takes note of where a packet came from; its port, or that it is the same source as before. */
int32_t noteSource(Socket* socket, const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) {
    const auto& now = reinterpret_cast<const sockaddr_in&>(from);
    const auto& before = reinterpret_cast<const sockaddr_in&>(socket->source);
    if (socket->heard && now.sin_port == before.sin_port && now.sin_addr.s_addr == before.sin_addr.s_addr) return kSameSource;
    socket->source = from;
    socket->heard = true;
    return ntohs(now.sin_port);
  }
  const auto& now = reinterpret_cast<const sockaddr_in6&>(from);
  const auto& before = reinterpret_cast<const sockaddr_in6&>(socket->source);
  if (socket->heard && now.sin6_port == before.sin6_port && now.sin6_scope_id == before.sin6_scope_id &&
      memcmp(&now.sin6_addr, &before.sin6_addr, sizeof now.sin6_addr) == 0)
    return kSameSource;
  socket->source = from;
  socket->heard = true;
  return ntohs(now.sin6_port);
}

/** A packet that finds no room is lost, as on any wire. */
int sendOn(const Socket& socket, const uint8_t* bytes, size_t length) {
  if (send(socket.fd, bytes, length, MSG_DONTWAIT) >= 0) return 0;
  // What an earlier packet met with (ICMP) is told now, and this one was not sent.
  if (errno == ECONNREFUSED && send(socket.fd, bytes, length, MSG_DONTWAIT) >= 0) return 0;
  return -errno;
}

uint64_t tokenOf(int32_t id, const Socket& socket) { return static_cast<uint64_t>(socket.born) << 32 | static_cast<uint32_t>(id); }

/** Hands over what waits to be sent. */
void turnRing(Wire* wire) {
  wire->ring.turn();
  wire->copied = 0;
}

void makeRoom(Wire* wire) {
  if (wire->ring.room() < 2) turnRing(wire);
}

/** Sends a copy with the next turn of the ring; false = it is not for the ring. */
bool sendLater(Wire* wire, const Socket& socket, const uint8_t* first, size_t firstLength, const uint8_t* rest, size_t restLength) {
  if (!socket.ringed || firstLength + restLength > kMostCopyBytes) return false;
  if (wire->copied == kMostCopies) turnRing(wire);
  makeRoom(wire);
  uint8_t* copy = wire->copies.data() + wire->copied * kMostCopyBytes;
  memcpy(copy, first, firstLength);
  memcpy(copy + firstLength, rest, restLength);
  wire->copied += 1;
  return wire->ring.send(socket.fd, copy, static_cast<uint32_t>(firstLength + restLength));
}

uint32_t readBig(const uint8_t* at, int bytes) {
  uint32_t value = 0;
  for (int byte = 0; byte < bytes; byte += 1) value = value << 8 | at[byte];
  return value;
}

void writeBig(uint8_t* at, int bytes, uint32_t value) {
  for (int byte = bytes - 1; byte >= 0; byte -= 1, value >>= 8) at[byte] = static_cast<uint8_t>(value);
}

double clockMs(const Wire* wire) { return static_cast<double>(uv_hrtime()) / 1e6 + wire->clockAhead; }

/** It is the next of a live flow. */
bool belongs(const double* flow, const uint8_t* packet, size_t length) {
  return flow[kLive] != 0 && length > kHeaderBytes && packet[0] == kPlainRtp && (packet[1] & 0x7f) == flow[kTypeIn] &&
         readBig(packet + 2, 2) == flow[kNext] && readBig(packet + 8, 4) == flow[kSsrcIn];
}

/** The flood guard, as it is in TypeScript. */
bool allows(double* flow, double nowMs) {
  const double allowance = flow[kAllowance] + (nowMs - flow[kAtMs]) * flow[kAllowancePerMs];
  flow[kAllowance] = allowance > flow[kMostAllowance] ? flow[kMostAllowance] : allowance;
  flow[kAtMs] = nowMs;
  if (flow[kAllowance] < 1) return false;
  flow[kAllowance] -= 1;
  return true;
}

/** RFC 3550 appendix A.8. */
void noteArrival(double* flow, uint32_t timestamp, double nowMs) {
  const auto arrival = static_cast<uint32_t>(static_cast<int64_t>(nowMs * flow[kTicksPerMs] + 0.5));
  const auto transit = static_cast<int32_t>(arrival - timestamp);
  const auto change = static_cast<int32_t>(static_cast<uint32_t>(transit) - static_cast<uint32_t>(static_cast<int32_t>(flow[kTransit])));
  flow[kTransit] = transit;
  flow[kJitter] += ((change < 0 ? -static_cast<double>(change) : change) - flow[kJitter]) / 16;
}

/** Sends a packet of a live flow on; false = it is none, and TypeScript is told of it. */
bool sendThrough(Wire* wire, const Socket& socket, uint8_t* packet, size_t length, double nowMs) {
  if (socket.flow < 0) return false;
  double* flow = wire->flows.at + socket.flow * kFlowFields;
  const Socket* to = socketOf(wire, socket.to);
  if (socket.to != kNobody && (to == nullptr || to->born != socket.toBorn)) return false;
  if (!belongs(flow, packet, length) || !allows(flow, nowMs)) return false;
  const uint32_t timestamp = readBig(packet + 4, 4);
  noteArrival(flow, timestamp, nowMs);
  flow[kPayloadBytes] = static_cast<double>(length - kHeaderBytes);
  flow[kPackets] += 1;
  flow[kOctets] += flow[kPayloadBytes];
  const uint32_t sequence = static_cast<uint32_t>(flow[kNext]);
  flow[kNext] = (sequence + 1) & 0xffff;
  if (to == nullptr) return true;
  const uint32_t sent = timestamp + static_cast<uint32_t>(flow[kTimestampShift]);
  packet[1] = (packet[1] & 0x80) | static_cast<uint8_t>(flow[kTypeOut]);
  writeBig(packet + 2, 2, sequence + static_cast<uint32_t>(flow[kSequenceShift]));
  writeBig(packet + 4, 4, sent);
  writeBig(packet + 8, 4, static_cast<uint32_t>(flow[kSsrcOut]));
  flow[kTimestampOut] = sent;
  // What lies in a buffer of the ring is sent from there.
  if (!socket.ringed || !to->ringed || !wire->ring.send(to->fd, packet, static_cast<uint32_t>(length))) sendOn(*to, packet, length);
  return true;
}

struct Read {
  /** Packets in all, and those TypeScript has to be told of. */
  int all = 0;
  int told = 0;
};

/** So that it can ring again. */
void silence(Wire* wire) {
  uint64_t rung = 0;
  while (read(wire->ring.bell(), &rung, sizeof rung) < 0 && errno == EINTR) {
  }
}

/** Reads one packet of each socket that has some. */
Read readReady(Wire* wire, int ready) {
  Read read;
  const double nowMs = clockMs(wire);
  for (int at = 0; at < ready; at += 1) {
    const auto id = static_cast<int32_t>(wire->events[at].data.u32);
    if (wire->events[at].data.u32 == kBell) silence(wire);
    Socket* socket = socketOf(wire, id);
    if (socket == nullptr) continue;
    sockaddr_storage from;
    socklen_t fromLength = sizeof from;
    uint8_t* slot = wire->arena.at + read.told * wire->slotBytes;
    // MSG_TRUNC: the true length is told, so that a packet that was cut is known and left out.
    const ssize_t length =
        recvfrom(socket->fd, slot, wire->slotBytes, MSG_DONTWAIT | MSG_TRUNC, reinterpret_cast<sockaddr*>(&from), &fromLength);
    if (length < 0 || static_cast<size_t>(length) > wire->slotBytes) continue;
    read.all += 1;
    if (sendThrough(wire, *socket, slot, static_cast<size_t>(length), nowMs)) continue;
    int32_t* entry = wire->inbox.at + read.told * kInboxFields;
    entry[0] = id;
    entry[1] = static_cast<int32_t>(length);
    entry[2] = noteSource(socket, from);
    read.told += 1;
  }
  return read;
}

/** Tells TypeScript of a batch. */
void deliver(Wire* wire, int count) {
  napi_env env = wire->env;
  napi_value receiver = nullptr, onBatch = nullptr;
  napi_value argument = number(env, count);
  napi_get_reference_value(env, wire->receiver, &receiver);
  napi_get_reference_value(env, wire->onBatch, &onBatch);
  wire->delivering = true;
  const napi_status status = napi_make_callback(env, wire->context, receiver, onBatch, 1, &argument, nullptr);
  wire->delivering = false;
  wire->unused.insert(wire->unused.end(), wire->closing.begin(), wire->closing.end());
  wire->closing.clear();
  if (status == napi_ok) return;
  bool thrown = false;
  napi_is_exception_pending(env, &thrown);
  napi_value error = nullptr;
  if (thrown && napi_get_and_clear_last_exception(env, &error) == napi_ok) napi_fatal_exception(env, error);
}

/** A packet in a buffer of the ring. It came from whom its socket is connected to. */
void hearRinged(Wire* wire, int32_t id, Socket* socket, uint8_t* packet, size_t length, double nowMs, Read* read) {
  if (length > wire->slotBytes) return;
  read->all += 1;
  if (sendThrough(wire, *socket, packet, length, nowMs)) return;
  memcpy(wire->arena.at + read->told * wire->slotBytes, packet, length);
  int32_t* entry = wire->inbox.at + read->told * kInboxFields;
  entry[0] = id;
  entry[1] = static_cast<int32_t>(length);
  entry[2] = socket->heard ? kSameSource : portOf(socket->source);
  socket->heard = true;
  read->told += 1;
}

/** Its reading has ended: an error the network reported is no reason to stop, one of this kernel is a reason to go back to epoll. */
void readOn(Wire* wire, int32_t id, Socket* socket, int32_t result) {
  const bool goesOn = result >= 0 || (result != -EINVAL && result != -EOPNOTSUPP && result != -EBADF);
  if (goesOn && wire->ring.receive(socket->fd, tokenOf(id, *socket))) return;
  socket->ringed = false;
  watchSocket(wire, id);
}

/** Takes what has come about in the ring, as long as the arena has room for what must be told. */
void readRing(Wire* wire, Read* read) {
  const double nowMs = clockMs(wire);
  Completion done;
  while (read->told < wire->slots && wire->ring.room() >= 2 && wire->ring.take(&done)) {
    if (done.token == Ring::kNothing) continue;
    const auto id = static_cast<int32_t>(done.token & UINT32_MAX);
    Socket* socket = socketOf(wire, id);
    const bool live = socket != nullptr && socket->ringed && tokenOf(id, *socket) == done.token;
    if (done.buffer >= 0) {
      if (live && done.result > 0) hearRinged(wire, id, socket, wire->ring.bytes(done.buffer), static_cast<size_t>(done.result), nowMs, read);
      wire->ring.giveBack(done.buffer);
    }
    if (live && done.last) readOn(wire, id, socket, done.result);
  }
}

void deliverScoped(Wire* wire, int count) {
  napi_handle_scope scope = nullptr;
  if (napi_open_handle_scope(wire->env, &scope) != napi_ok) return;
  deliver(wire, count);
  napi_close_handle_scope(wire->env, scope);
}

/** What several turns bring is told by one call. */
int drainRing(Wire* wire) {
  Read read;
  int before = 0;
  for (int turn = 0; turn < kMostTurns && read.all < kMostPackets; turn += 1) {
    turnRing(wire);
    before = read.all;
    readRing(wire, &read);
    const bool isAll = read.all == before && !wire->ring.due();
    if (read.told == wire->slots || (isAll && read.told > 0)) {
      deliverScoped(wire, read.told);
      read.told = 0;
    }
    if (isAll && !wire->ring.due()) return read.all;
  }
  if (read.told > 0) deliverScoped(wire, read.told);
  if (wire->ring.pending()) turnRing(wire);
  return read.all;
}

/** The ring has more than was read at once. */
bool isLeft(const Wire* wire) { return wire->ringFault == 0 && wire->ring.due(); }

int drain(Wire* wire) {
  int total = wire->ringFault == 0 ? drainRing(wire) : 0;
  for (int batch = 0; batch < kMostBatches; batch += 1) {
    const int ready = epoll_wait(wire->epoll, wire->events.data(), wire->slots, 0);
    if (ready <= 0) break;
    const Read read = readReady(wire, ready);
    if (read.told > 0) deliverScoped(wire, read.told);
    total += read.all;
  }
  // The bell may just have been silenced that rang for what came behind the ring's last turn: for more of it nobody rings.
  if (isLeft(wire)) total += drainRing(wire);
  return total;
}

void onPoll(uv_poll_t* poll, int status, int events);
void onBeat(uv_timer_t* timer);

/** Reads by the clock instead of being rung for. */
void beginBeating(Wire* wire) {
  wire->waiting = true;
  wire->quiet = 0;
  if (wire->ringFault == 0) wire->ring.armBell(false);
  uv_poll_stop(&wire->poll);
  uv_timer_start(&wire->timer, onBeat, kBeatMs, kBeatMs);
}

void onBeat(uv_timer_t* timer) {
  auto* wire = static_cast<Wire*>(timer->data);
  wire->quiet = drain(wire) >= kBusyPackets / 2 + 1 ? 0 : wire->quiet + 1;
  if (wire->quiet < kQuietBeats || uv_is_closing(reinterpret_cast<uv_handle_t*>(timer))) return;
  uv_timer_stop(timer);
  uv_poll_start(&wire->poll, UV_READABLE, onPoll);
  wire->waiting = false;
  if (wire->ringFault != 0) return;
  wire->ring.armBell(true);
  // What came just before rang nobody.
  drainRing(wire);
  if (isLeft(wire)) beginBeating(wire);
}

void onPoll(uv_poll_t* poll, int, int) {
  auto* wire = static_cast<Wire*>(poll->data);
  const int heard = drain(wire);
  if ((heard >= kBusyPackets || isLeft(wire)) && !uv_is_closing(reinterpret_cast<uv_handle_t*>(poll))) beginBeating(wire);
}

// -- what TypeScript asks

/** The ring, if it may be had; its bell joins the epoll set. */
int openRing(Wire* wire) {
  const int fault = wire->ring.open();
  if (fault < 0) return fault;
  wire->copies.resize(kMostCopies * kMostCopyBytes);
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u32 = kBell;
  return epoll_ctl(wire->epoll, EPOLL_CTL_ADD, wire->ring.bell(), &event) == 0 ? 0 : -errno;
}

/** ring() → 0 when io_uring may be used here, else −errno. */
napi_value tryRing(napi_env env, napi_callback_info) {
  Ring ring;
  return number(env, ring.open());
}

/** start(arena, slotBytes, inbox, onBatch, flows, nowMs, ring): once a thread. → 0 when io_uring is used, else −errno. */
napi_value start(napi_env env, napi_callback_info info) {
  napi_value given[7];
  size_t count = 7;
  napi_value self = nullptr;
  napi_get_cb_info(env, info, &count, given, &self, nullptr);
  Wire* wire = wireOf(env);
  if (wire == nullptr || wire->epoll >= 0) {
    napi_throw_error(env, nullptr, "the packet path has been started");
    return nullptr;
  }
  const int32_t slotBytes = integer(env, given[1]);
  if (slotBytes < kHeaderBytes || !share(env, given[0], &wire->arena) || !share(env, given[2], &wire->inbox) || !share(env, given[4], &wire->flows)) {
    napi_throw_type_error(env, nullptr, "start(Uint8Array, bytes of a slot, Int32Array, function, Float64Array, now, whether by io_uring)");
    return nullptr;
  }
  double nowMs = 0;
  napi_get_value_double(env, given[5], &nowMs);
  wire->clockAhead = nowMs - clockMs(wire);
  wire->slotBytes = slotBytes;
  wire->slots = static_cast<int>(wire->arena.length / slotBytes);
  if (wire->inbox.length < static_cast<size_t>(wire->slots) * kInboxFields) wire->slots = static_cast<int>(wire->inbox.length / kInboxFields);
  wire->events.resize(wire->slots);
  wire->epoll = epoll_create1(EPOLL_CLOEXEC);
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env, &loop);
  if (wire->epoll < 0 || uv_poll_init(loop, &wire->poll, wire->epoll) != 0) {
    napi_throw_error(env, nullptr, "no epoll set could be opened");
    return nullptr;
  }
  bool ring = false;
  napi_get_value_bool(env, given[6], &ring);
  if (ring) wire->ringFault = openRing(wire);
  uv_timer_init(loop, &wire->timer);
  wire->poll.data = wire->timer.data = wire;
  // A thread lives by its orders, not by its sockets.
  uv_unref(reinterpret_cast<uv_handle_t*>(&wire->poll));
  uv_unref(reinterpret_cast<uv_handle_t*>(&wire->timer));
  wire->handles = 2;
  napi_create_reference(env, given[3], 1, &wire->onBatch);
  napi_value resource = nullptr, name = nullptr;
  napi_create_object(env, &resource);
  napi_create_reference(env, resource, 1, &wire->receiver);
  napi_create_string_utf8(env, "huawu:packets", NAPI_AUTO_LENGTH, &name);
  napi_async_init(env, resource, name, &wire->context);
  uv_poll_start(&wire->poll, UV_READABLE, onPoll);
  return number(env, wire->ringFault);
}

int openSocket(const std::string& host, int port, bool shared, int bufferBytes) {
  sockaddr_storage address{};
  const socklen_t length = readAddress(host, port, &address);
  if (length == 0) return -EINVAL;
  const int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  const int one = 1;
  if (address.ss_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  if (shared) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bufferBytes, sizeof bufferBytes);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0) return fd;
  const int fault = errno;
  close(fd);
  return -fault;
}

/** Hears `fd` from now on; its number, or −errno, and then it is closed. */
int32_t enrol(Wire* wire, int fd) {
  int32_t id = static_cast<int32_t>(wire->sockets.size());
  if (wire->unused.empty()) {
    wire->sockets.emplace_back();
  } else {
    id = wire->unused.back();
    wire->unused.pop_back();
  }
  wire->sockets[id] = Socket{};
  wire->sockets[id].fd = fd;
  wire->sockets[id].born = ++wire->births;
  const int fault = watchSocket(wire, id);
  if (fault == 0) return id;
  close(fd);
  wire->sockets[id].fd = -1;
  wire->unused.push_back(id);
  return fault;
}

/** bind(host, port, shared, bytes of its receive buffer) → number of the socket, or −errno. */
napi_value bindSocket(napi_env env, napi_callback_info info) {
  napi_value given[4];
  size_t count = 4;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  Wire* wire = wireOf(env);
  bool shared = false;
  napi_get_value_bool(env, given[2], &shared);
  if (wire == nullptr || wire->epoll < 0) return number(env, -EBADF);
  const int fd = openSocket(text(env, given[0]), integer(env, given[1]), shared, integer(env, given[3]));
  return number(env, fd < 0 ? fd : enrol(wire, fd));
}

/** From epoll to the ring: a socket that is connected, to `party`. */
void enring(Wire* wire, int32_t id, const sockaddr_storage& party) {
  Socket* socket = &wire->sockets[id];
  makeRoom(wire);
  if (!wire->ring.receive(socket->fd, tokenOf(id, *socket))) return;
  epoll_ctl(wire->epoll, EPOLL_CTL_DEL, socket->fd, nullptr);
  socket->ringed = true;
  socket->source = party;
  socket->heard = false;
  turnRing(wire);
}

/** adopt(descriptor) → number of the socket, or −errno; then it is closed. */
napi_value adoptSocket(napi_env env, napi_callback_info info) {
  napi_value given[1];
  size_t count = 1;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  Wire* wire = wireOf(env);
  const int32_t fd = integer(env, given[0]);
  if (wire == nullptr || wire->epoll < 0 || fd < 0) return number(env, -EBADF);
  const int32_t id = enrol(wire, fd);
  sockaddr_storage party{};
  socklen_t length = sizeof party;
  if (id >= 0 && wire->ringFault == 0 && getpeername(fd, reinterpret_cast<sockaddr*>(&party), &length) == 0) enring(wire, id, party);
  return number(env, id);
}

/** What had come before it was connected may be anybody's, and the ring does not say whose. */
void hearNoStrangers(const Socket& socket) {
  uint8_t nothing;
  for (int stranger = 0; stranger < kMostStrangers && recv(socket.fd, &nothing, sizeof nothing, MSG_DONTWAIT) >= 0; stranger += 1) {
  }
}

/** connect(socket, address, port) → 0 or −errno. */
napi_value connectSocket(napi_env env, napi_callback_info info) {
  napi_value given[3];
  size_t count = 3;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  Wire* wire = wireOf(env);
  const int32_t id = integer(env, given[0]);
  Socket* socket = socketOf(wire, id);
  if (socket == nullptr) return number(env, -EBADF);
  sockaddr_storage address{};
  const socklen_t length = readAddress(text(env, given[1]), integer(env, given[2]), &address);
  if (length == 0) return number(env, -EINVAL);
  if (connect(socket->fd, reinterpret_cast<sockaddr*>(&address), length) != 0) return number(env, -errno);
  if (wire->ringFault != 0 || socket->ringed) return number(env, 0);
  hearNoStrangers(*socket);
  enring(wire, id, address);
  return number(env, 0);
}

/** through(socket, to, flow) → 0 or −errno. */
napi_value sendOnThrough(napi_env env, napi_callback_info info) {
  napi_value given[3];
  size_t count = 3;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  Wire* wire = wireOf(env);
  Socket* socket = socketOf(wire, integer(env, given[0]));
  const int32_t to = integer(env, given[1]), flow = integer(env, given[2]);
  const Socket* other = socketOf(wire, to);
  if (socket == nullptr || (other == nullptr && to != kNobody)) return number(env, -EBADF);
  if (flow < 0 || static_cast<size_t>(flow + 1) * kFlowFields > wire->flows.length) return number(env, -EINVAL);
  socket->flow = flow;
  socket->to = to;
  socket->toBorn = other == nullptr ? 0 : other->born;
  return number(env, 0);
}

/** send(socket, packet) → 0 or −errno. */
napi_value sendPacket(napi_env env, napi_callback_info info) {
  napi_value given[2];
  size_t count = 2;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  Wire* wire = wireOf(env);
  const Socket* socket = socketOf(wire, integer(env, given[0]));
  uint8_t* bytes = nullptr;
  size_t length = 0;
  if (socket == nullptr) return number(env, -EBADF);
  if (!view(env, given[1], &bytes, &length)) return number(env, -EINVAL);
  // While a batch is told the ring turns next anyway.
  if ((wire->delivering || wire->gathering) && sendLater(wire, *socket, bytes, length, nullptr, 0)) return number(env, 0);
  return number(env, sendOn(*socket, bytes, length));
}

/** sendTo(socket, packet, address, port) → 0 or −errno. */
napi_value sendTo(napi_env env, napi_callback_info info) {
  napi_value given[4];
  size_t count = 4;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  const Socket* socket = socketOf(wireOf(env), integer(env, given[0]));
  uint8_t* bytes = nullptr;
  size_t length = 0;
  if (socket == nullptr) return number(env, -EBADF);
  sockaddr_storage address{};
  const socklen_t addressLength = readAddress(text(env, given[2]), integer(env, given[3]), &address);
  if (addressLength == 0 || !view(env, given[1], &bytes, &length)) return number(env, -EINVAL);
  const ssize_t sent = sendto(socket->fd, bytes, length, MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&address), addressLength);
  return number(env, sent < 0 ? -errno : 0);
}

/** sendMany(sockets, headers, count, payload): one payload behind a header of each listener's own. */
napi_value sendMany(napi_env env, napi_callback_info info) {
  napi_value given[4];
  size_t count = 4;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  Wire* wire = wireOf(env);
  int32_t* ids = nullptr;
  uint8_t* headers = nullptr;
  uint8_t* payload = nullptr;
  size_t idsLength = 0, headersLength = 0, payloadLength = 0;
  if (!view(env, given[0], &ids, &idsLength) || !view(env, given[1], &headers, &headersLength) || !view(env, given[3], &payload, &payloadLength))
    return number(env, -EINVAL);
  const int32_t listeners = integer(env, given[2]);
  if (listeners < 0 || static_cast<size_t>(listeners) > idsLength || static_cast<size_t>(listeners) * kHeaderBytes > headersLength)
    return number(env, -EINVAL);
  // The payload is laid down once; in front of it only the header changes.
  uint8_t packet[kHeaderBytes + kMostSharedBytes];
  if (payloadLength > kMostSharedBytes) return number(env, -EMSGSIZE);
  memcpy(packet + kHeaderBytes, payload, payloadLength);
  for (int32_t at = 0; at < listeners; at += 1) {
    const Socket* socket = socketOf(wire, ids[at]);
    if (socket == nullptr) continue;
    memcpy(packet, headers + at * kHeaderBytes, kHeaderBytes);
    if (!sendLater(wire, *socket, packet, kHeaderBytes, payload, payloadLength)) sendOn(*socket, packet, kHeaderBytes + payloadLength);
  }
  if (wire != nullptr && wire->copied > 0 && !wire->delivering && !wire->gathering) turnRing(wire);
  return number(env, 0);
}

/** gather(): what is sent may wait for flush(). */
napi_value gather(napi_env env, napi_callback_info) {
  Wire* wire = wireOf(env);
  if (wire != nullptr) wire->gathering = true;
  return nullptr;
}

/** flush(): it is sent. */
napi_value flush(napi_env env, napi_callback_info) {
  Wire* wire = wireOf(env);
  if (wire == nullptr) return nullptr;
  wire->gathering = false;
  if (wire->copied > 0 && !wire->delivering) turnRing(wire);
  return nullptr;
}

/** source(socket): the address its last packet came from, written as node:dgram writes it. */
napi_value source(napi_env env, napi_callback_info info) {
  napi_value given[1];
  size_t count = 1;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  const Socket* socket = socketOf(wireOf(env), integer(env, given[0]));
  char words[INET6_ADDRSTRLEN + IF_NAMESIZE + 1] = "";
  if (socket != nullptr && socket->source.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(socket->source).sin_addr, words, sizeof words);
  } else if (socket != nullptr && socket->source.ss_family == AF_INET6) {
    const auto& six = reinterpret_cast<const sockaddr_in6&>(socket->source);
    inet_ntop(AF_INET6, &six.sin6_addr, words, sizeof words);
    char zone[IF_NAMESIZE];
    if (IN6_IS_ADDR_LINKLOCAL(&six.sin6_addr) && if_indextoname(six.sin6_scope_id, zone) != nullptr) {
      strcat(words, "%");
      strcat(words, zone);
    }
  }
  napi_value made = nullptr;
  napi_create_string_utf8(env, words, NAPI_AUTO_LENGTH, &made);
  return made;
}

/** What waits to be sent by it is sent, and it is read no more. */
void leaveRing(Wire* wire, int32_t id, const Socket& socket) {
  makeRoom(wire);
  if (socket.ringed) wire->ring.forget(tokenOf(id, socket));
  turnRing(wire);
}

/** close(socket); its number is used again, but not within this batch. */
napi_value closeSocket(napi_env env, napi_callback_info info) {
  napi_value given[1];
  size_t count = 1;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  Wire* wire = wireOf(env);
  const int32_t id = integer(env, given[0]);
  Socket* socket = socketOf(wire, id);
  if (socket == nullptr) return nullptr;
  if (socket->ringed || wire->ring.pending()) leaveRing(wire, id, *socket);
  close(socket->fd);
  *socket = Socket{};
  (wire->delivering ? wire->closing : wire->unused).push_back(id);
  return nullptr;
}

/** drain(): what has come is heard now. */
napi_value drainNow(napi_env env, napi_callback_info) {
  Wire* wire = wireOf(env);
  if (wire != nullptr && wire->epoll >= 0 && !wire->delivering) {
    drain(wire);
    if (isLeft(wire) && !wire->waiting) beginBeating(wire);
  }
  return nullptr;
}

/** release(socket) → its file descriptor, or −errno: it stays open and is no longer ours. */
napi_value releaseSocket(napi_env env, napi_callback_info info) {
  napi_value given[1];
  size_t count = 1;
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  Wire* wire = wireOf(env);
  const int32_t id = integer(env, given[0]);
  Socket* socket = socketOf(wire, id);
  if (socket == nullptr) return number(env, -EBADF);
  const int fd = socket->fd;
  if (socket->ringed || wire->ring.pending()) leaveRing(wire, id, *socket);
  if (!socket->ringed && epoll_ctl(wire->epoll, EPOLL_CTL_DEL, fd, nullptr) != 0) return number(env, -errno);
  *socket = Socket{};
  (wire->delivering ? wire->closing : wire->unused).push_back(id);
  return number(env, fd);
}

// -- the end of a thread

void freeWhenClosed(Wire* wire) {
  if (wire->handles > 0) return;
  for (const Socket& socket : wire->sockets) {
    if (socket.fd >= 0) close(socket.fd);
  }
  if (wire->epoll >= 0) close(wire->epoll);
  napi_async_cleanup_hook_handle cleanup = wire->cleanup;
  delete wire;
  napi_remove_async_cleanup_hook(cleanup);
}

void onHandleClosed(uv_handle_t* handle) {
  auto* wire = static_cast<Wire*>(handle->data);
  wire->handles -= 1;
  freeWhenClosed(wire);
}

void onThreadEnd(napi_async_cleanup_hook_handle, void* data) {
  auto* wire = static_cast<Wire*>(data);
  napi_set_instance_data(wire->env, nullptr, nullptr, nullptr);
  // The kernel takes a ring apart some time later; its sockets' ports are to be free now.
  if (wire->ringFault == 0 && wire->ring.forgetAll()) turnRing(wire);
  if (wire->handles == 0) {
    freeWhenClosed(wire);
    return;
  }
  uv_poll_stop(&wire->poll);
  uv_timer_stop(&wire->timer);
  uv_close(reinterpret_cast<uv_handle_t*>(&wire->poll), onHandleClosed);
  uv_close(reinterpret_cast<uv_handle_t*>(&wire->timer), onHandleClosed);
}

napi_value init(napi_env env, napi_value exports) {
  auto* wire = new (std::nothrow) Wire();
  if (wire == nullptr) return nullptr;
  wire->env = env;
  napi_set_instance_data(env, wire, nullptr, nullptr);
  napi_add_async_cleanup_hook(env, onThreadEnd, wire, &wire->cleanup);
  const napi_property_descriptor methods[] = {
      {"ring", nullptr, tryRing, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"start", nullptr, start, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"bind", nullptr, bindSocket, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"connect", nullptr, connectSocket, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"through", nullptr, sendOnThrough, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"send", nullptr, sendPacket, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"sendTo", nullptr, sendTo, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"sendMany", nullptr, sendMany, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"gather", nullptr, gather, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"flush", nullptr, flush, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"source", nullptr, source, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"drain", nullptr, drainNow, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"release", nullptr, releaseSocket, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"adopt", nullptr, adoptSocket, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"close", nullptr, closeSocket, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  napi_define_properties(env, exports, sizeof methods / sizeof *methods, methods);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
