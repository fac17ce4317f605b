/**
 * Safety notices as care cards: templates/_reply.html makes the same without JavaScript.
 *
 * @import { Notice } from "./conversation.js"
 */

import { element, inNewTab } from "./dom.js";
import { CORPUS_LANGUAGE, words } from "./strings.js";

/** @param {Notice} notice */
export function showNotice(notice) {
  const hidden = element("span", { class: "visually-hidden" }, `${urgencyOf(notice)} `);
  const title = element("span", { lang: CORPUS_LANGUAGE, dir: "auto" }, notice.title);
  const body = element("div", { class: "notice-body", lang: CORPUS_LANGUAGE });
  if (notice.level === "crisis") {
    // Where it is found without scrolling.
    const marks = { class: "leave", lang: words.language, href: "about:blank" };
    body.append(element("a", marks, words.reply.leave));
  }
  for (const part of notice.text.split("\n\n")) body.append(element("p", { dir: "auto" }, part));
  if (notice.links.length) {
    const links = notice.links.map(({ label, href }) => {
      const address = helpAddress(href);
      if (!address) return element("li", { dir: "auto" }, label);
      const link = element("a", { class: "big-button", dir: "auto", href: address }, label);
      if (!address.startsWith("tel:")) inNewTab(link);
      return element("li", {}, link);
    });
    body.append(element("ul", { class: "notice-links" }, ...links));
  }
  return element(
    "section",
    // Heard by way of the page's alert, once.
    { class: `notice notice-${notice.level}`, "aria-live": "off" },
    element("h3", { class: "notice-title" }, hidden, title),
    body,
  );
}

/**
 * Return the words that an alert says of a notice.
 *
 * @param {Notice} notice
 */
export function alertOf(notice) {
  const own = { lang: CORPUS_LANGUAGE };
  return [
    element("p", {}, urgencyOf(notice)),
    element("p", own, notice.title),
    element("p", own, notice.text),
  ];
}

/** @param {Notice} notice */
function urgencyOf({ level }) {
  if (level === "crisis" || level === "emergency") return words.reply.immediate;
  return level === "urgent" ? words.reply.urgent : words.reply.advice;
}

/**
 * Return `address` if it is a phone number or a page to turn to for help, else null.
 *
 * @param {string} address
 * @returns {string | null}
 */
function helpAddress(address) {
  return /^(?:tel|https):/.test(address) ? address : null;
}
