// Every page: GOV.UK's components, printing, and nothing kept for the Back button.

import { initAll } from "./govuk-frontend.min.js";

document.body.classList.add("js-enabled", "govuk-frontend-supported");
initAll();

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A page that the browser kept alive behind Back may show what was left: ask for it anew.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
