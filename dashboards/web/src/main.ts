// Keeps a page true: reads it again when the server says that something has
// changed, and shows how old what it shows is. Words come from the page.

const beatFallback = 10_000;

/** The part of the page that is replaced; it carries the words and the clock. */
function live(): HTMLElement | null {
  return document.getElementById("live");
}

let seen = performance.now(); // when what is shown was read
let tries = 0; // connections that failed since then
let skew = 0; // the server's clock minus ours, in ms

function setting(name: string): string {
  return live()?.dataset[name] ?? "";
}

function beat(): number {
  return Number(setting("beat")) || beatFallback;
}

/** A span such as "2 min 28 s", in the page's language. */
function span(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  const sep = setting("sep");
  if (hours > 0) return `${hours}${setting("h")}${sep}${minutes}${setting("min")}`;
  if (minutes > 0) return `${minutes}${setting("min")}${sep}${s % 60}${setting("s")}`;
  return `${s}${setting("s")}`;
}

/** The time of day in the server's zone. */
function clock(seconds: boolean): string {
  const at = new Date(Date.now() + skew + Number(setting("offset")) * 60_000);
  return at.toISOString().slice(11, seconds ? 19 : 16);
}

function put(selector: string, words: string): void {
  const el = document.querySelector(selector);
  if (el && el.textContent !== words) el.textContent = words;
}

/** Draws the ring, the clock and, on a wall, whether it is stale. */
function tick(): void {
  const age = performance.now() - seen;
  const turns = age / beat();
  const ring = document.querySelector<SVGElement>(".ring");
  ring?.querySelector(".arc")?.setAttribute("stroke-dasharray", `${Math.round((turns < 1 ? turns : Math.min(turns - 1, 1)) * 100)} 200`);
  ring?.classList.toggle("second", turns >= 1);
  const late = turns >= 2;
  const fresh = document.querySelector<HTMLElement>(".fresh");
  if (fresh) {
    fresh.hidden = false;
    fresh.classList.toggle("late", late);
    put(".fresh .age", setting("ago").replace("%", span(age)));
  }
  const wall = document.querySelector(".wall");
  if (!wall) return;
  wall.classList.toggle("stale", late);
  put(".ring-t", late ? "--" : span(age));
  put(".clock", late ? "--:--" : clock(false));
  if (late) {
    put(".age-big", span(age));
    put(".retry", `${setting("now").replace("%", clock(true))}\u3000${setting("retry").replace("%", String(tries))}`);
  }
}

/** Keeps the pictures that are shown until their successors are loaded. */
function keepPictures(from: HTMLElement, to: HTMLElement): void {
  for (const next of to.querySelectorAll<HTMLElement>("picture[data-pic]")) {
    const old = from.querySelector<HTMLElement>(`picture[data-pic="${CSS.escape(next.dataset.pic ?? "")}"]`);
    const image = old?.querySelector("img");
    if (!old || !image) continue;
    const wanted = next.cloneNode(true) as HTMLElement;
    next.replaceWith(old);
    if (wanted.outerHTML === old.outerHTML) continue;
    wanted.className = "sr"; // loads the one source that fits this screen
    old.after(wanted);
    const done = (): void => {
      wanted.className = "";
      old.remove();
    };
    wanted.querySelector("img")?.decode().then(done, () => wanted.remove());
  }
}

/** Whether somebody has changed a field and not sent it yet. */
function changed(field: Element): boolean {
  if (field instanceof HTMLSelectElement) return [...field.options].some((o) => o.selected !== o.defaultSelected && (o.selected ? o.index > 0 : true));
  return field instanceof HTMLInputElement && (field.value !== field.defaultValue || field.checked !== field.defaultChecked);
}

/** Keeps what somebody has opened or begun to fill in. */
function keepForms(from: HTMLElement, to: HTMLElement): void {
  for (const old of from.querySelectorAll<HTMLElement>("[data-keep]")) {
    const open = old instanceof HTMLDetailsElement && old.open;
    if (!open && ![...old.querySelectorAll("input, select")].some(changed)) continue;
    to.querySelector(`[data-keep="${CSS.escape(old.dataset.keep ?? "")}"]`)?.replaceWith(old);
  }
}

/** Hides the rows of a table that lack a word of its filter. */
function applyFilters(): void {
  for (const form of document.querySelectorAll<HTMLElement>("form[data-filter]")) {
    const words = (form.querySelector<HTMLInputElement>("input[type=search]")?.value ?? "").toLowerCase().split(/\s+/).filter(Boolean);
    const id = form.dataset.filter ?? "";
    let shown = 0;
    for (const row of document.querySelectorAll<HTMLElement>(`#${CSS.escape(id)} > tr`)) {
      row.hidden = !words.every((w) => row.dataset.find?.includes(w));
      if (!row.hidden) shown++;
    }
    const none = document.querySelector<HTMLElement>(`[data-none="${CSS.escape(id)}"]`);
    if (none) none.hidden = shown > 0;
  }
}

/** Puts a newly read page in the place of the shown one. */
function show(html: string): boolean {
  const next = new DOMParser().parseFromString(html, "text/html").getElementById("live");
  const now = live();
  if (!next || !now) return false;
  const focus = document.activeElement;
  if (focus instanceof HTMLInputElement || focus instanceof HTMLSelectElement) return true; // somebody is filling in
  const href = focus instanceof HTMLAnchorElement ? focus.getAttribute("href") : null;
  const fresh = document.importNode(next, true);
  const nav = now.querySelector(".nav")?.scrollLeft ?? 0;
  now.replaceWith(fresh);
  keepForms(now, fresh);
  keepPictures(now, fresh);
  applyFilters();
  if (href) fresh.querySelector<HTMLElement>(`a[href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true });
  const bar = fresh.querySelector(".nav");
  if (bar) bar.scrollLeft = nav;
  return true;
}

let reading = false;
let again = false;

/** Reads the page again. One read at a time; news during it start another. */
async function read(): Promise<void> {
  if (reading) {
    again = true;
    return;
  }
  reading = true;
  try {
    const asked = performance.now();
    const answer = await fetch(location.pathname + location.search, { cache: "no-store", credentials: "same-origin", signal: AbortSignal.timeout(beat()) });
    if (answer.ok && show(await answer.text())) {
      seen = asked;
      tries = 0;
      skew = Number(setting("at")) - Date.now();
      tick();
    }
  } catch {
    // No answer: the page grows old and says so.
  } finally {
    reading = false;
    if (again) {
      again = false;
      setTimeout(read, 1000);
    }
  }
}

/** Follows the server's news. EventSource gives up on some errors: we do not. */
function follow(): void {
  const source = new EventSource("/api/monitord/stream");
  source.addEventListener("change", () => void read());
  source.onerror = () => {
    tries++;
    source.close();
    setTimeout(follow, Math.min(1000 * 2 ** Math.min(tries, 4), 15_000));
  };
}

// An answer to one question stays as it is: asking again is the reader's.
if (live() && setting("still") !== "true") {
  skew = Number(setting("at")) - Date.now();
  tick();
  setInterval(tick, 1000);
  applyFilters();
  document.addEventListener("input", (e) => { if (e.target instanceof Element && e.target.closest("form[data-filter]")) applyFilters(); });
  follow();
  addEventListener("pageshow", (e) => { if (e.persisted) void read(); });
}
