/// One run of a daemon around a token vault, on virtual time; its disk makes the next run find what
/// this one left.
#pragma once
#include "oauth/token_vault.hpp"
#include "support/fake_clock.hpp"
#include "support/fake_database.hpp"
#include "support/fake_http_client.hpp"
#include "support/run_task.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>

namespace wardroom::oauth {
using test::FakeHttpClient;

/// A 200 of the token endpoint.
inline std::string token(std::string const& access, int life_s, std::string const& refresh = "",
                         int refresh_life_s = 7'776'000) {
  auto body = R"({"access_token":")" + access + R"(","expires_in":)" + std::to_string(life_s);
  if (!refresh.empty())
    body += R"(,"refresh_token":")" + refresh + R"(","refresh_token_expires_in":)" +
            std::to_string(refresh_life_s);
  return body + "}";
}
inline std::string const invalid_grant =
    R"({"message":"bad","errors":[{"description":"The refresh token is invalid or revoked."}]})";

inline IdentitySettings identity_of(std::string name, std::vector<std::string> scopes = {}) {
  IdentitySettings out;
  out.client = {"https://w.test/authorize", "https://w.test/access_token",
                "https://d.test/oauth/callback", "C-" + name, Secret("s")};
  out.name = std::move(name);
  out.scopes = std::move(scopes);
  return out;
}
inline IdentitySettings service_app(std::string const& seed) {
  auto out = identity_of("guests", {"guest-issuer:read", "guest-issuer:write"});
  out.kind = IdentityKind::service_app;
  out.seed_refresh = Secret(seed);
  out.seed_file = "/etc/wardroom/guests.refresh";
  return out;
}

/// The store of a process that can die: from then on nothing more of it reaches the disk.
class MortalDatabase final : public store::Database {
 public:
  MortalDatabase(store::Database& real, Executor loop) : real_(real), loop_(loop) {}
  void die() { *dead_ = true; }

  using Database::read;
  using Database::write;
  void write(store::Unit unit, store::Committed then) override {
    auto mortal = [dead = dead_, unit = std::move(unit)](store::Sql& sql) {
      if (*dead) throw store::StoreError({ErrorKind::unavailable, "the process is dead"});
      unit(sql);
    };
    real_.write(std::move(mortal), std::move(then));
  }
  std::size_t add_source(Source source) override { return real_.add_source(std::move(source)); }
  void wake_source(std::size_t source) override { real_.wake_source(source); }
  void read(store::Unit work, store::Committed then) override {
    real_.read(std::move(work), std::move(then));
  }
  store::WriterHealth const& health() const override { return real_.health(); }
  std::string address() const override { return real_.address(); }
  void close() override { real_.close(); }

 protected:
  Executor executor() const override { return loop_; }

 private:
  store::Database& real_;
  Executor loop_;
  std::shared_ptr<bool> dead_ = std::make_shared<bool>(false);
};

inline Instant const some_day = from_unix_ms(1'795'255'200'000);

struct VaultDaemon {
  struct Options {
    test::FakeDisk disk = nullptr;
    Instant now = some_day;
    char key_fill = 'k';
    std::vector<IdentitySettings> identities = {identity_of("admin", {"a", "b"}),
                                                identity_of("guests")};
    std::string rescue_folder{};
    std::vector<store::Migration> steps = {grants_migration, grants_client_migration};
    std::uint64_t dice = 0;
  };

  boost::asio::io_context io;
  test::FakeClock clock;
  test::FakeDatabase database;
  MortalDatabase mortal{database, io.get_executor()};
  FakeHttpClient http;
  SeededRandom random;
  TaskGroup tasks{io.get_executor(), [](auto, auto) { ADD_FAILURE() << "a task failed"; }};
  crypto::MasterKey key;
  crypto::Sealer sealer{key, random};
  TokenVault vault;

  VaultDaemon() : VaultDaemon(Options{}) {}
  explicit VaultDaemon(test::FakeDisk disk, Instant now = some_day, char key_fill = 'k')
      : VaultDaemon(Options{.disk = std::move(disk), .now = now, .key_fill = key_fill}) {}
  /// `outside` instead of the scripted client.
  explicit VaultDaemon(Options o, http::Client* outside = nullptr)
      : clock(io, o.now),
        database(io, clock, o.steps, std::move(o.disk)),
        random(test::seed() + o.dice),
        key(*crypto::MasterKey::from_bytes(std::string(32, o.key_fill))),
        vault(io.get_executor(),
              {mortal, outside ? *outside : static_cast<http::Client&>(http), clock, random, tasks,
               sealer, o.rescue_folder},
              std::move(o.identities)) {}
  ~VaultDaemon() {
    test::start_task(io, tasks.stop(clock, Milliseconds(0)));
    clock.advance(std::chrono::milliseconds(100));
  }

  /// Runs without letting time pass; the task must end by itself.
  template <class T>
  T now(Task<T> task) {
    std::optional<T> out;
    boost::asio::co_spawn(io.get_executor(), std::move(task), [&](std::exception_ptr e, T value) {
      if (e) std::rethrow_exception(e);
      out.emplace(std::move(value));
    });
    clock.drain();
    if (!out) throw std::runtime_error("the task waits for time to pass");
    return std::move(*out);
  }
  void load() { ASSERT_TRUE(now(vault.load())); }
  void run() {
    tasks.spawn("vault", [this] { return vault.run(); });
    clock.drain();
  }
  Grant grant(int life_s = 3600, std::string const& refresh = "R1") const {
    Grant out;
    out.identity = "admin";
    out.access = Secret("A1");
    out.refresh = Secret(refresh);
    out.scopes = {"a", "b"};
    out.issued_at = clock.now();
    out.access_expires_at = clock.now() + std::chrono::seconds(life_s);
    out.refresh_expires_at = clock.now() + std::chrono::days(90);
    out.who = {"id", "Ada", "ada@acme.example", "org"};
    return out;
  }
  void log_in(int life_s = 3600, std::string const& refresh = "R1") {
    ASSERT_TRUE(now(vault.put(grant(life_s, refresh))));
  }
  std::string bearer(std::string const& identity = "admin") {
    auto token = now(vault.bearer(identity));
    return token ? std::string(token->reveal()) : "error: " + std::string(name(token.error().kind));
  }
  GrantSign sign(std::string const& identity = "admin") {
    for (auto& sign : vault.signs())
      if (sign.identity == identity) return sign;
    ADD_FAILURE() << "no sign of " << identity;
    return {};
  }
  GrantView view(std::string const& identity = "admin") {
    for (auto& view : vault.grants())
      if (view.identity == identity) return view;
    ADD_FAILURE() << "no view of " << identity;
    return {};
  }
  GrantFigures figures(std::string const& identity = "admin") {
    for (auto& figures : vault.figures())
      if (figures.identity == identity) return figures;
    ADD_FAILURE() << "no figures of " << identity;
    return {};
  }
  std::string sent_refresh(std::size_t nth) {
    return *http::find(*http::parse_query(http.requests.at(nth).body), "refresh_token");
  }
};

/// A folder of its own for a test, gone afterwards.
class ScratchFolder {
 public:
  ScratchFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "wardroom-vault-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("no scratch folder");
    path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code none;
    std::filesystem::remove_all(path_, none);
  }
  ScratchFolder(ScratchFolder const&) = delete;
  ScratchFolder& operator=(ScratchFolder const&) = delete;
  std::string path() const { return path_.string(); }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_),
                                                  std::filesystem::directory_iterator()));
  }

 private:
  std::filesystem::path path_;
};

}  // namespace wardroom::oauth
