/**
 * The conversation, kept in this page's memory and nowhere else, and the calls to the server.
 *
 * @typedef {{label: string, href: string}} Link
 * @typedef {{level: string, category: string, title: string, text: string, links: Link[]}} Notice
 * @typedef {{text: string, citation: number}} Excerpt
 * @typedef {{role: string, heading: string, excerpts: Excerpt[]}} Section
 * @typedef {{number: number, document: string, kind: string, from: string | null, title: string,
 *   url: string, date: string | null, reviewed: string | null, truncated: boolean}} Citation
 * @typedef {{kind: string, message: string, understood_as: string, notice: Notice | null,
 *   text: string | null, sections: Section[], citations: Citation[], suggestions: string[]}} Reply
 * @typedef {{message: string, cited: string[], notice: string | null}} PastTurn
 * @typedef {{message: string, past: PastTurn | null}} Turn
 */

import { strings } from "./strings.js";

// The server reads no more turns than these.
const HISTORY = 8;
const PATIENCE_MS = 30_000;

/** Why there is no reply, in words for the reader, and whether the same question may yet get one. */
export class Problem extends Error {
  /**
   * @param {string} message
   * @param {boolean} again
   */
  constructor(message, again) {
    super(message);
    this.again = again;
  }
}

export class Conversation {
  /** @type {Turn[]} */
  #turns = [];
  #ended = new AbortController();

  /**
   * Take in what the reader asks.
   *
   * @param {string} message
   * @returns {Turn}
   */
  begin(message) {
    const turn = { message, past: null };
    this.#turns.push(turn);
    return turn;
  }

  /**
   * Fetch the reply to a turn, or throw a `Problem`; a turn that failed may be tried again.
   *
   * @param {Turn} turn
   * @returns {Promise<Reply>}
   */
  async reply(turn) {
    const before = this.#turns.slice(0, this.#turns.indexOf(turn));
    const history = before.flatMap(({ past }) => past ?? []).slice(-HISTORY);
    const reply = await ask({ message: turn.message, history }, this.#ended.signal);
    turn.past = {
      message: turn.message,
      cited: reply.citations.map((citation) => citation.document),
      notice: reply.notice?.level ?? null,
    };
    return reply;
  }

  /** Whether the reader has ended this conversation; what still arrives for it is not shown. */
  get over() {
    return this.#ended.signal.aborted;
  }

  end() {
    this.#ended.abort();
  }
}

/**
 * @param {{message: string, history: PastTurn[]}} request
 * @param {AbortSignal} ended
 * @returns {Promise<Reply>}
 */
async function ask(request, ended) {
  const call = new AbortController();
  const giveUp = () => call.abort();
  const timer = setTimeout(giveUp, PATIENCE_MS);
  ended.addEventListener("abort", giveUp);
  try {
    const response = await fetch("/api/chat", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(request),
      signal: call.signal,
    });
    const body = await response.json().catch((error) => {
      if (error instanceof SyntaxError) return null;
      throw error;
    });
    if (response.ok && isReply(body)) return body;
    throw problemOf(response.status, body);
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(strings.noConnection, true);
  } finally {
    clearTimeout(timer);
    ended.removeEventListener("abort", giveUp);
  }
}

/**
 * @param {number} status
 * @param {any} body
 */
function problemOf(status, body) {
  if (status < 400 || status >= 500) return new Problem(strings.noAnswerNow, true);
  const said = body?.error?.message;
  // "Timeout" and "too many requests" pass; any other refusal is about the question itself.
  return new Problem(typeof said === "string" ? said : strings.refused, status === 408 || status === 429);
}

/**
 * @param {any} body
 * @returns {body is Reply}
 */
function isReply(body) {
  return (
    typeof body?.kind === "string" &&
    [body.sections, body.citations, body.suggestions].every((list) => Array.isArray(list))
  );
}
