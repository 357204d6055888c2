#include "crypto/master_key.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom::crypto {
namespace {

constexpr char kdf_context[crypto_kdf_CONTEXTBYTES] = {'w', 'a', 'r', 'd', 'r', 'o', 'o', 'm'};
static_assert(crypto_kdf_KEYBYTES == key_bytes);

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(Descriptor const&) = delete;
  Descriptor& operator=(Descriptor const&) = delete;
  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  bool close() {
    int const fd = std::exchange(fd_, -1);
    return fd < 0 || ::close(fd) == 0;
  }

 private:
  int fd_;
};

std::string because(int error) { return std::strerror(error); }

enum class Kind { credential, file };

/// The reason to refuse a key file of these attributes, with the remedy.
std::optional<std::string> objection(struct stat const& about, std::string const& path, Kind kind) {
  if (!S_ISREG(about.st_mode)) return fmt::format("{} is not a regular file", path);
  if (about.st_uid != 0 && about.st_uid != ::geteuid())
    return fmt::format("{} belongs to uid {}; it must belong to root or to uid {}: chown it", path,
                       about.st_uid, ::geteuid());
  // Some systemd versions grant a service its credential by an access list, which shows as group
  // read; the directory around it is closed to everybody else.
  mode_t const forbidden = kind == Kind::credential ? 0037 : 0077;
  if (about.st_mode & forbidden)
    return fmt::format("{} is open to others (mode {:04o}): chmod 0600 {}", path,
                       static_cast<unsigned>(about.st_mode & 07777), path);
  return std::nullopt;
}

Result<MasterKey> parse(std::string text, std::string const& path) {
  std::string_view digits = text;
  if (digits.size() == 65 && digits.back() == '\n') digits.remove_suffix(1);
  if (digits.size() == key_bytes * 2) {
    if (auto raw = from_hex(digits)) {
      auto key = MasterKey::from_bytes(*raw);
      sodium_memzero(raw->data(), raw->size());
      sodium_memzero(text.data(), text.size());
      return key;
    }
  }
  if (text.size() == key_bytes) {
    auto key = MasterKey::from_bytes(text);
    sodium_memzero(text.data(), text.size());
    return key;
  }
  sodium_memzero(text.data(), text.size());
  return failure(
      ErrorKind::malformed,
      fmt::format("{} is not a master key: it must hold exactly 32 bytes or 64 hex digits", path));
}

Result<MasterKey> load(std::string const& path, Kind kind) {
  // Non-blocking, so that a pipe in its place cannot hang the start.
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd.open()) {
    int const error = errno;
    if (error == ENOENT)
      return failure(ErrorKind::not_found, fmt::format("there is no master key at {}", path));
    if (error == ELOOP)
      return failure(ErrorKind::denied,
                     fmt::format("{} is a symbolic link: put the key file itself there", path));
    return failure(ErrorKind::denied, fmt::format("cannot open {}: {}", path, because(error)));
  }
  struct stat about{};
  if (::fstat(fd.get(), &about) != 0)
    return failure(ErrorKind::denied, fmt::format("cannot examine {}: {}", path, because(errno)));
  if (auto why = objection(about, path, kind)) return failure(ErrorKind::denied, *why);

  std::string text(128, '\0');
  std::size_t length = 0;
  while (length < text.size()) {
    auto const n = ::read(fd.get(), text.data() + length, text.size() - length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return failure(ErrorKind::unavailable,
                     fmt::format("cannot read {}: {}", path, because(errno)));
    if (n == 0) break;
    length += static_cast<std::size_t>(n);
  }
  text.resize(length);
  return parse(std::move(text), path);
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    auto const n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

void LockedKey::Free::operator()(unsigned char* p) const noexcept { sodium_free(p); }

LockedKey::LockedKey() {
  if (sodium_init() < 0) throw std::bad_alloc();
  bytes_.reset(static_cast<unsigned char*>(sodium_malloc(key_bytes)));
  if (!bytes_) throw std::bad_alloc();
  sodium_memzero(bytes_.get(), key_bytes);
}

Result<MasterKey> MasterKey::from_bytes(std::string_view bytes) {
  if (bytes.size() != key_bytes)
    return failure(ErrorKind::malformed, "a master key has exactly 32 bytes");
  if (sodium_is_zero(reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size()))
    return failure(ErrorKind::malformed,
                   "a master key of zeros protects nothing: create a new one");
  MasterKey key;
  std::memcpy(key.key_.data(), bytes.data(), key_bytes);
  auto const name = key.derive(SubKey::key_id);
  key.id_ = to_hex(std::string_view(reinterpret_cast<char const*>(name.data()), 8));
  return key;
}

LockedKey MasterKey::derive(SubKey purpose) const {
  LockedKey out;
  crypto_kdf_derive_from_key(out.data(), key_bytes, static_cast<std::uint64_t>(purpose),
                             kdf_context, key_.data());
  return out;
}

std::string credentials_directory() {
  char const* directory = std::getenv("CREDENTIALS_DIRECTORY");
  return directory ? directory : "";
}

Result<MasterKey> load_master_key(std::string const& file, std::string const& credentials) {
  if (!credentials.empty()) {
    auto key = load(credentials + "/master.key", Kind::credential);
    if (key || key.error().kind != ErrorKind::not_found) return key;
  }
  auto key = load(file, Kind::file);
  if (!key && key.error().kind == ErrorKind::not_found)
    key.error().what +=
        " and no systemd credential master.key: create one with `wardroomctl setup`, or put the "
        "old "
        "one back if this machine had logins already";
  return key;
}

Result<void> create_master_key(std::string const& file, Random& random) {
  auto const temporary = fmt::format("{}.{}.new", file, to_hex(random.bytes(8)));
  Descriptor fd(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.open())
    return failure(ErrorKind::denied,
                   fmt::format("cannot create {}: {}", temporary, because(errno)));
  auto raw = random.bytes(key_bytes);
  auto digits = to_hex(raw) + '\n';
  bool const written =
      write_all(fd.get(), digits) && ::fchmod(fd.get(), 0600) == 0 && ::fsync(fd.get()) == 0;
  int error = errno;
  sodium_memzero(raw.data(), raw.size());
  sodium_memzero(digits.data(), digits.size());
  bool const closed = fd.close();
  if (written && !closed) error = errno;
  // A link, unlike a rename, never replaces a key that is already there.
  bool const linked = written && closed && ::link(temporary.c_str(), file.c_str()) == 0;
  if (written && closed && !linked) error = errno;
  ::unlink(temporary.c_str());
  if (linked) {
    auto const slash = file.rfind('/');
    auto const folder = slash == std::string::npos ? std::string(".") : file.substr(0, slash + 1);
    Descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.open() && ::fsync(directory.get()) == 0) return {};
    return failure(
        ErrorKind::unavailable,
        fmt::format("{} was written, but its folder cannot be synced: {}", file, because(errno)));
  }
  if (error == EEXIST)
    return failure(
        ErrorKind::conflict,
        fmt::format("{} exists already; it is never overwritten, since everything sealed "
                    "with it would be lost",
                    file));
  return failure(ErrorKind::unavailable, fmt::format("cannot write {}: {}", file, because(error)));
}

}  // namespace wardroom::crypto
