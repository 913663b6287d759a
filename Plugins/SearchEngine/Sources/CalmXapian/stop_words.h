/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* English function words: they are in nearly every document, so that they cost much and tell nothing. */
static const char *const english_stop_words[] = {
  "a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because", "been", "before",
  "being", "between", "both", "but", "by", "can", "could", "did", "do", "does", "doing", "don't", "down", "during", "each", "for",
  "from", "had", "has", "have", "having", "he", "her", "here", "him", "his", "how", "i", "i'm", "if", "in", "into", "is", "it",
  "it's", "its", "just", "me", "more", "most", "my", "no", "not", "now", "of", "off", "on", "once", "only", "or", "other", "our",
  "out", "over", "own", "same", "she", "should", "so", "some", "such", "than", "that", "the", "their", "them", "then", "there",
  "these", "they", "this", "those", "through", "to", "too", "under", "until", "up", "very", "was", "we", "were", "what", "when",
  "where", "which", "while", "who", "whom", "why", "will", "with", "would", "you", "your",
};
