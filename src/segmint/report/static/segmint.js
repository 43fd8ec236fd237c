// Small comforts for a page that is complete without them: values on hover and arrow keys, the budget slider,
// the place in the contents, folds opened for paper.
"use strict";
(() => {
  const tip = document.querySelector(".tip");
  const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

  function showTip(mark) {
    const box = mark.getBoundingClientRect();
    tip.textContent = mark.dataset.tip; // text, never markup
    tip.hidden = false;
    const size = tip.getBoundingClientRect();
    const left = clamp(box.left + box.width / 2 - size.width / 2, 8, document.documentElement.clientWidth - size.width - 8);
    const above = box.top - size.height - 10;
    tip.style.left = `${left}px`;
    tip.style.top = `${above > 8 ? above : box.bottom + 10}px`;
  }

  function hideTip() {
    tip.hidden = true;
    document.querySelectorAll(".chosen").forEach((mark) => mark.classList.remove("chosen"));
  }

  function choose(mark) {
    hideTip();
    mark.classList.add("chosen");
    showTip(mark);
  }

  function nearest(marks, x, y) {
    let best = null;
    let least = 48 * 48;
    for (const mark of marks) {
      const box = mark.getBoundingClientRect();
      const dx = Math.max(box.left - x, 0, x - box.right);
      const dy = Math.max(box.top - y, 0, y - box.bottom);
      const away = dx * dx + dy * dy;
      if (away < least) {
        best = mark;
        least = away;
      }
    }
    return best;
  }

  for (const svg of document.querySelectorAll(".chart svg")) {
    const marks = [...svg.querySelectorAll("[data-tip]")];
    if (!marks.length) continue;
    let at = -1;
    svg.setAttribute("tabindex", "0");
    svg.addEventListener("pointermove", (event) => {
      const mark = nearest(marks, event.clientX, event.clientY);
      if (mark) choose(mark);
      else hideTip();
    });
    svg.addEventListener("pointerleave", hideTip);
    svg.addEventListener("blur", hideTip);
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") hideTip();
      if (!step) return;
      event.preventDefault();
      at = (at + step + marks.length) % marks.length;
      choose(marks[at]);
    });
  }
  addEventListener("scroll", hideTip, { passive: true });

  for (const budget of document.querySelectorAll(".budget")) {
    const data = JSON.parse(budget.querySelector("script").textContent);
    const slider = budget.querySelector("input");
    const put = (name, text) => {
      budget.querySelector(`.${name}`).textContent = text;
    };
    const update = () => {
      const share = Number(slider.value);
      const calls = Math.round((data.customers * share) / 100);
      const reached = data.reached[share - 1];
      const yes = data.responders * reached;
      const whole = (number) => Math.round(number).toLocaleString("en");
      put("share", share);
      put("calls", whole(calls));
      put("yes", whole(yes));
      put("reached", `${Math.round(100 * reached)}\u00a0%`);
      put("each", yes > 0 ? (calls / yes).toFixed(1) : "–");
      put("again", `${((100 * reached) / share).toFixed(1)} times random`);
      slider.setAttribute("aria-valuetext", `best ${share} %, ${whole(calls)} calls, ${whole(yes)} say yes`);
    };
    slider.addEventListener("input", update);
    budget.hidden = false;
    update();
  }

  const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash.slice(1), link]));
  if ("IntersectionObserver" in window) {
    const seen = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          if (!entry.isIntersecting) continue;
          for (const link of links.values()) link.removeAttribute("aria-current");
          const link = links.get(entry.target.id);
          if (!link) continue;
          link.setAttribute("aria-current", "true");
          const strip = link.closest("ol");
          strip.scrollLeft = link.offsetLeft - strip.clientWidth / 2 + link.offsetWidth / 2;
        }
      },
      { rootMargin: "-20% 0px -70% 0px" },
    );
    document.querySelectorAll(".page").forEach((page) => seen.observe(page));
  }

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("details[data-printed]:not([open])")];
    opened.forEach((fold) => fold.setAttribute("open", ""));
  });
  addEventListener("afterprint", () => opened.forEach((fold) => fold.removeAttribute("open")));
})();
