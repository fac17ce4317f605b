/**
 * One reply as elements: what templates/_reply.html makes without JavaScript. Whatever a reply
 * holds is put in as text; an address becomes a link only if it passes the checks below.
 *
 * @import { Citation, Notice, Reply, Section } from "./conversation.js"
 */

import { element } from "./dom.js";
import { strings } from "./strings.js";

/**
 * @param {Reply} reply
 * @returns {HTMLElement}
 */
export function showReply(reply) {
  const shown = element("article", { class: `reply reply-${reply.kind}` });
  if (reply.notice) shown.append(showNotice(reply.notice));
  if (plain(reply.understood_as) !== plain(reply.message)) {
    const question = element("q", { dir: "auto" }, reply.understood_as);
    shown.append(element("p", { class: "understood" }, strings.understoodAs, question));
  }
  if (reply.text) shown.append(element("p", { class: "said" }, reply.text));
  const citations = new Map(reply.citations.map((citation) => [citation.number, citation]));
  const sections = reply.sections.map((section) => showSection(section, citations));
  if (reply.notice?.level === "urgent" && sections.length) {
    // What asks to be seen today comes first; the articles wait behind a press.
    const summary = element("summary", {}, strings.behindNotice);
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
 * @returns {HTMLButtonElement}
 */
export function chip(question) {
  return element("button", { class: "chip", type: "button", dir: "auto" }, question);
}

/**
 * Return `address` if it leads to the web or to a page of this site, else null.
 *
 * @param {string} address
 * @returns {string | null}
 */
export function pageAddress(address) {
  // Browsers read "//host", "/\host" and "/<tab>/host" as another site's address.
  return /^(?:https?:\/\/|\/(?![/\\\s]))/.test(address) ? address : null;
}

/**
 * Return `address` if it is a phone number or a page to turn to for help, else null.
 *
 * @param {string} address
 * @returns {string | null}
 */
export function helpAddress(address) {
  return /^(?:tel|https):/.test(address) ? address : null;
}

/** @param {string} text */
function plain(text) {
  return text.trim().replace(/\s+/g, " ").toLowerCase();
}

/** @param {Notice} notice */
function showNotice(notice) {
  const prefixes = /** @type {Record<string, string>} */ (strings.noticePrefix);
  const prefix = prefixes[notice.level] ?? strings.noticePrefix.other;
  const body = element("div", { class: "notice-body" });
  for (const part of notice.text.split("\n\n")) body.append(element("p", {}, part));
  if (notice.links.length) {
    const links = notice.links.map(({ label, href }) => {
      const address = helpAddress(href);
      if (!address) return element("li", {}, label);
      const link = element("a", { class: "big-button", href: address }, label);
      if (!address.startsWith("tel:")) inNewTab(link);
      return element("li", {}, link);
    });
    body.append(element("ul", { class: "notice-links" }, ...links));
  }
  if (notice.level === "crisis") {
    body.append(element("a", { class: "leave", href: "about:blank" }, strings.leave));
  }
  const hidden = element("span", { class: "visually-hidden" }, prefix);
  return element(
    "section",
    { class: `notice notice-${notice.level}`, role: "alert" },
    element("h3", { class: "notice-title" }, hidden, notice.title),
    body,
  );
}

/**
 * @param {Section} section
 * @param {Map<number, Citation>} citations
 */
function showSection(section, citations) {
  const shown = element("section", { class: `part part-${section.role}` });
  if (section.heading) shown.append(element("h3", { class: "part-heading" }, section.heading));
  let quoted = element("figure", { class: "quoted" });
  section.excerpts.forEach((excerpt, place) => {
    const paragraphs = excerpt.text.split("\n\n").map((part) => element("p", { dir: "auto" }, part));
    quoted.append(element("blockquote", {}, ...paragraphs));
    // Excerpts of one source that follow each other share the line that names it.
    if (section.excerpts[place + 1]?.citation === excerpt.citation) return;
    const citation = citations.get(excerpt.citation);
    if (!citation) throw new TypeError("An excerpt has no citation.");
    quoted.append(showSource(citation));
    shown.append(quoted);
    quoted = element("figure", { class: "quoted" });
  });
  return shown;
}

/** @param {Citation} citation */
function showSource(citation) {
  const shown = element("figcaption", { class: "source" });
  const address = pageAddress(citation.url);
  if (address) {
    const link = element("a", { class: "source-link", dir: "auto", href: address }, citation.title);
    inNewTab(link);
    shown.append(link);
  } else {
    shown.append(element("span", { class: "source-link", dir: "auto" }, citation.title));
  }
  const facts = element("span", { class: "source-facts" }, kindOf(citation));
  if (citation.date) facts.append(" · ", showDate(citation.date));
  if (citation.reviewed) facts.append(` · ${strings.reviewed}`, showDate(citation.reviewed));
  shown.append(" ", facts);
  if (citation.truncated) {
    shown.append(" ", element("span", { class: "source-note" }, strings.truncated));
  }
  return shown;
}

/** @param {Citation} citation */
function kindOf(citation) {
  if (citation.kind === "article") return strings.kinds.article;
  if (citation.from === "reader") return strings.kinds.reader;
  return citation.from === "editor" ? strings.kinds.editor : strings.kinds.question;
}

/** @param {string} date */
function showDate(date) {
  const day = new Date(`${date}T00:00:00Z`);
  const written = Number.isNaN(day.valueOf())
    ? date
    : day.toLocaleDateString(strings.dates, { dateStyle: "long", timeZone: "UTC" });
  return element("time", { datetime: date }, written);
}

/**
 * Open a link beside the conversation, which would be gone with its page.
 *
 * @param {HTMLAnchorElement} link
 */
function inNewTab(link) {
  link.target = "_blank";
  link.rel = "noopener";
  link.append(element("span", { class: "visually-hidden new-tab" }, strings.opensInNewTab));
}

/** @param {Reply} reply */
function showNext(reply) {
  const label = reply.kind === "answer" ? strings.askAlso : strings.ask;
  const shown = element("div", { class: "next" });
  // A text that ends with a colon announces the questions by itself.
  if (!reply.text?.endsWith(":")) {
    shown.append(element("h3", { class: "next-heading" }, label));
  }
  const chips = reply.suggestions.map((question) => element("li", {}, chip(question)));
  shown.append(element("ul", { class: "chips", "aria-label": label }, ...chips));
  return shown;
}
