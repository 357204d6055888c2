// Key files: read only when nobody else can have read or planted them; written whole, never over
// another.
#include "base/encoding.hpp"
#include "base/private_file.hpp"
#include "crypto/master_key.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wardroom::crypto {
namespace {

/// 64 hex digits and the line end an editor may have added.
constexpr std::size_t longest_file = 2 * key_bytes + 2;

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

std::string_view without_line_end(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

Result<MasterKey> parse(std::string_view text, std::string const& path) {
  if (text.empty())
    return failure(
        ErrorKind::malformed,
        fmt::format("{0} is empty: put the key back from where you keep a copy; when nothing was "
                    "sealed yet, remove the file and run wardroomd --new-master-key {0}",
                    path));
  LockedKey raw;
  bool fits = text.size() == key_bytes;
  if (fits) std::memcpy(raw.data(), text.data(), key_bytes);
  if (auto const digits = without_line_end(text); digits.size() == 2 * key_bytes) {
    std::size_t got = 0;
    fits = sodium_hex2bin(raw.data(), key_bytes, digits.data(), digits.size(), nullptr, &got,
                          nullptr) == 0 &&
           got == key_bytes;
  }
  if (!fits)
    return failure(
        ErrorKind::malformed,
        fmt::format("{} is not a master key: it must hold exactly 32 bytes or 64 hex digits; put "
                    "the right file there",
                    path));
  auto key = MasterKey::from_bytes({reinterpret_cast<char const*>(raw.data()), key_bytes});
  if (!key) key.error().what = path + ": " + key.error().what;
  return key;
}

Result<MasterKey> load(std::string const& path, PrivateFile kind) {
  auto const text = read_private_file(path, "master key", longest_file, kind);
  if (!text) return std::unexpected(text.error());
  return parse(text->reveal(), path);
}

/// The credential of that name when it is there, else `file`.
Result<MasterKey> load_either(std::string const& file, std::string const& credentials,
                              std::string_view name) {
  if (!credentials.empty()) {
    auto key = load(fmt::format("{}/{}", credentials, name), PrivateFile::credential);
    if (key || key.error().kind != ErrorKind::not_found) return key;
  }
  if (file.empty())
    return failure(ErrorKind::not_found, fmt::format("no file for {} is configured", name));
  return load(file, PrivateFile::plain);
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

/// 0, or errno. Makes `file` durable, or leaves nothing.
int write_private_file(std::string const& file, std::string const& temporary,
                       std::string_view bytes) {
  Descriptor fd(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.open()) return errno;
  bool const written =
      write_all(fd.get(), bytes) && ::fchmod(fd.get(), 0600) == 0 && ::fsync(fd.get()) == 0;
  int error = written ? 0 : errno;
  if (!fd.close() && error == 0) error = errno;
  // A link, unlike a rename, never replaces a key that is already there.
  if (error == 0 && ::link(temporary.c_str(), file.c_str()) != 0) error = errno;
  ::unlink(temporary.c_str());
  return error;
}

}  // namespace

std::string credentials_directory() {
  char const* directory = std::getenv("CREDENTIALS_DIRECTORY");
  return directory ? directory : "";
}

Result<MasterKey> load_master_key(std::string const& file, std::string const& credentials) {
  auto key = load_either(file, credentials, "master.key");
  if (!key && key.error().kind == ErrorKind::not_found)
    key.error().what += fmt::format(
        " and no systemd credential master.key: create one with `wardroomd --new-master-key {}`, "
        "or put the old one back if this machine had logins already",
        file.empty() ? "FILE" : file);
  return key;
}

Result<std::optional<MasterKey>> load_old_master_key(std::string const& file,
                                                     std::string const& credentials) {
  auto key = load_either(file, credentials, "old_master.key");
  if (key) return std::optional<MasterKey>(std::move(*key));
  if (key.error().kind == ErrorKind::not_found) return std::nullopt;
  key.error().what += " (the old key, secrets.old_master_key_file)";
  return std::unexpected(std::move(key.error()));
}

Result<std::string> create_master_key(std::string const& file, Random& random) {
  auto raw = random.bytes(key_bytes);
  auto const key = MasterKey::from_bytes(raw);
  auto digits = to_hex(raw) + '\n';
  wipe(raw);
  if (!key) return std::unexpected(key.error());
  auto const temporary = fmt::format("{}.{}.new", file, to_hex(random.bytes(8)));
  int const error = write_private_file(file, temporary, digits);
  wipe(digits);
  if (error == EEXIST)
    return failure(
        ErrorKind::conflict,
        fmt::format("{} exists already; it is never overwritten, since everything sealed "
                    "with it would be lost: choose another name",
                    file));
  if (error != 0)
    return failure(
        ErrorKind::unavailable,
        fmt::format("cannot write {}: {}; choose a folder that exists and that you may write to",
                    file, because(error)));
  auto const slash = file.rfind('/');
  auto const folder = slash == std::string::npos ? std::string(".") : file.substr(0, slash + 1);
  Descriptor const directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.open() || ::fsync(directory.get()) != 0)
    return failure(
        ErrorKind::unavailable,
        fmt::format("{} was written, but its folder cannot be synced: {}", file, because(errno)));
  return key->id();
}

}  // namespace wardroom::crypto
