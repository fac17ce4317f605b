/**
 * What the browser keeps of a conversation: in this tab alone, from the reader's first word on,
 * until the tab is closed or everything is forgotten. Where a browser keeps nothing for a page or a
 * frame, the conversation lives in the page's memory as before.
 *
 * @import { Turn } from "./conversation.js"
 * @typedef {{turns: Turn[], draft: string}} Kept
 */

// Several widgets on one page each have a conversation of their own.
const KEY = `backbot:${new URLSearchParams(location.hash.slice(1)).get("name") ?? ""}`;
const MAX_TURNS = 40;

/** @param {Kept} kept */
export function keep({ turns, draft }) {
  if (!turns.length && !draft) return forget();
  const state = { turns: turns.slice(-MAX_TURNS), draft };
  storage((store) => store.setItem(KEY, JSON.stringify(state)));
}

/** @returns {Kept} */
export function recall() {
  const kept = storage((store) => JSON.parse(store.getItem(KEY) ?? "null"));
  const turns = Array.isArray(kept?.turns) ? kept.turns.filter(isTurn) : [];
  return { turns, draft: typeof kept?.draft === "string" ? kept.draft : "" };
}

export function forget() {
  storage((store) => store.removeItem(KEY));
}

/**
 * @template Result
 * @param {(store: Storage) => Result} use
 * @returns {Result | undefined}
 */
function storage(use) {
  try {
    return use(sessionStorage);
  } catch {
    // Storage is barred or full, or holds what is none of ours.
    return undefined;
  }
}

/**
 * @param {any} kept
 * @returns {kept is Turn}
 */
function isTurn(kept) {
  return typeof kept?.message === "string";
}
