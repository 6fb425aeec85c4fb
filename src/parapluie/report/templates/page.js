(() => {
  "use strict";
  const data = JSON.parse(document.getElementById("traces").textContent);
  const panel = document.getElementById("trace");
  const text = (i) => data.s[i];
  let opener = null;

  const element = (name, content, cls) => {
    const made = document.createElement(name);
    if (cls) made.className = cls;
    if (content !== undefined) made.textContent = content;
    return made;
  };

  const entry = (list, term, parts) => {
    if (!parts.length) return;
    list.append(element("dt", term));
    const place = element("dd");
    const items = element("ul");
    for (const part of parts) {
      const item = element("li");
      item.append(part);
      items.append(item);
    }
    place.append(items);
    list.append(place);
  };

  const rows = (pairs) => {
    const found = [];
    for (let i = 0; i < pairs.length; i += 2) {
      const part = element("span");
      part.append(element("code", text(pairs[i])), " ", decodeURI(text(pairs[i + 1]).replace(/%(?![0-9A-F]{2})/g, "%25")));
      found.push(part);
    }
    return found;
  };

  const link = (key) => {
    const line = data.k[key];
    const made = element("button", `${key} = ${line[0] || text(line[2])}`, "link");
    made.type = "button";
    made.addEventListener("click", () => show(key));
    return made;
  };

  const show = (key) => {
    const line = data.k[key];
    if (!line) return;
    const [value, unit, absent, rule, source, pairs, rests] = line;
    const title = element("h2", key);
    title.id = "trace-title";
    const shown = element("p", value || `absent: ${text(absent)}`, "value");
    if (text(unit)) shown.append(" ", element("small", text(unit)));
    const list = element("dl");
    entry(list, "Rule", [element("span", text(rule))]);
    entry(list, "Source", text(source) ? text(source).split(";").map((s) => element("span", s.trim())) : []);
    entry(list, "Rows", rows(pairs));
    entry(list, "Rests on", rests.map(link));
    entry(list, "In a terminal", [element("code", `parapluie trace ${key}`)]);
    const close = element("button", "×", "close");
    close.type = "button";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", hide);
    panel.replaceChildren(close, title, shown, list);
    panel.hidden = false;
    panel.scrollTop = 0;
    close.focus({ preventScroll: true });
  };

  const hide = () => {
    panel.hidden = true;
    document.querySelectorAll("[data-key].open").forEach((e) => e.classList.remove("open"));
    if (opener) opener.focus({ preventScroll: true });
    opener = null;
  };

  const open = (target) => {
    document.querySelectorAll("[data-key].open").forEach((e) => e.classList.remove("open"));
    opener = target;
    target.classList.add("open");
    show(target.dataset.key);
  };

  for (const each of document.querySelectorAll("[data-key]")) each.setAttribute("tabindex", "0");
  document.addEventListener("click", (event) => {
    const target = event.target.closest("[data-key]");
    if (target) open(target);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) hide();
    const target = event.target.closest && event.target.closest("[data-key]");
    if (event.key === "Enter" && target && event.target === target) {
      event.preventDefault(); // else the key would press the button that gets the focus
      open(target);
    }
  });
  for (const toggle of document.querySelectorAll(".toggle")) {
    toggle.addEventListener("click", () => {
      const isOpen = toggle.parentElement.classList.toggle("open");
      toggle.setAttribute("aria-expanded", String(isOpen));
    });
  }
  // parts of drawings that tell their facts: pointed at, or reached by Tab and the arrow keys
  const tip = element("div", undefined, "tip");
  tip.id = "tip";
  tip.hidden = true;
  document.body.append(tip);
  const tell = (spot) => {
    const [name, ...facts] = spot.dataset.told.split("\n");
    const keys = spot.dataset.keys.split(";");
    const list = element("dl");
    facts.forEach((fact, i) => {
      const at = fact.indexOf(": ");
      const said = element("dd", fact.slice(at + 2), "label");
      if (data.k[keys[i]]) said.dataset.key = keys[i];
      list.append(element("dt", fact.slice(0, at), "label"), said);
    });
    tip.replaceChildren(element("strong", name, "label"), list);
    tip.hidden = false;
    const box = spot.getBoundingClientRect(), own = tip.getBoundingClientRect();
    const below = box.bottom + 6 + own.height < window.innerHeight;
    tip.style.left = `${Math.max(8, Math.min(box.left + 24, window.innerWidth - own.width - 8))}px`;
    tip.style.top = `${Math.max(8, below ? box.bottom + 6 : box.top - own.height - 6)}px`;
  };
  const quiet = () => { tip.hidden = true; };
  for (const drawing of document.querySelectorAll("svg.drawing")) {
    const spots = [...drawing.querySelectorAll(".spot")];
    spots.forEach((spot, i) => {
      const title = spot.querySelector("title");
      spot.dataset.told = title.textContent;
      spot.setAttribute("aria-label", title.textContent.replaceAll("\n", "; "));
      title.remove(); // else the browser would show it too
      spot.setAttribute("tabindex", i ? "-1" : "0");
      spot.addEventListener("pointerenter", () => tell(spot));
      spot.addEventListener("pointermove", () => { if (tip.hidden) tell(spot); }); // after a scroll
      spot.addEventListener("pointerleave", quiet);
      spot.addEventListener("focusin", () => tell(spot));
      spot.addEventListener("focusout", quiet);
      spot.addEventListener("keydown", (event) => {
        const to = spots[i + { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key]];
        if (event.key === "Escape") quiet();
        if (event.key === "Enter" && event.target === spot) {
          const key = spot.dataset.keys.split(";").find((k) => data.k[k]);
          event.preventDefault(); // else the key would press the button that gets the focus
          opener = spot;
          if (key) show(key);
        }
        if (!to) return;
        event.preventDefault();
        spot.setAttribute("tabindex", "-1");
        to.setAttribute("tabindex", "0");
        to.focus();
      });
    });
  }
  window.addEventListener("scroll", quiet, { passive: true });
  const links = new Map([...document.querySelectorAll("nav a")].map((a) => [a.hash.slice(1), a]));
  if ("IntersectionObserver" in window) {
    const watch = new IntersectionObserver((seen) => {
      for (const each of seen) {
        if (!each.isIntersecting) continue;
        links.forEach((a) => a.removeAttribute("aria-current"));
        const current = links.get(each.target.id);
        if (current) current.setAttribute("aria-current", "true");
      }
    }, { rootMargin: "-10% 0px -80% 0px" });
    document.querySelectorAll("main > section").forEach((s) => watch.observe(s));
  }
})();
