// The sign-in window gives the frame that opened it the token, to our own origin only, and closes.

const { token } = document.getElementById("hand-over").dataset;

if (window.opener) {
  window.opener.postMessage({ cara: "token", token }, window.location.origin);
  window.close();
}
