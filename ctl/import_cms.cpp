#include "import_cms.hpp"

#include "base/encoding.hpp"
#include "config/config_file.hpp"
#include "import_values.hpp"
#include "runtime/random.hpp"
#include "settings.hpp"

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

namespace wardroom::ctl {
namespace {

using Fate = ImportLine::Fate;
using security_notices::DomainList;

constexpr std::string_view file_name = "credentials.yml";
constexpr std::string_view password_name = "cms_password";

/// A bridge as it is going to be.
struct Bridge {
  std::string name, api;
  std::string secret_name() const { return name + "_cdr_secret"; }
};

std::string lower(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool is_address(std::string const& host) {
  boost::system::error_code error;
  boost::asio::ip::make_address(host, error);
  return !error;
}

bool is_host(std::string const& host) {
  return is_address(host) ||
         (!host.empty() && host.size() < 254 && std::ranges::all_of(host, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         }));
}

/// "cms1" of cms1.acme.example, "cms-10-0-0-7" of 10.0.0.7; another one when it is taken.
std::string name_of(std::string const& host, std::set<std::string>& taken) {
  auto base = host.substr(0, host.find('.'));
  if (is_address(host)) {
    base = "cms-" + host;
    for (auto& c : base)
      if (c == '.' || c == ':') c = '-';
  }
  auto out = base;
  for (int i = 2; !taken.insert(out).second; ++i) out = fmt::format("{}-{}", base, i);
  return out;
}

class Cms {
 public:
  Cms(std::string const& folder, Places const& places) : folder_(folder), places_(places) {}

  ImportPlan plan() {
    config::Complaints complaints;
    root_ = config::load_yaml(folder_ + "/" + std::string(file_name), complaints);
    for (auto const& complaint : complaints)
      plan_.push_back(cannot_be_taken({.file = std::string(file_name), .line = complaint.line},
                                      std::string(notice_bridges_key), complaint.message));
    if (!complaints.empty() || !root_.IsMap()) return std::move(plan_);
    bridges();
    std::set<std::string> secure;
    domains("secure_domains", secure, {});
    std::set<std::string> internal;
    domains("internal_domains", internal, secure);
    others();
    return std::move(plan_);
  }

 private:
  YAML::Node at(std::string const& key) const {
    YAML::Node const& readable = root_;
    return readable[key];
  }
  OldValue old(std::string const& key, YAML::Node const& node, std::string text = {}) const {
    return {std::string(file_name), node.IsDefined() ? node.Mark().line + 1 : 0, key,
            std::move(text)};
  }
  /// A single text; empty when it is absent, null, or something else.
  OldValue text(std::string const& key) const {
    auto const node = at(key);
    bool const scalar = node.IsDefined() && node.IsScalar();
    return old(key, node, scalar ? trimmed(node.Scalar()) : "");
  }
  /// The entries of a list, or the one text in its place.
  std::vector<OldValue> entries(std::string const& key) const {
    std::vector<OldValue> out;
    auto const node = at(key);
    if (!node.IsDefined() || node.IsNull()) return out;
    if (node.IsScalar()) return {old(key, node, trimmed(node.Scalar()))};
    if (!node.IsSequence()) return {old(key, node)};
    for (auto const& one : node)
      out.push_back(old(key, one, one.IsScalar() ? trimmed(one.Scalar()) : ""));
    return out;
  }
  void cannot(OldValue const& value, std::string_view key, std::string why) {
    plan_.push_back(cannot_be_taken(value, std::string(key), std::move(why), value.text));
  }

  std::optional<int> port(OldValue const& value) {
    if (value.text.empty()) return 443;
    int out = 0;
    auto const* const end = value.text.data() + value.text.size();
    auto const [stop, error] = std::from_chars(value.text.data(), end, out);
    if (error == std::errc() && stop == end && out > 0 && out < 65536) return out;
    cannot(value, notice_bridges_key, "it is no port: a number from 1 to 65535");
    return std::nullopt;
  }

  std::vector<Bridge> hosts(int port) {
    std::vector<Bridge> out;
    std::set<std::string> names, seen;
    for (auto const& entry : entries("cms_ips")) {
      auto const host = lower(entry.text);
      if (!is_host(host))
        cannot(entry, notice_bridges_key,
               host.empty() ? "an entry is empty" : "it is no host name or address of a bridge");
      else if (!seen.insert(host).second)
        plan_.push_back(not_needed(entry, "it stands there twice", host));
      else
        out.push_back({name_of(host, names),
                       fmt::format("https://{}:{}/api/v1",
                                   host.contains(':') ? "[" + host + "]" : host, port)});
    }
    return out;
  }

  std::string yaml_of(std::vector<Bridge> const& all, std::string const& username) const {
    std::vector<std::string> rows;
    for (auto const& bridge : all)
      rows.push_back(fmt::format(
          "{{ name: {}, api: {}, username: {}, password_file: {}, cdr_secret_file: {} }}",
          yaml_text(bridge.name), yaml_text(bridge.api), yaml_text(username),
          yaml_text(places_.secret(password_name)),
          yaml_text(places_.secret(bridge.secret_name()))));
    return fmt::format("[{}]", fmt::join(rows, ", "));
  }

  /// A new one, unless an import before this made it.
  Secret cdr_secret(std::string const& file) const {
    if (auto there = config::read_secret(file)) return std::move(*there);
    SystemRandom random;
    return Secret(to_hex(random.bytes(24)));
  }

  void bridges() {
    auto const username = text("username"), password = text("password"), number = text("port");
    auto const at_port = port(number);
    auto const all = hosts(at_port.value_or(443));
    std::string missing;
    if (all.empty()) missing = "cms_ips names no bridge";
    if (username.text.empty()) missing = "the user of the API (username) is missing";
    if (password.text.empty()) missing = "the password of the API is missing";
    if (username.text.contains(':')) missing = "a user's name must not hold a colon";
    if (!at_port) missing = "the port is missing";
    auto const list = text("cms_ips");
    if (!missing.empty()) return cannot(old("cms_ips", at("cms_ips")), notice_bridges_key, missing);
    ImportLine line{list.file, list.line, "cms_ips", Fate::taken, std::string(notice_bridges_key)};
    std::vector<std::string> names;
    for (auto const& bridge : all) {
      names.push_back(bridge.name);
      auto const file = places_.secret(bridge.secret_name());
      line.secret_files.insert_or_assign(file, cdr_secret(file));
    }
    line.secret_files.insert_or_assign(places_.secret(password_name), Secret(password.text));
    line.shown = fmt::format("{}", fmt::join(names, ", "));
    line.settled = {{std::string(notice_bridges_key), yaml_of(all, username.text)}};
    line.why = fmt::format(
        "with the user {} on port {}, the password in {} and a new secret for the records of each "
        "(NAME_cdr_secret beside it). It only tells what it would show until security_notices.mode "
        "is enforce. Other than the prototype it checks the bridges' certificates: put their "
        "issuer's certificate (PEM) into a file and name it in ca_file of each. `wardroomctl cms "
        "register` enters the new address of the records; then remove the prototype's receiver, "
        "port 5000, from each bridge",
        username.text, at_port.value_or(443), places_.secret(password_name));
    plan_.push_back(std::move(line));
    // What they became stands there already.
    auto const settled = plan_.back().settled;
    for (auto const& part : {username, number}) {
      if (part.text.empty()) continue;
      ImportLine also{part.file, part.line, part.name, Fate::taken, std::string(notice_bridges_key),
                      part.text};
      also.settled = settled;
      plan_.push_back(std::move(also));
    }
    ImportLine kept{password.file,
                    password.line,
                    password.name,
                    Fate::taken,
                    std::string(notice_bridges_key),
                    masked(password.text)};
    kept.why = "kept in a file of its own that only the daemon reads; delete it from " +
               std::string(file_name);
    kept.settled = settled;
    plan_.push_back(std::move(kept));
  }

  /// `taken` gets them in lower case; those `before` are left out.
  void domains(std::string const& key, std::set<std::string>& taken,
               std::set<std::string> const& before) {
    auto const new_key = "security_notices." + key;
    std::vector<std::string> good;
    for (auto const& entry : entries(key)) {
      auto const folded = lower(entry.text);
      auto const valid = DomainList::make({folded});
      if (entry.text.empty())
        cannot(entry, new_key,
               "an empty entry fitted every address: the prototype counted everybody as " +
                   std::string(key == "secure_domains" ? "secure" : "internal") +
                   " by it; it is left out");
      else if (!valid)
        cannot(entry, new_key, valid.error().what);
      else if (before.contains(folded))
        plan_.push_back(
            not_needed(entry, "it stands in secure_domains, which counts first", entry.text));
      else if (taken.insert(folded).second)
        good.push_back(folded);
    }
    if (good.empty()) return;
    ImportLine line{std::string(file_name), at(key).Mark().line + 1, key, Fate::taken, new_key};
    line.shown = fmt::format("{}", fmt::join(good, ", "));
    line.settled = {{new_key, yaml_list(good)}};
    line.why = fmt::format(
        "whole domains now: the prototype looked for these letters anywhere in an address, so that "
        "not{0} and {0}.elsewhere.example counted too. For what is below it add \"*.{0}\"",
        good.front());
    plan_.push_back(std::move(line));
  }

  void others() {
    constexpr std::array known{"username", "password",       "cms_ips",
                               "port",     "secure_domains", "internal_domains"};
    for (auto const& entry : root_) {
      auto const key = entry.first.Scalar();
      if (std::ranges::find(known, key) == known.end())
        plan_.push_back(not_needed(old(key, entry.first), "the prototype itself did not use it"));
    }
  }

  std::string folder_;
  Places const& places_;
  YAML::Node root_;
  ImportPlan plan_;
};

}  // namespace

bool cms_fits(std::string const& folder) {
  auto const text = config::read_text(folder + "/" + std::string(file_name));
  return text && text->contains("cms_ips");
}

ImportPlan cms_plan(std::string const& folder, Places const& places) {
  return Cms(folder, places).plan();
}

}  // namespace wardroom::ctl
