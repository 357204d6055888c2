/// A disk in memory for SQLite that behaves as badly as real ones may. What was not synced is lost,
/// torn or reordered when the power goes; any call can fail; and after a failed sync the kernel
/// takes for written what never was.
#pragma once
#include "base/units.hpp"
#include "runtime/random.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

struct sqlite3_vfs;

namespace wardroom::test {

/// Any thread. Outlives every handle that is open on it.
class MemoryDisk {
 public:
  MemoryDisk();
  ~MemoryDisk();
  MemoryDisk(MemoryDisk const&) = delete;
  MemoryDisk& operator=(MemoryDisk const&) = delete;

  /// The machine died and its power did not: a disk with all that was written, synced or not. So
  /// is a template copied. Handles may be open on this one.
  std::unique_ptr<MemoryDisk> clone() const;
  /// The power went at this moment: a disk with what had reached it. Handles may be open on this
  /// one, and know nothing of it. What fails until heal(), and slowness, stay in both.
  std::unique_ptr<MemoryDisk> after_power_cut(Random& dice) const;

  /// From now on SQLite takes its time from there, and nothing waits for real.
  void use_time(std::function<Instant()> now);
  /// SQLite's own random numbers (salts of the WAL) begin anew from this, in the whole process.
  static void seed_sqlite(std::uint32_t seed);

  /// By which SQLite knows it.
  std::string const& vfs() const { return name_; }

  /// Calls that reach the disk: open, delete, exists, read, write, truncate, sync, size, and the
  /// index of the WAL.
  std::uint64_t calls() const;
  std::uint64_t syncs() const;

  enum class Fault {
    io_error,     ///< EIO; a write may have been done in part, a sync in any part
    full,         ///< what needs more room fails, after a part
    read_only,    ///< opens for reading only, and changes nothing
    no_writes,    ///< EIO for what changes anything; reading works
    failed_sync,  ///< only syncs fail
  };
  /// The calls number first … last (counted from 1) behave like that.
  void fail(Fault fault, std::uint64_t first, std::uint64_t last);
  /// All calls from now on, until heal().
  void fail(Fault fault);
  /// The n-th sync from now on fails, and so many in all.
  void fail_sync(std::uint64_t number, std::uint64_t count = 1);
  void heal();
  /// How many calls a fault has met.
  std::uint64_t failed() const;

  /// How long those who run a store on it shall have a batch of writing take. A new disk is fast.
  void be_slow(Milliseconds batch);
  Milliseconds slowness() const;
  /// A disk that lies: syncs succeed and do nothing.
  void lie_about_syncs(bool lies);

  /// The power goes with call number `call`: it and all later ones fail and change nothing.
  void cut_at(std::uint64_t call);
  bool dark() const;
  /// All handles must be closed. Decides what of the unsynced the disk has after all.
  void power_on(Random& dice);

  /// Contents by name, as a process sees them; for planting damage and for looking.
  std::string contents(std::string const& name) const;
  void replace(std::string const& name, std::string bytes);  ///< no handle may be open on it
  void overwrite(std::string const& name, std::string bytes);
  bool exists(std::string const& name) const;

  static constexpr std::size_t sector = 512;  ///< bytes that are written together or not at all

  struct Vfs;  ///< what SQLite calls

 private:
  struct Change {  ///< not synced
    std::int64_t at;
    std::string bytes;
    bool truncate = false;
  };
  struct Node {
    std::string live, durable;
    std::vector<Change> unsynced;
    std::uint64_t sync_errors = 0;
    int shared = 0;
    void const *reserved = nullptr, *exclusive = nullptr;
  };
  struct Index {  ///< shared memory of the WAL
    std::vector<std::unique_ptr<char[]>> regions;
    int shared[8] = {};
    bool exclusive[8] = {};
    int users = 0;
  };
  enum class Call { open, remove, exists, read, write, truncate, sync, size, index };

  static void apply(std::string& to, Change const& change);
  static std::vector<Change> survivors(std::vector<Change> changes, Random& dice);
  static std::vector<Change> pieces(std::vector<Change> const& changes, Random& dice);
  /// The code this call fails with, or 0. Counts the call.
  int enter(Call call, bool needs_room = false);
  int fails(Call call, int why);
  int code_of(Call call) const;

  mutable std::mutex mutex_;
  std::string name_;
  std::unique_ptr<sqlite3_vfs> vfs_;
  std::map<std::string, std::shared_ptr<Node>> names_, durable_names_;
  std::map<std::string, std::shared_ptr<Index>> indexes_;
  std::uint64_t calls_ = 0, syncs_ = 0, failed_ = 0;
  Fault fault_ = Fault::io_error;
  std::uint64_t first_ = 0, last_ = 0;
  std::uint64_t first_sync_ = 0, last_sync_ = 0;
  bool lies_ = false;
  Milliseconds slowness_{0};
  std::function<Instant()> now_;
  std::optional<std::uint64_t> cut_at_;
  bool dark_ = false;
  int errno_ = 0;
  SeededRandom dice_{1};  ///< for the parts of failed calls
};

}  // namespace wardroom::test
