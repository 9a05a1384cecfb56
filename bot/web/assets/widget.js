// One line on a host page: a button bottom right that opens the chat in a panel.
// `words` is put in front of this file by the server, and a block around both.

const script = document.currentScript;
const origin = new URL(script.src).origin;
const { site, audience = "participant", language = "en" } = script.dataset;
const labels = words[language] ?? words.en;

const sheet = new CSSStyleSheet();
sheet.replaceSync(`
  :host { all: initial; }
  * { box-sizing: border-box; font: 600 1rem/1.4 system-ui, "Segoe UI", Arial, sans-serif; }
  button { border: 0; cursor: pointer; color: #fff; background: #16404d; min-height: 44px; }
  button:hover { background: #0f2e38; }
  button:focus-visible { outline: 3px solid #fd0; outline-offset: 0; box-shadow: inset 0 0 0 2px #0b0c0c; }
  .open { position: fixed; z-index: 2147483000; right: 16px; bottom: 16px; padding: 12px 20px;
    border-radius: 999px; box-shadow: 0 2px 10px rgb(0 0 0 / 35%); }
  .panel { position: fixed; z-index: 2147483001; right: 16px; bottom: 16px; display: flex;
    flex-direction: column; width: 420px; max-width: calc(100vw - 32px);
    height: min(680px, calc(100vh - 32px)); overflow: hidden; background: #fff;
    border: 1px solid #16404d; border-radius: 10px; box-shadow: 0 6px 28px rgb(0 0 0 / 35%); }
  .close { align-self: stretch; padding: 8px 16px; text-align: right; }
  iframe { flex: 1; width: 100%; border: 0; background: #fff; }
  [hidden] { display: none; }
  @media (max-width: 480px), (max-height: 480px) {
    .panel { right: 0; bottom: 0; width: 100vw; max-width: none; height: 100vh; height: 100dvh;
      border: 0; border-radius: 0; }
  }
`);

const place = document.createElement("div");
const root = place.attachShadow({ mode: "open" });
root.adoptedStyleSheets = [sheet];

const make = (tag, attributes) => Object.assign(document.createElement(tag), attributes);

const open = make("button", { type: "button", className: "open", textContent: labels.open, lang: language });
const panel = make("div", { className: "panel", hidden: true, id: "panel", lang: language });
const close = make("button", { type: "button", className: "close", textContent: `${labels.close} ✕` });
panel.setAttribute("role", "dialog");
panel.setAttribute("aria-label", labels.open);
open.setAttribute("aria-expanded", "false");
close.setAttribute("aria-label", labels.close);
panel.append(close);
root.append(open, panel);

let frame = null;

const opened = () => {
  if (!frame) {
    const address = new URL("/widget/frame", origin);
    address.search = new URLSearchParams({ site, audience, language });
    frame = make("iframe", { src: address.href, title: labels.open, referrerPolicy: "no-referrer" });
    // The frame answers over this channel, so that no message goes to an origin unknown.
    frame.addEventListener("load", () => {
      const channel = new MessageChannel();
      channel.port1.onmessage = (event) => { if (event.data === "close") closed(); };
      frame.contentWindow.postMessage("cara:host", origin, [channel.port2]);
      frame.focus();
    });
    panel.append(frame);
  }
  panel.hidden = false;
  open.hidden = true;
  open.setAttribute("aria-expanded", "true");
  frame.focus();
};

const closed = () => {
  panel.hidden = true;
  open.hidden = false;
  open.setAttribute("aria-expanded", "false");
  open.focus();
};

open.addEventListener("click", opened);
close.addEventListener("click", closed);
panel.addEventListener("keydown", (event) => { if (event.key === "Escape") closed(); });

document.body.append(place);
