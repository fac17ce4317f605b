/**
 * The turns of a conversation, and the calls to the server, which keeps none of them.
 *
 * @typedef {{label: string, href: string}} Link
 * @typedef {{level: string, category: string, title: string, text: string, links: Link[]}} Notice
 * @typedef {{text: string, citation: number, start: number, end: number}} Excerpt
 * @typedef {{role: string, heading: string, excerpts: Excerpt[]}} Section
 * @typedef {{number: number, document: string, kind: string, from: string | null, title: string,
 *   url: string, date: string | null, reviewed: string | null, truncated: boolean}} Citation
 * @typedef {{id: string, kind: string, message: string, understood_as: string,
 *   notice: Notice | null, text: string | null, sections: Section[], citations: Citation[],
 *   suggestions: string[]}} Reply
 * @typedef {{message: string, reply: Reply | null, rated: boolean}} Turn
 */

import { words } from "./strings.js";

// The server reads no more turns than these, and no longer messages.
const HISTORY = 8;
const MAX_MESSAGE = 2000;
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
  #ended = new AbortController();

  /** @param {Turn[]} [turns] */
  constructor(turns = []) {
    this.turns = turns;
  }

  /**
   * Take in what the reader asks.
   *
   * @param {string} message
   * @returns {Turn}
   */
  begin(message) {
    const turn = { message, reply: null, rated: false };
    this.turns.push(turn);
    return turn;
  }

  /**
   * Fetch the reply to a turn, or throw a `Problem`. A turn that may be tried again stays; one that
   * has to be changed first is no longer part of the conversation.
   *
   * @param {Turn} turn
   * @returns {Promise<Reply>}
   */
  async reply(turn) {
    const before = this.turns.slice(0, this.turns.indexOf(turn));
    try {
      if ([...turn.message].length > MAX_MESSAGE) throw new Problem(words.chat.tooLong, false);
      const request = { message: turn.message, history: historyOf(before) };
      const reply = await send("/api/chat", request, this.#ended.signal);
      if (!isReply(reply)) throw new Problem(words.chat.noAnswerNow, true);
      turn.reply = reply;
      return reply;
    } catch (error) {
      if (error instanceof Problem && !error.again) this.turns.splice(before.length, 1);
      throw error;
    }
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
 * Post `body` and return what the server says, or throw a `Problem`.
 *
 * @param {string} path
 * @param {object} body
 * @param {AbortSignal} [ended]
 * @returns {Promise<any>}
 */
export async function send(path, body, ended) {
  const call = new AbortController();
  const giveUp = () => call.abort();
  const timer = setTimeout(giveUp, PATIENCE_MS);
  ended?.addEventListener("abort", giveUp);
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: call.signal,
    });
    const text = await response.text();
    if (response.ok) return parsed(text);
    throw problemOf(response.status);
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(words.chat.noConnection, true);
  } finally {
    clearTimeout(timer);
    ended?.removeEventListener("abort", giveUp);
  }
}

/**
 * Return each answered turn as the server is told of it.
 *
 * @param {Turn[]} turns
 */
function historyOf(turns) {
  const told = turns.flatMap(({ message, reply }) => {
    if (!reply) return [];
    const cited = reply.citations.map((citation) => citation.document);
    return { message, cited, notice: reply.notice?.level ?? null };
  });
  return told.slice(-HISTORY);
}

/** @param {number} status */
function problemOf(status) {
  if (status === 429) return new Problem(words.chat.tooMany, true);
  const refused = status >= 400 && status < 500 && status !== 408;
  return new Problem(refused ? words.chat.refused : words.chat.noAnswerNow, !refused);
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
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
