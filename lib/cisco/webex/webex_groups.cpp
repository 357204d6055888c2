#include "cisco/webex/webex_groups.hpp"

#include "base/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace wardroom::webex {
namespace {
using nlohmann::json;

constexpr int most_per_page = 500;
constexpr int groups_per_page = 100;
/// Beyond this a listing is not going to end.
constexpr std::size_t most_pages = 100'000;

std::string text(json const& item, char const* key) {
  auto const it = item.find(key);
  return it != item.end() && it->is_string() ? it->get<std::string>() : std::string();
}

std::optional<std::size_t> number(json const& body, char const* key) {
  auto const it = body.find(key);
  if (it == body.end() || !it->is_number_integer() || it->get<std::int64_t>() < 0)
    return std::nullopt;
  return it->get<std::size_t>();
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Of "<group uuid>:<organisation uuid>" the first, which is also what a bare id consists of.
std::optional<std::string> group_uuid(std::string_view id) {
  auto out = decode_id(id);
  if (out) out->resize(std::min(out->size(), out->find(':')));
  return out;
}

/// A list by startIndex and count, checked as it goes on.
class CountedList {
 public:
  CountedList(WebexApi& api, std::string path, std::string key, int count)
      : api_(api), path_(std::move(path)), key_(std::move(key)), count_(count) {}

  /// `page` gets each array of items; an error of its own ends the reading.
  Task<Result<void>> read(std::function<Result<void>(json const& items)> page) {
    char const joint = path_.find('?') == std::string::npos ? '?' : '&';
    for (std::size_t pages = 0; pages < most_pages; ++pages) {
      auto body = co_await api_.get(
          fmt::format("{}{}startIndex={}&count={}", path_, joint, got_ + 1, count_));
      if (!body) co_return std::unexpected(std::move(body.error()));
      auto const items = check(*body);
      if (!items) co_return std::unexpected(items.error());
      if ((*items)->empty()) {
        if (!total_ || got_ == *total_) co_return Result<void>{};
        co_return incomplete(fmt::format("it ends after {} of {}", got_, *total_));
      }
      if (auto eaten = page(**items); !eaten) co_return eaten;
      got_ += (*items)->size();
      if (total_ && got_ == *total_) co_return Result<void>{};
    }
    co_return incomplete("it does not end");
  }

 private:
  /// The items of one page, which belong behind those that came before.
  Result<json const*> check(json const& body) {
    static json const none = json::array();
    if (!body.is_object()) return incomplete("a page is not a JSON object");
    auto const it = body.find(key_);
    if (it != body.end() && !it->is_array())
      return incomplete(fmt::format("'{}' is not a list", key_));
    auto const* items = it == body.end() ? &none : &*it;  // an empty group has no member of it
    auto const told =
        number(body, "totalResults").or_else([&] { return number(body, "memberSize"); });
    if (!told && it == body.end()) return incomplete(fmt::format("a page has no '{}'", key_));
    if (told && total_ && *told != *total_)
      return incomplete(
          ErrorKind::unavailable,
          fmt::format("it changed from {} to {} entries while it was read", *total_, *told));
    if (told) total_ = told;
    if (auto const start = number(body, "startIndex");
        start && *start != got_ + 1 && !items->empty())
      return incomplete(fmt::format("entry {} and on came instead of {}", *start, got_ + 1));
    if (total_ && got_ + items->size() > *total_)
      return incomplete(fmt::format("more than the {} entries told of came", *total_));
    if (!items->empty() && !first_ids_.insert(first_id(*items)).second)
      return incomplete("a page came twice");
    return items;
  }

  static std::string first_id(json const& items) {
    return items.front().is_object() ? text(items.front(), "id") : std::string();
  }

  std::unexpected<Error> incomplete(ErrorKind kind, std::string_view why) const {
    return failure(kind, fmt::format("GET {}: {}; the list is incomplete",
                                     path_.substr(0, path_.find_first_of("/?", 1)), why));
  }
  std::unexpected<Error> incomplete(std::string_view why) const {
    return incomplete(ErrorKind::malformed, why);
  }

  WebexApi& api_;
  std::string path_, key_;
  int count_;
  std::optional<std::size_t> total_;
  std::size_t got_ = 0;
  std::set<std::string> first_ids_;
};

Result<DirectoryGroup> group_of(json const& item) {
  if (!item.is_object()) return failure(ErrorKind::malformed, "a group is not a JSON object");
  DirectoryGroup out{text(item, "id"), text(item, "displayName")};
  if (!decode_id(out.id))
    return failure(ErrorKind::malformed, "GET /groups: a group has no id that can be decoded");
  return out;
}

Result<GroupPage> members_of(json const& items) {
  GroupPage out;
  for (auto const& item : items) {
    if (!item.is_object()) return failure(ErrorKind::malformed, "a member is not a JSON object");
    auto const type = lower(text(item, "type"));
    if (!type.empty() && type != "user") {
      ++out.others;
      continue;
    }
    auto uuid = decode_id(text(item, "id"));
    if (!uuid)
      return failure(ErrorKind::malformed, "GET /groups: a member has no id that can be decoded");
    out.people.push_back(std::move(*uuid));
  }
  return out;
}

Task<Result<DirectoryGroup>> find_by_id(WebexApi& api, std::string id) {
  auto const body = co_await api.get("/groups/" + percent_encode(id));
  if (!body && body.error().kind == ErrorKind::not_found)
    co_return failure(ErrorKind::not_found, "Webex has no group with this id");
  if (!body) co_return std::unexpected(body.error());
  auto group = group_of(*body);
  if (group && group_uuid(group->id) != group_uuid(id))
    co_return failure(ErrorKind::malformed, "GET /groups: another group came than was asked for");
  co_return group;
}

Result<DirectoryGroup> the_one(std::vector<DirectoryGroup> groups, std::string const& name) {
  auto const exact = [&](DirectoryGroup const& group) { return group.name == name; };
  if (std::ranges::any_of(groups, exact))
    std::erase_if(groups, [&](auto const& group) { return !exact(group); });
  if (groups.empty()) return failure(ErrorKind::not_found, "Webex has no group of this name");
  if (groups.size() > 1)
    return failure(ErrorKind::conflict,
                   fmt::format("Webex has {} groups of this name", groups.size()));
  return std::move(groups.front());
}

}  // namespace

Task<Result<DirectoryGroup>> find_group(WebexApi& api, std::string name_or_id) {
  if (decode_id(name_or_id)) co_return co_await find_by_id(api, std::move(name_or_id));
  std::string quoted;
  for (char const c : name_or_id) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  auto const filter = percent_encode(fmt::format("displayName eq \"{}\"", quoted));
  CountedList list(api, "/groups?filter=" + filter, "groups", groups_per_page);
  // What the service takes for the same name is not for us to trust.
  std::vector<DirectoryGroup> found;
  auto const done = co_await list.read([&](json const& items) -> Result<void> {
    for (auto const& item : items) {
      auto group = group_of(item);
      if (!group) return std::unexpected(std::move(group.error()));
      if (lower(group->name) == lower(name_or_id)) found.push_back(std::move(*group));
    }
    return {};
  });
  if (!done) co_return std::unexpected(done.error());
  co_return the_one(std::move(found), name_or_id);
}

Task<Result<void>> group_members(WebexApi& api, std::string group_id, int page_size,
                                 std::function<void(GroupPage)> page) {
  CountedList list(api, fmt::format("/groups/{}/members", percent_encode(group_id)), "members",
                   std::min(page_size, most_per_page));
  co_return co_await list.read([&](json const& items) -> Result<void> {
    auto members = members_of(items);
    if (!members) return std::unexpected(std::move(members.error()));
    page(std::move(*members));
    return {};
  });
}

}  // namespace wardroom::webex
