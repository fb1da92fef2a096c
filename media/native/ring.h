// io_uring as the packet path uses it: sockets that are read as long as they live, into buffers that are ours, and sends that are handed to
// the kernel many at a time. A kernel that has no io_uring, an old one, or a container that forbids it: `open` says why, and epoll does the work.
//
// Everything happens within `turn`, on the thread that opened the ring: nothing is read into a buffer, and nothing is sent, in between.
#pragma once

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if __has_include(<linux/io_uring.h>)
#include <linux/io_uring.h>
#endif

#include <cstdint>
#include <cstring>
#include <vector>

#if defined(IORING_SETUP_DEFER_TASKRUN) && defined(IORING_RECV_MULTISHOT)
#define HUAWU_HAS_RING 1
#endif

/** What has come about: a packet in `buffer`, or (`buffer` < 0) the end of what `token` named. */
struct Completion {
  uint64_t token;
  /** Bytes, or −errno. */
  int32_t result;
  int32_t buffer;
  /** Its socket is read no more. */
  bool last;
};

#ifdef HUAWU_HAS_RING

class Ring {
 public:
  static constexpr uint32_t kBuffers = 1024;
  /** One byte more than may be heard would do: a packet that fills it was longer. */
  static constexpr uint32_t kBufferBytes = 2304;
  static constexpr uint32_t kMostSends = 1024;
  /** The token of what nobody waits for. */
  static constexpr uint64_t kNothing = UINT64_MAX;
  static constexpr uint32_t kMostCompletions = 4096;

  ~Ring() { shut(); }

  /** 0, or −errno. */
  int open() {
    io_uring_params wanted{};
    wanted.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL;
    wanted.cq_entries = kMostCompletions;
    fd_ = static_cast<int>(syscall(__NR_io_uring_setup, kMostSends, &wanted));
    if (fd_ < 0) return -errno;
    const int fault = map(wanted);
    if (fault < 0) shut();
    return fault;
  }

  /** Readable when something has come about while it is armed. */
  int bell() const { return bell_; }
  void armBell(bool armed) { __atomic_store_n(completionFlags_, armed ? 0 : IORING_CQ_EVENTFD_DISABLED, __ATOMIC_RELEASE); }

  uint8_t* bytes(int32_t buffer) { return buffers_ + static_cast<size_t>(buffer) * kBufferBytes; }

  /** Reads `socket` from now on. false = no room: `turn` first. */
  bool receive(int socket, uint64_t token) {
    io_uring_sqe* entry = next();
    if (entry == nullptr) return false;
    entry->opcode = IORING_OP_RECV;
    entry->fd = socket;
    entry->ioprio = IORING_RECV_MULTISHOT;
    entry->flags = IOSQE_BUFFER_SELECT;
    entry->user_data = token;
    return true;
  }

  /** Sends with the next `turn`; what lies at `packet` must stay till then. What cannot be sent then is lost, as on any wire. */
  bool send(int socket, const uint8_t* packet, uint32_t length) {
    io_uring_sqe* entry = next();
    if (entry == nullptr) return false;
    entry->opcode = IORING_OP_SEND;
    entry->fd = socket;
    entry->addr = reinterpret_cast<uint64_t>(packet);
    entry->len = length;
    entry->msg_flags = MSG_DONTWAIT;
    entry->flags = IOSQE_CQE_SKIP_SUCCESS;
    entry->user_data = kNothing;
    return true;
  }

  /** Ends the reading of what `token` names with the next `turn`: a socket that is read holds its port, closed or not. */
  bool forget(uint64_t token) { return cancel(token, 0); }
  bool forgetAll() { return cancel(0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL); }

  /** So many entries can be prepared before the next `turn`. */
  uint32_t room() const { return entries_ - (tail_ - submitted_); }
  /** Something was prepared that the kernel has not yet. */
  bool pending() const { return tail_ != submitted_; }
  /** Another `turn` has something to do. One does a part of what has come, and what it leaves rings nobody. */
  bool due() const { return pending() || (__atomic_load_n(submitFlags_, __ATOMIC_ACQUIRE) & IORING_SQ_TASKRUN) != 0; }

  /** Hands over what was prepared and lets what has come be read. The buffers given back are free from then on. */
  int turn() {
    __atomic_store_n(submitTail_, tail_, __ATOMIC_RELEASE);
    const long taken = syscall(__NR_io_uring_enter, fd_, tail_ - submitted_, 0, IORING_ENTER_GETEVENTS, nullptr, 0);
    submitted_ = __atomic_load_n(submitHead_, __ATOMIC_ACQUIRE);
    for (const int32_t buffer : returned_) offer(buffer);
    __atomic_store_n(&free_->tail, freeTail_, __ATOMIC_RELEASE);
    returned_.clear();
    return taken < 0 ? -errno : 0;
  }

  /** The next of what came about; false = nothing more. */
  bool take(Completion* into) {
    const uint32_t head = *completionHead_;
    if (head == __atomic_load_n(completionTail_, __ATOMIC_ACQUIRE)) return false;
    const io_uring_cqe& entry = completions_[head & completionMask_];
    into->token = entry.user_data;
    into->result = entry.res;
    into->buffer = (entry.flags & IORING_CQE_F_BUFFER) != 0 ? static_cast<int32_t>(entry.flags >> IORING_CQE_BUFFER_SHIFT) : -1;
    into->last = (entry.flags & IORING_CQE_F_MORE) == 0;
    __atomic_store_n(completionHead_, head + 1, __ATOMIC_RELEASE);
    return true;
  }

  /** Free after the next `turn`, which still sends what lies in it. */
  void giveBack(int32_t buffer) { returned_.push_back(buffer); }

 private:
  bool cancel(uint64_t token, uint32_t which) {
    io_uring_sqe* entry = next();
    if (entry == nullptr) return false;
    entry->opcode = IORING_OP_ASYNC_CANCEL;
    entry->fd = -1;
    entry->addr = token;
    entry->cancel_flags = which;
    entry->flags = IOSQE_CQE_SKIP_SUCCESS;
    entry->user_data = kNothing;
    return true;
  }

  io_uring_sqe* next() {
    if (room() == 0) return nullptr;
    io_uring_sqe* entry = &entriesAt_[tail_ & (entries_ - 1)];
    memset(entry, 0, sizeof *entry);
    tail_ += 1;
    return entry;
  }

  void offer(int32_t buffer) {
    // Not by the field of that name: the header's empty struct before it has a size in C++.
    io_uring_buf* slot = reinterpret_cast<io_uring_buf*>(free_) + (freeTail_ & (kBuffers - 1));
    slot->addr = reinterpret_cast<uint64_t>(bytes(buffer));
    slot->len = kBufferBytes;
    slot->bid = static_cast<uint16_t>(buffer);
    freeTail_ += 1;
  }

  void* part(size_t bytes, int fd, off_t offset) {
    const int how = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED | MAP_POPULATE;
    void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, how, fd, offset);
    if (at == MAP_FAILED) return nullptr;
    mapped_.push_back({at, bytes});
    return at;
  }

  int map(const io_uring_params& given) {
    const size_t submits = given.sq_off.array + given.sq_entries * sizeof(uint32_t);
    const size_t completes = given.cq_off.cqes + given.cq_entries * sizeof(io_uring_cqe);
    auto* rings = static_cast<uint8_t*>(part(submits > completes ? submits : completes, fd_, IORING_OFF_SQ_RING));
    entriesAt_ = static_cast<io_uring_sqe*>(part(given.sq_entries * sizeof(io_uring_sqe), fd_, IORING_OFF_SQES));
    buffers_ = static_cast<uint8_t*>(part(static_cast<size_t>(kBuffers) * kBufferBytes, -1, 0));
    free_ = static_cast<io_uring_buf_ring*>(part(kBuffers * sizeof(io_uring_buf), -1, 0));
    if (rings == nullptr || entriesAt_ == nullptr || buffers_ == nullptr || free_ == nullptr) return -ENOMEM;
    if ((given.features & IORING_FEAT_SINGLE_MMAP) == 0) return -ENOSYS;
    const auto at = [rings](uint32_t offset) { return reinterpret_cast<uint32_t*>(rings + offset); };
    entries_ = given.sq_entries;
    submitHead_ = at(given.sq_off.head);
    submitTail_ = at(given.sq_off.tail);
    submitFlags_ = at(given.sq_off.flags);
    completionHead_ = at(given.cq_off.head);
    completionTail_ = at(given.cq_off.tail);
    completionFlags_ = at(given.cq_off.flags);
    completionMask_ = given.cq_entries - 1;
    completions_ = reinterpret_cast<io_uring_cqe*>(rings + given.cq_off.cqes);
    // An entry is always used from its own place.
    for (uint32_t entry = 0; entry < entries_; entry += 1) at(given.sq_off.array)[entry] = entry;
    return fill();
  }

  int fill() {
    io_uring_buf_reg buffers{};
    buffers.ring_addr = reinterpret_cast<uint64_t>(free_);
    buffers.ring_entries = kBuffers;
    if (syscall(__NR_io_uring_register, fd_, IORING_REGISTER_PBUF_RING, &buffers, 1) < 0) return -errno;
    returned_.reserve(kBuffers);
    for (uint32_t buffer = 0; buffer < kBuffers; buffer += 1) offer(static_cast<int32_t>(buffer));
    __atomic_store_n(&free_->tail, freeTail_, __ATOMIC_RELEASE);
    bell_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (bell_ < 0 || syscall(__NR_io_uring_register, fd_, IORING_REGISTER_EVENTFD, &bell_, 1) < 0) return -errno;
    return 0;
  }

  void shut() {
    if (fd_ >= 0) close(fd_);
    if (bell_ >= 0) close(bell_);
    fd_ = bell_ = -1;
    for (const Mapped& part : mapped_) munmap(part.at, part.bytes);
    mapped_.clear();
  }

  struct Mapped {
    void* at;
    size_t bytes;
  };

  int fd_ = -1;
  int bell_ = -1;
  std::vector<Mapped> mapped_;
  uint32_t entries_ = 0;
  io_uring_sqe* entriesAt_ = nullptr;
  uint32_t* submitHead_ = nullptr;
  uint32_t* submitTail_ = nullptr;
  uint32_t* submitFlags_ = nullptr;
  /** Prepared, and handed over. */
  uint32_t tail_ = 0;
  uint32_t submitted_ = 0;
  uint32_t* completionHead_ = nullptr;
  uint32_t* completionTail_ = nullptr;
  uint32_t* completionFlags_ = nullptr;
  uint32_t completionMask_ = 0;
  io_uring_cqe* completions_ = nullptr;
  uint8_t* buffers_ = nullptr;
  io_uring_buf_ring* free_ = nullptr;
  uint16_t freeTail_ = 0;
  std::vector<int32_t> returned_;
};

#else

/** Built where the kernel's headers know no such ring. */
class Ring {
 public:
  int open() { return -ENOSYS; }
  int bell() const { return -1; }
  void armBell(bool) {}
  uint8_t* bytes(int32_t) { return nullptr; }
  bool receive(int, uint64_t) { return false; }
  bool send(int, const uint8_t*, uint32_t) { return false; }
  bool forget(uint64_t) { return false; }
  bool forgetAll() { return false; }
  uint32_t room() const { return 0; }
  bool pending() const { return false; }
  bool due() const { return false; }
  int turn() { return -ENOSYS; }
  bool take(Completion*) { return false; }
  void giveBack(int32_t) {}
  static constexpr uint32_t kBufferBytes = 2304;
};

#endif
