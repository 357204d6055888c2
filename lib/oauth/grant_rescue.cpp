#include "oauth/grant_rescue.hpp"

#include "base/encoding.hpp"
#include "base/private_file.hpp"
#include "oauth/grant_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace wardroom::oauth {
namespace {

constexpr std::string_view file_prefix = "grant-rescue-";
constexpr std::string_view head = "wardroom grant rescue 1 ";
constexpr std::size_t longest = 1u << 20;

/// An open file, closed when it goes.
class File {
 public:
  File(std::string const& path, int flags) : number_(::open(path.c_str(), flags, 0600)) {}
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  File(File const&) = delete;
  File& operator=(File const&) = delete;
  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }

 private:
  int number_;
};

std::unexpected<Error> cannot(std::string_view doing, std::string const& path, int why) {
  return failure(ErrorKind::unavailable,
                 fmt::format("cannot {} the rescue file {}: {}", doing, path, std::strerror(why)));
}

std::unexpected<Error> damaged(std::string const& path, std::string_view why) {
  return failure(ErrorKind::malformed,
                 fmt::format("the rescue file {} is of no use: {}", path, why));
}

crypto::Cell cell(std::string_view identity, std::uint64_t generation) {
  return {"rescue", identity, "grant", generation};
}

bool write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    auto const written = ::write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<void> write_file(std::string const& path, std::string_view bytes) {
  File const file(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW);
  if (!file) return cannot("make", path, errno);
  if (!write_all(file.number(), bytes) || ::fsync(file.number()) != 0)
    return cannot("write", path, errno);
  return {};
}

/// Makes a rename or removal last. Not every file system can; then the name lasts as well as it
/// does.
void settle(std::string const& folder) {
  File const file(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file) ::fsync(file.number());
}

}  // namespace

std::string RescueFiles::path(std::string_view identity) const {
  return fmt::format("{}/{}{}", folder_, file_prefix, to_hex(sha256(identity)).substr(0, 32));
}

Result<void> RescueFiles::keep(Grant const& grant) const {
  auto const to = path(grant.identity);
  auto const beside = to + ".new";
  auto bytes = fmt::format("{}{}\n", head, grant.generation);
  bytes += sealer_->seal(grant_to_json(grant), cell(grant.identity, grant.generation));
  ::unlink(beside.c_str());  // what a crash may have left
  auto written = write_file(beside, bytes);
  if (written && ::rename(beside.c_str(), to.c_str()) != 0)
    written = cannot("put in place", to, errno);
  if (!written) ::unlink(beside.c_str());
  settle(folder_);
  return written;
}

Result<Grant> RescueFiles::read(std::string const& identity) const {
  if (!on()) return failure(ErrorKind::not_found, "no rescue files are kept");
  auto const from = path(identity);
  auto const bytes = read_private_file(from, "rescue file", longest);
  if (!bytes) return std::unexpected(bytes.error());
  auto rest = bytes->reveal();
  if (!rest.starts_with(head)) return damaged(from, "it does not begin as one");
  rest.remove_prefix(head.size());
  std::uint64_t generation = 0;
  auto const [end, trouble] = std::from_chars(rest.data(), rest.data() + rest.size(), generation);
  if (trouble != std::errc{} || end == rest.data() + rest.size() || *end != '\n')
    return damaged(from, "it does not begin as one");
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()) + 1);
  auto const plain = sealer_->open(rest, cell(identity, generation));
  if (!plain && plain.error().kind == ErrorKind::malformed)
    return damaged(from, "it was altered, or belongs to another identity");
  if (!plain) return std::unexpected(plain.error());
  auto grant = grant_from_json(*plain);
  if (!grant || grant->identity != identity || grant->generation != generation)
    return damaged(from, "its content is not a grant of that identity");
  return std::move(*grant);
}

Result<void> RescueFiles::drop(std::string_view identity) const {
  if (!on()) return {};
  auto const file = path(identity);
  if (::unlink(file.c_str()) == 0)
    settle(folder_);
  else if (errno != ENOENT)
    return cannot("remove", file, errno);
  return {};
}

std::vector<std::string> RescueFiles::strangers(std::vector<std::string> const& identities) const {
  std::vector<std::string> out;
  if (!on()) return out;
  std::error_code none;
  for (std::filesystem::directory_iterator it(folder_, none), end; !none && it != end;
       it.increment(none)) {
    auto const file = it->path().filename().string();
    if (!file.starts_with(file_prefix) || file.ends_with(".new")) continue;
    auto const own = [&](std::string const& identity) {
      return std::filesystem::path(path(identity)).filename().string() == file;
    };
    if (std::ranges::none_of(identities, own)) out.push_back(it->path().string());
  }
  std::ranges::sort(out);
  return out;
}

}  // namespace wardroom::oauth
