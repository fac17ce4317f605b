/**
 * Where a quotation comes from: its document, to be opened at the quoted words or read in place.
 *
 * @import { Citation, Excerpt } from "./conversation.js"
 */

import { element, inNewTab } from "./dom.js";
import { passageOf } from "./passage.js";
import { CORPUS_LANGUAGE, words } from "./strings.js";

let passages = 0;

/** @param {Citation} citation */
export function showSource(citation) {
  const shown = element("figcaption", { class: "source" });
  const marks = { class: "source-link", lang: CORPUS_LANGUAGE, dir: "auto" };
  const address = pageAddress(citation.url);
  if (address) {
    const link = element("a", { ...marks, href: address }, citation.title);
    inNewTab(link);
    shown.append(link);
  } else {
    shown.append(element("span", marks, citation.title));
  }
  const facts = element("span", { class: "source-facts" }, kindOf(citation));
  if (citation.date) facts.append(" · ", showDate(citation.date));
  if (citation.reviewed) {
    facts.append(` · ${words.reply.reviewed} `, showDate(citation.reviewed));
  }
  shown.append(" ", facts);
  if (citation.truncated) {
    shown.append(" ", element("span", { class: "source-note" }, words.truncated));
  }
  return shown;
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
 * The button that opens the passage around quotations, and the place for that passage.
 *
 * @param {Citation} citation
 * @param {Excerpt[]} excerpts  the quotations that stand above
 */
export function showReading(citation, excerpts) {
  const address = pageAddress(citation.url);
  const id = `passage-${++passages}`;
  const label = element("span", {}, words.chat.readHere);
  const button = element(
    "button",
    { class: "plain read-here", type: "button", "aria-expanded": "false", "aria-controls": id },
    label,
    element("span", { class: "visually-hidden" }, ` (${citation.title})`),
  );
  const name = words.chat.passageOf.replace("{title}", () => citation.title);
  const place = element("div", { class: "passage", id, role: "region", "aria-label": name });
  place.hidden = true;

  button.addEventListener("click", async () => {
    const opens = place.hidden;
    if (opens) {
      try {
        place.replaceChildren(...(await passageOf(citation, excerpts)));
        if (address) {
          const link = element("a", { class: "open-article", href: address });
          link.append(words.chat.openArticle);
          inNewTab(link);
          place.append(link);
        }
        place.classList.remove("failed-passage");
      } catch (error) {
        place.replaceChildren(element("p", {}, error instanceof Error ? error.message : ""));
        place.classList.add("failed-passage");
      }
    }
    place.hidden = !opens;
    // A passage that could not be fetched is fetched anew at the next press.
    button.setAttribute("aria-expanded", String(opens));
    label.textContent = opens ? words.chat.closePassage : words.chat.readHere;
  });
  return element("div", { class: "reading", "aria-live": "off" }, button, place);
}

/** @param {Citation} citation */
function kindOf(citation) {
  if (citation.kind === "article") return words.reply.article;
  if (citation.from === "reader") return words.reply.reader;
  return citation.from === "editor" ? words.reply.editor : words.reply.question;
}

/** @param {string} date */
function showDate(date) {
  const day = new Date(`${date}T00:00:00Z`);
  /** @type {Intl.DateTimeFormatOptions} */
  const style = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  const written = Number.isNaN(day.valueOf()) ? date : day.toLocaleDateString(words.dates, style);
  return element("time", { datetime: date }, written);
}
