/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once
#include <cstdint>
#include <cstdio>
#include <string>

/* 128 bits that a set of documents has, in whatever order they came and went: sums of the documents' hashes. */
class Digest {
  uint64_t parts[2] = {0, 0};

  /* FNV-1a, its bits mixed so that sums of similar texts do not cancel. */
  static uint64_t hash(const std::string &id, const std::string &data, uint64_t state) {
    auto feed = [&state](const std::string &text) {
      for (unsigned char byte : text) state = (state ^ byte) * 0x100000001b3;
      state = (state ^ 0xff) * 0x100000001b3; /* no byte of UTF-8 */
    };
    feed(id);
    feed(data);
    state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
    state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
    return state ^ (state >> 31);
  }

 public:
  Digest() {}
  explicit Digest(const std::string &text) {
    unsigned long long a, b;
    if (std::sscanf(text.c_str(), "%16llx%16llx", &a, &b) == 2) parts[0] = a, parts[1] = b;
  }

  void add(const std::string &id, const std::string &data) {
    parts[0] += hash(id, data, 0xcbf29ce484222325);
    parts[1] += hash(id, data, 0x9e3779b97f4a7c15);
  }

  void remove(const std::string &id, const std::string &data) {
    parts[0] -= hash(id, data, 0xcbf29ce484222325);
    parts[1] -= hash(id, data, 0x9e3779b97f4a7c15);
  }

  std::string text() const {
    char digits[33];
    std::snprintf(digits, sizeof digits, "%016llx%016llx", (unsigned long long)parts[0], (unsigned long long)parts[1]);
    return digits;
  }

  void copy(uint64_t out[2]) const { out[0] = parts[0], out[1] = parts[1]; }
};
