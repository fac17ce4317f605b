/** Making and finding elements. */

import { words } from "./strings.js";

/**
 * Make an element. Strings among the children become text, never markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/**
 * Return the element of the page that has this ID.
 *
 * @template {HTMLElement} Type
 * @param {string} id
 * @param {new () => Type} type
 * @returns {Type}
 */
export function find(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no ${type.name} #${id}.`);
  return found;
}

/**
 * Open a link beside the conversation, and say so.
 *
 * @param {HTMLAnchorElement} link
 */
export function inNewTab(link) {
  link.target = "_blank";
  link.rel = "noopener";
  const hint = element(
    "span",
    { class: "visually-hidden new-tab" },
    ` ${words.reply.opensInNewTab}`,
  );
  link.append(hint);
}
