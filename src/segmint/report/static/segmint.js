// Small comforts for a page that is complete without them: values on hover and arrow keys, sliders,
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
    const marks = () => [...svg.querySelectorAll("[data-tip]")];
    if (!marks().length && !("drawnLater" in svg.dataset)) continue;
    let at = -1;
    svg.setAttribute("tabindex", "0");
    svg.setAttribute("aria-label", `${svg.getAttribute("aria-label")}; left and right arrow keys say its values`);
    svg.addEventListener("pointermove", (event) => {
      const mark = nearest(marks(), event.clientX, event.clientY);
      if (mark) choose(mark);
      else hideTip();
    });
    svg.addEventListener("pointerleave", hideTip);
    svg.addEventListener("blur", hideTip);
    svg.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (event.key === "Escape") hideTip();
      const all = marks();
      if (!step || !all.length) return;
      event.preventDefault();
      at = (at + step + all.length) % all.length;
      choose(all[at]);
    });
  }
  addEventListener("scroll", hideTip, { passive: true });

  // only what can be scrolled is a stop of the Tab key
  const scrolled = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  document.querySelectorAll(".table, pre").forEach((box) => scrolled.observe(box));

  // as `wording.percent` with no decimals: what is almost all is not written as all, nor what is little as nothing
  const percent = (share) => {
    const hidden = (digits) => [0, 100].includes(Number((100 * share).toFixed(digits))) && Math.min(share, 1 - share) >= 0.00005;
    const digits = [0, 1].find((each) => !hidden(each)) ?? 2;
    return `${(100 * share).toFixed(digits)}\u00a0%`;
  };

  for (const budget of document.querySelectorAll(".budget:not(.what-if)")) {
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
      put("reached", percent(reached));
      put("each", yes > 0 ? (calls / yes).toFixed(1) : "–");
      put("again", `${((100 * reached) / share).toFixed(1)} times random`);
      slider.setAttribute("aria-valuetext", `best ${share} %, ${whole(calls)} calls, ${whole(yes)} say yes`);
    };
    slider.addEventListener("input", update);
    budget.hidden = false;
    update();
  }

  // The best customers under a cost, a value and a limit, from sums by part: whoever returns more than the call costs.
  function bestList(parts, data, cost, value, most) {
    const list = { customers: 0, successes: 0, brought: 0, spent: 0 };
    let money = data.budget_money ?? Infinity;
    const edge = cost / value;
    for (let at = 0; at < parts.ratio.length; at += 1) {
      const worst = parts.ratio[at];
      const best = at ? parts.ratio[at - 1] : worst * 1.5;
      const some = worst > edge ? 1 : best > edge ? (best - edge) / (best - worst) : 0;
      const price = parts.cost[at] * cost;
      const fits = Math.max(0, Math.min(some, (most - list.customers) / parts.customers[at], price > 0 ? money / price : 1));
      const share = Math.floor(fits * parts.customers[at] + 1e-6) / parts.customers[at];
      list.customers += share * parts.customers[at];
      list.successes += share * parts.successes[at];
      list.brought += share * parts.value[at] * value;
      list.spent += share * price;
      money -= share * price;
    }
    return list;
  }

  for (const box of document.querySelectorAll(".what-if")) {
    const data = JSON.parse(box.querySelector("script").textContent);
    const all = data.parts.customers.reduce((sum, part) => sum + part, 0);
    const slider = (name) => box.querySelector(`.by-${name}`);
    const sliders = ["cost", "value", "most"].map(slider);
    const put = (name, text) => {
      box.querySelector(`output.${name}, dd.${name}, p.${name}`).textContent = text;
    };
    const whole = (number) => (Math.round(number) || 0).toLocaleString("en").replace("-", "\u2212");
    const money = (number) => `${whole(number)}\u00a0${data.currency}`;
    const amount = (today, factor) =>
      today === null
        ? `${Math.round(100 * factor)}\u00a0% of today's`
        : `${(today * factor).toLocaleString("en", { maximumFractionDigits: 2 })}\u00a0${data.currency}`;
    const start = data.most_customers === null ? 100 : Math.min(100, Math.ceil((100 * data.most_customers) / all));
    const limit = () => {
      const at = Number(slider("most").value);
      return at === start && data.most_customers !== null ? Math.min(data.most_customers, all) : (all * at) / 100;
    };
    const profit = (list) => list.brought - list.spent;
    // the control group may be called and is not: it counts among all, as on the page of the list
    const verdict = (called) =>
      called < 1
        ? "Call nobody: no call pays."
        : called > 0.995 * all
          ? `Call everybody${all < data.eligible ? " who is not held out" : ""}.`
          : `Call ${((100 * called) / data.eligible).toFixed(1)}\u00a0% of the ${whole(data.eligible)} who may be called, best first.`;
    const today = profit(bestList(data.parts, data, 1, 1, data.most_customers ?? all));
    const listed = data.listed_profit;
    const apart = listed === null || Math.round(listed) === Math.round(today) ? "" : `; the list itself: ${money(listed)}`;
    const update = () => {
      const cost = Number(slider("cost").value) / 100;
      const value = Number(slider("value").value) / 100;
      const list = bestList(data.parts, data, cost, value, limit());
      const change = Math.round(profit(list)) - Math.round(today);
      put("cost", amount(data.cost, cost));
      put("value", amount(data.value, value));
      put("most", whole(limit()));
      put("customers", whole(list.customers));
      put("calls", `${whole(list.customers * data.calls_per_customer)} calls`);
      put("profit", money(profit(list)));
      put("change", change === 0 ? `today's settings${apart}` : `${money(Math.abs(change))} ${change > 0 ? "more" : "less"} than today`);
      put("spent", money(list.spent));
      put("return", list.spent > 0 ? `each ${data.currency} brings ${(list.brought / list.spent).toFixed(2)} back` : "");
      put("yes", whole(list.successes));
      put("rate", list.customers >= 1 ? `${((100 * list.successes) / list.customers).toFixed(1)}\u00a0% of those called` : "");
      put("verdict", verdict(list.customers));
      sliders.forEach((input) => {
        const said = box.querySelector(`output.${input.className.slice(3)}`).textContent;
        input.setAttribute("aria-valuetext", `${said}, expected profit ${money(profit(list))}`);
      });
    };
    const back = () => {
      slider("cost").value = slider("value").value = "100";
      slider("most").value = String(start);
      update();
    };
    sliders.forEach((input) => input.addEventListener("input", update));
    // a multiple of nothing is nothing
    slider("cost").disabled = data.cost === 0;
    slider("value").disabled = data.value === 0;
    box.querySelector(".back").addEventListener("click", back);
    box.hidden = false;
    back();
  }

  const links = new Map([...document.querySelectorAll('.contents a[href^="#"]')].map((link) => [link.hash.slice(1), link]));
  // until a page is reached, as on a narrow screen at the start
  links.values().next().value?.setAttribute("aria-current", "true");
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
