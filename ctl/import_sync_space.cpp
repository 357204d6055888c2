#include "import_sync_space.hpp"

#include "base/encoding.hpp"
#include "config/config_file.hpp"
#include "env_file.hpp"
#include "import_values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

namespace wardroom::ctl {
namespace {

namespace fs = std::filesystem;
using Fate = ImportLine::Fate;

constexpr std::size_t longest_list = 8u << 20;

/// One of its lists, and what it becomes.
struct ListFile {
  std::string_view file, rule, entries;
  bool addresses;
  /// What is otherwise now.
  std::string_view now;
};
constexpr std::array list_files{
    ListFile{"excluded_users_by_email.txt", "email_file", "addresses", true,
             "all of a person's addresses are compared, and case never matters (the prototype took "
             "the first one as it was written)"},
    ListFile{"excluded_departments.txt", "department_file", "parts of departments", false,
             "case never matters (it did in the prototype), and people without a department stay"}};

bool is_there(std::string const& folder, std::string_view name) {
  std::error_code trouble;
  return fs::is_regular_file(fs::path(folder) / name, trouble);
}

std::string trimmed_line(std::string_view line) {
  for (std::string_view const mark : {"\xEF\xBB\xBF"})
    if (line.starts_with(mark)) line.remove_prefix(mark.size());
  return trimmed(std::string(line));
}

bool is_address(std::string_view text) {
  auto const at = text.find('@');
  return at != text.npos && at > 0 && at + 1 < text.size() && text.find('@', at + 1) == text.npos &&
         text.find_first_of(" \t<>,;:\"()[]\\") == text.npos && text.size() <= 320;
}

/// A list without what the prototype stumbled over.
struct CleanList {
  std::vector<std::string> entries;
  std::size_t blank = 0, comments = 0;
  std::vector<int> no_addresses;  ///< their lines
};

CleanList clean(std::string_view text, bool addresses) {
  CleanList out;
  int number = 0;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    auto line = trimmed_line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (line.empty())
      ++out.blank;
    else if (line.starts_with('#'))
      ++out.comments;
    else if (addresses && !is_address(line))
      out.no_addresses.push_back(number);
    else if (std::ranges::find(out.entries, line) == out.entries.end())
      out.entries.push_back(std::move(line));
  }
  return out;
}

std::string counted(std::size_t n, std::string_view one) {
  return fmt::format("{} {}{}", n, one, n == 1 ? "" : "s");
}

std::string remarks_on(CleanList const& list, ListFile const& file) {
  std::string out;
  if (list.blank > 0)
    out += counted(list.blank, "blank line") + " dropped" +
           (file.addresses ? "; " : " (each had the prototype remove everybody); ");
  if (list.comments > 0)
    out += counted(list.comments, "line") + " beginning with # dropped as comments; ";
  if (!list.no_addresses.empty())
    out +=
        fmt::format("no address stands in line {}, dropped; ", fmt::join(list.no_addresses, ", "));
  return out + std::string(file.now);
}

class SyncSpace {
 public:
  SyncSpace(std::string folder, Places const& places)
      : folder_(std::move(folder)), places_(places) {}

  ImportPlan plan() {
    env();
    for (auto const& file : list_files) list(file);
    if (space_)
      job(*space_);
    else if (!rules_.empty())
      plan_.push_back(cannot_be_taken({.file = ".env", .name = "SYNC_SPACE_ID"},
                                      std::string(sync_jobs_key),
                                      "without the space there is no job that its lists are for"));
    if (is_there(folder_, "tokens.json"))
      plan_.push_back(not_needed({.file = "tokens.json", .name = "(its login)"},
                                 "it was not opened: `wardroomctl login` makes a login of its own; "
                                 "then delete the file, for it holds tokens"));
    return std::move(plan_);
  }

 private:
  void env() {
    if (!is_there(folder_, ".env")) return;
    auto const text = config::read_text(folder_ + "/.env");
    if (!text) {
      plan_.push_back(cannot_be_taken({.file = ".env"}, "", text.error().what));
      return;
    }
    auto const parsed = parse_env(*text);
    std::map<std::string, OldValue> last;
    for (auto const& entry : parsed.entries)
      last.insert_or_assign(entry.key, OldValue{".env", entry.line, entry.key, entry.value});
    for (auto const& entry : parsed.entries)
      if (last.at(entry.key).line == entry.line) value(last.at(entry.key));
    for (auto const& trouble : parsed.troubles)
      plan_.push_back(
          cannot_be_taken({".env", trouble.line, trouble.key, ""}, "", trouble.sentence));
  }

  void value(OldValue const& old) {
    if (old.name == "CLIENT_ID") return plan_.push_back(client_id_line(old));
    if (old.name == "CLIENT_SECRET") return plan_.push_back(client_secret_line(old));
    if (old.name == "SYNC_SPACE_ID") {
      space_ = old;
      return;
    }
    plan_.push_back(not_needed(
        old, old.name == "DISABLE_SSL_VERIFY"
                 ? "certificates are always checked; a private CA goes into webex.ca_file"
                 : "the prototype itself did not use it"));
  }

  void list(ListFile const& file) {
    if (!is_there(folder_, file.file)) return;
    OldValue const old{.file = std::string(file.file), .name = "(the list)"};
    auto const text = config::read_text(folder_ + "/" + old.file, longest_list);
    if (!text || text->contains('\0') || !is_valid_utf8(*text)) {
      broken_ = old.file;
      plan_.push_back(cannot_be_taken(
          old, std::string(sync_jobs_key),
          text ? "it is no UTF-8 text: save it as UTF-8 and import again" : text.error().what));
      return;
    }
    auto const cleaned = clean(*text, file.addresses);
    if (cleaned.entries.empty()) {
      plan_.push_back(not_needed(
          old,
          fmt::format("it names nobody ({}), so there is no rule of it",
                      cleaned.no_addresses.empty()
                          ? counted(cleaned.blank + cleaned.comments, "blank or comment line")
                          : counted(cleaned.no_addresses.size(), "line") + " without an address")));
      return;
    }
    ImportLine line{old.file, 0, old.name, Fate::taken, std::string(sync_jobs_key)};
    line.shown = fmt::format("{}, kept in {}",
                             cleaned.entries.size() == 1
                                 ? "1 entry"
                                 : fmt::format("{} {}", cleaned.entries.size(), file.entries),
                             places_.secret(file.file));
    line.why = remarks_on(cleaned, file);
    line.list = fmt::format(
        "# One a line; lines that begin with # say nothing. Read before each "
        "run.\n{}\n",
        fmt::join(cleaned.entries, "\n"));
    line.list_name = old.file;
    plan_.push_back(std::move(line));
    rules_.push_back(fmt::format("{{ {}: {} }}", file.rule, yaml_text(places_.secret(file.file))));
  }

  /// "all-hands" cannot be known without asking Webex: named by the space's id.
  static std::string name_of(std::string const& space) {
    auto const uri = from_base64(space);
    auto id = uri && uri->starts_with("ciscospark://") ? uri->substr(uri->rfind('/') + 1) : space;
    std::erase_if(id, [](unsigned char c) { return !std::isalnum(c); });
    return "space-" + (id.empty() ? "1" : id.substr(0, 8));
  }

  void job(OldValue const& old) {
    auto const space = trimmed(old.text);
    auto const key = std::string(sync_jobs_key);
    if (space.empty()) return plan_.push_back(cannot_be_taken(old, key, "it is empty"));
    if (!broken_.empty())
      return plan_.push_back(cannot_be_taken(
          old, key,
          fmt::format("{} could not be taken, and without it nobody on it would be left out",
                      broken_),
          space));
    auto const name = name_of(space);
    auto const exclude =
        rules_.empty() ? "" : fmt::format(", exclude: [{}]", fmt::join(rules_, ", "));
    auto const entry = fmt::format("{{ name: {}, space: {}, include: [{{ all: true }}]{} }}",
                                   yaml_text(name), yaml_text(space), exclude);
    ImportLine line{old.file, old.line, old.name, Fate::taken, key, name};
    line.settled = {{key, "[" + entry + "]"}};
    line.why = fmt::format(
        "everybody who may log in and has come, without the lists; rename the job as you like. It "
        "only tells what it would do until space_sync.mode is enforce: look with `wardroomctl sync "
        "plan {}`. Other than the prototype it never removes moderators, bots and people of other "
        "organisations, waits for `sync approve` before it removes more than 5 and 2 % of the "
        "members, and has a schedule of its own instead of cron's (docs/space_rules.md)",
        name);
    plan_.push_back(std::move(line));
  }

  std::string folder_;
  Places const& places_;
  ImportPlan plan_;
  std::optional<OldValue> space_;
  std::vector<std::string> rules_;
  std::string broken_;  ///< a list that could not be taken
};

}  // namespace

bool sync_space_fits(std::string const& folder) {
  if (std::ranges::any_of(list_files,
                          [&](ListFile const& list) { return is_there(folder, list.file); }))
    return true;
  if (!is_there(folder, ".env")) return false;
  auto const text = config::read_text(folder + "/.env");
  if (!text) return false;
  auto const parsed = parse_env(*text);
  return std::ranges::find(parsed.entries, "SYNC_SPACE_ID", &EnvEntry::key) != parsed.entries.end();
}

ImportPlan sync_space_plan(std::string const& folder, Places const& places) {
  return SyncSpace(folder, places).plan();
}

}  // namespace wardroom::ctl
