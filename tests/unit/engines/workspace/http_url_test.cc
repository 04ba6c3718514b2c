#include "engines/workspace/http_url.h"

#include <gtest/gtest.h>

#include "engines/workspace/http.h"

namespace lockstep {
namespace {

TEST(HttpUrl, IsTakenApartByteForByte) {
  const auto url = parse_http_url("HTTPS://Adb-1.Azure.Example:8443/api/a%2Fb?x=%20&y=http://z?");
  ASSERT_TRUE(url);
  EXPECT_TRUE(url->tls);
  EXPECT_EQ(url->host, "adb-1.azure.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/api/a%2Fb?x=%20&y=http://z?");
  EXPECT_EQ(url->host_header(), "adb-1.azure.example:8443");
  EXPECT_EQ(parse_http_url("https://a")->target, "/");
  EXPECT_EQ(parse_http_url("https://a?b")->target, "/?b");
  EXPECT_EQ(parse_http_url("https://a")->host_header(), "a");
  EXPECT_EQ(parse_http_url("https://a:80")->host_header(), "a:80");
  EXPECT_EQ(parse_http_url("http://a")->port, 80);
  EXPECT_EQ(parse_http_url("http://[::1]:9/")->host, "::1");
  EXPECT_EQ(parse_http_url("http://[::1]:9/")->host_header(), "[::1]:9");
  EXPECT_EQ(parse_http_url("https://[::1]/")->host_header(), "[::1]");
}

TEST(HttpUrl, WhatIsDoubtfulIsNone) {
  for (const char* text : {"",
                           "a",
                           "https:/a",
                           "https://",
                           "https:///a",
                           "https://a:b/",
                           "https://a:/",
                           "https://a:99999/",
                           "https://u@a/",
                           "https://u:p@a/",
                           "https://[::1/",
                           "https://[a]/",
                           "https://[::1]x/",
                           "https://a b/",
                           "https://a/\t",
                           "https://a/\r\n",
                           "https://a/#b",
                           "https://a\\b/",
                           "https://\xc3\xa4/",
                           "ws://a/"})
    EXPECT_FALSE(parse_http_url(text)) << text;
}

TEST(HttpUrl, LoopbackIsToldByItsText) {
  for (const char* text :
       {"http://localhost/", "http://LOCALHOST:1/", "http://127.0.0.1/", "http://127.9.9.9/", "http://[::1]/"})
    EXPECT_TRUE(parse_http_url(text)->is_loopback()) << text;
  for (const char* text : {"http://localhost.a/", "http://127.0.0.1.a/", "http://128.0.0.1/", "http://0.0.0.0/",
                           "http://127.1/", "http://alocalhost/"})
    EXPECT_FALSE(parse_http_url(text)->is_loopback()) << text;
}

TEST(HttpRequest, KnowsItsSecrets) {
  HttpRequest request;
  EXPECT_FALSE(request.carries_credentials());
  request.headers = {{"Accept", "x"}};
  EXPECT_FALSE(request.carries_credentials());
  for (const char* name : {"Authorization", "AUTHORIZATION", "cookie", "X-Api-Key"}) {
    request.headers = {{name, "x"}};
    EXPECT_TRUE(request.carries_credentials()) << name;
  }
  request.headers.clear();
  request.body = "grant_type=client_credentials&client_secret=x";
  EXPECT_TRUE(request.carries_credentials());
}

}  // namespace
}  // namespace lockstep
