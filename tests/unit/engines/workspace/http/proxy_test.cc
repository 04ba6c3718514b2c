#include "engines/workspace/http/proxy.h"

#include <gtest/gtest.h>

namespace lockstep {
namespace {

bool bypasses(const char* no_proxy, const char* url) {
  return bypasses_proxy(no_proxy, *parse_http_url(url));
}

TEST(NoProxy, MatchesHostsAndWhatIsBelowThem) {
  for (const char* no_proxy : {"corp.example", ".corp.example", "*.corp.example", "CORP.EXAMPLE", "a, corp.example",
                               "a corp.example", ",,corp.example,", "corp.example.", "corp.example:443", "*"}) {
    EXPECT_TRUE(bypasses(no_proxy, "https://corp.example/")) << no_proxy;
    EXPECT_TRUE(bypasses(no_proxy, "https://x.corp.example/")) << no_proxy;
  }
  for (const char* no_proxy : {"", "orp.example", "x.corp.example", "corp.example:80", "corp", "example.corp",
                               "10.0.0.0/8", ",", "[", "[]", ":443", "corp.example:x"})
    EXPECT_FALSE(bypasses(no_proxy, "https://corp.example/")) << no_proxy;
  EXPECT_FALSE(bypasses("corp.example", "https://notcorp.example/"));
}

TEST(NoProxy, MatchesAddresses) {
  EXPECT_TRUE(bypasses("127.0.0.1", "http://127.0.0.1/"));
  EXPECT_FALSE(bypasses("0.0.1", "http://127.0.0.1/"));
  EXPECT_TRUE(bypasses("127.0.0.1:81", "http://127.0.0.1:81/"));
  EXPECT_FALSE(bypasses("127.0.0.1:81", "http://127.0.0.1/"));
  EXPECT_TRUE(bypasses("10.0.0.0/8", "http://10.1.2.3/"));
  EXPECT_FALSE(bypasses("10.0.0.0/8", "http://11.1.2.3/"));
  EXPECT_TRUE(bypasses("10.1.2.2/31", "http://10.1.2.3/"));
  EXPECT_FALSE(bypasses("10.1.2.0/31", "http://10.1.2.3/"));
  EXPECT_FALSE(bypasses("10.0.0.0/33", "http://10.1.2.3/"));
  EXPECT_FALSE(bypasses("10.0.0.0/x", "http://10.1.2.3/"));
  EXPECT_TRUE(bypasses("::1", "http://[::1]/"));
  EXPECT_TRUE(bypasses("0:0::1", "http://[::1]/"));
  EXPECT_TRUE(bypasses("[::1]:81", "http://[::1]:81/"));
  EXPECT_FALSE(bypasses("[::1]:81", "http://[::1]:82/"));
  EXPECT_TRUE(bypasses("fe80::/10", "http://[fe80::5]/"));
  EXPECT_FALSE(bypasses("localhost", "http://127.0.0.1/"));  // by its text, as curl does
}

TEST(ChooseProxy, TakesTheOneOfTheScheme) {
  TransportSettings settings;
  settings.https_proxy = "http://u%3A1:p%40@Proxy.Example:3128/";
  settings.http_proxy = "other.example";
  const ProxyChoice tls = choose_proxy(settings, *parse_http_url("https://a/"));
  ASSERT_TRUE(tls.proxy);
  EXPECT_EQ(tls.proxy->url.host_port(), "proxy.example:3128");
  EXPECT_EQ(tls.proxy->authorization, "Basic dToxOnBA");  // u:1:p@
  const ProxyChoice plain = choose_proxy(settings, *parse_http_url("http://a/"));
  ASSERT_TRUE(plain.proxy);
  EXPECT_EQ(plain.proxy->url.host_port(), "other.example:1080");
  EXPECT_EQ(plain.proxy->authorization, "");
  settings.no_proxy = "a";
  EXPECT_FALSE(choose_proxy(settings, *parse_http_url("https://a/")).proxy);
  EXPECT_FALSE(choose_proxy({}, *parse_http_url("https://a/")).proxy);
}

}  // namespace
}  // namespace lockstep
