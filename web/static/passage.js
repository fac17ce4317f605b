/**
 * The passage that quotations were cut from: their blocks of the document with one more on either
 * side, the quoted words marked. They are checked against the document before they are shown.
 *
 * @import { Citation, Excerpt } from "./conversation.js"
 */

import { element } from "./dom.js";
import { CORPUS_LANGUAGE, words } from "./strings.js";

/**
 * Return the passage of `citation` around `excerpts`, or throw an error whose message says why not.
 *
 * @param {Citation} citation
 * @param {Excerpt[]} excerpts
 * @returns {Promise<HTMLElement[]>}
 */
export async function passageOf(citation, excerpts) {
  const text = await textOf(citation.document);
  const quoted = excerpts.map(({ start, end }) => ({ start: at(text, start), end: at(text, end) }));
  const same = ({ start = 0, end = 0 }, /** @type {number} */ place) =>
    text.slice(start, end) === excerpts[place]?.text;
  if (!quoted.every(same)) throw new Error(words.chat.passageChanged);

  const blocks = blocksOf(text);
  const holds = blocks.map((block) => quoted.some((span) => overlap(block, span)));
  /** @type {HTMLElement[]} */
  const shown = [];
  let before = -1;
  blocks.forEach((block, place) => {
    if (!holds[place - 1] && !holds[place] && !holds[place + 1]) return;
    if (place > before + 1) shown.push(element("p", { class: "gap" }, "…"));
    before = place;
    const marks = { lang: CORPUS_LANGUAGE, dir: "auto" };
    shown.push(element("p", marks, ...pieces(text, block, quoted)));
  });
  if (before < blocks.length - 1) shown.push(element("p", { class: "gap" }, "…"));
  return shown;
}

/** @typedef {{start: number, end: number}} Span */

/** @param {string} identifier */
async function textOf(identifier) {
  let body;
  try {
    const response = await fetch(`/api/documents/${encodeURIComponent(identifier)}`);
    if (response.status === 404) throw new Error(words.chat.passageChanged);
    body = await response.json();
  } catch (error) {
    const gone = error instanceof Error && error.message === words.chat.passageChanged;
    throw new Error(gone ? words.chat.passageChanged : words.chat.passageFailed);
  }
  if (typeof body?.text !== "string") throw new Error(words.chat.passageFailed);
  return body.text;
}

/**
 * Offsets of the API count code points; return where one is among the code units of `text`.
 *
 * @param {string} text
 * @param {number} point
 */
function at(text, point) {
  return Array.from(text).slice(0, point).join("").length;
}

/**
 * @param {string} text
 * @returns {Span[]}
 */
function blocksOf(text) {
  let start = 0;
  return text.split("\n\n").map((block) => {
    const span = { start, end: start + block.length };
    start = span.end + 2;
    return span;
  });
}

/**
 * @param {Span} one
 * @param {Span} other
 */
function overlap(one, other) {
  return one.start < other.end && other.start < one.end;
}

/**
 * Return the text of a block with each quoted stretch in a <mark>.
 *
 * @param {string} text
 * @param {Span} block
 * @param {Span[]} quoted
 */
function pieces(text, block, quoted) {
  const spans = quoted.filter((span) => overlap(block, span)).sort((a, b) => a.start - b.start);
  /** @type {(string | HTMLElement)[]} */
  const found = [];
  let done = block.start;
  for (const span of spans) {
    const [start, end] = [Math.max(span.start, done), Math.min(span.end, block.end)];
    found.push(text.slice(done, start), element("mark", {}, text.slice(start, end)));
    done = end;
  }
  return [...found, text.slice(done, block.end)];
}
