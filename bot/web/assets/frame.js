// The widget's frame: the token stays in this page's memory and goes out as a bearer, never a cookie.

import { ExitThisPage, createAll } from "./govuk-frontend.min.js";

const frame = document.getElementById("frame");
const box = document.getElementById("message");
const signIn = document.getElementById("sign-in");
const { site, audience, language } = frame.dataset;

let token = "";
let host = null;

const authorization = () => (token ? { Authorization: `Bearer ${token}` } : {});

// Leaving ends the chat and takes the page around us along.
class ExitHostPage extends ExitThisPage {
  exitPage() {
    if (token) {
      fetch("/widget/end", { method: "POST", headers: authorization(), keepalive: true });
    }
    window.top.location.href = this.$button.href;
  }
}

document.body.classList.add("js-enabled", "govuk-frontend-supported");
createAll(ExitHostPage);

document.body.addEventListener("htmx:configRequest", (event) => {
  Object.assign(event.detail.headers, authorization());
});
document.body.addEventListener("htmx:beforeSwap", (event) => {
  token = event.detail.xhr.getResponseHeader("cara-conversation") ?? token;
});

function load(method, address) {
  return window.htmx.ajax(method, address, {
    source: "#composer",
    target: "#messages",
    swap: "beforeend",
    values: { site, language, audience },
  });
}

window.addEventListener("message", (event) => {
  if (event.source === window.parent && event.data === "cara:host") {
    [host] = event.ports;
  } else if (event.origin === window.location.origin && event.data?.cara === "token") {
    token = event.data.token;
    document.getElementById("sign-in-first").hidden = true;
    frame.hidden = false;
    load("GET", "/widget/messages").then(() => box.focus());
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") host?.postMessage("close");
});
window.addEventListener("focus", () => {
  if (document.activeElement === document.body) (signIn ?? box).focus();
});

if (audience === "officer") {
  signIn.addEventListener("click", () => {
    const address = `/widget/sign-in?site=${encodeURIComponent(site)}`;
    window.open(address, "cara-sign-in", "popup,width=520,height=720");
  });
} else {
  load("POST", "/widget/begin");
}
