// What moves on the pages: the list builder, bringing a table, watching a run. Texts are set as text, never as markup.
"use strict";
(() => {
  const token = document.querySelector('meta[name="token"]').content;
  const at = (id) => document.getElementById(id);
  // half to even, as the report of a list rounds
  const whole = (number) => (Number(number) || 0).toLocaleString("en", { maximumFractionDigits: 0, roundingMode: "halfEven" }).replace(/^-0$/, "0").replace("-", "\u2212");
  // what was typed may hold marks between thousands, or be no number at all
  const typed = (text) => (Number.isFinite(Number(text.replaceAll(",", ""))) ? whole(Number(text.replaceAll(",", ""))) : text);
  const parts = (error) => [error.came, error.expected && `Expected: ${error.expected}`, error.fix && `Next: ${error.fix}`];
  const say = (error) => parts(error).filter(Boolean).map((line) => line.replace(/\.?$/, ".")).join(" ");
  // what a sentence has between backticks is code
  const coded = (text) => text.split(/`([^`]+)`/).map((part, place) => (place % 2 ? Object.assign(document.createElement("code"), { textContent: part }) : part));
  const current = document.querySelector('.contents a[aria-current="page"]');
  if (current) {
    const strip = current.closest("ol");
    strip.scrollLeft = current.offsetLeft - strip.clientWidth / 2 + current.offsetWidth / 2;
  }

  function builder(form) {
    const { seen: first, offered } = JSON.parse(at("data").textContent);
    const slider = at("calls-slider");
    at("how-many").hidden = false; // without a script nobody would hear what it says
    const make = form.querySelector(".deed button");
    const values = () => Object.fromEntries([...new FormData(form)].filter(([name]) => name !== "token"));
    let before = values();
    let pinned = null; // to be compared with from now on, if it turns out to make a list
    let busy = false;
    let waiting = null;
    let making = false; // to be made as soon as it is known whether what the controls say makes a list
    let out = false;
    let drawn = () => {};

    function put(name, text) {
      form.querySelector(`[data-seen="${name}"]`).textContent = text;
    }

    function offerLevels(column) {
      const known = offered[column.value];
      const levels = known ? [new Option("choose", ""), ...known.levels.map((level) => new Option(level, level))] : [];
      form.elements[column.dataset.levels].replaceChildren(...levels);
    }

    // The browser brings back columns but not their levels, which are built here; so the page brings back everything itself.
    const remember = () => history.replaceState({ controls: values() }, "");
    function restore(controls) {
      const names = Object.keys(controls).filter((name) => form.elements[name] && name !== "table" && name !== "model");
      const columns = names.filter((name) => form.elements[name].dataset.levels);
      for (const name of columns) {
        form.elements[name].value = controls[name];
        offerLevels(form.elements[name]);
      }
      for (const name of names) form.elements[name].value = controls[name];
      for (const fold of form.querySelectorAll("details")) fold.open = [...fold.querySelectorAll("select")].some((one) => one.value);
    }

    function clear() {
      for (const field of form.querySelectorAll("[aria-invalid]")) {
        field.removeAttribute("aria-invalid");
        field.removeAttribute("aria-describedby");
      }
      at("wrong")?.remove();
    }

    // What was shown last is not what the controls say now: the error stands at the button and beside its control.
    function refuse(text, { control, expected } = {}) {
      clear();
      form.querySelector(".seen").classList.add("stale");
      tell(text, false);
      at("state").classList.add("wrong");
      const field = control && form.elements[control];
      if (!field) return;
      const words = document.createElement("span");
      words.id = words.className = "wrong";
      words.textContent = expected ? `Expected: ${expected}` : text;
      field.after(words);
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", "wrong");
      const fold = field.closest("details");
      if (fold) fold.open = true;
    }

    // What is shown is of other controls until the answer comes; a movement is mostly answered before anybody sees it pale.
    function pale() {
      form.querySelector(".seen").classList.add("stale");
      tell("Working it out …", true);
    }

    // A reader of screens waits until it is not busy any more, and hears one sentence for a whole movement.
    function tell(text, moving) {
      at("state").setAttribute("aria-busy", moving);
      at("state").classList.remove("wrong");
      at("state").textContent = text;
    }

    function doubt({ title, sentence, settings }) {
      const [band, head, words] = ["div", "p", "p"].map((name) => document.createElement(name));
      band.className = "banner caution";
      head.className = "title";
      head.textContent = title;
      words.textContent = `${sentence[0].toUpperCase()}${sentence.slice(1)}.`;
      if (settings.length) {
        const how = document.createElement("code");
        how.textContent = "--policy policy.toml";
        words.append(" Start segmint with ", how, " and set it there.");
      }
      band.append(head, words);
      return band;
    }

    // What must stop a call stands open; the rest waits in one fold, so that the controls come first.
    function sayDoubts(doubts) {
      const [fold, waiting] = [at("to-check"), doubts.filter((one) => one.folded)];
      at("doubts").replaceChildren(...doubts.filter((one) => !one.folded).map(doubt));
      fold.hidden = !waiting.length;
      fold.querySelector("summary").textContent = `${waiting.length} thing${waiting.length === 1 ? "" : "s"} to check`;
      fold.querySelector("div").replaceChildren(...waiting.map(doubt));
    }

    const sayCalls = () => slider.setAttribute("aria-valuetext", `${whole(slider.value)} calls`);

    function show(seen, values, moving) {
      const unit = seen.currency;
      clear();
      form.querySelector(".seen").classList.remove("stale");
      put("customers", whole(seen.customers));
      put("of", `of ${whole(seen.eligible)} who may be called${seen.calls === seen.customers ? "" : `, in ${whole(seen.calls)} calls`}`);
      put("profit", whole(seen.expected_profit));
      put("cost", `${unit}, at a cost of ${whole(seen.expected_cost)}`);
      put("yes", seen.expected_successes && seen.expected_successes < 9.95 ? seen.expected_successes.toFixed(1) : whole(seen.expected_successes));
      put("rate", seen.customers ? `${((100 * seen.expected_successes) / seen.customers).toFixed(1)}\u00a0% of the list` : "nobody is listed");
      put("held", whole(seen.held_out));
      at("calls-shown").textContent = values.calls ? typed(values.calls) : form.elements.calls.placeholder;
      slider.max = Math.max(seen.most_calls, 1);
      if (document.activeElement !== slider) slider.value = Math.max(seen.calls, 1);
      sayCalls();
      at("moves").textContent = seen.joined || seen.left ? `${whole(seen.joined)} come onto the list, ${whole(seen.left)} leave it.` : "The same customers as on the list you compare with.";
      const out = seen.read - seen.eligible;
      at("left-out").textContent = out ? `${whole(out)} of ${whole(seen.read)} rows read may not be called; one may be counted under several reasons.` : `All customers of the ${whole(seen.read)} rows read may be called.`;
      at("left-out-because").replaceChildren(
        ...[...Object.entries(seen.suppressed), ["rejected, not readable as the contract asks", seen.rejected]].filter(([, rows]) => rows).map(([because, rows]) => {
          const item = document.createElement("li");
          item.textContent = `${whole(rows)}: ${because}`;
          return item;
        }),
      );
      const names = (word, list, all) => (list.length ? `${word}: ${list.join(", ")}${all > list.length ? " …" : "."} ` : "");
      at("named").textContent = names("In", seen.first_joined, seen.joined) + names("Out", seen.first_left, seen.left);
      if (seen.doubts) sayDoubts(seen.doubts);
      at("prices").textContent = seen.prices.length ? `At the limit, ${seen.prices.join("; ")}.` : "";
      const close = seen.exact ? "Exactly the list that will be made." : "Close to the list that will be made.";
      tell(`${whole(seen.customers)} customers, ${whole(seen.expected_profit)} ${unit} expected profit. ${close}`, moving);
      if (seen.nobody) tell(seen.nobody, moving);
      at("state").classList.toggle("wrong", Boolean(seen.nobody));
      make.disabled = Boolean(seen.nobody);
      drawn = () => draw(seen, unit);
      drawn();
    }

    function draw(seen, unit) {
      const x = seen.curve.customers;
      const y = seen.curve.expected_profit;
      const svg = at("curve");
      svg.style.visibility = x.length ? "" : "hidden";
      if (!x.length) {
        svg.querySelector(".points").replaceChildren();
        at("curve-words").textContent = "Nobody may be called.";
        return;
      }
      const most = Math.max(...y, seen.expected_profit, 1e-9);
      const least = Math.min(...y, 0);
      const ticks = [...new Set([most, 0, least])].filter((tick) => tick === 0 || Math.abs(tick) > 0.1 * (most - least));
      // as many units as pixels, so that letters keep their size on a phone
      const wide = Math.max(svg.clientWidth, 200);
      svg.setAttribute("viewBox", `0 0 ${wide} 250`);
      const [left, right, top, bottom] = [16 + 7 * Math.max(...ticks.map((tick) => whole(tick).length)), wide - 14, 30, 214];
      const px = (value) => left + ((right - left) * value) / x[x.length - 1];
      const py = (value) => bottom - ((bottom - top) * (value - least)) / (most - least);
      const points = x.map((value, place) => `${px(value).toFixed(1)},${py(y[place]).toFixed(1)}`);
      const line = `M${px(0)},${py(0)}L${points.join("L")}`;
      svg.querySelector(".line").setAttribute("d", line);
      svg.querySelector(".area").setAttribute("d", `${line}L${px(x[x.length - 1])},${py(0)}Z`);
      const set = (node, attributes) => Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
      set(svg.querySelector("line.mark"), { x1: px(seen.customers), x2: px(seen.customers), y1: top, y2: bottom });
      set(svg.querySelector("circle.mark"), { cx: px(seen.customers), cy: py(seen.expected_profit) });
      const make = (name, attributes, text) => {
        const node = document.createElementNS("http://www.w3.org/2000/svg", name);
        set(node, attributes);
        if (text) node.textContent = text;
        return node;
      };
      const tip = (customers, profit) => `${whole(customers)} customers called: ${whole(profit)} ${unit} expected`;
      svg.querySelector(".points").replaceChildren(
        ...x.map((value, place) => make("circle", { cx: px(value), cy: py(y[place]), r: 5, "data-tip": tip(value, y[place]) })),
      );
      set(svg.querySelector("circle.mark"), { "data-tip": `This list: ${tip(seen.customers, seen.expected_profit)}` });
      svg.querySelector(".axes").replaceChildren(...ticks.map((tick) => make("line", { x1: left, x2: right, y1: py(tick), y2: py(tick) })));
      svg.querySelector(".words").replaceChildren(
        make("text", { x: 0, y: 14 }, `expected profit, ${unit}`),
        ...ticks.map((tick) => make("text", { x: left - 6, y: py(tick) + 4, "text-anchor": "end" }, whole(tick))),
        make("text", { x: left, y: 236 }, "0"),
        make("text", { x: right, y: 236, "text-anchor": "end" }, `${whole(x[x.length - 1])} customers, ${seen.held_out ? "without those held out" : "best first"}`),
      );
      const { customers, expected_profit: profit } = seen.curve.peak;
      const whom = customers ? `${whole(customers)} customers: ${whole(profit)} ${unit}` : "nobody";
      const there = seen.customers === customers && whole(seen.expected_profit) === whole(profit);
      at("curve-words").textContent = there ? "" : `Without any limit${seen.held_out ? ", the holdout kept," : ""} the most comes from calling ${whom}. This list has ${whole(seen.customers)}.`;
    }

    async function ask(exact) {
      if (busy) {
        waiting = waiting === true ? true : exact;
        return;
      }
      busy = true;
      const late = setTimeout(pale, exact ? 0 : 200);
      const now = values();
      const body = { ...now, exact: exact ? "yes" : "no" };
      const since = pinned ?? before;
      for (const [name, value] of Object.entries(since)) body[`before_${name}`] = value;
      try {
        const answer = await fetch("/lists/preview", {
          method: "POST",
          headers: { "content-type": "application/json", accept: "application/json", "x-token": token },
          body: JSON.stringify(body),
        });
        const told = await answer.json();
        clearTimeout(late);
        if (answer.ok) {
          before = since;
          show(told, now, !exact);
        } else refuse(say(told), told);
        if (pinned === since) pinned = null;
        out = answer.status === 401;
        if (out) return made(); // still busy: nothing more is asked until somebody signs in
      } catch {
        clearTimeout(late);
        refuse("The server does not answer. Is segmint still running?");
      }
      busy = false;
      if (waiting !== null) {
        const next = waiting;
        waiting = null;
        ask(next);
      } else if (!at("state").classList.contains("wrong")) made();
      else if (making) {
        making = false;
        form.querySelector('[aria-invalid="true"]')?.focus();
      }
    }

    function made() {
      if (making) form.requestSubmit();
      making = false;
    }

    slider.addEventListener("input", () => {
      form.elements.calls.value = slider.value;
      sayCalls();
      ask(false);
    });
    form.addEventListener("input", (event) => {
      if (event.target !== slider && event.target.tagName === "INPUT") ask(false);
    });
    form.addEventListener("change", (event) => {
      if (event.target.dataset.levels) offerLevels(event.target);
      remember();
      ask(true);
    });
    // The button would leave from under the mouse where the field that is left asks anew and its answer moves what stands above.
    make.addEventListener("mousedown", (event) => event.preventDefault());
    form.addEventListener("submit", (event) => {
      if (busy && !out) {
        event.preventDefault();
        making = true;
        return;
      }
      const wrong = form.querySelector('[aria-invalid="true"]');
      if (wrong) {
        event.preventDefault();
        wrong.focus();
        return;
      }
      remember();
      tell("Making the list, with a reason for everybody on it …", false);
      working(true);
    });
    const working = (now) => {
      make.disabled = now;
      make.textContent = now ? "Making the list …" : "Make the list";
      at("making").hidden = !now;
    };
    addEventListener("pageshow", (event) => {
      if (event.persisted) {
        working(false);
        ask(true);
      }
    });
    at("pin").addEventListener("click", () => {
      pinned = values();
      ask(true);
    });
    new ResizeObserver(() => drawn()).observe(at("curve"));
    show(first, before, false);
    if (history.state?.controls) {
      restore(history.state.controls);
      ask(true);
    }
  }

  function bring(drop) {
    const send = (file) => {
      const bar = at("sent");
      if (!file || !bar.hidden) return; // one at a time: the page of the first to arrive takes the others' place
      const request = new XMLHttpRequest();
      bar.hidden = false;
      at("said").textContent = `Sending ${file.name} …`;
      request.upload.onprogress = (event) => {
        if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
      };
      request.upload.onload = () => {
        at("said").textContent = `${file.name} is sent. Looking at it …`;
      };
      request.onload = () => {
        let told = {};
        try {
          told = JSON.parse(request.responseText);
        } catch {
          told = { came: "The server did not take the table." };
        }
        if (request.status === 201) location.assign(told.location);
        else {
          bar.hidden = true;
          at("said").textContent = say(told);
        }
      };
      request.onerror = () => {
        bar.hidden = true;
        at("said").textContent = "The table did not arrive. Is segmint still running?";
      };
      request.open("PUT", `/tables?name=${encodeURIComponent(file.name)}`);
      request.setRequestHeader("accept", "application/json");
      request.setRequestHeader("x-token", token);
      request.send(file);
    };
    at("file").addEventListener("change", (event) => {
      send(event.target.files[0]);
      event.target.value = ""; // or choosing the same file again would change nothing
    });
    for (const name of ["dragover", "dragleave", "drop"]) {
      drop.addEventListener(name, (event) => {
        event.preventDefault();
        drop.classList.toggle("over", name === "dragover");
        if (name === "drop") send(event.dataTransfer.files[0]);
      });
    }
  }

  function failed({ error, run }) {
    at("now").hidden = true;
    for (const line of parts(error).filter(Boolean)) {
      const words = document.createElement("p");
      words.append(...coded(line));
      at("failed").append(words);
    }
    if (run) {
      const link = document.createElement("a");
      link.className = "button second";
      link.href = `/runs/${run}`;
      link.textContent = "See the run";
      at("after").append(" ", link);
    }
    at("failed").hidden = at("after").hidden = false;
    at("failed").focus();
    document.title = `Error: ${document.title}`;
  }

  async function watch(work) {
    try {
      const answer = await fetch(`/work/${work.dataset.job}/state`, { headers: { accept: "application/json" } });
      const state = await answer.json();
      if (!answer.ok) {
        at("share").textContent = say(state);
        return;
      }
      // in its place: who goes back from the report comes to the table, and not here and on to the report again
      if (state.status === "done") {
        at("task").textContent = "Finished. The report opens here.";
        return location.replace(`/runs/${state.run}`);
      }
      if (state.status === "failed") return failed(state);
      if (at("task").textContent !== `${state.task} …`) at("task").textContent = `${state.task} …`; // heard once
      const bar = at("progress");
      if (state.total > 1) bar.value = (100 * state.done) / state.total;
      else bar.removeAttribute("value");
    } catch {
      at("share").textContent = "The server does not answer. If it was stopped, this run has ended with it: “Runs” says then how it goes on.";
    }
    setTimeout(() => watch(work), 700);
  }

  // Whoever loads a draft again that was changed gets the changes again; one that is made anew has none. The page was
  // posted, and would be asked for otherwise if its place in the history were written to.
  function review(draft) {
    const name = `draft ${location.pathname}`;
    const kept = JSON.parse(sessionStorage.getItem(name));
    const [how] = performance.getEntriesByType("navigation");
    if (how.type !== "navigate" && kept?.drafted === draft.defaultValue) draft.value = kept.changed;
    draft.addEventListener("input", () => {
      sessionStorage.setItem(name, JSON.stringify({ drafted: draft.defaultValue, changed: draft.value }));
    });
  }

  // A form is sent once, with the token of whoever is signed in now; who is signed out meanwhile keeps what was typed.
  async function sendForm(form) {
    try {
      const answer = await fetch("/token", { headers: { accept: "application/json" } });
      const told = await answer.json();
      if (answer.ok) {
        form.elements.token.value = told.token;
        return form.submit();
      }
      hold(form, `${told.came} What you typed stays here: sign in in another window, then send it again.`);
    } catch {
      hold(form, "The server does not answer. What you typed stays here. Is segmint still running?");
    }
  }

  function hold(form, text) {
    const words = form.querySelector(".held") ?? document.createElement("p");
    words.className = "wrong held";
    words.setAttribute("role", "alert");
    words.textContent = text;
    form.append(words);
    delete form.dataset.sent;
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.id === "builder" || !form.elements.token || !form.closest("main")) return;
    event.preventDefault();
    if (form.dataset.sent) return;
    form.dataset.sent = "yes";
    sendForm(form);
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

  // going back brings the controls back as they were
  const back = document.querySelector("a[data-back]");
  if (back?.href === document.referrer)
    back.addEventListener("click", (event) => {
      event.preventDefault();
      history.back();
    });
  if (at("builder")) builder(at("builder"));
  if (at("draft")) review(at("draft"));
  if (at("drop")) bring(at("drop"));
  if (at("work")) watch(at("work"));
})();
