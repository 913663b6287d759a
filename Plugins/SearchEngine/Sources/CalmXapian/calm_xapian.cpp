/* SPDX-License-Identifier: GPL-2.0-or-later
 *
 * A search index on Xapian behind a C interface. Xapian is GPL-2.0-or-later, so this library is too; nothing else of the
 * project links to it. */
#include "calm_xapian_entry.h"
#include "digest.h"
#include "stop_words.h"
#include <xapian.h>
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

using std::string;

namespace {

const Xapian::valueno ID = 0;
const size_t LONGEST_ID = 200; /* a term has at most 245 bytes */
const char *const FORMAT = "1";

string text_of(calm_bytes bytes) { return string(bytes.data, bytes.size); }
calm_bytes bytes_of(const string &text) { return {text.data(), text.size()}; }

/* A document's stored form: its title on the first line, then its text. */
string stored(string title, const string &text) {
  std::replace(title.begin(), title.end(), '\n', ' ');
  return title + '\n' + text;
}

/* Words to stems, the same way for documents and queries. */
struct Analyser {
  Xapian::SimpleStopper stopper;
  Xapian::TermGenerator generator;

  explicit Analyser(const string &language) {
    generator.set_stemmer(Xapian::Stem(language));
    generator.set_stemming_strategy(Xapian::TermGenerator::STEM_ALL);
    if (language != "english") return;
    for (const char *word : english_stop_words) stopper.add(word);
    generator.set_stopper(&stopper);
    generator.set_stopper_strategy(Xapian::TermGenerator::STOP_ALL);
  }

  Xapian::Document document(const string &title, const string &text) {
    Xapian::Document document;
    generator.set_document(document);
    if (!title.empty()) generator.index_text_without_positions(title, 2);
    generator.index_text_without_positions(text);
    return document;
  }
};

}  // namespace

struct calm_index {
  Xapian::Database database;
  Xapian::WritableDatabase writable;
  string language;
  std::unique_ptr<Analyser> analyser;
  Digest digest;

  calm_index(const string &path, bool write, const string &wanted) {
    if (write) {
      writable = Xapian::WritableDatabase(path, Xapian::DB_CREATE_OR_OPEN);
      database = writable;
      writable.begin_transaction(); /* Xapian would commit by itself otherwise, without the digest that belongs to it */
    } else {
      database = Xapian::Database(path);
    }
    string format = database.get_metadata("calm.format");
    if (format.empty()) {
      if (database.get_doccount() > 0 || !write) throw Xapian::InvalidArgumentError("it is no index of `calm search index`");
      writable.set_metadata("calm.format", FORMAT);
      writable.set_metadata("calm.language", wanted);
    } else if (format != FORMAT) {
      throw Xapian::InvalidArgumentError("its format is " + format + ", this program's is " + FORMAT);
    }
    language = database.get_metadata("calm.language");
    if (write && !wanted.empty() && wanted != language) {
      throw Xapian::InvalidArgumentError("its language is " + language + ", not " + wanted);
    }
    analyser = std::make_unique<Analyser>(language);
    digest = Digest(database.get_metadata("calm.digest"));
  }

  int put(const string &id, const string &title, const string &text) {
    if (id.empty() || id.size() > LONGEST_ID) {
      throw Xapian::InvalidArgumentError("a document's id has from 1 to 200 bytes, not " + std::to_string(id.size()));
    }
    string term = "Q" + id, data = stored(title, text);
    int result = 1;
    if (writable.term_exists(term)) {
      string earlier = writable.get_document(*writable.postlist_begin(term)).get_data();
      if (earlier == data) return 0;
      digest.remove(id, earlier);
      result = 2;
    }
    Xapian::Document document = analyser->document(title, text);
    document.add_boolean_term(term);
    document.add_value(ID, id);
    document.set_data(data);
    writable.replace_document(term, document);
    digest.add(id, data);
    return result;
  }

  void commit() {
    writable.set_metadata("calm.digest", digest.text());
    writable.commit_transaction();
    writable.begin_transaction();
  }

  /* The terms of a query that documents have, rarest first. */
  std::vector<Xapian::Query> terms(const string &text, size_t most) {
    Xapian::Document query = analyser->document("", text);
    struct Term {
      Xapian::doccount documents;
      string name;
      Xapian::termcount times;
    };
    std::vector<Term> found;
    for (auto term = query.termlist_begin(); term != query.termlist_end(); ++term) {
      if (Xapian::doccount documents = database.get_termfreq(*term)) found.push_back({documents, *term, term.get_wdf()});
    }
    std::sort(found.begin(), found.end(), [](const Term &a, const Term &b) {
      return a.documents != b.documents ? a.documents < b.documents : a.name < b.name;
    });
    if (found.size() > most) found.resize(most);
    std::vector<Xapian::Query> queries;
    for (const Term &term : found) queries.emplace_back(term.name, term.times);
    return queries;
  }

  void search(const string &text, unsigned limit, unsigned most, void *context, calm_hit hit) {
    std::vector<Xapian::Query> words = terms(text, most);
    if (words.empty()) return;
    Xapian::Enquire enquire(database);
    enquire.set_weighting_scheme(Xapian::BM25Weight(1.2, 0, 1, 0.75, 0.5));
    enquire.set_query(Xapian::Query(Xapian::Query::OP_OR, words.begin(), words.end()));
    struct Found {
      double score;
      string id, data;
    };
    std::vector<Found> found;
    Xapian::MSet matches = enquire.get_mset(0, limit);
    for (auto match = matches.begin(); match != matches.end(); ++match) {
      Xapian::Document document = match.get_document();
      found.push_back({match.get_weight(), document.get_value(ID), document.get_data()});
    }
    /* Equal scores come in the order in which the documents were added; their ids do not depend on that. */
    std::sort(found.begin(), found.end(), [](const Found &a, const Found &b) {
      return a.score != b.score ? a.score > b.score : a.id < b.id;
    });
    for (const Found &each : found) {
      size_t line = each.data.find('\n');
      string title = each.data.substr(0, line), body = line == string::npos ? "" : each.data.substr(line + 1);
      hit(context, bytes_of(each.id), bytes_of(title), bytes_of(body), each.score);
    }
  }
};

namespace {

void tell(calm_fault *fault, const char *text) {
  std::strncpy(fault->text, text, sizeof fault->text - 1);
  fault->text[sizeof fault->text - 1] = 0;
}

/* No exception leaves the library. */
template <typename Value, typename Work> Value guarded(calm_fault *fault, Value failure, Work work) {
  try {
    return work();
  } catch (const Xapian::Error &error) {
    const char *system = error.get_error_string();
    tell(fault, (error.get_msg() + (system ? string(": ") + system : "")).c_str());
  } catch (const std::exception &error) {
    tell(fault, error.what());
  }
  return failure;
}

calm_index *open_index(const char *path, int writable, const char *language, calm_fault *fault) {
  return guarded<calm_index *>(fault, nullptr, [&] { return new calm_index(path, writable != 0, language); });
}

/* The transaction that is under way is cancelled. */
void close_index(calm_index *index) { delete index; }

int put(calm_index *index, calm_bytes id, calm_bytes title, calm_bytes text, calm_fault *fault) {
  return guarded(fault, -1, [&] { return index->put(text_of(id), text_of(title), text_of(text)); });
}

int commit(calm_index *index, calm_fault *fault) {
  return guarded(fault, -1, [&] {
    index->commit();
    return 0;
  });
}

int describe(calm_index *index, calm_index_info *info, calm_fault *fault) {
  return guarded(fault, -1, [&] {
    info->documents = index->database.get_doccount();
    index->digest.copy(info->digest);
    std::strncpy(info->language, index->language.c_str(), sizeof info->language - 1);
    info->language[sizeof info->language - 1] = 0;
    return 0;
  });
}

int search(
  calm_index *index, calm_bytes query, uint32_t limit, uint32_t terms, void *context, calm_hit hit, calm_fault *fault) {
  return guarded(fault, -1, [&] {
    index->search(text_of(query), limit, terms, context, hit);
    return 0;
  });
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const calm_xapian_library *calm_xapian(void) {
  static const calm_xapian_library library = {
    CALM_XAPIAN_VERSION, Xapian::version_string(), open_index, close_index, put, commit, describe, search};
  return &library;
}
