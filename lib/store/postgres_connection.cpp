#include "store/postgres_connection.hpp"

#include "store/postgres_deadline.hpp"
#include "store/postgres_dialect.hpp"
#include "store/postgres_error.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <fmt/format.h>

#include <chrono>
#include <map>
#include <pqxx/pqxx>
#include <thread>

namespace wardroom::store {
using namespace std::chrono_literals;

namespace {

/// One writer a database: the session that holds it. "ward" and "room" in two words.
constexpr std::string_view site_lock = "1998680676, 1919905645";
constexpr std::size_t statements_kept = 256;

std::string encoded(std::string_view text) {
  return boost::urls::encode(text, boost::urls::unreserved_chars);
}

[[noreturn]] void refuse(std::string what) {
  throw StoreError(Error{ErrorKind::denied, std::move(what)});
}

/// Where libpq does not understand the address, it repeats it with what we have added.
std::string without_password(std::string said, Secret const& password) {
  if (password.empty()) return said;
  auto hidden = encoded(password.reveal());
  for (auto at = said.find(hidden); at != said.npos; at = said.find(hidden, at))
    said.replace(at, hidden.size(), "*");
  wipe(hidden);
  return said;
}

/// What libpq is told; keep-alives notice a peer that vanished while nothing runs.
std::string target(PostgresSettings const& settings) {
  std::string_view const url = settings.url;
  if (auto sound = check_postgres_url(url); !sound) refuse("store.url " + sound.error().what);
  auto const seconds = std::max<std::int64_t>(2, settings.connecting.count() / 1'000);
  auto out = fmt::format(
      "{}{}connect_timeout={}&application_name={}&client_encoding=UTF8&keepalives_idle=15"
      "&keepalives_interval=5&keepalives_count=3&tcp_user_timeout={}",
      url, url.find('?') == url.npos ? '?' : '&', seconds, encoded(settings.name),
      settings.answer.count());
  if (!settings.password.empty()) {
    auto password = encoded(settings.password.reveal());
    out += "&password=" + password;
    wipe(password);
  }
  return out;
}

}  // namespace

Result<void> check_postgres_url(std::string_view url) {
  if (!url.starts_with("postgresql://") && !url.starts_with("postgres://"))
    return failure(ErrorKind::malformed,
                   "is not understood; it looks like postgresql://wardroom@host/wardroom");
  auto const authority = url.substr(url.find("://") + 3);
  auto const user = authority.substr(0, authority.substr(0, authority.find('/')).rfind('@') + 1);
  if (user.find(':') != user.npos || url.find("password=") != url.npos)
    return failure(ErrorKind::malformed,
                   "holds a password; take it out and name its file in store.password_file");
  return {};
}

std::string postgres_address(std::string_view url) {
  url = url.substr(0, url.find('?'));
  auto const scheme = url.find("://");
  auto const rest = scheme == url.npos ? url : url.substr(scheme + 3);
  auto const user = rest.substr(0, rest.find('/')).rfind('@');
  return fmt::format("postgresql://{}", user == rest.npos ? rest : rest.substr(user + 1));
}

struct PostgresConnection::Handle {
  explicit Handle(std::string const& options) : connection(options), deadline(connection.sock()) {
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
    connection.inhibit_reactivation(true);  // a new session by itself would lose a transaction
#pragma clang diagnostic pop
    work = std::make_unique<pqxx::nontransaction>(connection);
  }

  pqxx::connection connection;
  PostgresDeadline deadline;
  std::unique_ptr<pqxx::nontransaction> work;
  std::map<std::string, std::string, std::less<>> names;  ///< of prepared statements, by text
  std::size_t next_name = 0;
};

PostgresConnection::PostgresConnection(PostgresSettings const& settings, Use use,
                                       PostgresSession predecessor)
    : use_(use), at_(postgres_address(settings.url)), answer_(settings.answer) {
  auto options = target(settings);
  try {
    handle_ = std::make_unique<Handle>(options);
    wipe(options);
  } catch (std::exception const& e) {
    wipe(options);
    throw StoreError(postgres_connect_error(at_, without_password(e.what(), settings.password)));
  }
  set_up(settings);
  check_server();
  if (predecessor.backend != 0) end(predecessor);
  if (use == Use::write) take_lock();
}

PostgresConnection::~PostgresConnection() = default;

void PostgresConnection::set_up(PostgresSettings const& settings) {
  auto const statement = settings.statement.count();
  script(
      fmt::format("SET statement_timeout = {0}; SET lock_timeout = {0}; "
                  "SET idle_in_transaction_session_timeout = {1}; SET bytea_output = 'hex'; "
                  "SET standard_conforming_strings = on; SET extra_float_digits = 1; "
                  "SET default_transaction_read_only = {2}",
                  statement, statement * 2, use_ == Use::read ? "on" : "off"));
}

void PostgresConnection::check_server() {
  auto const row =
      one("SELECT current_setting('server_version_num')::bigint, current_setting('fsync'), "
          "current_setting('synchronous_commit'), pg_is_in_recovery(), pg_backend_pid(), "
          "(SELECT extract(epoch FROM backend_start)::text FROM pg_stat_activity "
          "WHERE pid = pg_backend_pid()), current_setting('full_page_writes')");
  if (row->integer(0) < 150'000)
    refuse(fmt::format("the store {} is PostgreSQL {}; Wardroom needs 15 or newer", at_,
                       row->integer(0) / 10'000));
  if (row->text(1) != "on" || row->text(6) != "on")
    refuse(fmt::format(
        "the store {} would lose answered changes at a power cut: {} is off; as its administrator "
        "run: ALTER SYSTEM SET {} = on; SELECT pg_reload_conf()",
        at_, row->text(1) != "on" ? "fsync" : "full_page_writes",
        row->text(1) != "on" ? "fsync" : "full_page_writes"));
  if (use_ == Use::write && row->integer(3) != 0)
    throw StoreError(Error{ErrorKind::unavailable,
                           fmt::format("the store {} is a standby and cannot be written to; name "
                                       "the primary in store.url, or promote this one",
                                       at_)});
  session_ = {row->integer(4), row->text(5)};
  // Ours for this session, whatever the server, the database or the role says.
  if (row->text(2) != "on" && row->text(2) != "remote_apply") script("SET synchronous_commit = on");
}

void PostgresConnection::end(PostgresSession const& predecessor) {
  query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1::int "
      "AND extract(epoch FROM backend_start)::text = $2",
      {predecessor.backend, predecessor.since}, [](Row const&) {});
}

void PostgresConnection::take_lock() {
  // A predecessor that was killed is noticed by its server within moments.
  for (int attempt = 0; attempt < 30; ++attempt) {
    if (script(fmt::format("SELECT pg_try_advisory_lock({})", site_lock)) == "t") return;
    std::this_thread::sleep_for(100ms);
  }
  auto const holder =
      one("SELECT a.pid, a.application_name, COALESCE(host(a.client_addr), 'this machine') "
          "FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' "
          "AND l.granted AND l.classid::bigint = 1998680676 AND l.objid::bigint = 1919905645 "
          "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())");
  throw StoreError(Error{
      ErrorKind::conflict,
      fmt::format("another wardroomd ({}) uses the store {}; stop it first, or give this one a "
                  "database of its own",
                  holder ? fmt::format("{} on {}, server process {}", holder->text(1),
                                       holder->text(2), holder->integer(0))
                         : std::string("its session just ended, try again"),
                  at_)});
}

bool PostgresConnection::alive() const { return !ended_ && handle_->connection.is_open(); }

void PostgresConnection::interrupt() {
  interrupted_ = true;
  handle_->deadline.end_now();
}

void PostgresConnection::fail(std::string_view state, std::string_view detail) {
  if (ends_session(state) || !handle_->connection.is_open()) ended_ = true;
  if (interrupted_)
    throw StoreError(
        Error{ErrorKind::cancelled, "the store is closing; the statement was given up"});
  if (handle_->deadline.expired())
    throw StoreError(Error{ErrorKind::unavailable,
                           fmt::format("the store {} did not answer for {} ms; the connection was "
                                       "given up and is made anew by itself",
                                       at_, answer_.count())});
  throw StoreError(postgres_error(at_, ended_ && !state.starts_with("57") ? "" : state, detail));
}

template <class Ask>
auto PostgresConnection::ask(Ask&& work) {
  struct Armed {
    PostgresDeadline& deadline;
    ~Armed() { deadline.disarm(); }
  };
  if (ended_) fail("", "the session has ended");
  handle_->deadline.arm(answer_);
  Armed const armed{handle_->deadline};
  try {
    return work(*handle_->work);
  } catch (pqxx::sql_error const& e) {
    fail(e.sqlstate(), e.what());
  } catch (pqxx::broken_connection const& e) {
    ended_ = true;
    fail("", e.what());
  } catch (pqxx::failure const& e) {
    fail("XX000", e.what());
  }
}

std::string const& PostgresConnection::prepared(std::string_view sql) {
  auto& names = handle_->names;
  if (auto const known = names.find(sql); known != names.end()) return known->second;
  if (names.size() >= statements_kept) {
    for (auto const& [text, name] : names) handle_->connection.unprepare(name);
    names.clear();
  }
  auto name = fmt::format("s{}", handle_->next_name++);
  handle_->connection.prepare(name, std::string(sql));
  handle_->connection.prepare_now(name);
  return names.emplace(std::string(sql), std::move(name)).first->second;
}

std::int64_t PostgresConnection::run(std::string_view sql, std::span<Value const> params) {
  std::int64_t changed = 0;
  std::vector<std::optional<std::string>> texts;
  for (auto const& value : params) texts.push_back(postgres_parameter(value));
  std::vector<char const*> fields;
  for (auto const& text : texts) fields.push_back(text ? text->c_str() : nullptr);
  ask([&](pqxx::nontransaction& work) {
    auto const result =
        work.exec_prepared(prepared(sql), pqxx::prepare::make_dynamic_params(fields));
    changed = static_cast<std::int64_t>(result.affected_rows());
  });
  return changed;
}

void PostgresConnection::query(std::string_view sql, std::span<Value const> params,
                               std::function<void(Row const&)> const& each) {
  std::vector<std::optional<std::string>> texts;
  for (auto const& value : params) texts.push_back(postgres_parameter(value));
  std::vector<char const*> fields;
  for (auto const& text : texts) fields.push_back(text ? text->c_str() : nullptr);
  auto const result = ask([&](pqxx::nontransaction& work) {
    return work.exec_prepared(prepared(sql), pqxx::prepare::make_dynamic_params(fields));
  });
  for (auto const& line : result) {
    std::vector<Value> values;
    values.reserve(line.size());
    for (auto const& field : line)
      values.push_back(
          field.is_null() ? Value{} : postgres_value(field.type(), {field.c_str(), field.size()}));
    each(Row(std::move(values)));
  }
}

std::string PostgresConnection::script(std::string_view sql) {
  auto const result = ask([&](pqxx::nontransaction& work) { return work.exec(std::string(sql)); });
  if (result.empty() || result.columns() == 0 || result[0][0].is_null()) return {};
  return result[0][0].c_str();
}

}  // namespace wardroom::store
