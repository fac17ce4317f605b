/**
 * The colour of the site around the chat, made darker or lighter until words in it can be read.
 *
 * Contrast as in WCAG 2.2: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
 */

// Level AA asks for 4.5; words also stand on tints of the paper.
const CONTRAST = 5.2;

/** @typedef {[number, number, number]} Colour  red, green, blue from 0 to 255 */

/** @param {string} accent  such as "#0d5f5a"; anything else changes nothing */
export function wear(accent) {
  const colour = parse(accent);
  if (!colour) return;
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  put(colour);
  scheme.addEventListener("change", () => put(colour));
}

/** @param {Colour} accent */
function put(accent) {
  const { style } = document.documentElement;
  for (const name of ["--accent", "--accent-deep", "--on-accent", "--chip", "--chip-edge"]) {
    style.removeProperty(name);
  }
  const paper = parse(
    getComputedStyle(document.documentElement).getPropertyValue("--paper").trim(),
  );
  if (!paper) return;
  /** @type {Colour} */
  const away = luminance(paper) > 0.5 ? [0, 0, 0] : [255, 255, 255];
  let readable = accent;
  for (let step = 0; step <= 10 && contrast(readable, paper) < CONTRAST; step++) {
    readable = mix(accent, away, step / 10);
  }
  style.setProperty("--accent", css(readable));
  style.setProperty("--accent-deep", css(mix(readable, away, 0.25)));
  style.setProperty("--on-accent", luminance(readable) > 0.179 ? "#000" : "#fff");
  style.setProperty("--chip", css(mix(paper, readable, 0.07)));
  style.setProperty("--chip-edge", css(mix(paper, readable, 0.45)));
}

/**
 * @param {string} text
 * @returns {Colour | null}
 */
function parse(text) {
  const digits = /^#([\da-f]{3}|[\da-f]{6})$/i.exec(text)?.[1];
  if (!digits) return null;
  const pairs = digits.length === 3 ? [...digits].map((it) => it + it) : digits.match(/../g);
  return /** @type {Colour} */ (pairs?.map((pair) => Number.parseInt(pair, 16)));
}

/** @param {Colour} colour */
function css(colour) {
  return `rgb(${colour.map(Math.round).join(" ")})`;
}

/**
 * @param {Colour} from
 * @param {Colour} to
 * @param {number} share
 */
function mix(from, to, share) {
  return /** @type {Colour} */ (from.map((it, i) => it + ((to[i] ?? 0) - it) * share));
}

/** @param {Colour} colour */
function luminance(colour) {
  const [red = 0, green = 0, blue = 0] = colour.map((it) => {
    const part = it / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/**
 * @param {Colour} one
 * @param {Colour} other
 */
function contrast(one, other) {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
