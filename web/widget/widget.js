/**
 * Backbot's one-tag widget: <script src="https://HOST/widget.js" async></script> puts a launcher on
 * any page, and the chat behind it into a frame of HOST's own origin, loaded at the first press.
 * docs/embedding.md lists the data-* settings, methods and events.
 */
(() => {
  /** @typedef {Record<"label" | "panel" | "close" | "unavailable" | "instead", string>} Words */
  /**
   * @typedef {{name: string, open: () => void, close: () => void, ask: (question: string) => void,
   *   remove: () => void}} Widget
   */
  /** @type {Record<string, Words>} */
  const catalogues = {};
  const tag = /** @type {HTMLScriptElement | null} */ (
    document.currentScript ?? document.querySelector('script[src$="/widget.js"]')
  );
  if (!tag) return;
  const settings = { ...tag.dataset };
  const home = new URL(tag.src).origin;
  const root = document.documentElement;
  const inline = settings.inline;
  const name = settings.name ?? inline ?? "";

  /** @param {string} sentence */
  const warn = (sentence) => console.warn(`Backbot: ${sentence}`);
  /**
   * @param {string} setting
   * @param {string[]} known
   * @param {string} [usual]  what holds where nothing else is said
   */
  const choose = (setting, known, usual = known[0] ?? "") => {
    const value = settings[setting] ?? usual;
    if (known.includes(value)) return value;
    warn(`data-${setting} takes ${known.join(", ")}.`);
    return usual;
  };
  const languages = Object.keys(catalogues);
  const spoken = navigator.languages.map((each) => each.slice(0, 2));
  const language = choose(
    "language",
    languages,
    spoken.find((each) => languages.includes(each)) ?? "en",
  );
  const theme = choose("theme", ["auto", "light", "dark"]);
  const rightToLeft = language === "ar";
  const position = choose("position", ["right", "left"], rightToLeft ? "left" : "right");
  const words = /** @type {Words} */ (catalogues[language]);
  let accent = settings.accent ?? "#0d5f5a";
  if (!/^#([\da-f]{3}|[\da-f]{6})$/i.test(accent)) {
    warn("data-accent takes a colour such as #0d5f5a.");
    accent = "#0d5f5a";
  }
  const digits =
    accent.length < 5
      ? [...accent]
          .map((it) => it + it)
          .join("")
          .slice(1)
      : accent;
  const [red = 0, green = 0, blue = 0] = (digits.match(/[\da-f]{2}/gi) ?? []).map(
    (pair) => (Number.parseInt(pair, 16) / 255) ** 2.2,
  );
  const ink = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";

  const page = /** @type {Window & {Backbot?: ReturnType<typeof api>}} */ (window);
  page.Backbot ??= api();
  const { widgets } = page.Backbot;
  // The same tag twice, or run anew by a page that navigates by itself: one widget is enough.
  if (widgets.some((each) => each.name === name)) return;

  const style = new CSSStyleSheet();
  style.replaceSync(`
    * { box-sizing: border-box; font: 600 16px/1.3 system-ui, sans-serif; }
    button { min-height: 48px; padding: 8px 20px; color: ${ink}; background: ${accent}; cursor: pointer;
      border: 2px solid ${ink}; border-radius: 24px; box-shadow: 0 2px 8px #0006; overflow-wrap: anywhere; }
    button:focus-visible { outline: 3px solid ${accent}; outline-offset: 3px; }
    dialog, .inline { color-scheme: ${theme === "auto" ? "light dark" : theme}; color: CanvasText; background: Canvas; }
    dialog { inset: auto; width: 400px; height: min(640px, calc(100% - 112px)); padding: 0; border: 1px solid #8888;
      border-radius: 16px; box-shadow: 0 8px 40px #0005; overflow: hidden; }
    .floating > *, dialog { position: fixed; bottom: max(16px, env(safe-area-inset-bottom)); ${position}: 16px; max-width: calc(100% - 32px); }
    .floating dialog { bottom: 88px; }
    .floating dialog:modal { inset: 0; width: 100%; height: 100%; max-width: none; max-height: none; border: 0; border-radius: 0; }
    iframe { display: block; width: 100%; height: 100%; border: 0; color-scheme: inherit; }
    .inline { height: 100%; overflow: hidden; border: 1px solid #8888; border-radius: 16px; }
    .card { display: grid; gap: 16px; place-content: center; justify-items: center; height: 100%; padding: 16px; text-align: center; }
    p { margin: 0; font-weight: 400; overflow-wrap: anywhere; }
    a { color: LinkText; }
    @media print { .floating { display: none; } }`);

  const host = document.createElement("div");
  host.setAttribute("data-backbot", name);
  host.style.cssText = inline
    ? "all:initial!important;display:block!important;height:100%!important"
    : "all:initial!important;position:fixed!important;z-index:2147483647!important";
  host.lang = language;
  host.dir = rightToLeft ? "rtl" : "ltr";
  const shadow = host.attachShadow({ mode: "closed" });
  shadow.adoptedStyleSheets = [style];

  const launcher = document.createElement("button");
  launcher.textContent = settings.label ?? words.label;
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", words.panel);
  const card = document.createElement("div");
  card.className = "card";
  const box = document.createElement(inline ? "section" : "div");
  box.className = inline ? "inline" : "floating";
  const panel = inline ? box : dialog;
  if (inline) {
    const greeting = document.createElement("p");
    greeting.textContent = settings.greeting ?? "";
    card.append(greeting, launcher);
    box.setAttribute("aria-label", words.panel);
    box.append(card);
  } else {
    launcher.setAttribute("aria-expanded", "false");
    box.append(launcher, dialog);
  }
  shadow.append(box);

  /** @type {HTMLIFrameElement | undefined} */
  let frame;
  let ready = false;
  let opened = false;
  /** @type {object[]} */
  const waiting = [];

  /** @param {object} message */
  const tell = (message) => {
    if (ready) frame?.contentWindow?.postMessage(message, home);
    else waiting.push(message);
  };
  /** @param {string} news */
  const announce = (news) =>
    host.dispatchEvent(new CustomEvent(`backbot:${news}`, { bubbles: true, detail: { name } }));

  const load = () => {
    if (frame) return;
    const made = document.createElement("iframe");
    const given = new URLSearchParams({ host: location.origin, name });
    if (settings.accent) given.set("accent", accent);
    if (settings.greeting) given.set("greeting", settings.greeting);
    if (!inline) given.set("closes", "1");
    for (const each of (settings.starters ?? "").split("|")) {
      if (each.trim()) given.append("starter", each.trim());
    }
    made.src = `${home}/embed?lang=${language}&theme=${theme}#${given}`;
    made.title = words.panel;
    made.allow = "clipboard-write";
    // The frame says that it is there before its page has loaded; a moment more for slow messages.
    made.addEventListener("load", () => setTimeout(() => ready || frame !== made || fail(), 1000));
    panel.replaceChildren(made);
    frame = made;
  };

  const fail = () => {
    console.error(
      `Backbot: ${home} could not be shown on this page. If it runs, it has to be told that this ` +
        `site may show it: BACKBOT_ALLOWED_ORIGINS="${location.origin}"`,
    );
    frame = undefined;
    const sorry = document.createElement("p");
    sorry.textContent = words.unavailable;
    const instead = document.createElement("a");
    instead.textContent = words.instead;
    instead.href = `${home}/`;
    instead.target = "_blank";
    instead.rel = "noopener";
    card.replaceChildren(sorry, instead, ...(inline ? [] : [closer]));
    panel.replaceChildren(card);
  };
  const closer = document.createElement("button");
  closer.textContent = words.close;

  const small = matchMedia("(max-width: 480px), (max-height: 480px)");
  const show = () => {
    // On a small screen the panel hides the page, so the page behind it must be out of reach.
    dialog.close();
    if (small.matches) dialog.showModal();
    else dialog.show();
  };
  const open = () => {
    load();
    if (!inline && !opened) {
      show();
      launcher.setAttribute("aria-expanded", "true");
    }
    frame?.focus();
    tell({ backbot: "open" });
    if (!opened) announce("open");
    opened = true;
  };
  const close = () => {
    if (!opened || inline) return;
    opened = false;
    dialog.close();
    launcher.setAttribute("aria-expanded", "false");
    launcher.focus();
    announce("close");
  };
  launcher.addEventListener("click", () => (opened ? close() : open()));
  closer.addEventListener("click", close);
  // The browser closes it by itself on Escape, or on a phone's way back.
  dialog.addEventListener("close", () => dialog.open || close());
  shadow.addEventListener("keydown", (event) => {
    if (/** @type {KeyboardEvent} */ (event).key === "Escape") close();
  });
  small.addEventListener("change", () => opened && !inline && show());

  /** @param {MessageEvent} event */
  const hear = ({ source, origin, data }) => {
    if (!frame || source !== frame.contentWindow || origin !== home) return;
    if (data?.backbot === "ready") {
      ready = true;
      for (const message of waiting.splice(0)) tell(message);
      announce("ready");
    }
    if (data?.backbot === "close") close();
    if (data?.backbot === "leave") location.replace("about:blank");
  };
  addEventListener("message", hear);

  const place = () => {
    const into = inline ? document.querySelector(inline) : root;
    if (!into || host.parentNode === into) return;
    // A frame that moves loads anew.
    ready = false;
    into.append(host);
  };
  const observer = new MutationObserver(place);
  observer.observe(root, { childList: true, subtree: Boolean(inline) });
  place();

  widgets.push({
    name,
    open,
    close,
    ask: (question) => {
      open();
      tell({ backbot: "ask", question: String(question) });
    },
    remove: () => {
      observer.disconnect();
      removeEventListener("message", hear);
      host.remove();
      widgets.splice(
        widgets.findIndex((each) => each.name === name),
        1,
      );
    },
  });

  /** What pages call: `Backbot.open()`; with several widgets, `Backbot.open("name")`. */
  function api() {
    /** @type {Widget[]} */
    const all = [];
    /** @param {string} [named] */
    const get = (named) => (named === undefined ? all[0] : all.find((it) => it.name === named));
    return {
      widgets: all,
      /** @param {string} [named] */
      open: (named) => get(named)?.open(),
      /** @param {string} [named] */
      close: (named) => get(named)?.close(),
      /**
       * @param {string} question
       * @param {string} [named]
       */
      ask: (question, named) => get(named)?.ask(question),
      /** @param {string} [named] */
      remove: (named) => get(named)?.remove(),
    };
  }
})();
