// What SQLite calls, and how it gets to know the disk.
#include "support/memory_disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace wardroom::test {

/// The C functions, and the handle that SQLite allocates room for.
struct MemoryDisk::Vfs {
  struct File {
    sqlite3_file base;
    MemoryDisk* disk;
    std::string* name;
    std::shared_ptr<Node>* node;
    std::shared_ptr<Index>* index;
    std::uint64_t sync_errors_seen;
    int lock;
    bool new_log, read_only, remove_at_close;
    unsigned index_shared, index_exclusive;
  };
  static MemoryDisk& disk(sqlite3_vfs* vfs) { return *static_cast<MemoryDisk*>(vfs->pAppData); }
  static File& file(sqlite3_file* handle) { return *reinterpret_cast<File*>(handle); }

  static int open(sqlite3_vfs* vfs, char const* name, sqlite3_file* handle, int flags, int* out);
  static int remove(sqlite3_vfs* vfs, char const* name, int sync_folder);
  static int access(sqlite3_vfs* vfs, char const* name, int what, int* result);
  static int full_path(sqlite3_vfs*, char const* name, int size, char* out) {
    sqlite3_snprintf(size, out, "%s", name);
    return SQLITE_OK;
  }
  static int random(sqlite3_vfs* vfs, int size, char* out);
  static int sleep(sqlite3_vfs* vfs, int microseconds);
  static int julian_ms(sqlite3_vfs* vfs, sqlite3_int64* out);
  static int julian_day(sqlite3_vfs* vfs, double* out);
  static int close(sqlite3_file* handle);
  static int read(sqlite3_file* handle, void* to, int size, sqlite3_int64 at);
  static int write(sqlite3_file* handle, void const* from, int size, sqlite3_int64 at);
  static int truncate(sqlite3_file* handle, sqlite3_int64 size);
  static int sync(sqlite3_file* handle, int);
  static int size(sqlite3_file* handle, sqlite3_int64* out);
  static int lock(sqlite3_file* handle, int level);
  static int unlock(sqlite3_file* handle, int level);
  static int reserved(sqlite3_file* handle, int* out);
  static int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
  static int sector_size(sqlite3_file*) { return static_cast<int>(sector); }
  static int traits(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }
  static int index_map(sqlite3_file* handle, int region, int size, int extend, void volatile** out);
  static int index_lock(sqlite3_file* handle, int offset, int count, int flags);
  static void index_barrier(sqlite3_file* handle) {
    std::lock_guard lock(file(handle).disk->mutex_);
    std::atomic_thread_fence(std::memory_order_seq_cst);
  }
  static int index_unmap(sqlite3_file* handle, int remove);

  static sqlite3_io_methods const methods;
};

sqlite3_io_methods const MemoryDisk::Vfs::methods = [] {
  sqlite3_io_methods m{};
  m.iVersion = 2;
  m.xClose = close;
  m.xRead = read;
  m.xWrite = write;
  m.xTruncate = truncate;
  m.xSync = sync;
  m.xFileSize = size;
  m.xLock = lock;
  m.xUnlock = unlock;
  m.xCheckReservedLock = reserved;
  m.xFileControl = control;
  m.xSectorSize = sector_size;
  m.xDeviceCharacteristics = traits;
  m.xShmMap = index_map;
  m.xShmLock = index_lock;
  m.xShmBarrier = index_barrier;
  m.xShmUnmap = index_unmap;
  return m;
}();

MemoryDisk::MemoryDisk() : vfs_(std::make_unique<sqlite3_vfs>()) {
  static std::atomic<int> made = 0;
  name_ = "memory-" + std::to_string(++made);
  auto* const system = sqlite3_vfs_find(nullptr);
  *vfs_ = *system;
  vfs_->iVersion = 2;
  vfs_->szOsFile = sizeof(Vfs::File);
  vfs_->zName = name_.c_str();
  vfs_->pNext = nullptr;
  vfs_->pAppData = this;
  vfs_->xOpen = Vfs::open;
  vfs_->xDelete = Vfs::remove;
  vfs_->xAccess = Vfs::access;
  vfs_->xFullPathname = Vfs::full_path;
  vfs_->xRandomness = Vfs::random;
  vfs_->xSleep = Vfs::sleep;
  vfs_->xCurrentTime = Vfs::julian_day;
  vfs_->xCurrentTimeInt64 = Vfs::julian_ms;
  vfs_->xGetLastError = [](sqlite3_vfs* vfs, int, char*) {
    auto& self = Vfs::disk(vfs);
    std::lock_guard lock(self.mutex_);
    return self.errno_;
  };
  if (sqlite3_vfs_register(vfs_.get(), 0) != SQLITE_OK)
    throw std::runtime_error("SQLite does not take the disk of the test");
}

MemoryDisk::~MemoryDisk() { sqlite3_vfs_unregister(vfs_.get()); }

int MemoryDisk::Vfs::random(sqlite3_vfs* vfs, int size, char* out) {
  auto& self = disk(vfs);
  std::lock_guard lock(self.mutex_);
  std::ranges::copy(self.dice_.bytes(static_cast<std::size_t>(size)), out);
  return size;
}

int MemoryDisk::Vfs::sleep(sqlite3_vfs* vfs, int microseconds) {
  auto& self = disk(vfs);
  {
    std::lock_guard lock(self.mutex_);
    if (self.now_) return microseconds;
  }
  std::this_thread::sleep_for(std::chrono::microseconds(std::min(microseconds, 200)));
  return microseconds;
}

int MemoryDisk::Vfs::julian_ms(sqlite3_vfs* vfs, sqlite3_int64* out) {
  constexpr sqlite3_int64 unix_epoch = 210'866'760'000'000;  // ms since noon, 24 November 4714 BC
  auto& self = disk(vfs);
  std::lock_guard lock(self.mutex_);
  auto const now =
      self.now_ ? self.now_()
                : std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
  *out = unix_epoch + unix_ms(now);
  return SQLITE_OK;
}

int MemoryDisk::Vfs::julian_day(sqlite3_vfs* vfs, double* out) {
  sqlite3_int64 ms = 0;
  julian_ms(vfs, &ms);
  *out = static_cast<double>(ms) / 86'400'000.0;
  return SQLITE_OK;
}

int MemoryDisk::Vfs::open(sqlite3_vfs* vfs, char const* name, sqlite3_file* handle, int flags,
                          int* out) {
  auto& self = disk(vfs);
  std::lock_guard lock(self.mutex_);
  handle->pMethods = nullptr;
  bool const main = (flags & SQLITE_OPEN_MAIN_DB) != 0;
  bool const makes = name != nullptr && !self.names_.contains(name);
  int const trouble = self.enter(Call::open, makes);
  // A file of a disk that is mounted read-only opens for reading.
  bool const read_only = trouble != SQLITE_OK && self.errno_ == EROFS && main && !self.dark_;
  if (trouble != SQLITE_OK && !read_only) return trouble;
  std::shared_ptr<Node> node;
  bool fresh = false;
  if (name == nullptr) {
    node = std::make_shared<Node>();
  } else {
    auto& known = self.names_[name];
    fresh = !known;
    if (fresh) known = std::make_shared<Node>();
    node = known;
    // The daemon makes an empty file, and syncs its folder, before SQLite opens it.
    if (fresh && main) self.durable_names_[name] = node;
  }
  auto& f = file(handle);
  f.disk = &self;
  f.name = new std::string(name ? name : "");
  f.sync_errors_seen = node->sync_errors;
  f.node = new std::shared_ptr<Node>(std::move(node));
  f.index = nullptr;
  f.lock = SQLITE_LOCK_NONE;
  // As SQLite's own: the first sync of such a file syncs its folder, whoever had made it.
  f.new_log = (flags & SQLITE_OPEN_CREATE) != 0 &&
              (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0;
  f.read_only = read_only;
  f.remove_at_close = name != nullptr && (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  f.index_shared = f.index_exclusive = 0;
  if (out != nullptr)
    *out = read_only ? (flags & ~SQLITE_OPEN_READWRITE) | SQLITE_OPEN_READONLY : flags;
  handle->pMethods = &methods;
  return SQLITE_OK;
}

int MemoryDisk::Vfs::close(sqlite3_file* handle) {
  unlock(handle, SQLITE_LOCK_NONE);
  index_unmap(handle, 0);
  auto& f = file(handle);
  std::lock_guard lock(f.disk->mutex_);
  if (f.remove_at_close) f.disk->names_.erase(*f.name);
  delete f.name;
  delete f.node;
  return SQLITE_OK;
}

int MemoryDisk::Vfs::remove(sqlite3_vfs* vfs, char const* name, int sync_folder) {
  auto& self = disk(vfs);
  std::lock_guard lock(self.mutex_);
  if (int const trouble = self.enter(Call::remove)) return trouble;
  if (self.names_.erase(name) == 0) return SQLITE_IOERR_DELETE_NOENT;
  if (sync_folder) self.durable_names_ = self.names_;
  return SQLITE_OK;
}

int MemoryDisk::Vfs::access(sqlite3_vfs* vfs, char const* name, int, int* result) {
  auto& self = disk(vfs);
  std::lock_guard lock(self.mutex_);
  if (int const trouble = self.enter(Call::exists)) return trouble;
  auto const found = self.names_.find(name);
  *result = found != self.names_.end() && !found->second->live.empty();
  return SQLITE_OK;
}

int MemoryDisk::Vfs::read(sqlite3_file* handle, void* to, int size, sqlite3_int64 at) {
  auto& f = file(handle);
  std::lock_guard lock(f.disk->mutex_);
  if (int const trouble = f.disk->enter(Call::read)) return trouble;
  auto const& live = (*f.node)->live;
  auto const wanted = static_cast<std::size_t>(size);
  auto const from = std::min(static_cast<std::size_t>(at), live.size());
  auto const got = std::min(wanted, live.size() - from);
  std::memcpy(to, live.data() + from, got);
  if (got == wanted) return SQLITE_OK;
  std::memset(static_cast<char*>(to) + got, 0, wanted - got);
  return SQLITE_IOERR_SHORT_READ;
}

int MemoryDisk::Vfs::write(sqlite3_file* handle, void const* from, int size, sqlite3_int64 at) {
  auto& f = file(handle);
  auto& self = *f.disk;
  std::lock_guard lock(self.mutex_);
  auto& node = **f.node;
  bool const grows = static_cast<std::size_t>(at + size) > node.live.size();
  int const trouble = self.enter(Call::write, grows);
  if (f.read_only) return SQLITE_READONLY;
  Change change{at, std::string(static_cast<char const*>(from), static_cast<std::size_t>(size))};
  if (trouble != SQLITE_OK) {
    if (self.dark_ || self.errno_ == EROFS) return trouble;
    change.bytes.resize(self.dice_.number() % (change.bytes.size() + 1));
  }
  MemoryDisk::apply(node.live, change);
  node.unsynced.push_back(std::move(change));
  return trouble;
}

int MemoryDisk::Vfs::truncate(sqlite3_file* handle, sqlite3_int64 size) {
  auto& f = file(handle);
  std::lock_guard lock(f.disk->mutex_);
  int const trouble = f.disk->enter(Call::truncate);
  if (f.read_only) return SQLITE_READONLY;
  if (trouble != SQLITE_OK) return trouble;
  auto& node = **f.node;
  Change change{size, {}, true};
  MemoryDisk::apply(node.live, change);
  node.unsynced.push_back(std::move(change));
  return SQLITE_OK;
}

/// Linux: a failed write-back is told once to each open file, and what could not be written counts
/// as clean from then on. The next sync has nothing to do and succeeds.
int MemoryDisk::Vfs::sync(sqlite3_file* handle, int) {
  auto& f = file(handle);
  auto& self = *f.disk;
  std::lock_guard lock(self.mutex_);
  int const trouble = self.enter(Call::sync);
  if (self.dark_) return trouble;
  auto& node = **f.node;
  if (trouble == SQLITE_OK && self.lies_) return SQLITE_OK;
  if (trouble != SQLITE_OK) {
    ++node.sync_errors;
    for (auto const& change : survivors(std::move(node.unsynced), self.dice_))
      MemoryDisk::apply(node.durable, change);
    node.unsynced.clear();
  }
  if (std::exchange(f.sync_errors_seen, node.sync_errors) != node.sync_errors)
    return SQLITE_IOERR_FSYNC;
  for (auto const& change : node.unsynced) MemoryDisk::apply(node.durable, change);
  node.unsynced.clear();
  if (std::exchange(f.new_log, false)) self.durable_names_ = self.names_;
  return SQLITE_OK;
}

int MemoryDisk::Vfs::size(sqlite3_file* handle, sqlite3_int64* out) {
  auto& f = file(handle);
  std::lock_guard lock(f.disk->mutex_);
  if (int const trouble = f.disk->enter(Call::size)) return trouble;
  *out = static_cast<sqlite3_int64>((*f.node)->live.size());
  return SQLITE_OK;
}

int MemoryDisk::Vfs::lock(sqlite3_file* handle, int level) {
  auto& f = file(handle);
  std::lock_guard lock(f.disk->mutex_);
  if (f.lock >= level) return SQLITE_OK;
  auto& node = **f.node;
  auto const mine = [&](void const* owner) { return owner == nullptr || owner == handle; };
  if (!mine(node.exclusive)) return SQLITE_BUSY;
  if (level >= SQLITE_LOCK_RESERVED && !mine(node.reserved)) return SQLITE_BUSY;
  if (level == SQLITE_LOCK_EXCLUSIVE && node.shared > (f.lock >= SQLITE_LOCK_SHARED ? 1 : 0))
    return SQLITE_BUSY;
  if (f.lock == SQLITE_LOCK_NONE) ++node.shared;
  if (level >= SQLITE_LOCK_RESERVED) node.reserved = handle;
  if (level == SQLITE_LOCK_EXCLUSIVE) node.exclusive = handle;
  f.lock = level;
  return SQLITE_OK;
}

int MemoryDisk::Vfs::unlock(sqlite3_file* handle, int level) {
  auto& f = file(handle);
  std::lock_guard lock(f.disk->mutex_);
  if (f.lock <= level) return SQLITE_OK;
  auto& node = **f.node;
  if (node.reserved == handle) node.reserved = nullptr;
  if (node.exclusive == handle) node.exclusive = nullptr;
  if (level == SQLITE_LOCK_NONE) --node.shared;
  f.lock = level;
  return SQLITE_OK;
}

int MemoryDisk::Vfs::reserved(sqlite3_file* handle, int* out) {
  auto& f = file(handle);
  std::lock_guard lock(f.disk->mutex_);
  *out = (*f.node)->reserved != nullptr;
  return SQLITE_OK;
}

int MemoryDisk::Vfs::index_map(sqlite3_file* handle, int region, int size, int extend,
                               void volatile** out) {
  auto& f = file(handle);
  std::lock_guard lock(f.disk->mutex_);
  *out = nullptr;
  bool const makes =
      f.index == nullptr || static_cast<std::size_t>(region) >= (*f.index)->regions.size();
  if (int const trouble = f.disk->enter(Call::index, makes && extend)) return trouble;
  if (f.index == nullptr) {
    auto& known = f.disk->indexes_[*f.name];
    if (!known) known = std::make_shared<Index>();
    ++known->users;
    f.index = new std::shared_ptr<Index>(known);
  }
  auto& regions = (*f.index)->regions;
  auto const number = static_cast<std::size_t>(region);
  if (number >= regions.size() && !extend) return SQLITE_OK;
  while (regions.size() <= number)
    regions.push_back(std::make_unique<char[]>(static_cast<std::size_t>(size)));
  *out = regions[number].get();
  return SQLITE_OK;
}

int MemoryDisk::Vfs::index_lock(sqlite3_file* handle, int offset, int count, int flags) {
  auto& f = file(handle);
  std::lock_guard lock(f.disk->mutex_);
  if (f.index == nullptr) return SQLITE_IOERR_SHMLOCK;
  auto& index = **f.index;
  bool const take = (flags & SQLITE_SHM_LOCK) != 0;
  bool const exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  auto const bit = [](int i) { return 1u << i; };
  if (take)
    for (int i = offset; i < offset + count; ++i) {
      int const others = index.shared[i] - ((f.index_shared & bit(i)) != 0 ? 1 : 0);
      bool const foreign = index.exclusive[i] && (f.index_exclusive & bit(i)) == 0;
      if (foreign || (exclusive && others > 0)) return SQLITE_BUSY;
    }
  for (int i = offset; i < offset + count; ++i) {
    auto& mask = exclusive ? f.index_exclusive : f.index_shared;
    bool const held = (mask & bit(i)) != 0;
    if (held == take) continue;
    mask ^= bit(i);
    if (exclusive)
      index.exclusive[i] = take;
    else
      index.shared[i] += take ? 1 : -1;
  }
  return SQLITE_OK;
}

int MemoryDisk::Vfs::index_unmap(sqlite3_file* handle, int) {
  auto& f = file(handle);
  if (f.index == nullptr) return SQLITE_OK;
  index_lock(handle, 0, 8, SQLITE_SHM_UNLOCK | SQLITE_SHM_SHARED);
  index_lock(handle, 0, 8, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
  std::lock_guard lock(f.disk->mutex_);
  // The last one to go takes it along: who comes next reads the WAL from its beginning.
  if (--(*f.index)->users == 0) f.disk->indexes_.erase(*f.name);
  delete f.index;
  f.index = nullptr;
  return SQLITE_OK;
}

}  // namespace wardroom::test
