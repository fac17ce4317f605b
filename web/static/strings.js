/**
 * Every word that the scripts say of their own, in the page's language; the page brings them along
 * out of `web/languages`. Replies bring the rest.
 *
 * @typedef {typeof import("../languages/en.json")} Catalogue
 * @typedef {Pick<Catalogue, "dates" | "reply" | "chat"> & {language: string, truncated: string,
 *   disclaimer: string, phrases: Record<string, string>}} Words
 */

// Articles, their titles and questions, and safety notices: they stay as they were written.
export const CORPUS_LANGUAGE = "en";

/** @type {Words} */
export const words = JSON.parse(document.getElementById("strings")?.textContent ?? "{}");

/**
 * Return a fixed phrase of the server in the page's language, and the attributes that it needs
 * where there is no translation of it.
 *
 * @param {string} phrase
 * @returns {{text: string, marks: Record<string, string>}}
 */
export function translated(phrase) {
  const text = words.phrases[phrase];
  if (text) return { text, marks: {} };
  const own = words.language === CORPUS_LANGUAGE;
  return { text: phrase, marks: own ? {} : { lang: CORPUS_LANGUAGE, dir: "auto" } };
}
