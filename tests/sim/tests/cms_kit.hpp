/// Simulated bridges in memory, and short ways to read what they post and answer.
#pragma once
#include "base/encoding.hpp"
#include "base/xml.hpp"
#include "sim/cms_sim.hpp"
#include "support/fake_clock.hpp"

#include <gtest/gtest.h>

namespace wardroom::sim::test {

struct CmsKit : testing::Test {
  /// Everything that waits for the first receiver of a bridge, as one document a post.
  std::vector<std::string> posts(std::size_t bridge = 0) {
    std::vector<std::string> out;
    auto& b = cms.bridge(bridge);
    while (auto post = b.next_post(*b.receivers.at(0))) {
      out.push_back(post->body);
      b.answered(*b.receivers.at(0), 200);
      if (out.size() > 100) throw std::runtime_error("posts without end");
    }
    return out;
  }
  struct Seen {
    std::string type;
    std::uint64_t number = 0, index = 0, missing = 0;
    std::vector<std::string> tags;  ///< of the call or leg, in order; "" for what holds no text
    std::map<std::string, std::string> values;
    std::string id;
  };
  static std::vector<Seen> read(std::string const& body) {
    auto const parsed = xml::parse(body);
    if (!parsed) throw std::runtime_error(parsed.error().what + "\n" + body);
    std::vector<Seen> out;
    for (auto r = parsed->root().first(); r; r = r.next()) {
      Seen one;
      one.type = r.attribute("type");
      auto number = [&](char const* name) {
        auto const text = std::string(r.attribute(name));
        return text.empty() ? 0 : std::stoull(text);
      };
      one.number = number("recordIndex");
      one.index = number("correlatorIndex");
      one.missing = number("numPreceedingRecordsMissing");
      one.id = r.first().attribute("id");
      for (auto e = r.first().first(); e; e = e.next()) {
        one.tags.emplace_back(e.name());
        one.values[std::string(e.name())] = e.text();
      }
      out.push_back(std::move(one));
    }
    return out;
  }
  std::vector<Seen> records(std::size_t bridge = 0) {
    std::vector<Seen> out;
    for (auto const& body : posts(bridge))
      for (auto& r : read(body)) out.push_back(std::move(r));
    return out;
  }
  static std::vector<std::string> types(std::vector<Seen> const& all) {
    std::vector<std::string> out;
    for (auto const& r : all) out.push_back(r.type);
    return out;
  }

  Answer api(http::Method method, std::string path, std::string body = "", std::size_t bridge = 0,
             std::string const& login = "wardroom:demo-cms-password") {
    Request r;
    r.method = method;
    auto const mark = path.find('?');
    r.query = mark == std::string::npos ? "" : path.substr(mark + 1);
    r.path = "/api/v1" + path.substr(0, mark);
    r.headers.add("Authorization", "Basic " + to_base64(login));
    if (!body.empty()) r.headers.add("Content-Type", "application/x-www-form-urlencoded");
    r.body = std::move(body);
    return cms.api(bridge, std::move(r));
  }
  xml::Document get(std::string path, std::size_t bridge = 0) {
    auto const answer = api(http::Method::get, path, "", bridge);
    auto parsed = xml::parse(answer.response.body);
    if (!parsed || answer.response.status != 200)
      throw std::runtime_error(path + ": " + answer.response.body);
    return std::move(*parsed);
  }
  std::uint64_t join(CmsJoin wish) {
    auto const no = cms.join(std::move(wish));
    if (!no) throw std::runtime_error(no.error().what);
    return *no;
  }

  boost::asio::io_context io{1};
  wardroom::test::FakeClock clock{io};
  SeededRandom dice{8};
  Faults faults;
  CmsSim cms{clock, dice, faults};
  CmsDomains domains{{"secure.acme.example"}, {"acme.example", "*.acme.example"}};
};

}  // namespace wardroom::sim::test
