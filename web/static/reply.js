/**
 * One reply as elements: what templates/_reply.html makes without JavaScript. Whatever a reply
 * holds is put in as text; an address becomes a link only if it passes a check.
 *
 * @import { Citation, Reply, Section } from "./conversation.js"
 */

import { element } from "./dom.js";
import { showNotice } from "./notice.js";
import { showReading, showSource } from "./source.js";
import { CORPUS_LANGUAGE, translated, words } from "./strings.js";

/**
 * @param {Reply} reply
 * @returns {HTMLElement}
 */
export function showReply(reply) {
  const shown = element("article", { class: `reply reply-${reply.kind}` });
  if (reply.notice) shown.append(showNotice(reply.notice));
  if (plain(reply.understood_as) !== plain(reply.message)) {
    const question = element("q", { dir: "auto" }, reply.understood_as);
    shown.append(element("p", { class: "understood" }, `${words.reply.understoodAs} `, question));
  }
  if (reply.text) {
    const { text, marks } = translated(reply.text);
    shown.append(element("p", { class: "said", ...marks }, text));
  }
  const citations = new Map(reply.citations.map((citation) => [citation.number, citation]));
  const sections = reply.sections.map((section) => showSection(section, citations));
  if (reply.notice?.level === "urgent" && sections.length) {
    // What asks to be seen today comes first; the articles wait behind a press.
    const summary = element("summary", {}, words.reply.behindNotice);
    shown.append(element("details", { class: "behind-notice" }, summary, ...sections));
  } else {
    shown.append(...sections);
  }
  if (reply.suggestions.length) shown.append(showNext(reply));
  return shown;
}

/**
 * A question to press.
 *
 * @param {string} question
 * @param {string} [language]  that of the articles unless said otherwise; "" for the page's own
 * @returns {HTMLButtonElement}
 */
export function chip(question, language = CORPUS_LANGUAGE) {
  const made = element("button", { class: "chip", type: "button", dir: "auto" }, question);
  if (language) made.lang = language;
  return made;
}

/** @param {string} text */
function plain(text) {
  return text.trim().replace(/\s+/g, " ").toLowerCase();
}

/**
 * @param {Section} section
 * @param {Map<number, Citation>} citations
 */
function showSection(section, citations) {
  const shown = element("section", { class: `part part-${section.role}` });
  if (section.heading) {
    const { text, marks } = translated(section.heading);
    shown.append(element("h3", { class: "part-heading", ...marks }, text));
  }
  let quoted = element("figure", { class: "quoted" });
  let first = 0;
  section.excerpts.forEach((excerpt, place) => {
    const marks = { lang: CORPUS_LANGUAGE, dir: "auto" };
    const paragraphs = excerpt.text.split("\n\n").map((part) => element("p", marks, part));
    quoted.append(element("blockquote", {}, ...paragraphs));
    // Excerpts of one source that follow each other share the line that names it.
    if (section.excerpts[place + 1]?.citation === excerpt.citation) return;
    const citation = citations.get(excerpt.citation);
    if (!citation) throw new TypeError("An excerpt has no citation.");
    quoted.append(showSource(citation));
    shown.append(quoted, showReading(citation, section.excerpts.slice(first, place + 1)));
    quoted = element("figure", { class: "quoted" });
    first = place + 1;
  });
  return shown;
}

/** @param {Reply} reply */
function showNext(reply) {
  const label = reply.kind === "answer" ? words.reply.askAlso : words.reply.ask;
  const shown = element("div", { class: "next" });
  // A text that ends with a colon announces the questions by itself.
  if (!reply.text?.endsWith(":")) {
    shown.append(element("h3", { class: "next-heading" }, label));
  }
  const chips = reply.suggestions.map((question) => element("li", {}, chip(question)));
  shown.append(element("ul", { class: "chips", "aria-label": label }, ...chips));
  return shown;
}
