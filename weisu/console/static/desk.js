"use strict";
// The desk renews itself without disturbing its reader: only parts with another state are exchanged, and
// never a card whose action is open. Cards that stay keep their place on the screen (scroll anchoring).
(() => {
  const isBusy = (card) =>
    card.querySelector(".acts details[open]") !== null || card.querySelector(".acts")?.contains(document.activeElement);

  const renew = (old, fresh) => {
    if (old.dataset.state === fresh.dataset.state || isBusy(old)) return old;
    const were = old.querySelectorAll("details"), are = fresh.querySelectorAll("details");
    are.forEach((one, place) => { one.open = were[place]?.open ?? false; });
    const hadFocus = old.contains(document.activeElement) && document.activeElement.getAttribute("href");
    old.replaceWith(fresh);
    htmx.process(fresh);
    if (hadFocus) [...fresh.querySelectorAll("a")].find((a) => a.getAttribute("href") === hadFocus)?.focus({ preventScroll: true });
    return fresh;
  };

  const merge = (html) => {
    const next = new DOMParser().parseFromString(html, "text/html");
    const list = document.getElementById("alerts");
    const wanted = [...next.getElementById("alerts").children];
    const ids = new Set(wanted.map((card) => card.id));
    for (const card of [...list.children]) if (!ids.has(card.id) && !isBusy(card)) card.remove();
    let place = list.firstElementChild;
    for (const fresh of wanted) {
      const old = document.getElementById(fresh.id);
      const card = old ? renew(old, fresh) : fresh;
      if (old && old === place) place = card.nextElementSibling;
      else list.insertBefore(card, place);
      if (!old) { card.classList.add("new"); htmx.process(card); }
    }
    // While a card waits for its officer, the server is asked again: what he has seen is not yet all.
    const waits = wanted.some((fresh) => document.getElementById(fresh.id).dataset.state !== fresh.dataset.state);
    for (const id of ["levels", "after", "side", ...(waits ? [] : ["seen-part"])]) {
      const fresh = next.getElementById(id);
      if (fresh) renew(document.getElementById(id), fresh);
    }
  };

  const linked = (is) => document.getElementById("link")?.classList.toggle("down", !is);

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (target.id !== "live") return;
    event.detail.shouldSwap = false;
    if (xhr.status === 200) merge(xhr.responseText);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, successful, xhr } = event.detail;
    if (elt.id === "live") linked(successful);
    const acts = elt.closest(".acts");
    if (!acts) return;
    if (!xhr.status) acts.querySelector(".answer").replaceChildren(said("没有提交成功：连接中断，请稍后再试。"));
    if (!successful) return;
    acts.querySelectorAll("details").forEach((one) => { one.open = false; });
    document.activeElement?.blur();
  });
  const said = (text) => {
    const line = document.createElement("span");
    line.className = "said bad";
    line.textContent = text;
    return line;
  };

  document.addEventListener("keydown", (event) => {
    const more = event.key === "Escape" && event.target.closest?.(".acts details[open]");
    if (!more) return;
    more.open = false;
    more.querySelector("summary").focus();
  });

  // The officer's name is typed once.
  document.addEventListener("toggle", (event) => {
    const by = event.target.querySelector?.("input[name=by]");
    if (by && event.target.open) { by.value ||= localStorage.getItem("weisu.by") || ""; }
  }, true);
  document.addEventListener("change", (event) => {
    if (event.target.name === "by") localStorage.setItem("weisu.by", event.target.value);
  });
})();
